"""SQLite: the disk is full (F10), another process holds the file (F9)."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import event

from quillroom.store.database import Database, open_database
from quillroom.store.writer import GivenUp
from store.scribe import Replica, Scribe, add_documents


class Disk(Protocol):
    """Room for a database that can run out."""

    @property
    def database(self) -> Database: ...

    def fills(self, *, leaving_bytes: int = 0) -> None: ...

    def is_freed(self) -> None: ...


class SmallDisk:
    """A real file system of 4 MB."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(f"sqlite:///{folder}/quillroom.db")
        self._ballast = folder / "ballast"

    def fills(self, *, leaving_bytes: int = 0) -> None:
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        os.truncate(self._ballast, self._ballast.stat().st_size - leaving_bytes)

    def is_freed(self) -> None:
        self._ballast.unlink()


class SmallFile:
    """A database that may not grow: SQLite answers SQLITE_FULL as for a full disk."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(f"sqlite:///{folder}/quillroom.db")
        self._pages = 1_000_000
        event.listen(self.database.engine, "connect", self._limit)

    def _limit(self, connection: Any, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self._pages}")

    def fills(self, *, leaving_bytes: int = 0) -> None:
        with self.database.engine.connect() as connection:
            used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        self._pages = used + leaving_bytes // 4096
        self.database.engine.dispose()

    def is_freed(self) -> None:
        self._pages = 1_000_000


@pytest.fixture(params=["disk", "pages"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """With a migrated database on it."""
    is_mounted = request.param == "disk"
    if is_mounted:
        if os.getuid() != 0:
            pytest.skip("only root can mount a small disk")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)], check=False)
        if mounted.returncode != 0:
            pytest.skip("a small disk cannot be mounted here")
    disk: Disk = SmallDisk(tmp_path) if is_mounted else SmallFile(tmp_path)
    disk.database.migrate()
    add_documents(disk.database, "a", "b")
    yield disk
    disk.database.close()
    if is_mounted:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_acknowledges_nothing_and_loses_nothing(disk: Disk) -> None:
    disk.fills()
    alice, bob = Replica(1), Replica(2)
    with Scribe(disk.database, starts=False) as scribe:
        first = scribe.writes("a", alice.types("x" * 60_000))
        scribe.writes("b", bob.types("y" * 60_000), author="bob", client=2)
        scribe.starts()
        scribe.has_said("The server's disk is full.")
        later = [scribe.writes("a", alice.types("x" * 40_000)) for _ in range(3)]
        title = scribe.writer.execute(lambda connection: None)
        assert scribe.told == []
        assert not title.done()
        assert scribe.log("a") == []
        assert scribe.log("b") == []
        assert scribe.writer.pending_bytes > 240_000

        disk.is_freed()
        title.result(20)
        scribe.has_told(5)
        assert scribe.writer.retries > 0
        assert scribe.troubles == ["The server's disk is full.", None]
        of_a = [committed.entry for committed in scribe.told if committed.entry.document == "a"]
        assert [id(entry) for entry in of_a] == [id(entry) for entry in [first, *later]]
        assert scribe.reads("a") == "x" * 180_000
        assert scribe.reads("b") == "y" * 60_000
        assert [row.seq for row in scribe.log("a")] == list(range(1, len(scribe.log("a")) + 1))
    with disk.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_a_job_that_meets_the_full_disk_waits_with_the_others(disk: Disk) -> None:
    disk.fills()
    with Scribe(disk.database, starts=False) as scribe:
        job = scribe.writer.execute(
            lambda connection: connection.exec_driver_sql("UPDATE document SET title = ?", ("t" * 200_000,)).rowcount
        )
        scribe.starts()
        scribe.has_said("The server's disk is full.")
        assert not job.done()
        disk.is_freed()
        assert job.result(20) == 2


def test_an_edit_is_kept_on_a_disk_that_has_no_room_for_a_job_that_can_wait(disk: Disk) -> None:
    disk.fills(leaving_bytes=400_000)
    with Scribe(disk.database, starts=False) as scribe:
        scribe.writes("a", Replica(1).types("hello"))
        job = scribe.writer.attempt(
            lambda connection: connection.exec_driver_sql("UPDATE document SET title = ?", ("t" * 1_000_000,)).rowcount
        )
        scribe.starts()
        scribe.has_told(1)
        with pytest.raises(GivenUp, match="The server's disk is full"):
            job.result(20)
        assert scribe.troubles == []
        assert scribe.reads("a") == "hello"


def test_stopping_while_the_disk_is_full_says_that_not_all_is_saved(disk: Disk) -> None:
    disk.fills()
    with Scribe(disk.database, starts=False) as scribe:
        scribe.writes("a", Replica(1).types("x" * 100_000))
        job = scribe.writer.execute(lambda connection: None)
        scribe.starts()
        scribe.has_said("The server's disk is full.")
        assert scribe.writer.stop(20) is False
        assert scribe.told == []
        assert job.cancelled()


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_another_process_holds_the_file(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quillroom.store.database.BUSY_MS", 50)
    sqlite.engine.dispose()
    path = sqlite.engine.url.database
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with Scribe(sqlite) as scribe:
            alice = Replica(1)
            for letter in "hello":
                scribe.writes("a", alice.types(letter))
            scribe.has_said("The database is busy.")
            assert scribe.told == []
            assert scribe.log("a") == []
            holder.communicate()
            scribe.has_told(5)
            assert scribe.troubles == ["The database is busy.", None]
            assert scribe.reads("a") == "hello"
