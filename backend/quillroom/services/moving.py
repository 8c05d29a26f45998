"""A whole installation from one database into another: `migrate --from sqlite:///… --to postgresql://…`.

One transaction on either side: the target holds everything or nothing, and what is read is one moment. What is in files
is not in the database.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from quillroom.services.backup import Unsound, demand_database
from quillroom.services.errors import Invalid
from quillroom.services.replay import BrokenLog, replay
from quillroom.services.verify import verify
from quillroom.services.workers import WorkerDied, Workers
from quillroom.store import moving, updates
from quillroom.store.database import Connection, Database, open_database, take_time, upgrade

Say = Callable[[str], None]
SAY_EVERY_ROWS = 50_000


def move(source: str, target: str, say: Say) -> dict[str, int]:
    """Answers how many rows of each table were moved. Raises Invalid, Unsound."""
    if _address(source) == _address(target):
        raise Invalid("--from and --to are the same database.")
    demand_database(source)
    from_, to = open_database(source), open_database(target)
    try:
        from_.migrate()
        counts = _copied(from_, to, say)
    finally:
        from_.close()
        to.close()
    say("Every row is there. Now each document is read again on both sides.")
    problems = asyncio.run(_compared(source, target))
    if problems:
        raise Unsound(f"The copy is not good: {'; '.join(problems[:5])}. Do not use it, remove that database.")
    return counts


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise Invalid(f"sqlite:///… or postgresql://… was expected, {url!r} came.") from error


def _copied(source: Database, target: Database, say: Say) -> dict[str, int]:
    with _raw(source) as reading, _raw(target) as writing:
        _begin_reading(reading, source)
        target.begin_alone(writing)
        try:
            if moving.holds_anything(writing):
                raise Invalid("The database to move to is not empty. Nothing is overwritten: give an empty one.")
            upgrade(writing)
            counts = moving.copy(reading, writing, _progress(say))
            for each in moving.moved_tables():
                there = moving.count(writing, each)
                if there != moving.count(reading, each) or there != counts[each.name]:
                    raise Unsound(f"{each.name} has {there} rows, {counts[each.name]} were expected.")
        except BaseException:
            with suppress(DBAPIError):
                writing.exec_driver_sql("ROLLBACK")
            raise
        writing.exec_driver_sql("COMMIT")
        reading.exec_driver_sql("ROLLBACK")
    return counts


def _raw(database: Database) -> Connection:
    return database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _begin_reading(connection: Connection, database: Database) -> None:
    """One moment, while no server runs: what it wrote later would be missing."""
    if database.is_sqlite:
        try:
            connection.exec_driver_sql("PRAGMA busy_timeout = 500")
            connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except DBAPIError as error:
            raise Invalid(_IN_USE) from error
        return
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    take_time(connection)
    if connection.execute(text(_OTHERS)).first() is not None:
        connection.exec_driver_sql("ROLLBACK")
        raise Invalid(_IN_USE)


_IN_USE = "The database to move from is in use. Stop the server first: what is written meanwhile would be missing."
_OTHERS = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def _progress(say: Say) -> Callable[[str, int, int], None]:
    said: dict[str, int] = {}

    def progress(table: str, done: int, total: int) -> None:
        if done == total or done - said.get(table, 0) >= SAY_EVERY_ROWS:
            said[table] = done
            say(f"{table}: {done} of {total} rows")

    return progress


# -- the same content


async def _compared(source: str, target: str) -> list[str]:
    """What the target has wrong that the source has not."""
    known = {each.document: set(each.problems) for each in await asyncio.to_thread(verify, source)}
    problems = []
    workers = Workers()
    try:
        for each in await asyncio.to_thread(verify, target):
            new = [problem for problem in each.problems if problem not in known.get(each.document, set())]
            problems += [f"{each.document}: {problem}" for problem in new]
            if await _content(workers, source, each.document) != await _content(workers, target, each.document):
                problems.append(f"{each.document}: its content differs")
    finally:
        workers.close()
    return problems


async def _content(workers: Workers, url: str, document: str) -> str:
    try:
        return await workers.run(content, url, document)
    except WorkerDied:
        return "the process that read it died"


def content(url: str, document: str) -> str:
    """The hash of what a document shows and of the rows that say it; of the rows alone where those are broken."""
    database = open_database(url)
    try:
        log = database.snapshot(lambda c: updates.tail(c, document, 0))
    finally:
        database.close()
    rows = hashlib.sha256()
    for row in log:
        rows.update(repr(row).encode())
    try:
        shown = replay(None, [row.update for row in log]).hash
    except BrokenLog:
        shown = "-"
    return f"{shown} {rows.hexdigest()}"


def count_files(url: str) -> int:
    """How many uploaded files the database names."""
    database = open_database(url)
    try:
        return database.read(moving.count_bytes)
    finally:
        database.close()
