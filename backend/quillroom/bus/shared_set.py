"""What all servers have in common for a while: items that vanish by themselves unless they are renewed.

A sorted set, by when each item ends. When is decided by the clock of Redis alone: those of the servers may differ.
"""

from collections.abc import Callable, Collection

from quillroom.bus.link import Link, Lost
from quillroom.bus.resp import RedisError, Value, pack
from quillroom.bus.seal import Seal

AT_ONCE = 1000  # items in one command
KEPT_SECONDS = 120  # the whole set, after the last server is gone


class SharedSet:
    """Never raises for what is wrong with Redis: then nothing is kept, and `read` knows nothing."""

    def __init__(self, name: bytes, seal: Seal, speaker_of: Callable[[bytes], Link | None]) -> None:
        self._name = name
        self._seal = seal
        self._speaker_of = speaker_of

    async def renew(self, items: Collection[str], seconds: float) -> None:
        """They are there for so long from now on."""
        members = self._signed(items)
        now = await self._now()
        if not members or now is None:
            return
        ends = f"{now + seconds:.3f}"
        commands = [
            pack("ZADD", self._name, *[word for member in members[at : at + AT_ONCE] for word in (ends, member)])
            for at in range(0, len(members), AT_ONCE)
        ]
        await self._ask(*commands, pack("EXPIRE", self._name, max(KEPT_SECONDS, int(seconds) + 1)))

    async def remove(self, items: Collection[str]) -> None:
        """They are there no more."""
        members = self._signed(items)
        if members:
            parts = [members[at : at + AT_ONCE] for at in range(0, len(members), AT_ONCE)]
            await self._ask(*[pack("ZREM", self._name, *part) for part in parts])

    async def read(self) -> list[str] | None:
        """Those that are there now; None when nobody knows."""
        now = await self._now()
        if now is None:
            return None
        replies = await self._ask(
            pack("ZREMRANGEBYSCORE", self._name, "-inf", f"{now:.3f}"),
            pack("ZRANGE", self._name, 0, -1),
        )
        return None if replies is None or not isinstance(replies[1], list) else self._verified(replies[1])

    async def _now(self) -> float | None:
        match await self._ask(pack("TIME")):
            case [[bytes(seconds), bytes(micros)]]:
                return int(seconds) + int(micros) / 1e6
        return None

    async def _ask(self, *commands: bytes) -> list[Value] | None:
        speaker = self._speaker_of(self._name)
        if speaker is None:
            return None
        try:
            replies = await speaker.ask(*commands)
        except Lost:
            return None
        return None if any(isinstance(reply, RedisError) for reply in replies) else replies

    def _signed(self, items: Collection[str]) -> list[bytes]:
        return [self._seal.sign(self._name, item.encode()) for item in items]

    def _verified(self, members: list[Value]) -> list[str]:
        found = (self._seal.verify(self._name, member) for member in members if isinstance(member, bytes))
        return [item.decode() for item in found if item is not None]
