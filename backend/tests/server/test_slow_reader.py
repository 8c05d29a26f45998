"""Somebody stops reading, or reads very slowly: nobody else notices, and nothing grows."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pycrdt import Doc, Text

from quillroom.protocol import awareness, frames
from quillroom.protocol.websocket import encode_frame
from support.person import Person
from support.raw import Raw, masked, ping
from support.server import Server
from support.servers import a_server

pytestmark = pytest.mark.alone

PATH = "/sync/d?client=quillroom&schema=1"
MEGABYTE = 1 << 20
EDITS_THAT_NO_BUFFER_HOLDS = 108  # of 60,000 characters: kernel 4 MiB, transport 256 KiB, outbox 1 MiB


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One that is asked directly: nginx would read on for a reader that does not."""
    running = a_server(tmp_path).start()
    yield running.each[0]
    running.goes()


class Room:
    """Three people who type in turn, each knowing when the others got it."""

    def __init__(self, server: Server, people: list[Person]) -> None:
        self.server = server
        self.people = people
        self._typed = 0

    async def types(self, size: int) -> float:
        """One of them types so many characters; the seconds until it was saved and both others had it."""
        writer = self.people[self._typed % len(self.people)]
        self._typed += 1
        token = f"<{self._typed}>"
        before = time.monotonic()
        await writer.types(token + "x" * size)
        await writer.is_saved()
        length = len(str(writer.text))
        for other in self.people:
            await other.waits(lambda other=other: len(other.text) >= length)  # type: ignore[misc]
        return time.monotonic() - before

    def memory_bytes(self) -> int:
        with open(f"/proc/{self.server.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def leaves(self) -> None:
        for person in self.people:
            await person.leaves()


async def room_of(server: Server) -> Room:
    return Room(server, [await Person(server.sync, "d").joins() for _ in range(3)])


async def test_g6_a_reader_that_stops_reading_slows_nobody_and_recovers(server: Server) -> None:
    room = await room_of(server)
    alone = sorted([await room.types(40_000) for _ in range(30)])
    stuck = await Raw(server.port).joins(PATH)
    await stuck.sends(frames.step1(b"\x00"))  # asks for everything, and then reads nothing
    memory, beside = room.memory_bytes(), []
    joined_at = time.monotonic()
    while not stuck.is_reset():
        beside.append(await room.types(40_000))
        assert time.monotonic() - joined_at < 15
    assert time.monotonic() - joined_at > 5
    assert "app_ws_slow_consumer_aborts_total 1\n" in (await _metrics(server))
    stuck.leaves()
    assert len(beside) >= 20  # most of it would not have fitted into its buffers
    # One that waited for the stuck one would have waited for seconds.
    assert max(beside) < 1.0 + 5 * max(alone)
    assert room.memory_bytes() - memory < 40 * MEGABYTE + 8 * 40_000 * len(beside)
    back = await Person(server.sync, "d").joins()
    assert str(back.text) == str(room.people[0].text)
    await back.leaves()
    await room.leaves()


async def _metrics(server: Server) -> str:
    async with httpx.AsyncClient(base_url=server.url) as web:
        return (await web.get("/metrics")).text


@pytest.mark.parametrize("what", ["heartbeats", "pings", "questions", "cursors"])
async def test_a_reader_that_only_asks_and_never_reads_is_cut_and_fills_no_memory(server: Server, what: str) -> None:
    room = await room_of(server)
    await room.types(200_000)
    rude = await Raw(server.port).joins(PATH)
    flood = {
        "heartbeats": masked(frames.HEARTBEAT_FRAME * 1000, 2) * 20,
        "pings": ping() * 2000,
        "questions": masked(frames.step1(b"\x00") * 100, 2) * 20,
        "cursors": masked(bytes([frames.QUERY_AWARENESS]) * 1000, 2) * 20,
    }[what]
    memory = room.memory_bytes()
    asking = asyncio.create_task(_asks_for(rude, flood, 4.0))
    while not asking.done():
        assert await room.types(10) < 2.0
    await asking
    assert room.memory_bytes() - memory < 40 * MEGABYTE
    rude.leaves()
    await room.leaves()


async def _asks_for(rude: Raw, flood: bytes, seconds: float) -> None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                await rude.writes(flood)


class Slow:
    """Reads a little, rests, reads a little: a page on a very bad network."""

    def __init__(self, raw: Raw) -> None:
        self.doc: Doc[Any] = Doc()
        self.text = self.doc.get("t", type=Text)
        self.step2s = self.cursors = 0
        self._raw = raw
        self._buffer = b""

    async def reads(self, size: int) -> None:
        """Take so many bytes, and what is whole in them."""
        self._buffer += await self._raw.reads(size)
        while (end := _frame_end(self._buffer)) is not None:
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            self._take(frame)

    def _take(self, frame: bytes) -> None:
        payload = frame[{126: 4, 127: 10}.get(frame[1], 2) :]
        if frame[0] != 0x82:
            return
        if payload[0] == frames.AWARENESS:
            self.cursors += 1
        elif payload[0] == frames.SYNC and payload[1] != frames.STEP1:
            [message] = frames.read_messages(payload)
            self.step2s += message.step == frames.STEP2
            self.doc.apply_update(message.payload)


def _frame_end(data: bytes) -> int | None:
    if len(data) < 10:
        return None if len(data) < 2 or len(data) < 2 + data[1] else 2 + data[1]
    size, head = data[1], 2
    if size == 126:
        size, head = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, head = int.from_bytes(data[2:10], "big"), 10
    return head + size if len(data) >= head + size else None


async def test_a_slow_reader_is_kept_loses_cursors_first_and_gets_one_resync(server: Server) -> None:
    room = await room_of(server)
    raw = await Raw(server.port).joins(PATH)
    slow = Slow(raw)
    await raw.sends(frames.step1(b"\x00"))
    ends_at, clock = time.monotonic() + 9, 0
    while time.monotonic() < ends_at or clock < EDITS_THAT_NO_BUFFER_HOLDS:
        for _ in range(12):
            await room.types(60_000)
            clock += 1
            cursor = awareness.write_states([(7, clock, '{"at":1}')])
            await room.people[0].sends(frames.awareness(cursor))
        await slow.reads(8192)  # a rest of a second or so, far slower than they write
        await asyncio.sleep(1)
    text = str(room.people[0].text)
    async with asyncio.timeout(30):
        while str(slow.text) != text:
            await slow.reads(1 << 20)
    assert slow.step2s == 2  # the answer to its question, and one for all that was dropped
    await room.types(10)
    async with asyncio.timeout(10):
        while len(slow.text) != len(room.people[0].text):
            await slow.reads(1 << 20)
    assert slow.cursors < clock - 10  # those before its buffers were full, and one state for all that were shed
    raw.leaves()
    await room.leaves()


async def test_an_edit_that_comes_a_byte_at_a_time_disturbs_nobody(server: Server) -> None:
    room = await room_of(server)
    raw = await Raw(server.port).joins(PATH)
    doc: Doc[Any] = Doc()
    doc.get("t", type=Text).insert(0, "slow")
    for byte in masked(frames.update(doc.get_update()), 2):
        await raw.writes(bytes([byte]))
        assert await room.types(1) < 2.0
    await room.people[0].waits(lambda: "slow" in str(room.people[0].text))
    raw.leaves()
    await room.leaves()


def test_the_reader_of_this_test_knows_whole_frames() -> None:
    for size in (0, 5, 125, 126, 70_000):
        frame = encode_frame(bytes(size))
        assert _frame_end(frame + b"x") == len(frame)
        assert _frame_end(frame[:-1]) is None
