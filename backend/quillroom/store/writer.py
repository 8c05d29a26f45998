"""The group-commit writer: one thread that owns the rounds.

What came while the last commit ran goes into the next one, of all documents, in one transaction. A lone edit commits at
once; under load rounds space themselves, so that batches grow and the cost per edit falls. Nothing is told to anyone
before its COMMIT returned. When the database refuses, everything waits, in order, until it takes it.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection

from quillroom.store.database import Database
from quillroom.store.rounds import (
    Batch,
    Committed,
    Entry,
    Job,
    Round,
    Statements,
    write,
)
from quillroom.store.trouble import trouble_of

__all__ = ["Committed", "Entry", "Round", "Writer"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.05
RETRY_LIMIT_SECONDS = 1.0


class Writer:
    """`on_round` and `on_trouble` are called on the writer's thread."""

    def __init__(
        self,
        database: Database,
        on_round: Callable[[Round], None],
        on_trouble: Callable[[str | None], None],
        *,
        spacing_factor: float = 6.0,
        spacing_limit_seconds: float = 0.005,
    ) -> None:
        self._database = database
        self._on_round = on_round
        self._on_trouble = on_trouble
        self._spacing_factor = spacing_factor
        self._spacing_limit = spacing_limit_seconds
        self._statements = Statements(database.is_sqlite)
        self._entries: deque[Entry] = deque()
        self._jobs: deque[Job] = deque()
        self._id = secrets.token_hex(8)
        self._rounds = 0
        self._lock = threading.Lock()
        self._submitted_bytes = 0
        self._committed_bytes = 0
        self._wake = threading.Event()
        self._stopping = False
        self._in_trouble = False
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

    def submit(self, entry: Entry) -> None:
        """Queue an update. Never blocks. Thread-safe."""
        with self._lock:
            self._submitted_bytes += len(entry.update)
            self._entries.append(entry)
        self._wake.set()

    def execute(self, job: Callable[[Connection], T]) -> "Future[T]":
        """Queue any other write; it shares a round's transaction and fails alone. Thread-safe."""
        future: Future[T] = Future()
        self._jobs.append(Job(job, future))
        self._wake.set()
        return future

    def stop(self, timeout_seconds: float = 10.0) -> bool:
        """Commit what is queued and end; False when that did not happen in time."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive() and not self._gave_up

    # -- the thread

    def _run(self) -> None:
        ended_at, spacing = 0.0, 0.0
        while True:
            self._wake.wait()
            rest = ended_at + spacing - time.monotonic()
            if rest > 0 and not self._stopping:
                time.sleep(rest)
            self._wake.clear()
            self._rounds += 1
            batch = Batch(_drain(self._entries), _drain(self._jobs), self._rounds)
            if batch.entries or batch.jobs:
                started_at = time.monotonic()
                if not self._commit(batch):
                    self._give_up(batch)
                    break
                ended_at = time.monotonic()
                spacing = min(self._spacing_limit, self._spacing_factor * (ended_at - started_at))
            elif self._stopping:
                break
            if self._stopping:
                self._wake.set()
        self._disconnect()

    def _commit(self, batch: Batch) -> bool:
        """Try until it is committed; False when the writer was stopped while the database refused."""
        delay = FIRST_RETRY_SECONDS
        while True:
            at = time.time()
            try:
                write(self._connected(), self._statements, self._id, batch, at)
                break
            except Exception as error:  # any failure of the database is waited out; nothing is lost
                self._say(trouble_of(error))
                self._disconnect()
            if self._stopping and delay >= RETRY_LIMIT_SECONDS:
                return False
            time.sleep(delay)
            delay = min(delay * 2, RETRY_LIMIT_SECONDS)
        self._say(None)
        self._committed_bytes += sum(len(entry.update) for entry in batch.entries)
        if batch.entries:
            self._tell(Round(at, batch.committed()))
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
