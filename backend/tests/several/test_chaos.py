"""The network that misbehaves, itself: each of its faults happens, and nothing else does."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import redis.asyncio

from support.chaos import Chaos, Link
from support.redis_server import RedisServer

WORDS = b"what is said arrives as it was said. " * 2000
LATE_SECONDS = 0.15


class Echo:
    """A server that says everything back, and remembers what it heard."""

    def __init__(self) -> None:
        self.heard = b""
        self.has_ended = asyncio.Event()  # one peer said that it has nothing more to say
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.heard += data
                writer.write(data)
                await writer.drain()
            self.has_ended.set()
            writer.write(b"bye")
            writer.close()


@pytest.fixture
def chaos() -> Iterator[Chaos]:
    made = Chaos(seed=7)
    yield made
    made.closes()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    made = Echo()
    server = await asyncio.start_server(made.answers, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    for writer in made.writers:
        writer.transport.abort()


@pytest.fixture
def link(chaos: Chaos, echo: Echo) -> Link:
    return chaos.link(("127.0.0.1", echo.port))


@pytest.fixture
async def peer(link: Link) -> AsyncIterator["Peer"]:
    made = await Peer(link.port).comes()
    yield made
    made.writer.close()


class Peer:
    """Somebody who came over the link."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, port: int) -> None:
        self._port = port

    async def comes(self) -> "Peer":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def says(self, words: bytes) -> None:
        self.writer.write(words)
        await self.writer.drain()

    async def hears(self, size: int) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.readexactly(size)

    async def is_heard(self, words: bytes) -> float:
        """Say it and hear it back; how long that took."""
        began = time.monotonic()
        saying = asyncio.create_task(self.says(words))
        assert await self.hears(len(words)) == words
        await saying
        return time.monotonic() - began

    async def hears_nothing(self) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                assert await self.reader.read(1) == b"nothing"


async def becomes_true(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (in another thread)
            await asyncio.sleep(0.005)


async def test_without_faults_everything_arrives_and_is_counted(link: Link, peer: Peer) -> None:
    await peer.is_heard(WORDS)
    assert link.up.carried_bytes == link.down.carried_bytes == len(WORDS)
    peer.writer.write_eof()
    assert await peer.hears(3) == b"bye"
    assert await peer.reader.read() == b""
    await becomes_true(lambda: len(link) == 0)


async def test_late(link: Link, peer: Peer) -> None:
    link.is_slow(LATE_SECONDS)
    assert await peer.is_heard(WORDS) >= 2 * LATE_SECONDS
    link.heals()
    await peer.is_heard(b"x")


async def test_jitter_keeps_the_order(link: Link, peer: Peer) -> None:
    link.is_slow(0.0, jitter_seconds=0.02)
    said = b""
    for number in range(100):
        said += b"%03d " % number
        await peer.says(b"%03d " % number)
        await asyncio.sleep(0.001)
    assert await peer.hears(len(said)) == said


async def test_narrow(link: Link, peer: Peer) -> None:
    link.up.bytes_per_second = 200_000
    assert await peer.is_heard(WORDS) >= 0.8 * len(WORDS) / 200_000


async def test_sliced(link: Link, peer: Peer) -> None:
    link.up.slice_bytes = 7
    await peer.is_heard(WORDS[:5000])


async def test_a_black_hole_gives_back_what_it_swallowed(link: Link, peer: Peer, echo: Echo) -> None:
    link.is_black_hole()
    await peer.says(b"lost?")
    await peer.hears_nothing()
    assert echo.heard == b""
    link.heals()
    assert await peer.hears(5) == b"lost?"


async def test_a_black_hole_one_way(link: Link, peer: Peer, echo: Echo) -> None:
    link.is_black_hole(up=False)
    await peer.says(b"heard")
    await becomes_true(lambda: echo.heard == b"heard")
    await peer.hears_nothing()
    link.heals()
    assert await peer.hears(5) == b"heard"


async def test_nobody_learns_of_an_end_behind_a_black_hole(link: Link, peer: Peer, echo: Echo) -> None:
    await peer.is_heard(b"x")
    link.is_black_hole()
    peer.writer.close()
    await asyncio.sleep(0.1)
    assert not echo.has_ended.is_set()
    link.heals()
    async with asyncio.timeout(10):
        await echo.has_ended.wait()


async def test_reset(link: Link, peer: Peer) -> None:
    await peer.is_heard(b"x")
    assert link.resets() == 1
    with pytest.raises(ConnectionResetError):
        await peer.hears(1)
    again = await Peer(link.port).comes()
    await again.is_heard(b"x")
    again.writer.close()


async def test_half_closed(link: Link, peer: Peer, echo: Echo) -> None:
    await peer.is_heard(b"x")
    link.half_closes(up=True)
    async with asyncio.timeout(10):
        await echo.has_ended.wait()
    assert await peer.hears(3) == b"bye"


async def test_cut_after_so_many_bytes(link: Link, peer: Peer, echo: Echo) -> None:
    link.up.cuts_after_bytes = 1000
    with contextlib.suppress(ConnectionError):
        await peer.says(WORDS)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await peer.hears(len(WORDS))
    assert len(echo.heard) <= 1000


async def test_refused(link: Link) -> None:
    link.is_refusing = True
    with pytest.raises(ConnectionError):
        await (await Peer(link.port).comes()).hears(1)
    link.heals()
    again = await Peer(link.port).comes()
    await again.is_heard(b"x")
    again.writer.close()


async def test_a_unix_socket(chaos: Chaos, echo: Echo, tmp_path: Path) -> None:
    link = chaos.link(("127.0.0.1", echo.port), at=tmp_path / "socket")
    reader, writer = await asyncio.open_unix_connection(tmp_path / "socket")
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    assert link.resets() == 1
    writer.close()


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    if not RedisServer.is_installed():
        pytest.skip("Redis is not installed")
    running = RedisServer().start()
    yield running
    running.remove()


async def heard(link: Link, redis_port: int, protocol: int, count: int) -> list[int]:
    """The numbers that a subscriber behind the link heard of so many that were published."""
    here = redis.asyncio.Redis(port=link.port, protocol=protocol)
    there = redis.asyncio.Redis(port=redis_port)
    found: list[int] = []
    async with here, there, here.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe("numbers", "end")
        await pubsub.get_message(timeout=1)
        async with there.pipeline(transaction=False) as pipeline:
            for number in range(count):
                pipeline.publish("numbers", f"{number}\r\n$3\r\n")  # it is the lengths that count
            await pipeline.execute()
        await asyncio.sleep(0.2)  # whatever is held back is let go
        link.heals()
        await there.publish("end", "")
        async with asyncio.timeout(10):
            async for message in pubsub.listen():
                if message["channel"] == b"end":
                    return found
                found.append(int(message["data"].split()[0]))
    raise AssertionError("the subscription ended")


@pytest.mark.parametrize("protocol", [2, 3])
async def test_messages_are_lost_doubled_and_reordered_and_counted(
    chaos: Chaos, redis_server: RedisServer, protocol: int
) -> None:
    link = chaos.link(("127.0.0.1", redis_server.port), is_redis=True)
    assert await heard(link, redis_server.port, protocol, 500) == list(range(500))
    messages = link.messages
    messages.lost = messages.doubled = messages.reordered = 0.05
    messages.counts.update(passed=0)
    found = await heard(link, redis_server.port, protocol, 1000)
    counts = messages.counts
    assert len(set(found)) == 1000 - counts["lost"]
    assert len(found) == 1000 - counts["lost"] + counts["doubled"]
    steps = sum(now < before for before, now in pairwise(found))
    assert counts["reordered"] - 1 <= steps <= counts["reordered"] + 1
    assert all(20 < counts[what] < 100 for what in ("lost", "doubled", "reordered")), counts


async def test_the_same_seed_does_the_same(redis_server: RedisServer) -> None:
    found: list[list[int]] = []
    for seed in (1, 1, 2):
        chaos = Chaos(seed)
        link = chaos.link(("127.0.0.1", redis_server.port), is_redis=True)
        link.messages.lost = 0.1
        found.append(await heard(link, redis_server.port, 2, 300))
        chaos.closes()
    assert found[0] == found[1] != found[2]


def test_a_link_to_nobody_resets(chaos: Chaos) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        link = chaos.link(("127.0.0.1", nobody.getsockname()[1]))
    with socket.create_connection(("127.0.0.1", link.port)) as peer:
        peer.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            assert peer.recv(1) == b""
