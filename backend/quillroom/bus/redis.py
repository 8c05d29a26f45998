"""The carrier of several servers: Redis Pub/Sub. It may lose, double and reorder, and says when it is not there."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NoReturn

from quillroom.bus.address import read_address
from quillroom.bus.layout import Layout, find_layout
from quillroom.bus.link import Entry, Link, Lost
from quillroom.bus.resp import RedisError, pack
from quillroom.bus.seal import INSTANCE_BYTES, Seal
from quillroom.bus.shard import PLAIN, SHARDED, Shard
from quillroom.bus.shared_set import SharedSet
from quillroom.protocol.bus import EVERYONE, Kind

MESSAGE_BYTES = 1024 * 1024
FIRST_DELAY_SECONDS, LAST_DELAY_SECONDS = 0.1, 2.0
LOOK_SECONDS = 5.0  # who is master, and who has which part of a cluster
PARTING_SECONDS = 1.0
_log = logging.getLogger(__name__)


class RedisBus:
    """Used from the event loop's thread only. `prefix` is the installation's: another one may use the same Redis."""

    is_shared = True

    def __init__(self, url: str, instance: str, prefix: str, key: bytes) -> None:
        """Raises `WrongAddress`."""
        self.instance = instance
        self.is_connected = False
        self.why: str | None = "Redis was not reached yet."
        self.dropped: Counter[str] = Counter()  # why
        self.connects = 0
        self.on_message: Callable[[str, str, int, bytes], None] = lambda channel, instance, kind, payload: None
        self.on_joined: Callable[[str], None] = lambda channel: None
        self.on_mode: Callable[[bool], None] = lambda is_connected: None
        self.on_ping: Callable[[float], None] = lambda seconds: None
        self._address = read_address(url)
        self._entry = Entry(self._address, self._address.login, f"quillroom-{instance}")
        self._me = instance.encode().ljust(INSTANCE_BYTES)[:INSTANCE_BYTES]
        self.prefix = prefix
        self._prefix = f"{prefix}:".encode()
        self._seal = Seal(key)
        self.store = SharedSet(self._prefix + b"presence", self._seal, self._speaker_of)
        self._wanted: dict[bytes, None] = {}
        self._layout: Layout | None = None
        self._shards: list[Shard] = []
        self._has_moved = asyncio.Event()
        self._said: set[str] = set()  # in the log, since it was connected the last time

    # -- what the relay does

    @property
    def reconnects(self) -> int:
        """How often the way was found again."""
        return max(0, self.connects - 1)

    def publish(self, channel: str, kind: int, payload: bytes) -> None:
        """One PUBLISH; dropped and counted while there is no way."""
        name = self._name(channel)
        shard = self._shard_of(name)
        if shard is None or not shard.is_proven:
            self.dropped["unconnected"] += 1
        elif len(payload) > MESSAGE_BYTES:
            self.dropped["large"] += 1
        elif not shard.publish(name, self._seal.close(name, self._me, kind, payload)):
            self.dropped["full"] += 1

    def join(self, channel: str) -> None:
        """Idempotent; remembered."""
        name = self._name(channel)
        if name in self._wanted:
            return
        self._wanted[name] = None
        shard = self._shard_of(name)
        if shard is not None and shard.is_proven:
            shard.join(name)

    def leave(self, channel: str) -> None:
        """Idempotent."""
        name = self._name(channel)
        if self._wanted.pop(name, 0) is None and (shard := self._shard_of(name)) is not None:
            shard.leave(name)

    async def run(self) -> NoReturn:
        """Live one life after the other."""
        attempts = 0
        while True:
            was_connected = False
            try:
                await self._live()
            except Lost as lost:
                was_connected = self._lose(str(lost))
            except Exception as fault:  # whatever it is, the log goes on; and so do we
                _log.exception("The bus fell")
                was_connected = self._lose(f"The way to the other servers broke ({fault}).")
            attempts = 0 if was_connected else attempts + 1
            delay = min(LAST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(attempts, 10))
            await asyncio.sleep(random.uniform(delay / 2, delay))

    async def close(self) -> None:
        """What was said reaches Redis before this ends; at most a second."""
        await asyncio.sleep(0)  # the last round may be told in this turn
        for shard in self._shards:
            if shard.is_proven and shard.speaker is not None:
                try:
                    async with asyncio.timeout(PARTING_SECONDS):
                        await shard.speaker.ask(pack("PING"))
                except (Lost, TimeoutError):
                    pass

    # -- a life

    async def _live(self) -> NoReturn:
        known = self._layout.nodes if self._layout is not None and self._layout.is_cluster else ()
        self._layout = layout = await find_layout(self._address, self._entry.name, known)
        words = SHARDED if layout.is_cluster else PLAIN
        self._shards = [
            Shard(node, self._entry, words, self._echo(layout, place), self) for place, node in enumerate(layout.nodes)
        ]
        self._has_moved.clear()
        try:
            async with asyncio.TaskGroup() as lives:
                for shard in self._shards:
                    lives.create_task(shard.live())
                lives.create_task(self._watch_layout())
        except ExceptionGroup as trouble:
            raise _first(trouble) from None
        raise AssertionError("a life ends by being lost")

    def _echo(self, layout: Layout, place: int) -> bytes:
        """A channel of our own that belongs to that part of the cluster."""
        number = 0
        while True:
            name = b"%becho:%b:%d" % (self._prefix, self._me, number)
            if layout.place(name) == place:
                return name
            number += 1

    async def _watch_layout(self) -> None:
        """In a cluster channels move from part to part, and sentinels may name another master."""
        layout = self._layout
        if layout is None or not (layout.is_cluster or self._address.form == "sentinel"):
            return
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._has_moved.wait()
            self._has_moved.clear()
            try:
                found = await find_layout(self._address, self._entry.name, layout.nodes)
            except Lost:
                continue  # our own connections tell whether anything is wrong
            self._rearrange(found)
            await asyncio.sleep(FIRST_DELAY_SECONDS)  # servers of a cluster do not learn of it at once

    def _rearrange(self, found: Layout) -> None:
        """The same servers with other parts: only what moved is joined anew. Raises `Lost` where there are others."""
        assert self._layout is not None
        if set(found.nodes) != set(self._layout.nodes) or found.is_cluster != self._layout.is_cluster:
            raise Lost("Redis consists of other servers now.")
        shards = {shard.node: shard for shard in self._shards}
        before = {name: self._shard_of(name) for name in self._wanted}
        self._layout, self._shards = found, [shards[node] for node in found.nodes]
        for name, shard in before.items():
            now = self._shard_of(name)
            if shard is not now and shard is not None and now is not None:
                shard.leave(name)
                now.join(name)
        for each in self._shards:
            each.join_again()

    def _lose(self, why: str) -> bool:
        """Whether there was something to lose."""
        was_connected, self.is_connected, self.why = self.is_connected, False, why
        self._shards = []
        if why not in self._said:  # again every 2 s it would drown the rest
            self._said.add(why)
            _log.warning("No way to the other servers, which follow the database meanwhile: %s", why)
        if was_connected:
            self._guarded(self.on_mode, False)
        return was_connected

    # -- what a shard tells

    def beat(self, shard: Shard, number: bytes) -> bytes:
        """The others are told with it that we are there."""
        if shard.is_proven and self._shard_of(self._name(EVERYONE)) is shard:
            self.publish(EVERYONE, Kind.BEAT, b"")
        return self._seal.close(shard.echo, self._me, Kind.BEAT, number)

    def took(self, shard: Shard, name: bytes, sealed: bytes) -> None:
        """Ours proves that it works, another one's goes on, what is neither is dropped."""
        opened = self._seal.open(name, sealed)
        if isinstance(opened, str):
            self.dropped[opened] += 1
            return
        instance, kind, payload = opened
        if instance != self._me:
            self._guarded(self.on_message, self._channel(name), instance.decode("latin-1"), kind, payload)
        elif name == shard.echo:
            shard.heard(payload)

    def joined(self, name: bytes) -> None:
        """Redis confirmed it."""
        if name in self._wanted:
            self._guarded(self.on_joined, self._channel(name))

    def proven(self, shard: Shard) -> Iterable[bytes]:
        """Connected is who hears itself everywhere."""
        if all(each.is_proven for each in self._shards):
            self.is_connected, self.why = True, None
            self._said.clear()
            self.connects += 1
            _log.info("Connected to the other servers by Redis at %s", self._address)
            self.publish(EVERYONE, Kind.BEAT, b"")
            self._guarded(self.on_mode, True)
        return [name for name in self._wanted if self._shard_of(name) is shard]

    def moved(self) -> None:
        """Look anew who has which part."""
        self._has_moved.set()

    def refused(self, error: RedisError) -> None:
        """One was not taken; whether any are is seen by what we say to ourselves."""
        self.dropped["refused"] += 1

    def pinged(self, seconds: float) -> None:
        """For the figures."""
        self.on_ping(seconds)

    # -- details

    def _name(self, channel: str) -> bytes:
        return self._prefix + channel.encode(errors="surrogatepass")

    def _channel(self, name: bytes) -> str:
        return name[len(self._prefix) :].decode(errors="surrogatepass")

    def _shard_of(self, name: bytes) -> Shard | None:
        if not self._shards or self._layout is None:
            return None
        return self._shards[self._layout.place(name)]

    def _speaker_of(self, name: bytes) -> Link | None:
        shard = self._shard_of(name)
        return shard.speaker if shard is not None and shard.is_proven else None

    def _guarded(self, call: Callable[..., None], *values: object) -> None:
        """A fault in what follows is not one of the connection."""
        try:
            call(*values)
        except Exception:
            _log.exception("What came by the bus was not taken")


def _first(group: ExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
