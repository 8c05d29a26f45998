"""Rows of checkpoints."""

from sqlalchemy import Connection, delete, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import CheckpointRow as Checkpoint

__all__ = ["Checkpoint", "drop_checkpoints_before", "newest_checkpoint", "save_checkpoint"]

_CHECKPOINT = table(Checkpoint)


class CheckpointDiffers(Exception):
    """What was read back is not what was written."""


def newest_checkpoint(connection: Connection, document: str) -> Checkpoint | None:
    """The latest checkpoint of a document, or None."""
    query = select(_CHECKPOINT).where(_CHECKPOINT.c.document == document).order_by(_CHECKPOINT.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else Checkpoint(**row)


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
