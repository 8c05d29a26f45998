"""No client slows the others or ends the process (G6, H1): damaged frames by the ten thousand, and bombs between them.

All of them, before a release: QUILLROOM_FRAMES=100000. A seed that failed: QUILLROOM_SEED=….
"""

import asyncio
import collections
import os
import random
import re
import time
from contextlib import suppress

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from protocol import corpus
from protocol.structs import Twister, put_together, take_apart
from quillroom.protocol import awareness, frames, vectors
from quillroom.protocol.closes import Close
from quillroom.protocol.lib0 import var_bytes, write_var_uint
from support.person import Person
from support.server import Server

pytestmark = pytest.mark.alone

FRAMES = int(os.environ.get("QUILLROOM_FRAMES", "5000"))
SEED = int(os.environ.get("QUILLROOM_SEED", random.randrange(2**32)))
ATTACKERS = 16
WINDOW = 8
DOCUMENTS = 40
# The goal, held against where it is measured. Among other tests there is room: on a machine that does ten things at
# once the same work takes up to twice the CPU time (51 and 85 ms were seen at a load of 10).
BLOCKED_SECONDS = 0.05 if FRAMES >= 100_000 else 0.15
BOMB_EVERY = 1000
ABNORMAL = 1006

ROOT_T = b"\x01\x01t"


def one_struct(struct: bytes, count: int = 1) -> bytes:
    return b"\x01" + write_var_uint(count) + b"\x09\0" + struct + b"\0"


def many_clients(count: int) -> bytes:
    """Each writes one struct, and each deletes it."""
    structs = b"".join(b"\x01" + write_var_uint(n + 128) + b"\0\0\x01" for n in range(count))
    deletes = b"".join(write_var_uint(count - n + 127) + b"\x01\0\x01" for n in range(count))
    return write_var_uint(count) + structs + write_var_uint(count) + deletes


BOMBS = {
    "values nested until the stack overflows": frames.update(
        one_struct(b"\x08" + ROOT_T + b"\x01" + b"\x75\x01" * 26_600 + b"\x7e")
    ),
    "JSON nested until the stack overflows": frames.update(
        one_struct(b"\x05" + ROOT_T + var_bytes(b"[" * 26_000 + b"]" * 26_000))
    ),
    "a number without an end": b"\xff" * 200_000,
    "an update without an end": frames.update(b"\xff" * 200_000),
    "a state vector without an end": frames.step1(b"\xff" * 200_000),
    "a cursor without an end": frames.awareness(b"\xff" * 60_000),
    "two hundred thousand clients asked for": frames.step1(
        vectors.write_state_vector(dict.fromkeys(range(200_000), 1))
    ),
    "four thousand cursors": frames.awareness(awareness.write_states([(n, 1, "{}") for n in range(4096)])),
    "four thousand clients at once": frames.update(many_clients(4096)),
    "a hundred thousand clients at once": frames.step2(many_clients(100_000)),
    "marks with JSON values": frames.update(one_struct((b"\x06" + ROOT_T + b"\0\x011") * 4000, 4000)),
    "a thousand questions in one frame": (frames.step1(b"\0") + b"\x03") * 512,
    "a thousand edits in one frame": frames.update(one_struct(b"\x04" + ROOT_T + b"\x01x")) * 1024,
    "thirty large updates in one frame": frames.update(one_struct((b"\x06" + ROOT_T + b"\0\x011") * 3900, 3900)) * 30,
    "a million values": frames.update(one_struct(b"\x08" + ROOT_T + write_var_uint(10**6) + b"\x7e" * 10**6)),
}


def test_the_bombs_are_what_they_are_called() -> None:
    assert 50_000 < len(BOMBS["values nested until the stack overflows"]) < 60_000
    for frame in BOMBS.values():
        assert len(frame) < 4 << 20


class Arsenal:
    """Frames made from what people could have written, damaged in every way."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._sent = 0
        self._restock()

    def _restock(self) -> None:
        self._updates: list[bytes] = corpus.make_updates(self._chance.randrange(2**32), steps=12)
        self._twister = Twister(self._chance)
        self._whole = [take_apart(update) for update in self._updates]
        for update in self._whole:
            self._twister.remember(update)

    def next(self) -> bytes:
        """One frame; now and then a bomb."""
        self._sent += 1
        if self._sent % BOMB_EVERY == 0:
            return self._chance.choice(list(BOMBS.values()))
        if self._sent % 150 == 0:
            self._restock()
        update = self._chance.choice(self._updates)
        match self._chance.randrange(40):
            case 0:
                return bytes(corpus.damaged(frames.update(update), self._chance))
            case 1:
                return bytes(corpus.damaged(frames.step1(b"\x02\x05\x07\x09\x01"), self._chance))
            case 2 | 3:
                state = awareness.write_states([(self._chance.randrange(2**53), 1, '{"user":{"name":"x"}}')])
                return frames.awareness(bytes(corpus.damaged(state, self._chance)))
            case 4:
                return bytes(self._chance.randrange(256) for _ in range(self._chance.randrange(1, 40)))
            case 5:
                return frames.step1(vectors.write_state_vector({self._chance.randrange(2**53): 1}))
            case 6 | 7 | 8:
                return frames.update(bytes(corpus.damaged(update, self._chance)))
            case 9:
                return frames.step2(update)
            case _:
                twisted = self._twister.twisted(self._chance.choice(self._whole))
                return frames.update(put_together(twisted))


class Attacker:
    """Sends frame after frame, and comes back whenever it is thrown out. Only frames that were looked at count."""

    def __init__(self, url: str, chance: random.Random, closes: "collections.Counter[int | None]") -> None:
        self._url = url
        self._chance = chance
        self._arsenal = Arsenal(chance)
        self._closes = closes
        self._echo = asyncio.Event()
        self.seen = 0

    async def attacks(self, frames_wanted: int) -> None:
        while self.seen < frames_wanted:
            address = self._url.replace("attacked", f"attacked{self._chance.randrange(DOCUMENTS)}-")
            async with connect(address, compression=None, max_size=None, ping_interval=None) as socket:
                reading = asyncio.create_task(self._reads(socket))
                with suppress(ConnectionClosed):
                    while self.seen < frames_wanted and not reading.done():
                        await self._sends_some(socket)
            await reading
            self._closes[socket.close_code] += 1

    async def _sends_some(self, socket: ClientConnection) -> None:
        """A few frames and a heartbeat: when it comes back, or the connection ends, they were looked at."""
        self._echo.clear()
        for _ in range(WINDOW):
            await self._sends(socket)
        await socket.send(frames.HEARTBEAT_FRAME)
        await self._echo.wait()
        self.seen += WINDOW if socket.close_code is None else 1

    async def _sends(self, socket: ClientConnection) -> None:
        match self._chance.randrange(400):
            case 0:
                await socket.send("a text frame")
            case 1:
                await socket.send([bytes([byte]) for byte in self._arsenal.next()[:300]])
            case 2:  # 100 MB announced
                socket.transport.write(b"\x82\xff" + (100 << 20).to_bytes(8, "big") + b"\0\0\0\0")
            case 3:  # an extension that nobody agreed on
                socket.transport.write(b"\xc2\x81\0\0\0\0x")
            case _:
                await socket.send(self._arsenal.next())

    async def _reads(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                if await socket.recv() == frames.HEARTBEAT_FRAME:
                    self._echo.set()
        self._echo.set()


async def worst_lag(server: Server, web: httpx.AsyncClient) -> tuple[float, float]:
    """How long the loop was held since the last call: by its own work (CPU), and by the clock, where a busy machine
    adds whatever it likes."""
    metrics = (await web.get(f"{server.url}/metrics")).text
    [worked] = re.findall(r"^app_loop_lag_max_seconds (\S+)$", metrics, re.MULTILINE)
    [late] = re.findall(r"^app_loop_late_max_seconds (\S+)$", metrics, re.MULTILINE)
    return float(worked), float(late)


def counted(metrics: str, result: str) -> int:
    [number] = re.findall(rf'app_doc_updates_total{{result="{result}"}} (\d+)', metrics)
    return int(number)


async def test_g6_damaged_frames_and_bombs_disturb_nobody(server: Server) -> None:
    """A bystander types in another room all the while, and each edit is acknowledged."""
    print(f"QUILLROOM_SEED={SEED}")
    chance = random.Random(SEED)
    closes: collections.Counter[int | None] = collections.Counter()
    urls = [f"{server.sync}/attacked{n % 5}{'?client=quillroom&schema=1' * (n % 2)}" for n in range(ATTACKERS)]
    attackers = [Attacker(url, random.Random(chance.random()), closes) for url in urls]
    bystander = await Person(server.sync, "quiet").joins()
    async with httpx.AsyncClient() as web:
        await worst_lag(server, web)
        started = time.monotonic()
        battle = asyncio.gather(*(each.attacks(FRAMES // ATTACKERS) for each in attackers))
        words, waits = 0, []
        while not battle.done():
            sent_at = time.monotonic()
            await bystander.types("word ")
            await bystander.is_saved()
            waits.append(time.monotonic() - sent_at)
            words += 1
            assert server.is_alive(), f"seed {SEED}"
            await asyncio.wait([battle], timeout=0.02)
        await battle
        seen = sum(each.seen for each in attackers)
        seconds = time.monotonic() - started
        lag, late_by = await worst_lag(server, web)
        metrics = (await web.get(f"{server.url}/metrics")).text
    waits.sort()
    print(f"{seen} frames in {seconds:.1f} s, closes {dict(closes)}, worst lag {lag * 1000:.1f} ms")
    print(f"by the clock {late_by * 1000:.1f} ms")
    print(f"bystander: {words} edits, p50 {waits[words // 2] * 1000:.1f} ms, worst {waits[-1] * 1000:.1f} ms")
    print({result: counted(metrics, result) for result in ("accepted", "nothing", "refused", "gap")})
    # 1006, seen in some of a thousand connections on a busy machine: it ended without a goodbye. Why is not known.
    assert closes.pop(ABNORMAL, 0) <= FRAMES / 1000, f"seed {SEED}"
    assert set(closes) <= set(Close), f"seed {SEED}: undocumented close codes"
    assert closes[Close.BAD_FRAME] > 0
    assert closes[Close.TOO_BIG] > 0
    assert counted(metrics, "accepted") > FRAMES / 500
    assert counted(metrics, "refused") > FRAMES / 50
    assert lag <= BLOCKED_SECONDS, f"seed {SEED}: the loop was held for {lag:.3f} s"
    late = await Person(server.sync, "quiet").joins()
    await late.sees("word " * words)
    await late.leaves()
    await bystander.leaves()


@pytest.mark.parametrize("name", BOMBS)
async def test_one_bomb_holds_nobody_up(server: Server, name: str) -> None:
    bystander = await Person(server.sync, "quiet").joins()
    attacker = Person(server.sync, "attacked")
    await attacker.joins()
    async with httpx.AsyncClient() as web:
        await worst_lag(server, web)
        for _ in range(3):
            await attacker.sends(BOMBS[name])
        await bystander.types("still here")
        await bystander.is_saved()
        newcomer = await Person(server.sync, "attacked").joins()
        await newcomer.leaves()
        lag, _ = await worst_lag(server, web)
    assert lag <= BLOCKED_SECONDS
    assert server.is_alive()
    await bystander.leaves()
    await attacker.leaves()
