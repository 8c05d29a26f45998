"""Rows of when somebody was last here."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select, text

from quillroom.store.statements import table
from quillroom.store.tables import SeenRow

_SEEN = table(SeenRow)
# In one statement: two servers may write of the same person at the same moment.
_LATER = text(
    "INSERT INTO seen (person, at) SELECT id, :at FROM person WHERE id = :person "
    "ON CONFLICT (person) DO UPDATE SET at = excluded.at WHERE seen.at < excluded.at"
)


def seen(connection: Connection, people: Mapping[str, float]) -> None:
    """Each person was here at that time; an earlier time than what is known is nothing. Who is gone is left out."""
    if people:
        connection.execute(_LATER, [{"person": person, "at": at} for person, at in sorted(people.items())])


def last_seen(connection: Connection, people: Collection[str]) -> dict[str, float]:
    """When each of them was last here, of whom that is known."""
    found = connection.execute(select(_SEEN.c.person, _SEEN.c.at).where(_SEEN.c.person.in_(people)))
    return {row.person: row.at for row in found}
