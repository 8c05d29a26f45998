"""What several servers commit to one log, put into its order, each entry once. Nothing here reads or waits."""

from typing import Generic, TypeVar

WAITING_AT_MOST = 1000  # more is read from the log

T = TypeVar("T")


class Line(Generic[T]):
    """Entries come in any order, twice, or not at all; whatever is missing is read from the log by somebody else.

    Everything up to `place` was handed on; None: nobody knows yet where this begins. `head` is how far the log goes, as
    far as anybody said.
    """

    __slots__ = ("_waiting", "head", "place")

    def __init__(self) -> None:
        self.place: int | None = None
        self.head = 0
        self._waiting: dict[int, T] = {}

    @property
    def is_behind(self) -> bool:
        """Whether something is in the log that was not handed on."""
        return self.place is not None and self.place < self.head

    def begin(self, place: int) -> list[T]:
        """Everything up to there is known; what may be handed on of what came meanwhile."""
        self.place = place
        self.head = max(self.head, place)
        self._waiting = {seq: what for seq, what in self._waiting.items() if seq > place}
        return self._next()

    def take(self, seq: int, what: T) -> list[T]:
        """An entry was committed at this place; what may be handed on now."""
        self.head = max(self.head, seq)
        if self.place is not None and seq <= self.place:
            return []
        if seq != (self.place or 0) + 1 and len(self._waiting) >= WAITING_AT_MOST:
            return []
        self._waiting.setdefault(seq, what)
        return self._next()

    def expect(self, head: int) -> None:
        """So far the log goes, somebody says."""
        self.head = max(self.head, head)

    def give_up(self) -> None:
        """The log does not go as far as was said."""
        self.head = self.place or 0
        self._waiting.clear()

    def _next(self) -> list[T]:
        found: list[T] = []
        while self.place is not None and self.place + 1 in self._waiting:
            self.place += 1
            found.append(self._waiting.pop(self.place))
        return found
