"""Rows of who somebody is at an OpenID Connect provider."""

from sqlalchemy import Connection, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import IdentityRow

_IDENTITY = table(IdentityRow)


def find(connection: Connection, issuer: str, subject: str) -> str | None:
    """Whose identity it is."""
    is_it = (_IDENTITY.c.issuer == issuer, _IDENTITY.c.subject == subject)
    return connection.execute(select(_IDENTITY.c.person).where(*is_it)).scalar()


def of_person(connection: Connection, issuer: str, person: str) -> list[str]:
    """Their subjects at a provider."""
    is_theirs = (_IDENTITY.c.issuer == issuer, _IDENTITY.c.person == person)
    return list(connection.execute(select(_IDENTITY.c.subject).where(*is_theirs)).scalars())


def add(connection: Connection, issuer: str, subject: str, person: str) -> None:
    """From now on it is theirs."""
    connection.execute(insert(_IDENTITY).values(issuer=issuer, subject=subject, person=person))
