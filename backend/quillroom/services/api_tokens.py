"""API tokens: keys of scripts, with no more rights than their makers gave them."""

import asyncio
import secrets
import time

from quillroom.core.access import Scope
from quillroom.core.member import Person
from quillroom.services.errors import Conflict, Invalid, NotAllowed, NotFound
from quillroom.services.people import TOKEN_PREFIX, committed, device_of, hash_token
from quillroom.services.sessions import changed
from quillroom.services.times import check_time_ahead
from quillroom.store import audit
from quillroom.store import tokens as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import ApiTokenRow
from quillroom.store.writer import Writer

NAME_LENGTH = 64
AT_MOST = 50
SCOPES = tuple(scope.value for scope in Scope)


class ApiTokens:
    """A member's own tokens."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    async def list(self, person: Person) -> list[ApiTokenRow]:
        """Newest first."""
        id = person.id or ""
        return list(await asyncio.to_thread(self._database.read, lambda c: rows.of_person(c, id)))

    async def create(self, person: Person, name: object, scopes: object, expires_at: object) -> tuple[ApiTokenRow, str]:
        """(the token, its secret, which is not shown again). Raises Invalid, NotAllowed, Conflict."""
        if person.kind != "member" or person.id is None:
            raise NotAllowed("Only an account has API tokens.")
        id, secret = person.id, TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = ApiTokenRow(
            id=secrets.token_urlsafe(9),
            token_hash=hash_token(secret),
            person=id,
            name=_name(name),
            scopes=" ".join(_scopes(scopes)),
            created_at=time.time(),
            expires_at=check_time_ahead(expires_at, "expires_at"),
        )

        def write(connection: Connection) -> None:
            if len(rows.of_person(connection, id)) >= AT_MOST:
                raise Conflict("too_many", f"You have {AT_MOST} tokens. Revoke one first.")
            rows.add(connection, token)
            audit.append(connection, actor=id, action="token.created", object=token.id, scopes=token.scopes)

        await committed(self._writer.execute(write))
        return token, secret

    async def revoke(self, person: Person, id: str) -> None:
        """What it opened is closed. Raises NotFound."""
        who = person.id or ""

        def write(connection: Connection) -> None:
            token = rows.remove(connection, who, id)
            if token is None:
                raise NotFound(id)
            audit.append(connection, actor=who, action="token.revoked", object=id)
            changed(connection, who, "tokens", [device_of(token.token_hash)])

        await committed(self._writer.execute(write))


def _name(name: object) -> str:
    clean = " ".join(name.split()) if isinstance(name, str) else ""
    if not 1 <= len(clean) <= NAME_LENGTH or not clean.isprintable():
        raise Invalid(f"A name of 1 to {NAME_LENGTH} characters was expected: what is the token for?")
    return clean


def _scopes(scopes: object) -> list[str]:
    wanted = scopes if isinstance(scopes, list) else []
    if not wanted or any(scope not in SCOPES for scope in wanted):
        raise Invalid(f"`scopes` must be some of {', '.join(SCOPES)}.")
    return [scope for scope in SCOPES if scope in wanted]
