"""`python -m bench.crossing`: two servers and one Redis, ours and Hocuspocus with its Redis extension, in one run.

Measured for each: from an edit on one server to a reader on the other; how often Redis is told of it; how long a
message takes that Redis lost (its subscribers are killed at that moment); whether a document opens without Redis; and
what was acknowledged and is gone when both servers are killed.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import redis
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bench import install, wire
from bench.house import RedisServer, house
from bench.places import PEERS, RESULTS
from bench.server import data_directory, read_port
from bench.targets import HOCUSPOCUS_DATABASE, QUILLROOM, Target, environment, node
from bench.typist import Line, Refused, read_document

EDITS, PAUSE_SECONDS = 200, 0.03
HEALED_WITHIN = OPENED_WITHIN = 20.0
TYPED_SECONDS = 1.0
AGAIN = (OSError, ConnectionClosed, InvalidHandshake, Refused, TimeoutError)


@dataclass(slots=True)
class Pair:
    """Two servers of one kind; `kills` ends both at once and `starts` brings them back, perhaps at other ports."""

    target: Target
    ports: list[int]
    redis: RedisServer
    kills: Callable[[], None]
    starts: Callable[[], list[int]]


@dataclass(slots=True)
class Found:
    """None: it did not happen in the time that it was given."""

    server: str
    edits: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    publishes_per_edit: float = 0.0
    healed_seconds: float | None = None
    opened_without_redis_seconds: float | None = None
    acknowledged: int = 0
    acknowledged_and_lost: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.crossing", description=__doc__)
    parser.add_argument("--edits", type=int, default=EDITS)
    parser.add_argument("--out", type=Path, default=RESULTS / "crossing")
    asked = parser.parse_args()
    try:
        install.peers([HOCUSPOCUS_DATABASE])
    except install.CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 2
    found = []
    for pair in (ours, hocuspocus):
        with pair() as both:
            found.append(asyncio.run(measure(both, asked.edits)))
        print(json.dumps(asdict(found[-1])), file=sys.stderr, flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "crossing.json").write_text(json.dumps([asdict(each) for each in found], indent=1))
    (asked.out / "crossing.md").write_text(table(found))
    print(table(found))
    return 0


async def measure(pair: Pair, edits: int) -> Found:
    """All of it on one pair, the gentle parts first."""
    found = Found(pair.target.name if pair.target is QUILLROOM else "hocuspocus, database, redis", edits)
    idle = await publishes(pair, lambda: asyncio.sleep(edits * PAUSE_SECONDS))
    writer, reader = await joined(pair, 0, "crossing"), await joined(pair, 1, "crossing")
    took: list[float] = []
    told = await publishes(pair, lambda: crosses(writer, reader, edits, took))
    cuts = quantiles(took, n=100, method="inclusive")
    found.p50_ms, found.p99_ms = round(cuts[49] * 1000, 2), round(cuts[98] * 1000, 2)
    found.publishes_per_edit = round((told - idle) / edits, 2)
    found.healed_seconds = await heals(pair, writer, reader, edits)
    found.acknowledged, found.acknowledged_and_lost = await survives(pair)
    pair.redis.kill9()
    await asyncio.sleep(1.0)
    found.opened_without_redis_seconds = await opens(pair)
    return found


async def joined(pair: Pair, number: int, document: str) -> Line:
    """Somebody on one of the two, with everything that is there."""
    line = await Line.open(pair.target, pair.ports[number], document)
    async with asyncio.timeout(OPENED_WITHIN):
        while (await line.receive()).step != wire.STEP2:
            pass
    return line


async def publishes(pair: Pair, act: Callable[[], Any]) -> int:
    """How often something was published meanwhile."""
    with redis.Redis(port=pair.redis.port) as asked:
        asked.config_resetstat()
        await act()
        counts = asked.info("commandstats")
    return sum(int(counts.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("publish", "spublish"))


async def crosses(writer: Line, reader: Line, edits: int, took: list[float]) -> None:
    """One edit after the other; seconds until each is at the reader."""
    for number in range(edits):
        began = time.perf_counter()
        await writer.send(wire.sync(wire.UPDATE, wire.typed(1, number, "x")))
        async with asyncio.timeout(HEALED_WITHIN):
            while (await reader.receive()).step != wire.UPDATE:
                pass
        took.append(time.perf_counter() - began)
        await asyncio.sleep(PAUSE_SECONDS)


async def heals(pair: Pair, writer: Line, reader: Line, clock: int) -> float | None:
    """Redis drops all who listen, and at that moment somebody writes one letter and no more."""
    with redis.Redis(port=pair.redis.port) as asked:
        asked.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    began = time.perf_counter()
    await writer.send(wire.sync(wire.UPDATE, wire.typed(1, clock, "x")))
    try:
        async with asyncio.timeout(HEALED_WITHIN):
            while (await reader.receive()).step != wire.UPDATE:
                pass
    except TimeoutError:
        return None
    return round(time.perf_counter() - began, 3)


async def opens(pair: Pair) -> float | None:
    """A document that is open nowhere, while there is no Redis."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(OPENED_WITHIN):
            line = await joined(pair, 0, "without-redis")
    except AGAIN:
        return None
    took = time.perf_counter() - began
    await line.close()
    return round(took, 3)


async def survives(pair: Pair) -> tuple[int, int]:
    """(acknowledged, of these gone) letters, when both are killed while somebody types."""
    line = await joined(pair, 0, "killed")
    acknowledged, typed, until = 0, 0, time.perf_counter() + TYPED_SECONDS
    while time.perf_counter() < until:
        await line.send(wire.sync(wire.UPDATE, wire.typed(7, typed, "y")))
        typed += 1
        while (message := await line.receive()).kind not in (wire.SAVED, wire.SYNC_STATUS):
            pass
        said = wire.read_uint(message.payload, 0)[0]
        acknowledged = said if message.kind == wire.SAVED else acknowledged + said
        await asyncio.sleep(0.01)
    pair.kills()
    pair.ports[:] = pair.starts()
    kept = await read_document(pair.target, pair.ports[0], "killed")
    return acknowledged, acknowledged - kept.count("y")


@contextmanager
def ours() -> Iterator[Pair]:
    """Two of ours on PostgreSQL that syncs to the disk."""
    with house(2, is_open=True) as (servers, bus):

        def starts() -> list[int]:
            return [each.port for each in servers.start().each]

        yield Pair(QUILLROOM, [each.port for each in servers.each], bus, servers.kill9, starts)


@contextmanager
def hocuspocus() -> Iterator[Pair]:
    """Two of theirs on one SQLite file."""
    with data_directory() as data, RedisServer() as bus:
        running: list[subprocess.Popen[bytes]] = []

        def starts() -> list[int]:
            ports = []
            for _ in range(2):
                words = [str(node()), str(PEERS / "hocuspocus.mjs"), "--data", str(data), "--redis", str(bus.port)]
                with (data / "server.log").open("ab") as log:
                    process = subprocess.Popen(
                        words, env=environment(HOCUSPOCUS_DATABASE), cwd=data, stdout=subprocess.PIPE, stderr=log
                    )
                running.append(process)
                ports.append(read_port(HOCUSPOCUS_DATABASE, process, data))
            return ports

        def kills() -> None:
            for process in running:
                process.kill()
            for process in running:
                process.wait()
            running.clear()

        try:
            yield Pair(HOCUSPOCUS_DATABASE, starts(), bus, kills, starts)
        finally:
            kills()


def table(found: list[Found]) -> str:
    """For people."""
    lines = [
        "| two servers, one Redis | edit → reader on the other, p50 / p99 ms | publishes per edit | "
        "lost message healed after | document opened without Redis | acknowledged, and lost after kill -9 |",
        "|---|---|---|---|---|---|",
    ]
    for each in found:
        healed = "not" if each.healed_seconds is None else f"{each.healed_seconds:.2f} s"
        opened = "not" if each.opened_without_redis_seconds is None else f"{each.opened_without_redis_seconds:.2f} s"
        lines.append(
            f"| {each.server} | {each.p50_ms:.1f} / {each.p99_ms:.1f} | {each.publishes_per_edit:.2f} | {healed} | "
            f"{opened} | {each.acknowledged}, {each.acknowledged_and_lost} |"
        )
    return "\n".join([*lines, "", f"“not”: not within {HEALED_WITHIN:.0f} s.", ""])


if __name__ == "__main__":
    sys.exit(main())
