"""Several server processes of one parent: it starts them, starts another one where one dies, and ends them all.

Nothing in here serves, and the parent has neither a loop nor a thread nor a connection to the database: so it can fork
at any time, and has nothing to fail of.
"""

import os
import selectors
import signal
import sys
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT)
SOUND_SECONDS = 10.0  # who lived so long did not die of the start
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.1, 10.0
KILL_SECONDS = 45.0  # longer than any server process needs to end
PID_BYTES = 8


@dataclass(slots=True)
class Hand:
    """One server process, as the parent knows it."""

    began: float
    is_ready: bool = False


class Post:
    """What a server process has of its crew."""

    def __init__(self, lifeline: int, ready: int) -> None:
        self._lifeline = lifeline
        self._ready = ready

    def report(self) -> None:
        """Let the parent know that people are let in here."""
        with suppress(BrokenPipeError):
            os.write(self._ready, os.getpid().to_bytes(PID_BYTES))

    def when_left(self, loop: AbstractEventLoop, call: Callable[[], None]) -> None:
        """Call it once, when the parent is gone, however it went."""

        def left() -> None:
            loop.remove_reader(self._lifeline)
            call()

        loop.add_reader(self._lifeline, left)


class Crew:
    """`work` forks: it returns once in each server process, and in the parent when all of them have ended."""

    def __init__(self, size: int, on_ready: Callable[[], None]) -> None:
        self._size = size
        self._on_ready = on_ready  # all are there, for the first time
        self._was_complete = False
        self._hands: dict[int, Hand] = {}
        self._starts: list[float] = [0.0] * size  # when those are due that are not there
        self._failures = 0  # how many died soon after their start, one after the other
        self._asked: list[int] = []  # signals that nobody has looked at yet
        self._ending_since: float | None = None
        self._code = 0
        self._lifeline = os.pipe()  # only the parent holds the writing end, and never writes: its end is the message
        self._ready = os.pipe()
        self._alarm = os.pipe()  # wakes the parent at a signal

    def work(self) -> Post | int:
        """The post of this process; the exit code in the parent."""
        self._listen()
        while self._hands or self._ending_since is None:
            now = time.monotonic()
            for due in [each for each in self._starts if each <= now]:
                self._starts.remove(due)
                if not self._fork(now):
                    return self._leave()
            self._wait(now)
            self._greet()
            self._bury()
            self._end()
        return self._code

    def _listen(self) -> None:
        for end in (*self._alarm, self._ready[0]):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._alarm[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for each in ENDING:
            signal.signal(each, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked.append(number)

    def _fork(self, now: float) -> bool:
        """Whether this is still the parent."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # a signal for the new process must not meet our handler there
        pid = os.fork()
        if pid != 0:
            self._hands[pid] = Hand(now)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        return pid != 0

    def _leave(self) -> Post:
        """Be a process like any other, in a new one."""
        # Ctrl+C is for the parent, which passes it on: to be told twice would mean "at once".
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        for end in (self._lifeline[1], self._ready[0], *self._alarm):
            os.close(end)
        return Post(self._lifeline[0], self._ready[1])

    def _wait(self, now: float) -> None:
        until = min(self._starts, default=None)
        if self._ending_since is not None:
            until = self._ending_since + KILL_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._alarm[0], selectors.EVENT_READ)
            selector.register(self._ready[0], selectors.EVENT_READ)
            selector.select(None if until is None else max(0.0, until - now))
        with suppress(BlockingIOError):
            os.read(self._alarm[0], 4096)

    def _greet(self) -> None:
        """Look who is ready."""
        with suppress(BlockingIOError):
            while told := os.read(self._ready[0], PID_BYTES):
                hand = self._hands.get(int.from_bytes(told))
                if hand is not None:
                    hand.is_ready = True
        if not self._was_complete and sum(hand.is_ready for hand in self._hands.values()) == self._size:
            self._was_complete = True
            self._on_ready()

    def _bury(self) -> None:
        """Look who has ended."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                hand = self._hands.pop(pid, None)
                if hand is not None:  # the first process of a container is given the orphans of others
                    self._ended(pid, hand, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, hand: Hand, code: int) -> None:
        if self._ending_since is not None:
            self._code = self._code or (1 if code < 0 else code)
        elif not self._was_complete and not hand.is_ready:
            self._code = code if code > 0 else 1  # it has said itself what is wrong, and the next would say the same
            self._begin_to_end(signal.SIGTERM)
        else:
            self._replace(pid, hand, code)

    def _replace(self, pid: int, hand: Hand, code: int) -> None:
        now = time.monotonic()
        if now - hand.began > SOUND_SECONDS:
            self._failures = 0
        delay = min(FIRST_DELAY_SECONDS * 2.0**self._failures, LONGEST_DELAY_SECONDS)
        self._failures = min(self._failures + 1, 10)
        self._starts.append(now + delay)
        how = f"was killed ({signal.strsignal(-code)})" if code < 0 else f"ended with status {code}"
        _say(f"server process {pid} {how}. Another one starts in {delay:.1f} s.")

    def _end(self) -> None:
        while self._asked:
            self._begin_to_end(self._asked.pop(0))
        if self._ending_since is not None and time.monotonic() - self._ending_since >= KILL_SECONDS:
            self._ending_since = time.monotonic()
            _say(f"not ended within {KILL_SECONDS:.0f} s, so it is killed: {', '.join(map(str, self._hands))}.")
            self._tell(signal.SIGKILL)

    def _begin_to_end(self, number: int) -> None:
        """Pass the signal on, also a second one, and start nobody any more. The last one's end is ours."""
        self._starts.clear()
        self._ending_since = self._ending_since or time.monotonic()
        self._tell(number)

    def _tell(self, number: int) -> None:
        for pid in self._hands:  # none of these numbers is anybody else's before we have waited for it
            os.kill(pid, number)


def _say(sentence: str) -> None:
    print(f"quillroom: {sentence}", file=sys.stderr, flush=True)
