"""A round in PostgreSQL, which other servers write too: as few journeys to it as there can be.

Locks are taken in one order everywhere, so that two rounds never wait for each other: turns by name, then the rows of
documents, and only then what the jobs change. The rows stay locked until the COMMIT, so the seqs have no gaps.
"""

from typing import Any

from sqlalchemy import Connection

from quillroom.store import jobs
from quillroom.store.claims import Claims
from quillroom.store.events import Event, remember_heads, taken
from quillroom.store.locks import TAKE_ALL, begin_turns, end_turns, turns
from quillroom.store.purge import gone
from quillroom.store.rounds import GONE, Batch, Project, numbered

# A COMMIT whose answer is lost may have happened, or be happening still: the row lock waits for it, the number tells.
_SIGN = (
    "INSERT INTO writer_round (writer, number, at) VALUES (%s, %s, %s) ON CONFLICT (writer) DO UPDATE SET "
    "number = excluded.number, at = excluded.at WHERE writer_round.number < excluded.number RETURNING number"
)
_LOCK = "SELECT id, head FROM document WHERE id = ANY(%s) AND purged_at IS NULL ORDER BY id FOR NO KEY UPDATE"
# One look at the end of each log: to group the events of all of them would read them all.
_NEWEST = (
    "SELECT topic, coalesce((SELECT max(seq) FROM event WHERE event.topic = asked.topic), 0) "
    "FROM unnest(%s::text[]) AS asked (topic)"
)
_APPEND = (
    'INSERT INTO document_update (document, seq, first_seq, author, device, at, "update") '
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
_ADVANCE = (
    "UPDATE document SET head = new.head, updated_at = %s FROM unnest(%s::text[], %s::bigint[]) AS new (id, head) "
    "WHERE document.id = new.id"
)


class PostgresqlRounds:
    """`writer` names this process; each of its rounds has a number."""

    rest_seconds: float | None = None  # no round must follow that nobody asked for

    def __init__(self, writer: str) -> None:
        self._writer = writer
        self._claims = Claims()

    def prepare(self, batch: Batch) -> None:
        """Once, before the batch is tried."""
        self._claims.refuse_void(batch)

    def forget(self) -> bool:
        """Nothing is remembered that could be wrong."""
        return False

    def write(self, connection: Connection, batch: Batch, at: float, project: Project) -> None:
        """Run the whole batch in one transaction, up to and including COMMIT. Idempotent for one number.

        `project` writes what belongs to the events of a job, in the same savepoint.
        """
        driver: Any = connection.connection.dbapi_connection
        begun = self._begin(driver, batch, at)
        if begun is None:
            driver.execute("ROLLBACK")
            return
        heads, event_heads = begun
        self._claims.settle(driver, batch, heads.keys())
        begin_turns(connection, batch.turns)
        remember_heads(connection, event_heads)
        taken(connection)  # of an attempt that failed
        with driver.pipeline():
            _append(driver, batch, heads, at)
            driver.execute("SAVEPOINT job" if batch.jobs else "COMMIT")
        if batch.jobs:
            _run_all(connection, driver, batch, project)
        end_turns(connection)
        remember_heads(connection, None)
        gone(connection)

    def _begin(self, driver: Any, batch: Batch, at: float) -> tuple[dict[str, int], dict[str, int]] | None:
        """Take all locks in order; the heads of the documents that there are, and of topics with events.

        None: the batch was committed before.
        """
        documents = {*batch.documents, *(id for job in batch.jobs for id in job.documents)}
        topics, locked, newest = sorted(batch.turns), None, None
        with driver.pipeline():
            driver.execute("BEGIN")
            signed = driver.execute(_SIGN, (self._writer, batch.number, at))
            if topics:
                driver.execute(TAKE_ALL, (topics,))
                newest = driver.execute(_NEWEST, (topics,))
            if documents:
                locked = driver.execute(_LOCK, (sorted(documents),))
        if signed.fetchone() is None:
            return None
        heads = {} if locked is None else dict(locked.fetchall())
        return heads, {} if newest is None else dict(newest.fetchall())


def _append(driver: Any, batch: Batch, heads: dict[str, int], at: float) -> None:
    rows: list[tuple[object, ...]] = []
    advanced: dict[str, int] = {}
    for document, document_rows in batch.documents.items():
        head = heads.get(document)
        if head is None:
            for row in document_rows:
                row.seq = GONE
        else:
            rows += numbered(document, document_rows, head, at)
            advanced[document] = document_rows[-1].seq
    if rows:
        driver.cursor().executemany(_APPEND, rows)
        driver.execute(_ADVANCE, (at, list(advanced), list(advanced.values())))


def _run_all(connection: Connection, driver: Any, batch: Batch, project: Project) -> None:
    """The first job's savepoint is there already; the last one's ends with the COMMIT."""
    events: list[Event] = []
    batch.results = []
    for at, job in enumerate(batch.jobs, 1):
        held = turns(connection)
        result, told = jobs.run(connection, job, project)
        batch.results.append(result)
        events += told
        if result[2] is not None:
            driver.execute("ROLLBACK TO SAVEPOINT job")  # and it stands there again, for the next
            begin_turns(connection, held)
            remember_heads(connection, {})
        elif at < len(batch.jobs):
            driver.execute("RELEASE SAVEPOINT job; SAVEPOINT job")
    batch.events = tuple(events)
    driver.execute("COMMIT")
