"""One round of the writer: everything that waits, as rows of the log, in one transaction."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pycrdt
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

MERGED_ROW_BYTES = 64 * 1024


@dataclass(slots=True)
class Entry:
    """One update to log. `clients` become the author's; `token` comes back with the commit."""

    document: str
    author: str | None
    device: str | None
    update: bytes
    clients: tuple[int, ...]
    token: object


@dataclass(slots=True)
class Job:
    """A write by anything else, in a savepoint of its own. It may run again when a round fails."""

    run: Callable[[Connection], Any]
    future: "Future[Any]"


class Committed(NamedTuple):
    """An entry and the seq of the row that holds it; 0 when its document does not exist."""

    entry: Entry
    seq: int


class Round(NamedTuple):
    """What one transaction committed, in the order of submission."""

    at: float
    committed: list[Committed]


@dataclass(slots=True)
class Row:
    """Consecutive entries of one author, merged."""

    entries: list[Entry]
    size_bytes: int
    seq: int = 0

    def update(self) -> bytes:
        """One Yjs v1 update."""
        if len(self.entries) == 1:
            return self.entries[0].update
        return pycrdt.merge_updates(*(entry.update for entry in self.entries))


@dataclass(slots=True)
class Batch:
    """What a round took; kept whole until it is committed, however often that is tried."""

    entries: list[Entry]
    jobs: list[Job]
    documents: dict[str, list[Row]] = field(default_factory=dict)
    results: list[tuple[Job, Any, Exception | None]] = field(default_factory=list)
    last_row: tuple[object, ...] | None = None  # what COMMIT, once reached, left behind

    def __post_init__(self) -> None:
        for entry in self.entries:
            rows = self.documents.setdefault(entry.document, [])
            last = rows[-1] if rows else None
            # Only neighbours merge: a later edit may depend on one that came between.
            if (
                last is not None
                and last.entries[0].author == entry.author
                and last.entries[0].device == entry.device
                and last.size_bytes + len(entry.update) <= MERGED_ROW_BYTES
            ):
                last.entries.append(entry)
                last.size_bytes += len(entry.update)
            else:
                rows.append(Row([entry], len(entry.update)))

    def committed(self) -> list[Committed]:
        """Every entry with its row's seq, per document in order."""
        return [Committed(entry, row.seq) for rows in self.documents.values() for row in rows for entry in row.entries]


class Statements:
    """SQL text of the hot path for one dialect."""

    def __init__(self, is_sqlite: bool) -> None:
        mark = "?" if is_sqlite else "%s"
        self.begin = "BEGIN IMMEDIATE" if is_sqlite else "BEGIN"
        self.advance = f"UPDATE document SET head = head + {mark}, updated_at = {mark} WHERE id = {mark} RETURNING head"
        self.append = (
            'INSERT INTO document_update (document, seq, first_seq, author, device, at, "update") '
            f"VALUES ({', '.join([mark] * 7)})"
        )
        self.claim = (
            "INSERT INTO document_client (document, client_id, person, device) "
            f"VALUES ({', '.join([mark] * 4)}) ON CONFLICT DO NOTHING"
        )
        self.find = f'SELECT 1 FROM document_update WHERE document = {mark} AND seq = {mark} AND "update" = {mark}'


def write(connection: Connection, statements: Statements, batch: Batch, at: float) -> None:
    """Run the whole batch in one transaction, up to and including COMMIT."""
    cursor = _cursor(connection)
    cursor.execute(statements.begin)
    rows: list[tuple[object, ...]] = []
    claims: list[tuple[object, ...]] = []
    for document in sorted(batch.documents):  # one order for all servers: no deadlock
        _advance(cursor, statements, batch.documents[document], document, at, rows, claims)
    if rows:
        cursor.executemany(statements.append, rows)
    if claims:
        cursor.executemany(statements.claim, claims)
    batch.results = [_run(connection, cursor, job) for job in batch.jobs]
    if rows:
        last = rows[-1]
        batch.last_row = (last[0], last[1], last[-1])
    cursor.execute("COMMIT")
    cursor.close()


def was_committed(connection: Connection, statements: Statements, batch: Batch) -> bool:
    """Whether a COMMIT whose answer was lost did happen."""
    if batch.last_row is None:
        return False
    cursor = _cursor(connection)
    cursor.execute(statements.find, batch.last_row)
    found = cursor.fetchone() is not None
    cursor.close()
    return found


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    return driver.cursor()


def _advance(
    cursor: Any,
    statements: Statements,
    document_rows: list[Row],
    document: str,
    at: float,
    rows: list[tuple[object, ...]],
    claims: list[tuple[object, ...]],
) -> None:
    cursor.execute(statements.advance, (len(document_rows), at, document))
    found = cursor.fetchall()
    if not found:
        for row in document_rows:
            row.seq = 0
        return
    seq = found[0][0] - len(document_rows)
    for row in document_rows:
        seq += 1
        row.seq = seq
        first = row.entries[0]
        rows.append((document, seq, seq, first.author, first.device, at, row.update()))
        for entry in row.entries:
            claims.extend((document, client, entry.author, entry.device) for client in entry.clients)


def _run(connection: Connection, cursor: Any, job: Job) -> tuple[Job, Any, Exception | None]:
    cursor.execute("SAVEPOINT job")
    try:
        result = job.run(connection)
    except (OperationalError, InterfaceError):
        raise  # the database is in trouble: the round fails and is tried again
    except Exception as error:  # the job's own fault goes to whoever asked for it
        cursor.execute("ROLLBACK TO SAVEPOINT job")
        cursor.execute("RELEASE SAVEPOINT job")
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
            raise
        return job, None, error
    cursor.execute("RELEASE SAVEPOINT job")
    return job, result, None
