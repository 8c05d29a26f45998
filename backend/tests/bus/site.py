"""Servers of one installation, as the bus sees them: what each heard, joined and knows."""

import asyncio
import secrets
import time
from collections.abc import Callable

from quillroom.bus.redis import RedisBus

KEY = bytes(range(32))
PREFIX = "quillroom:testepoch123"


class Site:
    """One server's end of the bus."""

    def __init__(self, url: str, *, prefix: str = PREFIX, key: bytes = KEY) -> None:
        self.bus = RedisBus(url, secrets.token_urlsafe(9), prefix, key)
        self.heard: list[tuple[str, int, bytes]] = []
        self.joins: list[str] = []
        self.modes: list[bool] = []
        self.came: list[str] = []  # from which instances
        self.pings: list[float] = []
        self.bus.on_message = self._takes
        self.bus.on_joined = self.joins.append
        self.bus.on_mode = self.modes.append
        self.bus.on_ping = self.pings.append
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Site":
        self.starts()
        await self.is_connected()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.ends()

    def starts(self) -> "Site":
        """Without waiting for anything."""
        self._task = asyncio.get_running_loop().create_task(self.bus.run())
        return self

    async def ends(self) -> None:
        """As `main` ends it."""
        assert self._task is not None
        await self.bus.close()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def is_connected(self, within: float = 10.0) -> None:
        """Wait for it."""
        await until(lambda: self.bus.is_connected, within, lambda: f"not connected: {self.bus.why}")

    async def is_lost(self, within: float = 10.0) -> None:
        """Wait for it."""
        await until(lambda: not self.bus.is_connected, within)

    async def joins_all(self, *channels: str) -> None:
        """Join, and wait until Redis has confirmed all of it."""
        for channel in channels:
            self.bus.join(channel)
        await until(lambda: set(channels) <= set(self.joins))

    async def hears(self, *said: bytes, within: float = 10.0) -> None:
        """Wait until all of that came."""
        await until(lambda: {*said} <= {payload for _, _, payload in self.heard}, within, lambda: f"{self.heard[-5:]}")

    def says(self, channel: str, payload: bytes, kind: int = 1) -> None:
        self.bus.publish(channel, kind, payload)

    @property
    def payloads(self) -> list[bytes]:
        """What was heard, without what says that somebody is there."""
        return [payload for _, kind, payload in self.heard if kind]

    def _takes(self, channel: str, instance: str, kind: int, payload: bytes) -> None:
        self.came.append(instance)
        self.heard.append((channel, kind, payload))


async def until(
    condition: Callable[[], bool], within: float = 10.0, says: Callable[[], str] = lambda: "it did not come to that"
) -> None:
    """Look often, and not for ever."""
    ends = time.monotonic() + within
    while not condition():
        assert time.monotonic() < ends, says()
        await asyncio.sleep(0.005)
