"""What upkeep does in the worker process: reads the log from the database, proves, and answers what to write.

It never writes: the server's writer does, in short transactions. Each call takes a bounded piece of the log.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from quillroom.services.replay import Replay, checked, replay
from quillroom.store import checkpoints, compaction, updates
from quillroom.store.checkpoints import Checkpoint
from quillroom.store.compaction import CompactionDiffers, Merge
from quillroom.store.database import Database, open_database

STEP_ROWS = 4096
STEP_BYTES = 4 * 1024 * 1024
PAUSE_SECONDS = 300.0  # what history shows as two sittings stays two rows


class Taken(NamedTuple):
    """A checkpoint to write, and whether the log goes on behind it."""

    checkpoint: Checkpoint
    is_last: bool


class Compaction(NamedTuple):
    """Rows to merge, up to the checkpoint at `seq`; then the log is compact up to there."""

    seq: int
    rows: int
    merges: list[Merge]


def take(url: str, document: str) -> Taken | None:
    """The next checkpoint of a document, from its newest one and the rows behind that; None when there are none.

    Raises BrokenLog, DamagedCheckpoint.
    """
    with _opened(url) as database:
        base = database.read(lambda c: checkpoints.newest_checkpoint(c, document))
        after_seq = 0 if base is None else base.seq
        rows, is_last = database.read(
            lambda c: updates.piece(c, document, after_seq, limit_rows=STEP_ROWS, limit_bytes=STEP_BYTES)
        )
    if not rows:
        return None
    if base is not None:
        checked(base)
    found = replay(base, [row.update for row in rows])
    return Taken(Checkpoint(document=document, seq=rows[-1].seq, at=time.time(), **found._asdict()), is_last)


def compact(url: str, document: str) -> Compaction | None:
    """The next piece of a log to compact; None when it is compact as far as there are checkpoints.

    The oldest checkpoint says how far the log is compact, the next one (read back and verified here) how far it may
    become so now: the rows between them must say, merged, exactly what they said before and what that one holds.
    Raises BrokenLog, DamagedCheckpoint, CompactionDiffers.
    """
    with _opened(url) as database:
        oldest = database.read(lambda c: checkpoints.oldest_checkpoints(c, document, 2))
        if len(oldest) < 2:
            return None
        base, top = oldest
        rows = database.read(lambda c: updates.tail(c, document, base.seq, top.seq))
    expected = checked(top)
    runs = compaction.plan(rows, verified_seq=top.seq, pause_seconds=PAUSE_SECONDS)
    merges = compaction.prepare(document, rows, runs, lambda replayed: _hash(base, replayed, expected))
    return Compaction(top.seq, len(rows), merges)


def _hash(base: Checkpoint, replayed: Sequence[bytes], expected: Replay) -> str:
    found = replay(base, replayed)
    if not found.says_the_same_as(expected):
        raise CompactionDiffers(base.document)
    return found.hash


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()
