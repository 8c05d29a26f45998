"""One round of the writer: everything that waits, as rows of the log, in one transaction."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pycrdt
from sqlalchemy import Connection

from quillroom.store.events import Event, taken
from quillroom.store.purge import gone
from quillroom.store.trouble import is_of_the_database, trouble_of

MERGED_ROW_BYTES = 64 * 1024
TOUCH_SECONDS = 1.0


@dataclass(slots=True)
class Entry:
    """One update to log. `clients` become the author's; `token` comes back with the commit."""

    document: str
    author: str | None
    device: str | None
    update: bytes
    clients: tuple[int, ...]
    token: object


class GivenUp(Exception):
    """An optional job's round failed; nothing of the job was written."""


# What belongs to an event and is written with it; what it raises undoes the job that the event came from.
Project = Callable[[Connection, Event], None]


def no_projection(_connection: Connection, _event: Event) -> None:
    """Nothing follows inside the transaction."""


@dataclass(slots=True)
class Job:
    """A write by anything else, in a savepoint of its own. It may run again when a round fails."""

    run: Callable[[Connection], Any]
    future: "Future[Any]"
    is_optional: bool = False


class Committed(NamedTuple):
    """An entry and the seq of the row that holds it; 0 when its document does not exist."""

    entry: Entry
    seq: int


class Round(NamedTuple):
    """What one transaction committed, in the order of submission."""

    at: float
    committed: list[Committed]
    seconds: float = 0.0  # what the transaction took
    events: tuple[Event, ...] = ()


@dataclass(slots=True)
class Row:
    """Consecutive entries of one author, as one Yjs v1 update."""

    entries: list[Entry]
    update: bytes
    seq: int = 0


@dataclass(slots=True)
class Batch:
    """What a round took; kept whole until it is committed, however often that is tried."""

    entries: list[Entry]
    jobs: list[Job]
    number: int = 0
    is_last: bool = False
    documents: dict[str, list[Row]] = field(default_factory=dict)
    results: list[tuple[Job, Any, Exception | None]] = field(default_factory=list)
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        by_document: dict[str, list[Entry]] = {}
        for entry in self.entries:
            by_document.setdefault(entry.document, []).append(entry)
        # One order for all servers, so that two rounds never wait for each other.
        self.documents = {document: rows_of(by_document[document]) for document in sorted(by_document)}

    def without_optional(self, error: Exception) -> bool:
        """Give up the jobs that can wait, as the round failed with them; False when there was none."""
        given_up = [job for job in self.jobs if job.is_optional]
        self.jobs = [job for job in self.jobs if not job.is_optional]
        for job in given_up:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(GivenUp(trouble_of(error)))
        return bool(given_up)

    def committed(self) -> list[Committed]:
        """Every entry with its row's seq, per document in order."""
        return [Committed(entry, row.seq) for rows in self.documents.values() for row in rows for entry in row.entries]


def rows_of(entries: list[Entry]) -> list[Row]:
    """Entries of one document as rows. Only neighbours merge: a later edit may depend on one that came between."""
    if len(entries) == 1:
        return [Row(entries, entries[0].update)]
    rows: list[Row] = []
    run: list[Entry] = []
    size_bytes = 0
    for entry in entries:
        fits = size_bytes + len(entry.update) <= MERGED_ROW_BYTES
        if run and not (fits and run[0].author == entry.author and run[0].device == entry.device):
            rows += _merged(run)
            run, size_bytes = [], 0
        run.append(entry)
        size_bytes += len(entry.update)
    return rows + _merged(run)


def _merged(run: list[Entry]) -> list[Row]:
    if len(run) > 1:
        try:
            return [Row(run, pycrdt.merge_updates(*(entry.update for entry in run)))]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic of pycrdt is no Exception; what it cannot merge is kept as it came
            pass
    return [Row([entry], entry.update) for entry in run]


class Heads:
    """The last seq of each document that this process wrote, for a database that nobody else writes (SQLite).

    An update of the document's row with each edit would double the pages that a round writes, so the row follows once
    a second. The log is the truth: what is not known here is read from it.
    """

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self._changed: dict[str, float] = {}  # documents whose rows are behind, and when each was last edited
        self._touched_at = 0.0

    @property
    def are_behind(self) -> bool:
        """Whether the row of some document does not know its newest edits."""
        return bool(self._changed)

    def to_touch(self, now: float, *, at_once: bool) -> list[tuple[float, str]]:
        """(time of the last edit, document) of the rows that are to follow in this round."""
        if not at_once and 0 <= now - self._touched_at < TOUCH_SECONDS:
            return []
        return [(at, document) for document, at in self._changed.items()]

    def committed(self, batch: Batch, at: float, *, is_touched: bool) -> None:
        """The batch is in the log, and in `is_touched` the rows have followed up to the round before."""
        if is_touched or not self._changed:
            self._changed.clear()
            self._touched_at = at
        for document, rows in batch.documents.items():
            if rows[-1].seq:
                self.of[document] = rows[-1].seq
                self._changed[document] = at

    def forget(self, documents: list[str]) -> None:
        """They are gone: what is still written to them finds no document."""
        for document in documents:
            self.of.pop(document, None)


class Statements:
    """SQL text of the hot path for one dialect."""

    def __init__(self, is_sqlite: bool) -> None:
        mark = "?" if is_sqlite else "%s"
        self.begin = "BEGIN IMMEDIATE" if is_sqlite else "BEGIN"
        # A COMMIT whose answer is lost may have happened, or still be happening: the row lock waits for it and the
        # number tells. SQLite has no wire to lose an answer on.
        self.sign = (
            None
            if is_sqlite
            else "INSERT INTO writer_round (writer, number, at) VALUES (%s, %s, %s) ON CONFLICT (writer) DO UPDATE SET "
            "number = excluded.number, at = excluded.at WHERE writer_round.number < excluded.number RETURNING number"
        )
        self.advance = (
            f"UPDATE document SET head = head + {mark}, updated_at = {mark} "
            f"WHERE id = {mark} AND purged_at IS NULL RETURNING head"
        )
        self.head = (
            f"SELECT coalesce((SELECT max(seq) FROM document_update WHERE document = {mark}), 0) "
            f"FROM document WHERE id = {mark} AND purged_at IS NULL"
        )
        self.touch = (
            "UPDATE document SET head = coalesce("
            "(SELECT max(seq) FROM document_update AS u WHERE u.document = document.id), head), "
            f"updated_at = {mark} WHERE id = {mark}"
        )
        self.append = (
            'INSERT INTO document_update (document, seq, first_seq, author, device, at, "update") '
            f"VALUES ({', '.join([mark] * 7)})"
        )
        self.claim = (
            "INSERT INTO document_client (document, client_id, person, device) "
            f"VALUES ({', '.join([mark] * 4)}) ON CONFLICT DO NOTHING"
        )


def write(
    connection: Connection,
    statements: Statements,
    heads: Heads | None,
    writer: str,
    batch: Batch,
    at: float,
    project: Project = no_projection,
) -> None:
    """Run the whole batch in one transaction, up to and including COMMIT. Idempotent for one (writer, number).

    With `heads` the seqs come from there, else from the rows of the documents, which stay locked until the COMMIT.
    `project` writes what belongs to the events of a job, in the same savepoint.
    """
    cursor = _cursor(connection)
    cursor.execute(statements.begin)
    if statements.sign is not None:
        cursor.execute(statements.sign, (writer, batch.number, at))
        if cursor.fetchone() is None:
            cursor.execute("ROLLBACK")
            return
    rows: list[tuple[object, ...]] = []
    claims: list[tuple[object, ...]] = []
    for document, document_rows in batch.documents.items():
        head = _head_after(cursor, statements, heads, document, len(document_rows), at)
        if head is None:
            for row in document_rows:
                row.seq = 0
        else:
            _number(document, document_rows, head, at, rows, claims)
    if rows:
        cursor.executemany(statements.append, rows)
    if claims:
        cursor.executemany(statements.claim, claims)
    touched = [] if heads is None else heads.to_touch(at, at_once=batch.is_last)
    if touched:
        cursor.executemany(statements.touch, touched)
    taken(connection)  # of an attempt that failed
    events: list[Event] = []
    batch.results = [_run(connection, cursor, job, events, project) for job in batch.jobs]
    batch.events = tuple(events)
    cursor.execute("COMMIT")
    cursor.close()
    if heads is not None:
        heads.committed(batch, at, is_touched=bool(touched))
        heads.forget(gone(connection))


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    return driver.cursor()


def _head_after(
    cursor: Any, statements: Statements, heads: Heads | None, document: str, rows: int, at: float
) -> int | None:
    """The seq of the last of so many new rows; None when there is no such document."""
    if heads is None:
        cursor.execute(statements.advance, (rows, at, document))
        found = cursor.fetchall()
        return found[0][0] if found else None
    head = heads.of.get(document)
    if head is None:
        cursor.execute(statements.head, (document, document))
        found = cursor.fetchall()
        head = found[0][0] if found else None
    return None if head is None else head + rows


def _number(
    document: str,
    document_rows: list[Row],
    head: int,
    at: float,
    rows: list[tuple[object, ...]],
    claims: list[tuple[object, ...]],
) -> None:
    seq = head - len(document_rows)
    for row in document_rows:
        seq += 1
        row.seq = seq
        first = row.entries[0]
        rows.append((document, seq, seq, first.author, first.device, at, row.update))
        for entry in row.entries:
            claims.extend((document, client, entry.author, entry.device) for client in entry.clients)


def _run(
    connection: Connection, cursor: Any, job: Job, events: list[Event], project: Project
) -> tuple[Job, Any, Exception | None]:
    cursor.execute("SAVEPOINT job")
    try:
        result = job.run(connection)
        told = _projected(connection, project)
    except Exception as error:
        if is_of_the_database(error):
            raise  # the round fails and is tried again
        # The job's own fault goes to whoever asked for it, and must not hold up what others wrote.
        cursor.execute("ROLLBACK TO SAVEPOINT job")
        cursor.execute("RELEASE SAVEPOINT job")
        taken(connection)
        return job, None, error
    cursor.execute("RELEASE SAVEPOINT job")
    events += told
    return job, result, None


def _projected(connection: Connection, project: Project) -> list[Event]:
    """The events of the job that just ran, and those that follow from them."""
    events: list[Event] = []
    while new := taken(connection):
        events += new
        for event in new:
            project(connection, event)
    return events
