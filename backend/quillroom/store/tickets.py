"""Rows of what a secret is good for, once."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import TicketRow

_TICKET = table(TicketRow)


def add(connection: Connection, ticket: TicketRow) -> None:
    """Keep it."""
    connection.execute(insert(_TICKET).values(**ticket.model_dump()))


def find(connection: Connection, secret_hash: bytes, kind: str, now: float) -> TicketRow | None:
    """The ticket of that kind, unless it has run out."""
    query = select(_TICKET).where(
        _TICKET.c.secret_hash == secret_hash, _TICKET.c.kind == kind, _TICKET.c.expires_at > now
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else TicketRow(**row)


def remove(connection: Connection, id: str) -> bool:
    """Whether it was there; who gets True has taken it."""
    return connection.execute(delete(_TICKET).where(_TICKET.c.id == id)).rowcount == 1


def of_kind(connection: Connection, kind: str, now: float) -> Sequence[TicketRow]:
    """All that have not run out, newest first."""
    query = select(_TICKET).where(_TICKET.c.kind == kind, _TICKET.c.expires_at > now)
    return [TicketRow(**row) for row in connection.execute(query.order_by(_TICKET.c.created_at.desc())).mappings()]


def remove_of_person(connection: Connection, kind: str, person: str) -> None:
    """Tickets of that kind that were made for somebody."""
    connection.execute(delete(_TICKET).where(_TICKET.c.kind == kind, _TICKET.c.person == person))


def sweep(connection: Connection, now: float) -> None:
    """Forget those that have run out."""
    connection.execute(delete(_TICKET).where(_TICKET.c.expires_at <= now))
