"""Rows of what a secret is good for, once."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

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


def get(connection: Connection, kind: str, id: str) -> TicketRow | None:
    """By its id, run out or not."""
    row = connection.execute(select(_TICKET).where(_TICKET.c.kind == kind, _TICKET.c.id == id)).mappings().first()
    return None if row is None else TicketRow(**row)


def of_email(connection: Connection, kind: str, email: str, now: float) -> Sequence[TicketRow]:
    """Those for an address, newest first."""
    return [ticket for ticket in of_kind(connection, kind, now) if ticket.email == email]


def count_made_by(connection: Connection, kind: str, person: str, now: float) -> int:
    """How many of somebody's have not run out."""
    query = select(func.count()).where(
        _TICKET.c.kind == kind, _TICKET.c.created_by == person, _TICKET.c.expires_at > now
    )
    return connection.execute(query).scalar_one()


def remove_made_by(connection: Connection, kind: str, person: str | None = None) -> None:
    """All that somebody (None: anybody) made."""
    of_kind = delete(_TICKET).where(_TICKET.c.kind == kind)
    connection.execute(of_kind if person is None else of_kind.where(_TICKET.c.created_by == person))


def remove_same(connection: Connection, kind: str, email: str, document: str | None) -> None:
    """Those for the same address and page."""
    connection.execute(
        delete(_TICKET).where(_TICKET.c.kind == kind, _TICKET.c.email == email, _TICKET.c.document == document)
    )


def remove_of_person(connection: Connection, kind: str, person: str) -> None:
    """Tickets of that kind that were made for somebody."""
    connection.execute(delete(_TICKET).where(_TICKET.c.kind == kind, _TICKET.c.person == person))


def sweep(connection: Connection, now: float) -> None:
    """Forget those that have run out."""
    connection.execute(delete(_TICKET).where(_TICKET.c.expires_at <= now))
