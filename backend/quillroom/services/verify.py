"""Whether log, numbers, checkpoints and hashes agree: for the command line, beside a running server."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pycrdt

from quillroom.core.known import Known
from quillroom.protocol.lib0 import Malformed
from quillroom.services.replay import BrokenLog, DamagedCheckpoint, checked, replay, take_in
from quillroom.services.workers import WorkerDied, Workers
from quillroom.store import audit, checkpoints, documents, messages, updates
from quillroom.store.checkpoints import Checkpoint
from quillroom.store.database import Connection, open_database
from quillroom.store.updates import Row


class Verdict(NamedTuple):
    """What was found in one document."""

    document: str
    rows: int
    problems: list[str]


class BadRow(NamedTuple):
    """The first row of a log that cannot be replayed."""

    row: Row
    why: str


def verify(url: str) -> list[Verdict]:
    """Look at every document, each in a process that may die of it. Changes nothing."""
    return asyncio.run(_verify(url))


def verify_audit(url: str) -> list[str]:
    """What is wrong with the chain of the audit log."""
    database = open_database(url)
    try:
        broken = database.read(audit.first_broken)
    finally:
        database.close()
    return [] if broken is None else [f"entry {broken} was changed, removed or put between: the chain does not hold"]


async def _verify(url: str) -> list[Verdict]:
    database, workers = open_database(url), Workers()
    try:
        ids = database.read(documents.every_id)
        return [await _verdict(workers, url, id) for id in ids]
    finally:
        workers.close()
        database.close()


async def _verdict(workers: Workers, url: str, document: str) -> Verdict:
    try:
        return await workers.run(look_at, url, document)
    except WorkerDied:
        return Verdict(document, 0, ["the process that read it died"])


def look_at(url: str, document: str) -> Verdict:
    """One document, at one moment."""
    database = open_database(url)
    try:
        head, log, taken = database.snapshot(lambda c: _read(c, document))
        of_chat = database.snapshot(lambda c: list(messages.problems(c, document)))
    finally:
        database.close()
    problems = list(_numbers(log, head, follows_later=database.is_sqlite))
    bad = bad_row(log)
    if bad is not None:
        problems.append(f"row {bad.row.seq} cannot be replayed: {bad.why}")
    else:
        for checkpoint in taken:
            problems += _differences(checkpoint, log)
    return Verdict(document, len(log), problems + of_chat)


def _read(connection: Connection, document: str) -> tuple[int, list[Row], list[Checkpoint]]:
    found = documents.get_document(connection, document)
    head = 0 if found is None else found.head
    return head, updates.tail(connection, document, 0), checkpoints.oldest_checkpoints(connection, document, None)


def _numbers(log: Sequence[Row], head: int, *, follows_later: bool) -> Iterator[str]:
    last = 0
    for row in log:
        if row.first_seq != last + 1 or row.seq < row.first_seq:
            yield f"row {row.seq} begins at {row.first_seq}, {last + 1} was expected"
        last = row.seq
    # On SQLite the document's own row follows its log within a second.
    if head > last or (head < last and not follows_later):
        yield f"the last row is {last}, {head} was expected"


def bad_row(log: Sequence[Row]) -> BadRow | None:
    """The first row that cannot be replayed; None when all can."""
    known = Known()
    for row in log:
        try:
            take_in(known, row.update)
        except (BrokenLog, Malformed) as error:
            return BadRow(row, str(error))
    try:
        replay(None, [row.update for row in log])
    except BrokenLog as error:
        return BadRow(_first_refused(log), str(error))
    return None


def _first_refused(log: Sequence[Row]) -> Row:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    for row in log:
        try:
            doc.apply_update(row.update)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic of pycrdt is no Exception
            return row
    return log[-1]


def _differences(checkpoint: Checkpoint, log: Sequence[Row]) -> list[str]:
    try:
        found = checked(checkpoint)
    except DamagedCheckpoint as error:
        return [f"the checkpoint is damaged: {error}"]
    if not found.says_the_same_as(replay(None, [row.update for row in log if row.seq <= checkpoint.seq])):
        return [f"the checkpoint at {checkpoint.seq} differs from the log"]
    return []
