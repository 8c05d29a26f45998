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


def add_session(
    connection: Connection,
    *,
    token_hash: bytes,
    id: str,
    person: str,
    now: float,
    expires_at: float,
    agent: str | None = None,
) -> None:
    """Remember a session by the hash of its token."""
    connection.execute(
        insert(_SESSION).values(
            token_hash=token_hash,
            id=id,
            person=person,
            created_at=now,
            expires_at=expires_at,
            seen_at=now,
            agent=agent,
        )
    )


def find_session(connection: Connection, token_hash: bytes, now: float) -> tuple[PersonRow, SessionRow] | None:
    """Whose session it is, unless it has ended or its person is suspended."""
    query = (
        select(_PERSON, *(column.label(f"session_{column.name}") for column in _SESSION.c))
        .join(_SESSION, _SESSION.c.person == _PERSON.c.id)
        .where(_SESSION.c.token_hash == token_hash, _SESSION.c.expires_at > now, _PERSON.c.suspended_at.is_(None))
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    session = {name.removeprefix("session_"): value for name, value in row.items() if name.startswith("session_")}
    person = {name: value for name, value in row.items() if not name.startswith("session_")}
    return PersonRow(**person), SessionRow(**session)


def is_claimed(connection: Connection) -> bool:
    """Whether anybody has an account."""
    return connection.execute(select(_PERSON.c.id).where(_PERSON.c.kind == "member").limit(1)).first() is not None


def end_session(connection: Connection, token_hash: bytes) -> None:
    """Forget a session. Idempotent."""
    connection.execute(delete(_SESSION).where(_SESSION.c.token_hash == token_hash))
