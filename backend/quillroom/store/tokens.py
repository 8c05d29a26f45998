"""Rows of API tokens."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, or_, select, update

from quillroom.store.statements import table
from quillroom.store.tables import ApiTokenRow, PersonRow

_TOKEN = table(ApiTokenRow)
_PERSON = table(PersonRow)


def add(connection: Connection, token: ApiTokenRow) -> None:
    """Keep it."""
    connection.execute(insert(_TOKEN).values(**token.model_dump()))


def find(connection: Connection, token_hash: bytes, now: float) -> tuple[PersonRow, ApiTokenRow] | None:
    """Whose token it is, unless it has run out or its person is suspended."""
    query = select(_TOKEN).where(
        _TOKEN.c.token_hash == token_hash, or_(_TOKEN.c.expires_at.is_(None), _TOKEN.c.expires_at > now)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    person = connection.execute(
        select(_PERSON).where(_PERSON.c.id == row["person"], _PERSON.c.suspended_at.is_(None))
    ).mappings()
    holder = person.first()
    return None if holder is None else (PersonRow(**holder), ApiTokenRow(**row))


def touch(connection: Connection, id: str, now: float) -> None:
    """It was used."""
    connection.execute(update(_TOKEN).where(_TOKEN.c.id == id).values(used_at=now))


def of_person(connection: Connection, person: str) -> Sequence[ApiTokenRow]:
    """A person's tokens, newest first, also those that have run out."""
    query = select(_TOKEN).where(_TOKEN.c.person == person).order_by(_TOKEN.c.created_at.desc())
    return [ApiTokenRow(**row) for row in connection.execute(query).mappings()]


def remove(connection: Connection, person: str, id: str) -> ApiTokenRow | None:
    """Forget one of a person's tokens; answers it."""
    is_it = (_TOKEN.c.id == id, _TOKEN.c.person == person)
    row = connection.execute(select(_TOKEN).where(*is_it)).mappings().first()
    connection.execute(delete(_TOKEN).where(*is_it))
    return None if row is None else ApiTokenRow(**row)
