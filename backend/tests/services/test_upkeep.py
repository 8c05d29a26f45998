"""When checkpoints are made, and what happens when they cannot be."""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from quillroom.content.hash import content_hash
from quillroom.core import replica
from quillroom.core.known import Known
from quillroom.core.room import Room
from quillroom.services import chores
from quillroom.services import upkeep as module
from quillroom.services.replay import DamagedCheckpoint
from quillroom.services.upkeep import Upkeep
from quillroom.services.workers import Workers
from quillroom.store import checkpoints, updates
from quillroom.store.database import Database, open_database
from quillroom.store.writer import Round
from services.crowd import Crowd
from store.scribe import Replica, Scribe, add_documents, text_of

WAIT_SECONDS = 30.0


class Keeper:
    """Upkeep beside a writer, and a look into the database."""

    def __init__(self, database: Database, url: str, scribe: Scribe) -> None:
        self.database = database
        self.scribe = scribe
        self.workers = Workers()
        self.upkeep = Upkeep(url, database, scribe.writer, self.workers)
        self._loop = asyncio.get_running_loop()
        scribe.when_told = self._hears

    def _hears(self, round: Round) -> None:
        self._loop.call_soon_threadsafe(self.upkeep.on_round, round)

    def opens(self, document: str) -> None:
        rows = self.database.read(lambda c: updates.tail(c, document, 0))
        room = Room(document, "g", replica.Replica([]), Known(), rows[-1].seq if rows else 0)
        self.upkeep.loaded(room, 0, 0, sum(len(row.update) for row in rows))

    def checkpoint_seqs(self, document: str = "a") -> list[int]:
        query = text("SELECT seq FROM checkpoint WHERE document = :id ORDER BY seq")
        return self.database.read(lambda c: [seq for (seq,) in c.execute(query, {"id": document})])

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def keeping(database: Database, url: str) -> AsyncIterator[Keeper]:
    with Scribe(database, spacing_factor=0) as scribe:
        keeper = Keeper(database, url, scribe)
        task = asyncio.create_task(keeper.upkeep.run())
        try:
            yield keeper
        finally:
            task.cancel()
            keeper.workers.close()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(module, "GROWN_ROWS", 20)
    monkeypatch.setattr(module, "FIRST_RETRY_SECONDS", 0.1)


def write(scribe: Scribe, edits: list[tuple[str, bytes]], document: str = "a") -> None:
    for author, update in edits:
        scribe.writes(document, update, author=author)
        scribe.has_told(len(scribe.told) + 1)


async def test_a_document_that_grew_gets_a_checkpoint_and_a_shorter_log(database: Database, url: str) -> None:
    alice = Replica(1)
    async with keeping(database, url) as keeper:
        keeper.opens("a")
        write(keeper.scribe, [("alice", alice.types("x")) for _ in range(19)])
        await keeper.until(lambda: keeper.upkeep._growth["a"].size_bytes > 0)
        assert not keeper.upkeep._growth["a"].is_due
        write(keeper.scribe, [("alice", alice.types("y"))])
        await keeper.until(lambda: keeper.checkpoint_seqs() == [20])
        (row,) = keeper.scribe.log("a")
        assert (row.first_seq, row.seq, row.author) == (1, 20, "alice")
        assert text_of([row]) == "x" * 19 + "y"
        # and again, behind that checkpoint
        write(keeper.scribe, [("alice", alice.types("z")) for _ in range(20)])
        await keeper.until(lambda: keeper.checkpoint_seqs() == [40])
        assert [row.seq for row in keeper.scribe.log("a")] == [20, 40]
        assert keeper.upkeep.counters.compactions["done"] == 2


async def test_many_bytes_are_growth_too(sqlite: Database) -> None:
    async with keeping(sqlite, str(sqlite.engine.url)) as keeper:
        keeper.opens("a")
        write(keeper.scribe, [("alice", Replica(1).types("x" * module.GROWN_BYTES))])
        await keeper.until(lambda: keeper.checkpoint_seqs() == [1])


async def test_a_long_log_is_noticed_when_it_is_opened(sqlite: Database) -> None:
    url = str(sqlite.engine.url)
    with Scribe(sqlite, spacing_factor=0) as scribe:
        write(scribe, Crowd(1).writes(30))
    async with keeping(sqlite, url) as keeper:
        keeper.upkeep._is_behind = False
        keeper.opens("a")
        await keeper.until(lambda: keeper.checkpoint_seqs() == [30])


async def test_a_room_that_closes_leaves_a_short_tail(sqlite: Database) -> None:
    room = Room("a", "g", replica.Replica([]), Known(), module.IDLE_ROWS)
    async with keeping(sqlite, str(sqlite.engine.url)) as keeper:
        keeper.upkeep._growth["a"] = module._Growth(0, 0, 0, 1024 * 1024)
        write(keeper.scribe, Crowd(1).writes(module.IDLE_ROWS))
        keeper.upkeep.idle(room)
        await keeper.until(lambda: keeper.checkpoint_seqs() == [module.IDLE_ROWS])
        assert keeper.upkeep._growth == {}


async def test_a_start_catches_up_a_few_documents_at_a_time(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OVERDUE_AT_ONCE", 1)
    with Scribe(database, spacing_factor=0) as scribe:
        for document in "ab":
            write(scribe, Crowd(1).writes(25), document)
        write(scribe, Crowd(1).writes(10), "c")
    async with keeping(database, url) as keeper:
        await keeper.until(lambda: keeper.checkpoint_seqs("a") == keeper.checkpoint_seqs("b") == [25])
        await keeper.until(lambda: not keeper.upkeep._is_behind)
        assert keeper.checkpoint_seqs("c") == []


async def test_a_broken_log_is_left_alone_and_the_others_are_not(sqlite: Database) -> None:
    url = str(sqlite.engine.url)
    with Scribe(sqlite, spacing_factor=0) as scribe:
        write(scribe, Crowd(1).writes(25), "a")
        write(scribe, Crowd(2).writes(25), "b")
    with sqlite.engine.begin() as connection:
        connection.execute(text("DELETE FROM document_update WHERE document = 'a' AND seq = 1"))
    async with keeping(sqlite, url) as keeper:
        await keeper.until(lambda: keeper.checkpoint_seqs("b") == [25])
        await keeper.until(lambda: keeper.upkeep.counters.checkpoints["broken"] == 1)
        assert keeper.checkpoint_seqs("a") == []
        assert len(keeper.scribe.log("a")) == 24


async def test_a_damaged_checkpoint_is_made_again_from_the_log(sqlite: Database) -> None:
    url, crowd = str(sqlite.engine.url), Crowd(1)
    async with keeping(sqlite, url) as keeper:
        keeper.opens("a")
        write(keeper.scribe, crowd.writes(20))
        await keeper.until(lambda: keeper.checkpoint_seqs() == [20])
        with sqlite.engine.begin() as connection:
            connection.execute(text("UPDATE checkpoint SET state = x'0000'"))
        write(keeper.scribe, crowd.writes(20))
        await keeper.until(lambda: keeper.checkpoint_seqs() == [40])
        checkpoint = sqlite.read(lambda c: checkpoints.newest_checkpoint(c, "a"))
        assert checkpoint is not None
        log = [row.update for row in keeper.scribe.log("a")]
        assert checkpoint.hash == content_hash(replica.Replica(log).state())
        assert keeper.upkeep.counters.checkpoints["damaged"] == 1


def _dies(url: str, document: str) -> None:
    os._exit(1)


async def test_a_document_that_kills_the_worker_is_left_alone(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scribe(sqlite, spacing_factor=0) as scribe:
        write(scribe, Crowd(1).writes(25))
    with monkeypatch.context() as patched:
        patched.setattr(chores, "take", _dies)
        async with keeping(sqlite, str(sqlite.engine.url)) as keeper:
            await keeper.until(lambda: "a" in keeper.upkeep._broken)
            assert keeper.upkeep._failures == {"a": module.FAILURES_LIMIT}
            assert keeper.upkeep._due.empty()


async def test_a_document_whose_checkpoints_are_always_damaged_keeps_no_other_waiting(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scribe(sqlite, spacing_factor=0) as scribe:
        write(scribe, Crowd(1).writes(25))
        write(scribe, Crowd(2).writes(25), document="b")
    honest = Workers.run

    async def run(self: Workers, call: Any, url: str, document: str) -> Any:
        if document == "a":
            raise DamagedCheckpoint("a at 25: its hash differs")
        return await honest(self, call, url, document)

    with monkeypatch.context() as patched:
        patched.setattr(Workers, "run", run)
        async with keeping(sqlite, str(sqlite.engine.url)) as keeper:
            await keeper.until(lambda: keeper.checkpoint_seqs("b") == [25])
            await keeper.until(lambda: "a" in keeper.upkeep._broken)
            assert len(keeper.scribe.log("a")) == 25


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 4 MB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)]
    if os.getuid() != 0 or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


async def test_people_write_on_while_the_disk_has_no_room_for_a_checkpoint(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk}/quillroom.db"
    database = open_database(url)
    database.migrate()
    add_documents(database, "a")
    alice, ballast = Replica(1), small_disk / "ballast"
    async with keeping(database, url) as keeper:
        keeper.upkeep._is_behind = False
        write(keeper.scribe, [("alice", alice.types("x" * 50_000)) for _ in range(8)])
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        os.truncate(ballast, ballast.stat().st_size - 200_000)
        keeper.opens("a")
        await keeper.until(lambda: keeper.upkeep.counters.checkpoints["failed"] >= 1)
        typing_at = time.monotonic()
        write(keeper.scribe, [("alice", alice.types("still saved"))])
        assert time.monotonic() - typing_at < WAIT_SECONDS
        assert keeper.scribe.troubles == []
        assert keeper.checkpoint_seqs() == []
        ballast.unlink()
        await keeper.until(lambda: keeper.checkpoint_seqs() == [9])
        assert keeper.scribe.reads("a") == "x" * 400_000 + "still saved"
        # Slower each time it failed: no loop that keeps a full disk busy.
        assert keeper.upkeep.counters.checkpoints["failed"] < 10
    database.close()
