"""Rows of what people decided for themselves; values are JSON."""

import json
from collections.abc import Collection

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select

from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import PreferenceRow

_PREFERENCE = table(PreferenceRow)
_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
_OF_PEOPLE = select(_PREFERENCE.c.person, _PREFERENCE.c.value).where(
    _PREFERENCE.c.name == bindparam("name"), _PREFERENCE.c.person.in_(_PEOPLE)
)


def of_people(connection: Connection, people: Collection[str], name: str) -> dict[str, object]:
    """What each of them decided; who never did is left out."""
    found = connection.execute(_OF_PEOPLE, {"people": list(people), "name": name})
    return {person: json.loads(value) for person, value in found}


def write(connection: Connection, person: str, name: str, value: object) -> None:
    """Decide, in the place of what was decided before."""
    take_turns(connection, f"preference {person}")
    connection.execute(delete(_PREFERENCE).where(_PREFERENCE.c.person == person, _PREFERENCE.c.name == name))
    text = json.dumps(value, ensure_ascii=False)
    connection.execute(insert(_PREFERENCE).values(person=person, name=name, value=text))
