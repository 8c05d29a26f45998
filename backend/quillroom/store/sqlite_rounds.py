"""A round in SQLite, which nobody else writes: what this process wrote last is where it goes on."""

from typing import Any

from sqlalchemy import Connection

from quillroom.store import jobs
from quillroom.store.events import Event, taken
from quillroom.store.purge import gone
from quillroom.store.rounds import GONE, Batch, Job, Project, claims_of, numbered

TOUCH_SECONDS = 1.0
_HEAD = (
    "SELECT coalesce((SELECT max(seq) FROM document_update WHERE document = ?), 0) "
    "FROM document WHERE id = ? AND purged_at IS NULL"
)
_TOUCH = (
    "UPDATE document SET head = coalesce("
    "(SELECT max(seq) FROM document_update AS u WHERE u.document = document.id), head), "
    "updated_at = ? WHERE id = ?"
)
_APPEND = (
    'INSERT INTO document_update (document, seq, first_seq, author, device, at, "update") VALUES (?, ?, ?, ?, ?, ?, ?)'
)
_CLAIM = "INSERT INTO document_client (document, client_id, person, device) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"


class SqliteRounds:
    """The last seq of each document that this process wrote, and rounds numbered by it.

    An update of the document's row with each edit would double the pages that a round writes, so the row follows once
    a second. The log is the truth: what is not known here is read from it.
    """

    def __init__(self) -> None:
        self._heads: dict[str, int] = {}
        self._changed: dict[str, float] = {}  # documents whose rows are behind, and when each was last edited
        self._touched_at = 0.0

    @property
    def rest_seconds(self) -> float | None:
        """How soon a round must follow that nobody asks for: rows of some documents do not know their newest edits."""
        return TOUCH_SECONDS if self._changed else None

    def prepare(self, batch: Batch) -> None:
        """Nothing is refused here: there is one room of each document."""

    def forget(self) -> bool:
        """Somebody else wrote or removed a document: ask the log. False when nothing was known that may be wrong."""
        had_any = bool(self._heads)
        self._heads.clear()
        return had_any

    def write(self, connection: Connection, batch: Batch, at: float, project: Project) -> None:
        """Run the whole batch in one transaction, up to and including COMMIT.

        `project` writes what belongs to the events of a job, in the same savepoint.
        """
        cursor = _cursor(connection)
        cursor.execute("BEGIN IMMEDIATE")
        self._append(cursor, batch, at)
        touched = self._to_touch(at, at_once=batch.is_last)
        if touched:
            cursor.executemany(_TOUCH, touched)
        taken(connection)  # of an attempt that failed
        events: list[Event] = []
        batch.results = [_run(connection, cursor, job, events, project) for job in batch.jobs]
        batch.events = tuple(events)
        cursor.execute("COMMIT")
        cursor.close()
        self._committed(batch, at, is_touched=bool(touched))
        for document in gone(connection):  # what is still written to it finds no document
            self._heads.pop(document, None)

    def _append(self, cursor: Any, batch: Batch, at: float) -> None:
        rows: list[tuple[object, ...]] = []
        claims: list[tuple[object, ...]] = []
        for document, document_rows in batch.documents.items():
            head = self._head(cursor, document)
            if head is None:
                for row in document_rows:
                    row.seq = GONE
            else:
                rows += numbered(document, document_rows, head, at)
                claims += claims_of(document_rows)
        if rows:
            cursor.executemany(_APPEND, rows)
        if claims:
            cursor.executemany(_CLAIM, claims)

    def _head(self, cursor: Any, document: str) -> int | None:
        """The seq of the last row; None when there is no such document."""
        head = self._heads.get(document)
        if head is None:
            found = cursor.execute(_HEAD, (document, document)).fetchone()
            head = None if found is None else found[0]
        return head

    def _to_touch(self, now: float, *, at_once: bool) -> list[tuple[float, str]]:
        """(time of the last edit, document) of the rows that are to follow in this round."""
        if not at_once and 0 <= now - self._touched_at < TOUCH_SECONDS:
            return []
        return [(at, document) for document, at in self._changed.items()]

    def _committed(self, batch: Batch, at: float, *, is_touched: bool) -> None:
        """The batch is in the log, and in `is_touched` the rows have followed up to the round before."""
        if is_touched or not self._changed:
            self._changed.clear()
            self._touched_at = at
        for document, rows in batch.documents.items():
            if rows[-1].seq:
                self._heads[document] = rows[-1].seq
                self._changed[document] = at


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    return driver.cursor()


def _run(connection: Connection, cursor: Any, job: Job, events: list[Event], project: Project) -> jobs.Result:
    cursor.execute("SAVEPOINT job")
    result, told = jobs.run(connection, job, project)
    if result[2] is not None:
        cursor.execute("ROLLBACK TO SAVEPOINT job")
    cursor.execute("RELEASE SAVEPOINT job")
    events += told
    return result
