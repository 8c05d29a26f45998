"""One file that holds everything (SQLite), and a new installation from such a file."""

import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from quillroom.services.epoch import renew_epoch
from quillroom.services.errors import Invalid
from quillroom.services.kept_files import Damaged, pack, unpack
from quillroom.services.verify import verify
from quillroom.store import documents
from quillroom.store.blobs import Blobs
from quillroom.store.database import open_database

_SQLITE = "sqlite:///"


class Unsound(Exception):
    """A backup that must not be relied on; the message says why."""


def back_up(url: str, file: Path, blobs: Blobs) -> int:
    """Write and verify `file` while a server may run; answers how many documents are in it. Raises Invalid, Unsound."""
    source = _path(url)
    if file.exists():
        raise Invalid(f"{file} is there already.")
    if not file.parent.is_dir():
        raise Invalid(f"{file.parent} is not a folder.")
    demand_database(url)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=rw", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        pack(part, url, blobs)
        count = _checked(part)
        _keep(part, file)
    except (sqlite3.Error, Damaged) as error:
        raise Unsound(f"The backup could not be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def restore(file: Path, data: Path, url: str, blobs: Blobs) -> int:
    """Put a backup into an empty data folder; answers how many documents are in it. Raises Invalid, Unsound.

    Every document gets a new generation (docs/decisions/0003), and the logs a new epoch.
    """
    target = _path(url)
    if not file.is_file():
        raise Invalid(f"There is no file {file}.")
    if target.exists() or (data.exists() and any(data.iterdir())):
        raise Invalid(f"{data} is not empty. A backup is restored into an empty folder: nothing is overwritten.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        shutil.copyfile(file, part)
        database = open_database(f"sqlite:///{part}")
        try:
            database.migrate()
            with database.engine.begin() as connection:
                documents.renew_generations(connection, lambda: secrets.token_urlsafe(9))
                renew_epoch(connection)
        except Exception as error:
            raise Unsound(f"{file} is not a backup of Quillroom: {error}") from error
        finally:
            database.close()
        count = _checked(part)
        try:
            unpack(part, blobs, data / "uploads")
        except Damaged as error:
            shutil.rmtree(data / "files", ignore_errors=True)
            raise Unsound(str(error)) from error
        _keep(part, target)
    finally:
        shutil.rmtree(data / "uploads", ignore_errors=True)
        for left in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)
    return count


def demand_database(url: str) -> None:
    """Raises Invalid where SQLite would make a new, empty one."""
    if url.startswith(_SQLITE) and not _path(url).is_file():
        raise Invalid(f"There is no database at {_path(url)}.")


def _path(url: str) -> Path:
    if not url.startswith(_SQLITE):
        raise Invalid("This is for SQLite. PostgreSQL has its own tools: pg_dump and pg_restore.")
    return Path(url.removeprefix(_SQLITE))


def _checked(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    if answer != "ok":
        raise Unsound(f"The file is damaged: {answer}.")
    verdicts = verify(f"sqlite:///{file.resolve()}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    problems = [f"{each.document}: {problem}" for each in verdicts for problem in each.problems]
    if problems:
        raise Unsound("; ".join(problems[:5]))
    return len(verdicts)


def _keep(part: Path, file: Path) -> None:
    """Under its name only when it is complete and on the disk."""
    for path in (part, part.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    part.rename(file)
