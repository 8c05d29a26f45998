"""Rows of when somebody was last here."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, exists, insert, literal, select, update

from quillroom.store.statements import table
from quillroom.store.tables import PersonRow, SeenRow

_SEEN = table(SeenRow)
_PERSON = table(PersonRow)
_LATER = (
    update(_SEEN).where(_SEEN.c.person == bindparam("who"), _SEEN.c.at < bindparam("when")).values(at=bindparam("when"))
)


def seen(connection: Connection, people: Mapping[str, float]) -> None:
    """Each person was here at that time; an earlier time than what is known is nothing. Who is gone is left out."""
    if not people:
        return
    known = set(connection.execute(select(_SEEN.c.person).where(_SEEN.c.person.in_(people))).scalars())
    later = [{"who": person, "when": at} for person, at in people.items() if person in known]
    if later:
        connection.execute(_LATER, later)
    for person, at in people.items():
        if person not in known:
            there = select(literal(person), literal(at)).where(exists().where(_PERSON.c.id == person))
            connection.execute(insert(_SEEN).from_select(["person", "at"], there))


def last_seen(connection: Connection, people: Collection[str]) -> dict[str, float]:
    """When each of them was last here, of whom that is known."""
    found = connection.execute(select(_SEEN.c.person, _SEEN.c.at).where(_SEEN.c.person.in_(people)))
    return {row.person: row.at for row in found}
