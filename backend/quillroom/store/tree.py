"""Rows of the tree of pages."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, GrantRow, LinkVisitRow

_DOCUMENT = table(DocumentRow)
_GRANT = table(GrantRow)
_VISIT = table(LinkVisitRow)


def pages(connection: Connection) -> list[DocumentRow]:
    """Every document, in the trash or not, siblings in order."""
    query = select(_DOCUMENT).order_by(_DOCUMENT.c.position, _DOCUMENT.c.id)
    return [DocumentRow(**row) for row in connection.execute(query).mappings()]


def grants_of(connection: Connection, person: str) -> dict[str, str]:
    """A person's own roles, by document."""
    query = select(_GRANT.c.document, _GRANT.c.role).where(_GRANT.c.person == person)
    return {row.document: row.role for row in connection.execute(query)}


def visits_of(connection: Connection, person: str) -> set[str]:
    """The documents to which a person came by link."""
    return set(connection.execute(select(_VISIT.c.document).where(_VISIT.c.person == person)).scalars())


def siblings(connection: Connection, parent: str | None) -> Sequence[tuple[str, str]]:
    """(id, position) of the pages below `parent`, in order; those in the trash keep their place."""
    is_child = _DOCUMENT.c.parent.is_(None) if parent is None else _DOCUMENT.c.parent == parent
    query = select(_DOCUMENT.c.id, _DOCUMENT.c.position).where(is_child)
    return [(id, position) for id, position in connection.execute(query.order_by(_DOCUMENT.c.position, _DOCUMENT.c.id))]


def place(connection: Connection, document: str, parent: str | None, position: str) -> None:
    """Put a page somewhere."""
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == document).values(parent=parent, position=position))
