"""Checkpoints and compaction in a real server: seen from outside, and killed at any moment (F2)."""

import asyncio
import os
import random
import re
from pathlib import Path

import httpx
import pytest

from quillroom.services.verify import look_at
from quillroom.store import checkpoints, updates
from quillroom.store.database import open_database
from store.cluster import Cluster
from support.person import Person
from support.server import Server

BUSY = Path(__file__).parents[1] / "support" / "busy_upkeep.py"
KILLS = int(os.environ.get("QUILLROOM_KILLS", "2"))  # before a release 4 or more
WAIT_SECONDS = 60.0


class BusyServer(Server):
    """Makes a checkpoint and compacts after every eighth row."""

    script = BUSY


def rows_and_checkpoint(url: str) -> tuple[int, int]:
    """How many rows the log has, and the seq of the newest checkpoint."""
    database = open_database(url)
    newest = database.read(lambda c: checkpoints.newest_checkpoint(c, "d"))
    rows = len(database.read(lambda c: updates.tail(c, "d", 0)))
    database.close()
    return rows, 0 if newest is None else newest.seq


async def counted(server: Server, name: str) -> int:
    """A number of `/metrics`."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{server.url}/metrics")).text
    found = re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE)
    assert found is not None, name
    return int(found[1])


async def test_a_long_log_becomes_short_while_people_write(tmp_path: Path) -> None:
    server = BusyServer(tmp_path).start()
    try:
        ann = await Person(server.sync, "d").joins()
        async with asyncio.timeout(WAIT_SECONDS):
            written = 0
            while await counted(server, 'app_doc_compactions_total{result="done"}') < 2:
                await ann.types(f"{written},")
                await ann.is_saved()
                written += 1
        rows, seq = rows_and_checkpoint(f"sqlite:///{server.database}")
        assert seq > 8
        assert rows < written
        bob = await Person(server.sync, "d").joins()
        assert str(bob.text) == str(ann.text)
        await ann.leaves()
        await bob.leaves()
    finally:
        server.stop()
    assert look_at(f"sqlite:///{server.database}", "d").problems == []
    server.start()
    carol = await Person(server.sync, "d").joins()
    assert str(carol.text) == str(ann.text)
    await carol.leaves()
    server.stop()


async def types_until_killed(server: Server, ann: Person, first: int, after_seconds: float) -> tuple[int, int]:
    """Numbers, each when the one before is saved; answers how many are saved and how many typed."""
    ann.close_code = None  # of an earlier connection
    asyncio.get_running_loop().call_later(after_seconds, server.kill9)
    saved = typed = first
    while ann.close_code is None:
        await ann.types(f"{typed},")
        typed += 1
        await ann.waits(lambda: ann.saved >= ann.sent or ann.close_code is not None)
        if ann.saved >= ann.sent:
            saved = typed
    await ann.leaves()
    return saved, typed


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_kill_at_any_moment_of_upkeep_leaves_a_sound_log(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, seed: int
) -> None:
    chance, url = random.Random(seed), f"sqlite:///{tmp_path}/quillroom.db"
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.create_database()
    server = BusyServer(tmp_path, options=("--database", url))
    try:
        ann: Person | None = None
        typed = 0
        for _ in range(KILLS):
            server.start()
            ann = ann or Person(server.sync, "d")
            await ann.joins()
            await ann.is_saved()
            saved, typed = await types_until_killed(server, ann, typed, chance.uniform(0.3, 2.5))
            assert look_at(url, "d").problems == [], f"seed {seed}"
            bob = await Person(server.start().sync, "d").joins()
            numbers = str(bob.text).split(",")[:-1]
            await bob.leaves()
            server.kill9()
            assert numbers == [str(number) for number in range(len(numbers))], f"seed {seed}"
            assert saved <= len(numbers) <= typed, f"seed {seed}"
        # The job that was killed so often runs again, to its end.
        server.start()
        assert ann is not None
        await ann.joins()
        async with asyncio.timeout(WAIT_SECONDS):
            while await counted(server, 'app_doc_compactions_total{result="done"}') < 1:
                await ann.types(f"{typed},")
                await ann.is_saved()
                typed += 1
        await ann.leaves()
        server.stop()
        rows, seq = rows_and_checkpoint(url)
        assert seq > 8, f"seed {seed}"
        assert rows < typed, f"seed {seed}"
        assert look_at(url, "d").problems == [], f"seed {seed}"
    finally:
        server.stop()
