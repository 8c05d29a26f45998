"""Compaction: neighbouring rows of one author become one row, and nothing that the log says is lost.

Three steps, so that the database is held for an instant only: `plan` chooses (pure), `prepare` merges and proves that
the log still replays to the same content (slow: a worker process), `replace` swaps the rows in one transaction. Updates
are merged as they are, never re-encoded from a document: text that was deleted since stays readable in the history.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pycrdt
from sqlalchemy import Connection, delete, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import CheckpointRow, UpdateRow
from quillroom.store.updates import Row

__all__ = ["CompactionDiffers", "Merge", "plan", "prepare", "replace"]

_UPDATE = table(UpdateRow)
_CHECKPOINT = table(CheckpointRow)
ROW_LIMIT = 256
ROW_LIMIT_BYTES = 64 * 1024


class CompactionDiffers(Exception):
    """The merged rows do not say what their sources said; the sources stay."""


class Merge(NamedTuple):
    """Adjacent rows and the one row that says the same."""

    document: str
    sources: tuple[Row, ...]
    row: Row


def plan(log: Sequence[Row], *, verified_seq: int, pause_seconds: float) -> list[tuple[Row, ...]]:
    """Runs of two or more rows to merge.

    `log`: rows in order. A run has one author and device, no gap in its seqs, only pauses shorter than `pause_seconds`,
    and lies within what a verified checkpoint at `verified_seq` covers: what was just typed is left alone.
    """
    runs: list[tuple[Row, ...]] = []
    run: list[Row] = []
    for row in log:
        if row.seq > verified_seq:
            break
        if run and not _joins(run, row, pause_seconds):
            runs.append(tuple(run))
            run = []
        run.append(row)
    runs.append(tuple(run))
    return [each for each in runs if len(each) > 1]


def _joins(run: list[Row], row: Row, pause_seconds: float) -> bool:
    last = run[-1]
    return (
        (row.author, row.device) == (last.author, last.device)
        and row.first_seq == last.seq + 1
        and row.at - last.at < pause_seconds
        and len(run) < ROW_LIMIT
        and sum(len(each.update) for each in run) + len(row.update) <= ROW_LIMIT_BYTES
    )


def prepare(
    document: str,
    log: Sequence[Row],
    runs: Sequence[tuple[Row, ...]],
    content_hash: Callable[[Sequence[bytes]], str],
) -> list[Merge]:
    """Merge each run; raises CompactionDiffers when the log would not replay to the same content.

    `log`: the whole log from its first row, at least to the end of the last run. `content_hash`: of the document that
    updates, applied in order, give.
    """
    merges = [Merge(document, run, _merged(run)) for run in runs]
    after = {merge.sources[0].seq: merge.row for merge in merges}
    gone = {source.seq for merge in merges for source in merge.sources}
    replayed: list[bytes] = []
    for row in log:
        if row.seq in after:
            replayed.append(after[row.seq].update)
        elif row.seq not in gone:
            replayed.append(row.update)
    if merges and content_hash(replayed) != content_hash([row.update for row in log]):
        raise CompactionDiffers(document)
    return merges


def _merged(run: Sequence[Row]) -> Row:
    first, last = run[0], run[-1]
    # The time is the last one's: the pause to the next row stays what it was.
    update = pycrdt.merge_updates(*(row.update for row in run))
    return Row(first.first_seq, last.seq, last.author, last.device, last.at, update)


def replace(connection: Connection, merge: Merge) -> bool:
    """Swap the sources for their merged row, inside the caller's transaction (a job of the writer).

    False, and nothing is changed, when the sources are not exactly there any more (somebody compacted before), or when
    no checkpoint covers them. Raises CompactionDiffers when the row reads back differently; then roll back.
    """
    first, last = merge.row.first_seq, merge.row.seq
    if not _is_covered(connection, merge.document, last):
        return False
    if _rows(connection, merge.document, first, last, limit=len(merge.sources) + 1) != list(merge.sources):
        return False
    c = _UPDATE.c
    connection.execute(delete(_UPDATE).where(c.document == merge.document, c.seq >= first, c.seq <= last))
    connection.execute(insert(_UPDATE).values(document=merge.document, **merge.row._asdict()))
    if _rows(connection, merge.document, first, last, limit=2) != [merge.row]:
        raise CompactionDiffers(f"{merge.document} at {last}")
    return True


def _is_covered(connection: Connection, document: str, seq: int) -> bool:
    c = _CHECKPOINT.c
    return connection.execute(select(c.seq).where(c.document == document, c.seq >= seq).limit(1)).first() is not None


def _rows(connection: Connection, document: str, first_seq: int, last_seq: int, *, limit: int) -> list[Row]:
    """The rows that hold anything of these seqs, up to `limit`: without it the whole log behind them would be read."""
    c = _UPDATE.c
    query = (
        select(c.first_seq, c.seq, c.author, c.device, c.at, c["update"])
        .where(c.document == document, c.seq >= first_seq)
        .order_by(c.seq)
        .limit(limit)
        .with_for_update()  # PostgreSQL: two servers that compact the same rows take turns
    )
    return [row for row in (Row(*each) for each in connection.execute(query)) if row.first_seq <= last_seq]
