"""A network that misbehaves as it is told: a proxy for TCP and Unix sockets, in a thread of its own, without root.

`Chaos(seed).link(target)` makes a way to a server. Its two directions, `up` (to the server) and `down`, can be late,
narrow, sliced, or a black hole: then what is sent arrives when it is over, as TCP would send it again, and nobody
learns that the other side is gone. Chance is seeded by link, connection and direction: who is first does not matter.
"""

import asyncio
import random
import socket
import struct
import threading
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from support.pubsub_chaos import HOLD_SECONDS, Messages, Shuffler

T = TypeVar("T")
Address = tuple[str, int] | Path
READ_BYTES = 64 * 1024
QUEUE_BYTES = 1024 * 1024
GATE_SECONDS = 0.01
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


@dataclass
class Way:
    """One direction of a link; changed at any time, by any thread."""

    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0  # up to so much more
    bytes_per_second: float | None = None
    slice_bytes: int | None = None  # at most so many are written at once
    is_black_hole: bool = False
    cuts_after_bytes: int | None = None  # of each connection; then it is reset
    carried_bytes: int = 0

    def heals(self) -> None:
        carried = self.carried_bytes
        self.__init__(carried_bytes=carried)  # type: ignore[misc]


class Chaos:
    """All links of a test, and the thread in which they run."""

    def __init__(self, seed: int = 0) -> None:
        self.links: list[Link] = []
        self._seed = seed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="chaos")
        self._thread.start()

    def link(self, target: Address, *, at: Path | None = None, is_redis: bool = False) -> "Link":
        """A way to `target`: on a free port, or as the Unix socket `at`. `is_redis`: `messages` may be shuffled."""
        made = Link(self, target, f"{self._seed}/{len(self.links)}", is_redis=is_redis)
        self.links.append(made)
        self.runs(made.opens(at))
        return made

    def heals(self) -> None:
        for each in self.links:
            each.heals()

    def closes(self) -> None:
        """Every link ends; idempotent."""
        if self._loop.is_closed():
            return
        for each in self.links:
            self.runs(each.closes())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def runs(self, doing: Coroutine[Any, Any, T]) -> T:
        """Have it done in the thread, and wait for that."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(10)


@dataclass
class Connection:
    """One pair of sockets."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def is_reset(self) -> None:
        for writer in (self.client, self.server):
            found = writer.get_extra_info("socket")
            with suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        for task in self.tasks:
            task.cancel()


class Link:
    """One way to one server: `up` and `down`, `messages` of Redis, and what happens to all connections at once."""

    def __init__(self, chaos: Chaos, target: Address, seed: str, *, is_redis: bool) -> None:
        self.up, self.down, self.messages = Way(), Way(), Messages()
        self.port = 0
        self.is_refusing = False  # newcomers are reset at once
        self.connects = 0
        self._chaos = chaos
        self._target = target
        self._seed = seed
        self._is_redis = is_redis
        self._open: list[Connection] = []
        self._numbers = count()
        self._server: asyncio.Server | None = None

    def __len__(self) -> int:
        return len(self._open)

    def is_black_hole(self, *, up: bool = True, down: bool = True) -> None:
        """Nothing arrives any more in these directions, and nobody is told."""
        self.up.is_black_hole, self.down.is_black_hole = up, down

    def is_slow(self, latency_seconds: float, jitter_seconds: float = 0.0) -> None:
        for way in (self.up, self.down):
            way.latency_seconds, way.jitter_seconds = latency_seconds, jitter_seconds

    def heals(self) -> None:
        """As if nothing had ever been wrong; what is open stays open."""
        self.up.heals()
        self.down.heals()
        self.messages.heals()
        self.is_refusing = False

    def resets(self) -> int:
        """Every connection ends with RST, on both sides; how many that were."""
        return self._chaos.runs(self._resets())

    def half_closes(self, *, up: bool = True) -> None:
        """Every connection ends in one direction only; the other goes on."""
        self._chaos.runs(self._half_closes(up))

    async def opens(self, at: Path | None) -> None:
        if at is None:
            self._server = await asyncio.start_server(self._carries, "127.0.0.1", 0, backlog=4096)
            self.port = self._server.sockets[0].getsockname()[1]
        else:
            self._server = await asyncio.start_unix_server(self._carries, at)

    async def closes(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._resets()

    async def _resets(self) -> int:
        found, self._open = self._open, []
        for each in found:
            each.is_reset()
        await asyncio.gather(*(task for each in found for task in each.tasks), return_exceptions=True)
        return len(found)

    async def _half_closes(self, up: bool) -> None:
        for each in self._open:
            with suppress(OSError):
                (each.server if up else each.client).write_eof()

    async def _carries(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.connects += 1
        number = next(self._numbers)
        try:
            there, server = await self._reaches()
        except OSError:
            there, server = reader, client
        if server is client or self.is_refusing:
            Connection(client, server).is_reset()
            return
        pair = Connection(client, server)
        self._open.append(pair)
        pumps = (Pump(reader, server, self.up, None), Pump(there, client, self.down, self._shuffler(number)))
        chances = (random.Random(f"{self._seed}/{number}/{name}") for name in ("up", "down"))
        pair.tasks = [asyncio.ensure_future(pump.runs(chance)) for pump, chance in zip(pumps, chances, strict=True)]
        done, _ = await asyncio.wait(pair.tasks, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.cancelled() or task.exception() for task in done):
            pair.is_reset()
        client.close()
        server.close()
        if pair in self._open:
            self._open.remove(pair)

    async def _reaches(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)

    def _shuffler(self, number: int) -> Shuffler | None:
        return Shuffler(self.messages, random.Random(f"{self._seed}/{number}/messages")) if self._is_redis else None


class Pump:
    """Carries one direction of one connection: reads at once, and writes when it is time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way, shuffler: Shuffler | None
    ) -> None:
        self._reader, self._writer, self._way, self._shuffler = reader, writer, way, shuffler
        self._queue: deque[tuple[float, bytes]] = deque()  # when it is due; empty bytes: the end
        self._queued_bytes = 0
        self._changed = asyncio.Event()
        self._written = 0

    async def runs(self, chance: random.Random) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reads(chance))
            group.create_task(self._writes())

    async def _reads(self, chance: random.Random) -> None:
        due, now = 0.0, asyncio.get_running_loop().time
        while True:
            read = await self._next()
            way = self._way
            due = max(due, now() + way.latency_seconds + way.jitter_seconds * chance.random())
            for piece in read:
                self._queue.append((due, piece))
                self._queued_bytes += len(piece)
            self._changed.set()
            if read and not read[-1]:
                return
            while self._queued_bytes > QUEUE_BYTES:  # noqa: ASYNC110 (whoever sends waits, as with a real line)
                await asyncio.sleep(GATE_SECONDS)

    async def _next(self) -> list[bytes]:
        """What is to be sent on; ends with empty bytes when that was all."""
        if self._shuffler is None:
            return [await self._received()]
        seconds = HOLD_SECONDS if self._shuffler.holds else None
        try:
            data = await asyncio.wait_for(self._received(), seconds)
        except TimeoutError:
            return self._shuffler.lets_go()
        return self._shuffler.passes(data) if data else [*self._shuffler.lets_go(), b""]

    async def _received(self) -> bytes:
        try:
            return await self._reader.read(READ_BYTES)
        except OSError:
            return b""  # the other side hears of it as of an end: a reset is `resets`

    async def _writes(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            while not self._queue:
                self._changed.clear()
                await self._changed.wait()
            due, data = self._queue.popleft()
            self._queued_bytes -= len(data)
            if due > now():
                await asyncio.sleep(due - now())
            await self._gate()
            if not data:
                with suppress(OSError):
                    self._writer.write_eof()
                return
            await self._sends(data)

    async def _gate(self) -> None:
        while self._way.is_black_hole:  # noqa: ASYNC110 (changed by another thread)
            await asyncio.sleep(GATE_SECONDS)

    async def _sends(self, data: bytes) -> None:
        way = self._way
        while data:
            size = len(data) if way.slice_bytes is None else way.slice_bytes
            if way.cuts_after_bytes is not None:
                size = min(size, way.cuts_after_bytes - self._written)
                if size <= 0:
                    raise ConnectionResetError("as many bytes as it may carry")
            piece, data = data[:size], data[size:]
            self._written += len(piece)
            way.carried_bytes += len(piece)
            self._writer.write(piece)
            await self._writer.drain()
            if way.bytes_per_second is not None:
                await asyncio.sleep(len(piece) / way.bytes_per_second)
            elif data:
                await asyncio.sleep(0)
            await self._gate()
