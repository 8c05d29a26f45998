"""How soon one batch may follow the last: at once where little happens, later the more it costs.

A batch goes to everybody in a room, so its cost is theirs: eight times as long as the last one took passes before the
next, and never more than `LIMIT_SECONDS`. What comes alone waits for nothing.
"""

FACTOR = 8.0
LIMIT_SECONDS = 0.05
LEAST_SECONDS = 0.001  # what is shorter than a timer can tell is no time


class Spacing:
    """Of one topic."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next batch may go; 0.0 when that is now."""
        rest = self._next - now
        return rest if rest > LEAST_SECONDS else 0.0

    def sent(self, now: float, took: float, *, is_crowded: bool = False) -> None:
        """A batch went just now. `is_crowded`: the server as a whole has more to do than it can."""
        self._next = now + (LIMIT_SECONDS if is_crowded else min(LIMIT_SECONDS, FACTOR * took))
