"""A carrier between servers that live in one process: what is told may be lost, doubled, and come late."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from functools import partial

from quillroom.bus.carrier import Shared


class Medium:
    """What lies between them: a message is lost or doubled with some probability, and late by up to so many seconds."""

    def __init__(self, seed: int = 0, loss: float = 0.0, doubling: float = 0.0, lateness: float = 0.0) -> None:
        self.chance = random.Random(seed)
        self.loss, self.doubling, self.lateness = loss, doubling, lateness
        self.ends: list[Wire] = []
        self.told: Counter[int] = Counter()  # by kind, whatever becomes of it

    def carries(self, sender: "Wire", channel: str, kind: int, payload: bytes) -> None:
        self.told[kind] += 1
        for end in self.ends:
            if end is sender or channel not in end.joined or not (sender.is_connected and end.is_connected):
                continue
            for _ in range(2 if self.chance.random() < self.doubling else 1):
                if self.chance.random() >= self.loss:
                    late = self.chance.random() * self.lateness
                    arrive = partial(end.arrives, channel, sender.instance, kind, payload)
                    asyncio.get_running_loop().call_later(late, arrive)


class Wire:
    """One end: what a server is given for a carrier."""

    is_shared = True
    why: str | None = None
    store: Shared | None = None
    reconnects = 0

    def __init__(self, medium: Medium) -> None:
        self.instance = f"server-{len(medium.ends) + 1:05}"
        self.is_connected = True
        self.joined: set[str] = set()
        self.on_message: Callable[[str, str, int, bytes], None] = lambda channel, instance, kind, payload: None
        self.on_joined: Callable[[str], None] = lambda channel: None
        self.on_mode: Callable[[bool], None] = lambda is_connected: None
        self.on_ping: Callable[[float], None] = lambda seconds: None
        self.dropped: Counter[str] = Counter()
        self._medium = medium
        medium.ends.append(self)

    def publish(self, channel: str, kind: int, payload: bytes) -> None:
        self._medium.carries(self, channel, kind, payload)

    def join(self, channel: str) -> None:
        self.joined.add(channel)
        if self.is_connected:
            asyncio.get_running_loop().call_soon(self._has_joined, channel)

    def leave(self, channel: str) -> None:
        self.joined.discard(channel)

    def connects(self, is_connected: bool) -> None:
        self.is_connected = is_connected
        self.on_mode(is_connected)
        for channel in sorted(self.joined) if is_connected else ():
            asyncio.get_running_loop().call_soon(self._has_joined, channel)

    def arrives(self, channel: str, instance: str, kind: int, payload: bytes) -> None:
        self.on_message(channel, instance, kind, payload)

    async def run(self) -> None:
        """It needs nothing."""

    async def close(self) -> None:
        """It needs nothing."""

    def _has_joined(self, channel: str) -> None:
        if channel in self.joined and self.is_connected:
            self.on_joined(channel)
