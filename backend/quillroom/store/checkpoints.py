"""Rows of checkpoints.

The oldest checkpoint of a document says how far its log is compact; the newest is where loading begins.
"""

from sqlalchemy import Connection, delete, func, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import CheckpointRow as Checkpoint
from quillroom.store.tables import DocumentRow

__all__ = [
    "Checkpoint",
    "CheckpointDiffers",
    "drop_checkpoints",
    "drop_checkpoints_before",
    "has_checkpoint",
    "newest_checkpoint",
    "oldest_checkpoints",
    "overdue",
    "reach",
    "save_checkpoint",
]

_CHECKPOINT = table(Checkpoint)
_DOCUMENT = table(DocumentRow)


class CheckpointDiffers(Exception):
    """What was read back is not what was written."""


def newest_checkpoint(connection: Connection, document: str) -> Checkpoint | None:
    """The latest checkpoint of a document, or None."""
    query = select(_CHECKPOINT).where(_CHECKPOINT.c.document == document).order_by(_CHECKPOINT.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else Checkpoint(**row)


def oldest_checkpoints(connection: Connection, document: str, limit: int | None) -> list[Checkpoint]:
    """The first few checkpoints of a document, or all, in order."""
    query = select(_CHECKPOINT).where(_CHECKPOINT.c.document == document).order_by(_CHECKPOINT.c.seq).limit(limit)
    return [Checkpoint(**row) for row in connection.execute(query).mappings()]


def reach(connection: Connection, document: str) -> tuple[int, int, int]:
    """(how many checkpoints there are, the seq of the newest, the end of the log)."""
    of_document = _CHECKPOINT.c.document == document
    count, seq = connection.execute(select(func.count(), func.max(_CHECKPOINT.c.seq)).where(of_document)).one()
    head = connection.execute(select(_DOCUMENT.c.head).where(_DOCUMENT.c.id == document)).scalar()
    return count, seq or 0, head or 0


def has_checkpoint(connection: Connection, document: str) -> bool:
    """Whether there is one at all."""
    query = select(_CHECKPOINT.c.seq).where(_CHECKPOINT.c.document == document).limit(1)
    return connection.execute(query).first() is not None


def overdue(connection: Connection, behind: int, limit: int) -> list[str]:
    """Documents whose log goes on for `behind` seqs or more after its newest checkpoint; the latest edited first."""
    newest = (
        select(func.coalesce(func.max(_CHECKPOINT.c.seq), 0))
        .where(_CHECKPOINT.c.document == _DOCUMENT.c.id)
        .scalar_subquery()
    )
    query = (
        select(_DOCUMENT.c.id)
        .where(_DOCUMENT.c.head - newest >= behind, _DOCUMENT.c.purged_at.is_(None))
        .order_by(_DOCUMENT.c.updated_at.desc())
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def save_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Write, read back and compare; does nothing when this seq has one. Raises CheckpointDiffers."""
    key = (_CHECKPOINT.c.document == checkpoint.document) & (_CHECKPOINT.c.seq == checkpoint.seq)
    if connection.execute(select(_CHECKPOINT.c.seq).where(key)).first() is not None:
        return
    connection.execute(insert(_CHECKPOINT).values(checkpoint.model_dump()))
    written = connection.execute(select(_CHECKPOINT).where(key)).mappings().one()
    if dict(written) != checkpoint.model_dump():
        raise CheckpointDiffers(f"{checkpoint.document} at {checkpoint.seq}")


def drop_checkpoints_before(connection: Connection, document: str, seq: int) -> None:
    """Old checkpoints may go: any state can be rebuilt from the log."""
    connection.execute(delete(_CHECKPOINT).where(_CHECKPOINT.c.document == document, _CHECKPOINT.c.seq < seq))


def drop_checkpoints(connection: Connection, document: str) -> None:
    """All of them: they are made again from the front of the log."""
    connection.execute(delete(_CHECKPOINT).where(_CHECKPOINT.c.document == document))
