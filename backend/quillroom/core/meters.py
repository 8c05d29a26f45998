"""Numbers that operators read. Plain additions on one thread: a microsecond each, and no lock."""

from bisect import bisect_left
from dataclasses import dataclass, field

# From a commit to memory up to a browser that gives up waiting.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """How often a value was at most each bound; the last count is for what was over all of them."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[int]:
        """For each bound how many values were at most it, and how many there were at all."""
        below, sums = 0, []
        for count in self.counts:
            below += count
            sums.append(below)
        return sums


@dataclass(slots=True)
class TopicCounters:
    """What became of events on their way to those who follow."""

    messages: dict[tuple[str, str], int] = field(default_factory=dict)  # by type and by what came of it
    resumes: dict[str, int] = field(default_factory=lambda: {"complete": 0, "reset": 0})
    delivery_seconds: Histogram = field(default_factory=Histogram)  # from the log to the transports

    def count(self, type: str, result: str, times: int = 1) -> None:
        """So many more."""
        if times:
            self.messages[type, result] = self.messages.get((type, result), 0) + times


@dataclass(slots=True)
class SocketCounters:
    """What came of WebSocket connections."""

    connects: dict[str, int] = field(default_factory=dict)  # by result: accepted, or why not
    disconnects: dict[int, int] = field(default_factory=dict)  # by close code
    slow_consumer_aborts: int = 0

    def came(self, result: str) -> None:
        """A handshake ended."""
        self.connects[result] = self.connects.get(result, 0) + 1

    def went(self, code: int, was_stuck: bool) -> None:
        """A connection ended."""
        self.disconnects[code] = self.disconnects.get(code, 0) + 1
        self.slow_consumer_aborts += was_stuck
