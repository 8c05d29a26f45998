"""When to make checkpoints and to compact: after a document grew, when its room closes, and after a start.

An idempotent job per document, one at a time. A process of its own reads and proves (`chores`); what it answers is
written here through the writer, in short transactions that are given up before they hold up what people write. Whatever
fails, wherever it is killed: the log is the truth and was never without a row it needs, so the job just runs again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from quillroom.core.room import Room
from quillroom.services import chores
from quillroom.services.leases import AGAIN_SECONDS, Leases
from quillroom.services.people import committed
from quillroom.services.replay import BrokenLog, DamagedCheckpoint, replay
from quillroom.services.workers import WorkerDied, Workers
from quillroom.store import checkpoints, compaction
from quillroom.store.checkpoints import Checkpoint
from quillroom.store.compaction import CompactionDiffers, Merge
from quillroom.store.database import Connection, Database
from quillroom.store.writer import Round, Writer

T = TypeVar("T")
_log = logging.getLogger(__name__)

GROWN_ROWS = 500
GROWN_BYTES = 256 * 1024
# Writing the state again must not cost much more than the edits did.
STATE_BYTES_PER_ROW = 1024
STATE_SHARE = 4
IDLE_ROWS = 32
IDLE_BYTES = 16 * 1024
QUIET_SECONDS = 3.0
OVERDUE_AT_ONCE = 100
FAILURES_LIMIT = 2
FIRST_RETRY_SECONDS = 5.0
RETRY_LIMIT_SECONDS = 300.0
REPLACED_ROWS = 256  # in one transaction: some 2 ms
REST_SECONDS = 60.0


@dataclass(slots=True)
class Counters:
    """Plain numbers that `/metrics` reads."""

    checkpoints: Counter[str] = field(default_factory=lambda: Counter(done=0, broken=0, damaged=0, failed=0))
    compactions: Counter[str] = field(default_factory=lambda: Counter(done=0, differs=0, damaged=0, failed=0))
    rows_merged: int = 0


@dataclass(slots=True)
class _Growth:
    """How far a document's log goes beyond its newest checkpoint."""

    since: int
    seq: int
    size_bytes: int
    state_bytes: int
    is_due: bool = False

    def is_much(self) -> bool:
        rows = max(GROWN_ROWS, self.state_bytes // STATE_BYTES_PER_ROW)
        return self.seq - self.since >= rows or self.size_bytes >= max(GROWN_BYTES, self.state_bytes // STATE_SHARE)


class Upkeep:
    """Used from the event loop's thread only; `run` is a task of the server's."""

    def __init__(
        self, url: str, database: Database, writer: Writer, workers: Workers, leases: Leases | None = None
    ) -> None:
        """`workers`: of its own, so that nobody's edit waits behind a checkpoint."""
        self.counters = Counters()
        self._url = url
        self._database = database
        self._writer = writer
        self._workers = workers
        self._leases = leases or Leases(database)
        self._growth: dict[str, _Growth] = {}
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._wanted: dict[str, int] = {}  # up to where a checkpoint of what is due is to reach, at least
        self._is_behind = True
        self._seen: set[str] = set()  # by the catching up after a start
        self._failures: dict[str, int] = {}  # of the worker, or of what it made
        self._broken: set[str] = set()  # left alone until the next start
        self._differs: set[str] = set()  # never compacted until the next start

    # -- when

    def loaded(self, room: Room, since: int, state_bytes: int, tail_bytes: int) -> None:
        """A room was opened from a checkpoint at `since` (0: from the front) and the log behind it."""
        self._growth[room.document] = _Growth(since, room.seq, tail_bytes, state_bytes)
        self._look(room.document)

    def on_round(self, round: Round) -> None:
        """A committed round."""
        for entry, seq in round.committed:
            growth = self._growth.get(entry.document)
            if growth is not None:
                growth.seq = seq
                growth.size_bytes += len(entry.update)
                if not growth.is_due and growth.is_much():
                    self._look(entry.document)

    def idle(self, room: Room) -> None:
        """A room was closed: the next one to open it should find little behind its checkpoint."""
        growth = self._growth.pop(room.document, None)
        if growth is None or growth.is_due:
            return
        if room.seq - growth.since >= IDLE_ROWS or growth.size_bytes >= IDLE_BYTES:
            self._wanted[room.document] = room.seq
            self._due.put_nowait(room.document)

    def _look(self, document: str) -> None:
        growth = self._growth.get(document)
        if growth is not None and growth.is_much() and document not in self._broken:
            growth.is_due = True
            self._wanted[document] = growth.seq
            # A burst has ended by then, mostly.
            asyncio.get_running_loop().call_later(QUIET_SECONDS, self._due.put_nowait, document)

    # -- the job

    async def run(self) -> None:
        """One document after the other, for ever."""
        delay = FIRST_RETRY_SECONDS
        while True:
            document: str | None = None
            try:
                document = await self._next()
                await self._tend(document)
                delay = FIRST_RETRY_SECONDS
            except Exception:  # whatever it is, it is tried again, and slower each time: typing goes on meanwhile
                _log.warning("Upkeep of %s failed; next try in %d s", document, delay, exc_info=True)
                await asyncio.sleep(delay)
                if document is not None:
                    self._due.put_nowait(document)  # behind the others: one bad document must not keep them waiting
                delay = min(delay * 2, RETRY_LIMIT_SECONDS)

    async def _next(self) -> str:
        if self._is_behind and self._due.empty():
            await self._catch_up()
        try:
            return await asyncio.wait_for(self._due.get(), REST_SECONDS)
        except TimeoutError:
            self._workers.close()  # it is started again when needed
            return await self._due.get()

    async def _catch_up(self) -> None:
        limit = OVERDUE_AT_ONCE + len(self._seen)
        found = await asyncio.to_thread(self._database.read, lambda c: checkpoints.overdue(c, GROWN_ROWS, limit))
        fresh = list(islice((each for each in found if each not in self._seen), OVERDUE_AT_ONCE))
        self._seen.update(fresh)
        self._is_behind = bool(fresh)
        for document in fresh:
            self._due.put_nowait(document)

    async def _tend(self, document: str) -> None:
        async with self._leases.hold(f"upkeep {document}") as is_mine:
            if not is_mine:  # another server is at it; perhaps until it is killed
                loop = asyncio.get_running_loop()
                loop.call_later(AGAIN_SECONDS, self._due.put_nowait, document)
                return
            if not await self._was_done(document):
                await self._tend_alone(document)
        self._wanted.pop(document, None)
        growth = self._growth.get(document)
        if growth is not None:
            growth.is_due = False
            self._look(document)  # it may have grown much again meanwhile

    async def _was_done(self, document: str) -> bool:
        """Whether another server, which had it open too, has just done what was due here."""
        if self._database.is_sqlite:
            return False
        count, seq, head = await asyncio.to_thread(self._database.read, lambda c: checkpoints.reach(c, document))
        wanted = self._wanted.get(document, head - GROWN_ROWS + 1)
        if count > 1 or seq < wanted:  # of two, the older one says that it was stopped before it had compacted
            return False
        growth = self._growth.get(document)
        if growth is not None and seq > growth.since:
            growth.since, growth.size_bytes = seq, 0
        return True

    async def _tend_alone(self, document: str) -> None:
        try:
            await self._advance(document)
        except BrokenLog as error:
            self._leave_alone(document, str(error))
        except DamagedCheckpoint as error:
            _log.warning("A checkpoint is damaged; they are made again from the log: %s", error)
            await self._write(lambda c: checkpoints.drop_checkpoints(c, document))
            if self._may_try_again(document):
                raise
            self._leave_alone(document, str(error))
        except WorkerDied as error:
            if self._may_try_again(document):
                raise
            self._leave_alone(document, str(error))

    def _may_try_again(self, document: str) -> bool:
        self._failures[document] = self._failures.get(document, 0) + 1
        return self._failures[document] < FAILURES_LIMIT

    async def _advance(self, document: str) -> None:
        """Checkpoints up to the end of the log, each followed by the compaction that it allows."""
        is_last = document in self._broken
        while not is_last:
            with _counted(self.counters.checkpoints):
                taken = await self._workers.run(chores.take, self._url, document)
                if taken is None:
                    return
                await self._write(lambda c, checkpoint=taken.checkpoint: _save(c, checkpoint))  # type: ignore[misc]
            self.counters.checkpoints["done"] += 1
            is_last = taken.is_last
            growth = self._growth.get(document)
            if growth is not None:
                growth.since, growth.size_bytes = taken.checkpoint.seq, 0
                growth.state_bytes = len(taken.checkpoint.state)
            await self._compact(document)

    async def _compact(self, document: str) -> None:
        is_more = document not in self._differs
        while is_more:
            try:
                with _counted(self.counters.compactions):
                    found = await self._workers.run(chores.compact, self._url, document)
                    is_more = found is not None and await self._replace(document, found)
                self.counters.compactions["done"] += is_more
            except (BrokenLog, CompactionDiffers) as error:
                _log.warning("The log of %s is not compacted: %s", document, error)
                self._differs.add(document)
                return

    async def _replace(self, document: str, found: chores.Compaction) -> bool:
        for merges in _batches(found.merges):
            if not await self._write(lambda c, merges=merges: all(compaction.replace(c, m) for m in merges)):  # type: ignore[misc]
                return False  # another server was here before
            self.counters.rows_merged += sum(len(merge.sources) for merge in merges)
        await self._write(lambda c: checkpoints.drop_checkpoints_before(c, document, found.seq))
        return True

    async def _write(self, job: Callable[[Connection], T]) -> T:
        return await committed(self._writer.attempt(job))

    def _leave_alone(self, document: str, why: str) -> None:
        _log.error("The log of %s cannot be replayed and is left as it is: %s", document, why)
        self._broken.add(document)


@contextmanager
def _counted(counter: Counter[str]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        counter[_FAILURES.get(type(error), "failed")] += 1
        raise


_FAILURES: dict[type[Exception], str] = {
    BrokenLog: "broken",
    CompactionDiffers: "differs",
    DamagedCheckpoint: "damaged",
}


def _save(connection: Connection, checkpoint: Checkpoint) -> None:
    if not checkpoints.has_checkpoint(connection, checkpoint.document):
        # The oldest checkpoint says how far the log is compact: not at all.
        empty = replay(None, [])
        first = Checkpoint(document=checkpoint.document, seq=0, at=checkpoint.at, **empty._asdict())
        checkpoints.save_checkpoint(connection, first)
    checkpoints.save_checkpoint(connection, checkpoint)


def _batches(merges: list[Merge]) -> Iterator[list[Merge]]:
    batch: list[Merge] = []
    rows = 0
    for merge in merges:
        if batch and rows + len(merge.sources) > REPLACED_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(merge)
        rows += len(merge.sources)
    if batch:
        yield batch
