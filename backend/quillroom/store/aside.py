"""Rows that a repair took out of a log: kept, and read by nobody but people."""

from sqlalchemy import Connection, delete, insert, literal, select

from quillroom.store.statements import table
from quillroom.store.tables import SetAsideRow, UpdateRow

_UPDATE = table(UpdateRow)
_ASIDE = table(SetAsideRow)


def set_aside(connection: Connection, document: str, generation: str, *, after_seq: int) -> int:
    """Move the rows behind `after_seq`, inside the caller's transaction; answers how many."""
    c = _UPDATE.c
    columns = (c.document, c.seq, c.first_seq, c.author, c.device, c.at, c["update"])
    behind = (c.document == document) & (c.seq > after_seq)
    rows = select(*columns, literal(generation)).where(behind)
    connection.execute(insert(_ASIDE).from_select([*(each.name for each in columns), "generation"], rows))
    return connection.execute(delete(_UPDATE).where(behind)).rowcount
