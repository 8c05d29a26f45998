"""Rows of what people starred, and of what they opened."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, text

from quillroom.store.statements import table
from quillroom.store.tables import FavouriteRow, VisitRow

_FAVOURITE = table(FavouriteRow)
_VISIT = table(VisitRow)


def of_person(connection: Connection, person: str) -> list[str]:
    """A person's favourites, the first starred first."""
    query = select(_FAVOURITE.c.document).where(_FAVOURITE.c.person == person)
    return list(connection.execute(query.order_by(_FAVOURITE.c.at, _FAVOURITE.c.document)).scalars())


def has(connection: Connection, person: str, document: str) -> bool:
    """Whether it is one."""
    return connection.execute(select(_FAVOURITE.c.at).where(_is(_FAVOURITE, person, document))).first() is not None


def star(connection: Connection, person: str, document: str, now: float) -> bool:
    """False where it was one already."""
    if has(connection, person, document):
        return False
    connection.execute(insert(_FAVOURITE).values(person=person, document=document, at=now))
    return True


def unstar(connection: Connection, person: str, document: str) -> bool:
    """False where it was none."""
    return connection.execute(delete(_FAVOURITE).where(_is(_FAVOURITE, person, document))).rowcount > 0


# In one statement: two servers may write of the same person and page at the same moment.
_OPENED = text(
    "INSERT INTO visit (person, document, at) SELECT p.id, d.id, :at FROM person AS p, document AS d "
    "WHERE p.id = :person AND d.id = :document AND d.purged_at IS NULL "
    "ON CONFLICT (person, document) DO UPDATE SET at = excluded.at"
)


def opened(connection: Connection, visits: Iterable[tuple[str, str, float]]) -> None:
    """(person, document, when) for each; people and documents that are gone are left out."""
    rows = [{"person": person, "document": document, "at": at} for person, document, at in sorted(visits)]
    if rows:
        connection.execute(_OPENED, rows)


def recent(connection: Connection, person: str, limit: int) -> list[str]:
    """What a person opened, the last first."""
    query = select(_VISIT.c.document).where(_VISIT.c.person == person).order_by(_VISIT.c.at.desc()).limit(limit)
    return list(connection.execute(query).scalars())


def _is(table: Table, person: str, document: str) -> ColumnElement[bool]:
    return (table.c.person == person) & (table.c.document == document)
