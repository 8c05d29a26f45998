"""One turn of the event loop: how long it may work for clients, and how late it comes.

What comes when a turn is used up waits in a queue for the next, first come, first served: neither a client that sends
thousands of messages at once nor many such clients hold the loop.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from quillroom.core.meters import Histogram

TURN_SECONDS = 0.01
TICK_SECONDS = 0.02
IDLE_SECONDS = 1.0


class Turn:
    """Shared by all connections of a loop."""

    __slots__ = ("_began", "_limit_seconds", "_loop", "_queue")

    def __init__(self, loop: asyncio.AbstractEventLoop, limit_seconds: float = TURN_SECONDS) -> None:
        self._loop = loop
        self._limit_seconds = limit_seconds
        self._began: float | None = None
        self._queue: deque[Callable[[], None]] = deque()

    def is_over(self) -> bool:
        """Whether this turn has worked long enough; the first call in a turn begins it."""
        now = time.perf_counter()
        if self._began is None:
            self._began = now
            self._loop.call_soon(self._next)
            return False
        return now - self._began > self._limit_seconds

    def later(self, call: Callable[[], None]) -> None:
        """Call it in the next turn that has time; for whoever was just told that this one is over."""
        self._queue.append(call)

    def _next(self) -> None:
        self._began = None
        while self._queue and not self.is_over():
            self._queue.popleft()()


class Lag:
    """How late a timer of 20 ms comes. It ticks while someone is connected.

    On a busy machine a timer is late though the loop was free, so lateness counts only as far as the loop's own thread
    worked since the tick before. `latest` is all of it: also what the machine took, or another thread.
    """

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._cpu = 0.0
        self.highest = 0.0  # since it was last taken, as is `latest`
        self.latest = 0.0
        self.last = 0.0  # of the last tick, by the loop's own work: what others do with the machine sheds nothing here
        self.worst = 0.0  # of this one, since it was last taken by `take_worst`
        self.late_seconds = Histogram()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tick for as long as the loop runs."""
        due = loop.time() + (TICK_SECONDS if self._is_busy() else IDLE_SECONDS)
        self._cpu = time.thread_time()
        loop.call_at(due, self._tick, loop, due)

    def take_highest(self) -> tuple[float, float]:
        """The worst since the last call in seconds, by the loop's own work and by the clock."""
        highest, latest = self.highest, self.latest
        self.highest = self.latest = 0.0
        return highest, latest

    def take_worst(self) -> float:
        """The worst since the last call in seconds, by the loop's own work; apart from `take_highest`."""
        worst, self.worst = self.worst, 0.0
        return worst

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        by_clock = max(0.0, loop.time() - due)
        self.latest = max(self.latest, by_clock)
        self.last = late = min(by_clock, time.thread_time() - self._cpu)
        self.highest = max(self.highest, late)
        self.worst = max(self.worst, late)
        self.late_seconds.observe(late)
        self.start(loop)
