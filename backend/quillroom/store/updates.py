"""Rows of the log, and of who writes under which Yjs client id."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, insert, select, update

from quillroom.store.statements import table
from quillroom.store.tables import ClientRow, DocumentRow, UpdateRow

_UPDATE = table(UpdateRow)
_CLIENT = table(ClientRow)
_DOCUMENT = table(DocumentRow)


class Row(NamedTuple):
    """One row of the log; it covers `first_seq`…`seq`."""

    first_seq: int
    seq: int
    author: str | None
    device: str | None
    at: float
    update: bytes


def tail(connection: Connection, document: str, after_seq: int, until_seq: int | None = None) -> list[Row]:
    """The log of a document after `after_seq`, in order; up to `until_seq` if one is given."""
    query = _after(document, after_seq)
    if until_seq is not None:
        query = query.where(_UPDATE.c.seq <= until_seq)
    return [Row(*row) for row in connection.execute(query)]


def piece(
    connection: Connection, document: str, after_seq: int, *, limit_rows: int, limit_bytes: int
) -> tuple[list[Row], bool]:
    """The log after `after_seq` until a limit is reached (one row at least), and whether that was all."""
    rows: list[Row] = []
    size_bytes = 0
    with connection.execute(_after(document, after_seq), execution_options={"yield_per": 256}) as result:
        for each in result:
            row = Row(*each)
            size_bytes += len(row.update)
            if rows and (len(rows) >= limit_rows or size_bytes > limit_bytes):
                return rows, False
            rows.append(row)
    return rows, True


def begin(
    connection: Connection,
    document: str,
    *,
    update: bytes,
    client: int,
    author: str | None,
    device: str | None,
    now: float,
) -> None:
    """The first row of the log of a document that was made in this transaction; nobody can have it open yet."""
    who = {"document": document, "author": author, "device": device}
    connection.execute(insert(_UPDATE).values(**who, seq=1, first_seq=1, at=now, update=update))
    connection.execute(insert(_CLIENT).values(document=document, client_id=client, person=author, device=device))
    connection.execute(_advance.where(_DOCUMENT.c.id == document))


_advance = update(_DOCUMENT).values(head=1)


def _after(document: str, seq: int) -> Select[Any]:
    c = _UPDATE.c
    return (
        select(c.first_seq, c.seq, c.author, c.device, c.at, c["update"])
        .where(c.document == document, c.seq > seq)
        .order_by(c.seq)
    )


def clients(connection: Connection, document: str) -> dict[int, tuple[str | None, str | None]]:
    """Yjs client id → (person, device) that first wrote under it."""
    c = _CLIENT.c
    query = select(c.client_id, c.person, c.device).where(c.document == document)
    return {client: (person, device) for client, person, device in connection.execute(query)}
