"""When something is due, to the second: one timer serves thousands, and each is forgotten without a search."""

from collections.abc import Hashable
from math import ceil
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """At most one deadline a key, rounded up to a whole second."""

    def __init__(self) -> None:
        self._slots: dict[int, set[K]] = {}
        self._slot_of: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._slot_of)

    def set(self, key: K, at: float) -> None:
        """Instead of the one it has."""
        slot = ceil(at)
        if self._slot_of.get(key) == slot:
            return
        self.drop(key)
        self._slot_of[key] = slot
        self._slots.setdefault(slot, set()).add(key)

    def drop(self, key: K) -> None:
        """Idempotent."""
        slot = self._slot_of.pop(key, None)
        if slot is None:
            return
        keys = self._slots[slot]
        keys.discard(key)
        if not keys:
            del self._slots[slot]

    def take(self, now: float) -> list[K]:
        """The keys whose time has come; they have no deadline any more."""
        due = [key for slot in sorted(self._slots) if slot <= now for key in self._slots[slot]]
        for key in due:
            self.drop(key)
        return due

    def next(self) -> float | None:
        """When the earliest is due."""
        return min(self._slots, default=None)
