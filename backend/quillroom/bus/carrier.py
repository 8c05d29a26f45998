"""How one server speaks to the others: what every carrier does, and the one of a server that is alone.

A carrier may lose, double and reorder what it carries. What lasts is in the log before it is published, and whoever
finds that something is missing reads it there.
"""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Protocol


class Shared(Protocol):
    """Items that all servers have in common for a while: they vanish unless they are renewed."""

    async def renew(self, items: Collection[str], seconds: float) -> None:
        """They are there for so long from now on, by one clock for all servers."""

    async def remove(self, items: Collection[str]) -> None:
        """They are there no more."""

    async def read(self) -> list[str] | None:
        """Those that are there now; None while it is not connected."""


class Carrier(Protocol):
    """Used from the event loop's thread only. Nothing here raises for what is wrong with the way to the others."""

    instance: str  # this server, among those that were ever started
    is_shared: bool  # False: nobody else can be there, and nothing is carried
    on_message: Callable[[str, str, int, bytes], None]  # (channel, instance, kind, payload), never what is our own
    on_joined: Callable[[str], None]  # (channel) what is published there from now on comes here; again when reconnected
    on_mode: Callable[[bool], None]  # whether it is connected, when that changed
    on_ping: Callable[[float], None]  # (seconds) so long it took until what was published came back
    dropped: Counter[str]  # messages that were not published, or not taken, by why

    @property
    def store(self) -> Shared | None:
        """What all servers have in common; None where there are no others."""

    @property
    def reconnects(self) -> int:
        """How often the way to the others was found again."""

    @property
    def is_connected(self) -> bool:
        """Whether what is published now reaches the others, as far as anybody can tell."""

    @property
    def why(self) -> str | None:
        """What is wrong while it is not connected, as a sentence for an operator."""

    def publish(self, channel: str, kind: int, payload: bytes) -> None:
        """To everyone else who has joined. Lost while it is not connected."""

    def join(self, channel: str) -> None:
        """Idempotent; remembered while it is not connected."""

    def leave(self, channel: str) -> None:
        """Idempotent."""

    async def run(self) -> None:
        """Carry, for ever."""

    async def close(self) -> None:
        """Say nothing more."""


class Alone:
    """The carrier of a server that has no Redis."""

    is_shared = False
    is_connected = False
    why: str | None = None
    store: Shared | None = None
    reconnects = 0

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.on_message: Callable[[str, str, int, bytes], None] = lambda channel, instance, kind, payload: None
        self.on_joined: Callable[[str], None] = lambda channel: None
        self.on_mode: Callable[[bool], None] = lambda is_connected: None
        self.on_ping: Callable[[float], None] = lambda seconds: None
        self.dropped: Counter[str] = Counter()

    def publish(self, channel: str, kind: int, payload: bytes) -> None:
        """To nobody."""

    def join(self, channel: str) -> None:
        """Nothing comes."""

    def leave(self, channel: str) -> None:
        """Nothing comes."""

    async def run(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to end."""
