"""What happens on this server, for whoever follows it here: delivered at once, in order. Others hear by a `Carrier`."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class MemoryBus(Generic[T]):
    """Publish to the subscribers of this process. Call it from the event loop's thread only."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[T], None]] = []

    def subscribe(self, subscriber: Callable[[T], None]) -> None:
        """From now on `subscriber` gets every batch."""
        self._subscribers.append(subscriber)

    def publish(self, batch: T) -> None:
        """Hand a committed batch to every subscriber."""
        for subscriber in self._subscribers:
            subscriber(batch)
