"""Rows of people and their sessions."""

from sqlalchemy import Connection, delete, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import PersonRow, SessionRow

_PERSON = table(PersonRow)
_SESSION = table(SessionRow)


def add_person(connection: Connection, *, id: str, name: str, kind: str, now: float) -> None:
    """Add someone."""
    connection.execute(insert(_PERSON).values(id=id, name=name, kind=kind, created_at=now))


def get_person(connection: Connection, id: str) -> PersonRow | None:
    """The row, or None."""
    row = connection.execute(select(_PERSON).where(_PERSON.c.id == id)).mappings().first()
    return None if row is None else PersonRow(**row)


def add_session(connection: Connection, *, token_hash: bytes, person: str, now: float, expires_at: float) -> None:
    """Remember a session by the hash of its token."""
    connection.execute(
        insert(_SESSION).values(token_hash=token_hash, person=person, created_at=now, expires_at=expires_at)
    )


def find_session(connection: Connection, token_hash: bytes, now: float) -> tuple[PersonRow, float] | None:
    """Whose session it is and when it expires, unless it has."""
    query = (
        select(_PERSON, _SESSION.c.expires_at)
        .join(_SESSION, _SESSION.c.person == _PERSON.c.id)
        .where(_SESSION.c.token_hash == token_hash, _SESSION.c.expires_at > now)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    person = dict(row)
    expires_at = person.pop("expires_at")
    return PersonRow(**person), expires_at


def end_session(connection: Connection, token_hash: bytes) -> None:
    """Forget a session. Idempotent."""
    connection.execute(delete(_SESSION).where(_SESSION.c.token_hash == token_hash))
