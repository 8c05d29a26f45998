"""Rows of sharing: grants with their people, links, visits, requests."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from quillroom.store.statements import table
from quillroom.store.tables import (
    AccessRequestRow,
    DocumentRow,
    GrantRow,
    LinkVisitRow,
    PersonRow,
    ShareLinkRow,
    TicketRow,
)

_DOCUMENT = table(DocumentRow)
_GRANT = table(GrantRow)
_LINK = table(ShareLinkRow)
_VISIT = table(LinkVisitRow)
_REQUEST = table(AccessRequestRow)
_PERSON = table(PersonRow)
_TICKET = table(TicketRow)


def grants(connection: Connection, documents: Sequence[str]) -> list[tuple[PersonRow, str, str]]:
    """(person, document, role) of everyone who was added to one of these, by name."""
    query = (
        select(_PERSON, _GRANT.c.document.label("_document"), _GRANT.c.role.label("_role"))
        .join(_GRANT, _GRANT.c.person == _PERSON.c.id)
        .where(_GRANT.c.document.in_(documents))
        .order_by(func.lower(_PERSON.c.name), _PERSON.c.id)
    )
    found = []
    for row in connection.execute(query).mappings():
        values = dict(row)
        document, role = values.pop("_document"), values.pop("_role")
        found.append((PersonRow(**values), document, role))
    return found


def granted(connection: Connection, person: str, role: str) -> list[str]:
    """The documents on which somebody has this role of their own."""
    query = select(_GRANT.c.document).where(_GRANT.c.person == person, _GRANT.c.role == role)
    return list(connection.execute(query.order_by(_GRANT.c.document)).scalars())


def titles(connection: Connection, documents: Sequence[str]) -> dict[str, str]:
    """Titles by id."""
    query = select(_DOCUMENT.c.id, _DOCUMENT.c.title).where(_DOCUMENT.c.id.in_(documents))
    return {row.id: row.title for row in connection.execute(query)}


def change_access(connection: Connection, document: str, **values: object) -> None:
    """Other values in the columns about access."""
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == document).values(**values))


def add_link(connection: Connection, link: ShareLinkRow, at_most: int) -> None:
    """Another secret; the oldest go where there are too many."""
    connection.execute(insert(_LINK).values(**link.model_dump()))
    ids = connection.execute(
        select(_LINK.c.id).where(_LINK.c.document == link.document).order_by(_LINK.c.created_at.desc(), _LINK.c.id)
    ).scalars()
    for id in list(ids)[at_most:]:
        connection.execute(delete(_LINK).where(_LINK.c.id == id))


def find_link(connection: Connection, secret_hash: bytes) -> ShareLinkRow | None:
    """The link with this secret."""
    row = connection.execute(select(_LINK).where(_LINK.c.secret_hash == secret_hash)).mappings().first()
    return None if row is None else ShareLinkRow(**row)


def count_links(connection: Connection, document: str) -> int:
    """How many secrets there are."""
    return connection.execute(select(func.count()).where(_LINK.c.document == document)).scalar_one()


def end_links(connection: Connection, document: str) -> None:
    """Every secret, and what was opened by them."""
    connection.execute(delete(_LINK).where(_LINK.c.document == document))
    end_visits(connection, document)


def end_visits(connection: Connection, document: str, person: str | None = None) -> None:
    """Whoever came by link must open it again."""
    ended = delete(_VISIT).where(_VISIT.c.document == document)
    connection.execute(ended if person is None else ended.where(_VISIT.c.person == person))


def visit(connection: Connection, *, document: str, person: str, link: str, now: float) -> None:
    """Somebody opened a link."""
    end_visits(connection, document, person)
    connection.execute(insert(_VISIT).values(document=document, person=person, link=link, at=now))


def request(connection: Connection, *, document: str, person: str, message: str, now: float) -> None:
    """Somebody asks to be let in; the last message counts."""
    end_request(connection, document, person)
    connection.execute(insert(_REQUEST).values(document=document, person=person, message=message, at=now))


def end_request(connection: Connection, document: str, person: str) -> bool:
    """Whether there was one."""
    ended = delete(_REQUEST).where(_REQUEST.c.document == document, _REQUEST.c.person == person)
    return connection.execute(ended).rowcount > 0


def count_requests(connection: Connection, *, document: str | None = None, person: str | None = None) -> int:
    """How many wait, for a document or of a person."""
    query = select(func.count()).select_from(_REQUEST)
    if document is not None:
        query = query.where(_REQUEST.c.document == document)
    if person is not None:
        query = query.where(_REQUEST.c.person == person)
    return connection.execute(query).scalar_one()


def requests(connection: Connection, document: str) -> list[tuple[PersonRow, str, float]]:
    """(person, message, time), the oldest first."""
    query = (
        select(_PERSON, _REQUEST.c.message.label("_message"), _REQUEST.c.at.label("_at"))
        .join(_REQUEST, _REQUEST.c.person == _PERSON.c.id)
        .where(_REQUEST.c.document == document)
        .order_by(_REQUEST.c.at)
    )
    found = []
    for row in connection.execute(query).mappings():
        values = dict(row)
        message, at = values.pop("_message"), values.pop("_at")
        found.append((PersonRow(**values), message, at))
    return found


def invitations(connection: Connection, document: str, now: float) -> list[TicketRow]:
    """Open invitations to this document."""
    query = select(_TICKET).where(
        _TICKET.c.kind == "invite", _TICKET.c.document == document, _TICKET.c.expires_at > now
    )
    return [TicketRow(**row) for row in connection.execute(query.order_by(_TICKET.c.created_at)).mappings()]
