"""How one server speaks to the others: what every carrier does, and the one of a server that is alone.

A carrier may lose, double and reorder what it carries. What lasts is in the log before it is published, and whoever
finds that something is missing reads it there.
"""

from collections.abc import Callable
from typing import Protocol


class Carrier(Protocol):
    """Used from the event loop's thread only. Nothing here raises for what is wrong with the way to the others."""

    instance: str  # this server, among those that were ever started
    is_shared: bool  # False: nobody else can be there, and nothing is carried
    on_message: Callable[[str, str, int, bytes], None]  # (channel, instance, kind, payload), never what is our own
    on_joined: Callable[[str], None]  # (channel) what is published there from now on comes here; again when reconnected
    on_mode: Callable[[bool], None]  # whether it is connected, when that changed

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

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.on_message: Callable[[str, str, int, bytes], None] = lambda channel, instance, kind, payload: None
        self.on_joined: Callable[[str], None] = lambda channel: None
        self.on_mode: Callable[[bool], None] = lambda is_connected: None

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
