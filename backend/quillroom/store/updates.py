"""Rows of the log, and of who writes under which Yjs client id."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from quillroom.store.statements import table
from quillroom.store.tables import ClientRow, UpdateRow

_UPDATE = table(UpdateRow)
_CLIENT = table(ClientRow)


class Row(NamedTuple):
    """One row of the log; it covers `first_seq`…`seq`."""

    first_seq: int
    seq: int
    author: str | None
    device: str | None
    at: float
    update: bytes


def tail(connection: Connection, document: str, after_seq: int) -> list[Row]:
    """The log of a document after `after_seq`, in order."""
    c = _UPDATE.c
    query = (
        select(c.first_seq, c.seq, c.author, c.device, c.at, c["update"])
        .where(c.document == document, c.seq > after_seq)
        .order_by(c.seq)
    )
    return [Row(*row) for row in connection.execute(query)]


def clients(connection: Connection, document: str) -> dict[int, tuple[str | None, str | None]]:
    """Yjs client id → (person, device) that first wrote under it."""
    c = _CLIENT.c
    query = select(c.client_id, c.person, c.device).where(c.document == document)
    return {client: (person, device) for client, person, device in connection.execute(query)}
