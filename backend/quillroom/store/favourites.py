"""Rows of what people starred, and of what they opened."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, insert, literal, select, update

from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, FavouriteRow, PersonRow, VisitRow

_FAVOURITE = table(FavouriteRow)
_VISIT = table(VisitRow)
_DOCUMENT = table(DocumentRow)
_PERSON = table(PersonRow)


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


def opened(connection: Connection, visits: Iterable[tuple[str, str, float]]) -> None:
    """(person, document, when) for each; people and documents that are gone are left out."""
    for person, document, at in visits:
        done = connection.execute(update(_VISIT).where(_is(_VISIT, person, document)).values(at=at))
        if done.rowcount == 0:
            is_there = exists().where(_DOCUMENT.c.id == document, _DOCUMENT.c.purged_at.is_(None))
            there = select(_PERSON.c.id, literal(document), literal(at)).where(_PERSON.c.id == person, is_there)
            connection.execute(insert(_VISIT).from_select(["person", "document", "at"], there))


def recent(connection: Connection, person: str, limit: int) -> list[str]:
    """What a person opened, the last first."""
    query = select(_VISIT.c.document).where(_VISIT.c.person == person).order_by(_VISIT.c.at.desc()).limit(limit)
    return list(connection.execute(query).scalars())


def _is(table: Table, person: str, document: str) -> ColumnElement[bool]:
    return (table.c.person == person) & (table.c.document == document)
