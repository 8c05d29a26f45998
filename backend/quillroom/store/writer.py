"""The group-commit writer: one thread that owns the rounds.

What came while the last commit ran goes into the next one, of all documents, in one transaction. A lone edit commits at
once; under load rounds space themselves, so that batches grow and the cost per edit falls. Nothing is told to anyone
before its COMMIT returned. When the database refuses, everything waits, in order, until it takes it.
"""

import contextlib
import logging
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from quillroom.store.database import Database
from quillroom.store.locks import OutOfTurn
from quillroom.store.postgresql_rounds import PostgresqlRounds
from quillroom.store.rounds import Batch, Committed, Entry, GivenUp, Job, Project, Round, no_projection
from quillroom.store.sqlite_rounds import SqliteRounds
from quillroom.store.trouble import is_deadlock, is_of_the_database, trouble_of

__all__ = ["Committed", "Entry", "GivenUp", "Round", "Writer"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.05
RETRY_LIMIT_SECONDS = 1.0
# After a deadlock, which already took PostgreSQL a second to notice: at once, but not both at the same moment again.
DEADLOCK_RETRY_SECONDS = 0.02
DEADLOCKS_IN_A_ROW = 10


class Writer:
    """`on_round`, `on_trouble` and `project` are called on the writer's thread, `project` inside the transaction."""

    def __init__(
        self,
        database: Database,
        on_round: Callable[[Round], None],
        on_trouble: Callable[[str | None], None],
        *,
        project: Project = no_projection,
        spacing_factor: float = 6.0,
        spacing_limit_seconds: float = 0.002,
    ) -> None:
        self._database = database
        self._on_round = on_round
        self._on_trouble = on_trouble
        self._project = project
        self._spacing_factor = spacing_factor
        self._spacing_limit = spacing_limit_seconds
        self._ledger: SqliteRounds | PostgresqlRounds
        self._ledger = SqliteRounds() if database.is_sqlite else PostgresqlRounds(secrets.token_hex(8))
        self._entries: deque[Entry] = deque()
        self._jobs: deque[Job] = deque()
        self._rounds = 0
        self._submitted_bytes = 0
        self._committed_bytes = 0
        self._wakes: SimpleQueue[None] = SimpleQueue()  # in C: an Event would cost more than the rest of `add`
        self._stopping = False
        self._in_trouble = False
        self.retries = 0  # rounds that were begun once more
        self._gave_up = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="quillroom-writer", daemon=True)

    @property
    def pending_bytes(self) -> int:
        """Bytes of updates submitted and not yet committed."""
        return self._submitted_bytes - self._committed_bytes

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Queue an update for the round that the next `wake` begins. Never blocks; call it from one thread only."""
        self._submitted_bytes += len(entry.update)
        self._entries.append(entry)

    def wake(self) -> None:
        """Begin a round with what is queued. Thread-safe."""
        self._wakes.put(None)

    def submit(self, entry: Entry) -> None:
        """`add` and `wake`."""
        self.add(entry)
        self.wake()

    def execute(
        self, job: Callable[[Connection], T], topics: Collection[str] = (), documents: Collection[str] = ()
    ) -> "Future[T]":
        """Queue any other write; it shares a round's transaction and fails alone. Thread-safe.

        `topics` and `documents`: see `Job`.
        """
        return self._queue(Job(job, Future(), False, topics, documents))

    def attempt(
        self, job: Callable[[Connection], T], topics: Collection[str] = (), documents: Collection[str] = ()
    ) -> "Future[T]":
        """Queue a write that may fail: GivenUp when its round fails. Thread-safe.

        For what is done again later: a keystroke may still fit on a disk that has no room for a checkpoint.
        """
        return self._queue(Job(job, Future(), True, topics, documents))

    def _queue(self, job: Job) -> "Future[Any]":
        self._jobs.append(job)
        self.wake()
        return job.future

    def stop(self, timeout_seconds: float = 10.0) -> bool:
        """Commit what is queued and end; False when that did not happen in time."""
        self._stopping = True
        self.wake()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive() and not self._gave_up

    # -- the thread

    def _run(self) -> None:
        ended_at, spacing = 0.0, 0.0
        while not (self._stopping and self._is_done()):
            self._wait()
            rest = ended_at + spacing - time.monotonic()
            if rest > 0 and not self._stopping:
                time.sleep(rest)
            batch = self._take()
            if batch.entries or batch.jobs or self._is_behind():
                started_at = time.monotonic()
                if not self._commit(batch):
                    self._give_up(batch)
                    break
                ended_at = time.monotonic()
                spacing = min(self._spacing_limit, self._spacing_factor * (ended_at - started_at))
        self._disconnect()

    def _wait(self) -> None:
        """Until somebody wakes it, or rows of documents must follow their logs."""
        if self._stopping:
            return
        with contextlib.suppress(Empty):
            self._wakes.get(timeout=self._ledger.rest_seconds)

    def _take(self) -> Batch:
        with contextlib.suppress(Empty):  # one round answers all who called so far
            while True:
                self._wakes.get_nowait()
        self._rounds += 1
        return Batch(_drain(self._entries), _drain(self._jobs), self._rounds, is_last=self._stopping)

    def _is_done(self) -> bool:
        return not (self._entries or self._jobs or self._is_behind())

    def _is_behind(self) -> bool:
        return self._ledger.rest_seconds is not None

    def _commit(self, batch: Batch) -> bool:
        """Try until it is committed; False when the writer was stopped while the database refused."""
        delay, deadlocks = FIRST_RETRY_SECONDS, 0
        self._ledger.prepare(batch)
        while True:
            at, started_at = time.time(), time.monotonic()
            try:
                self._ledger.write(self._connected(), batch, at, self._project)
                break
            except OutOfTurn as early:  # to be taken in order
                batch.turns |= early.turns
                self._roll_back()
                continue
            except Exception as error:  # any failure of the database is waited out; nothing is lost
                if is_deadlock(error) and deadlocks < DEADLOCKS_IN_A_ROW:
                    deadlocks += 1
                    self.retries += 1
                    self._roll_back()
                    time.sleep(random.uniform(0, DEADLOCK_RETRY_SECONDS))
                    continue
                self._disconnect()
                if batch.without_optional(error):
                    continue
                if not is_of_the_database(error) and self._ledger.forget():
                    continue
                self._say(trouble_of(error))
            if self._stopping and delay >= RETRY_LIMIT_SECONDS:
                return False
            self.retries += 1
            time.sleep(delay)
            delay = min(delay * 2, RETRY_LIMIT_SECONDS)
        took = time.monotonic() - started_at
        self._say(None)
        self._committed_bytes += sum(len(entry.update) for entry in batch.entries)
        if batch.entries or batch.events:
            self._tell(Round(at, batch.committed(), took, batch.events))
        for job, result, error_of_job in batch.results:
            _resolve(job.future, result, error_of_job)
        return True

    def _give_up(self, batch: Batch) -> None:
        self._gave_up = True
        for job in [*batch.jobs, *_drain(self._jobs)]:
            job.future.cancel()

    def _tell(self, round: Round) -> None:
        try:
            self._on_round(round)
        except Exception:  # a listener's fault must not end the writing for everyone
            _log.exception("A committed round could not be announced")

    def _connected(self) -> Connection:
        if self._connection is None:
            # Transactions are begun and ended by our own statements, not by the driver.
            self._connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it may be broken already: that is why it goes
                connection.invalidate()
            with contextlib.suppress(Exception):
                connection.close()

    def _roll_back(self) -> None:
        """Begin anew on the same connection, if it is good for that."""
        try:
            self._connected().exec_driver_sql("ROLLBACK")
        except Exception:  # then on another
            self._disconnect()

    def _say(self, trouble: str | None) -> None:
        if trouble is None and not self._in_trouble:
            return
        if trouble is not None and self._in_trouble:
            return
        self._in_trouble = trouble is not None
        self._on_trouble(trouble)


def _drain(queue: "deque[T]") -> list[T]:
    taken: list[T] = []
    for _ in range(len(queue)):
        taken.append(queue.popleft())
    return taken


def _resolve(future: "Future[Any]", result: Any, error: Exception | None) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
