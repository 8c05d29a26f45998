"""Guests: a name and a remembered session. The token is random and stored only as its hash."""

import asyncio
import hashlib
import secrets
import time
import unicodedata
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from quillroom.core.member import Person
from quillroom.services.errors import Invalid, TryLater
from quillroom.store import people as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import PersonRow, SessionRow
from quillroom.store.writer import Writer

T = TypeVar("T")

COMMIT_SECONDS = 10.0
NAME_LENGTH = 64
SESSION_SECONDS = 90 * 24 * 3600.0
COLOURS = (
    "#1F62B5", "#A3307E", "#1B7340", "#9C3B2E", "#7A3FB5", "#00727A",
    "#8A5A00", "#4B4FC9", "#4E6B00", "#87324F", "#3D5A6C", "#6B4F3A",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person and the secret that proves it (only known when it was just made)."""

    person: Person
    token: str


def colour_of(person_id: str) -> str:
    """One of twelve colours that carry white text, stable for a person."""
    digest = hashlib.sha256(person_id.encode()).digest()
    return COLOURS[digest[0] % len(COLOURS)]


class People:
    """Guest sessions: begin, find, end."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    async def begin_guest(self, name: object) -> Session:
        """Make a guest of that name and a session for it; answers after the commit. Raises Invalid."""
        clean = _name(name)
        person_id, token = secrets.token_urlsafe(12), secrets.token_urlsafe(32)
        hashed, now = _hash(token), time.time()

        def write(connection: Connection) -> None:
            rows.add_person(connection, id=person_id, name=clean, kind="guest", now=now)
            rows.add_session(
                connection,
                token_hash=hashed,
                id=secrets.token_urlsafe(9),
                person=person_id,
                now=now,
                expires_at=now + SESSION_SECONDS,
            )

        await committed(self._writer.execute(write))
        person = await self.find(token)
        assert person is not None
        return Session(person, token)

    async def find(self, token: str | None) -> Person | None:
        """Whose session this is; None when there is none, or it has expired."""
        if not token:
            return None
        hashed, now = _hash(token), time.time()

        def read(connection: Connection) -> Person | None:
            found = rows.find_session(connection, hashed, now)
            if found is None:
                return None
            return person_of(*found, is_claimed=rows.is_claimed(connection))

        return await asyncio.to_thread(self._database.read, read)

    async def end(self, token: str) -> None:
        """Sign out. Idempotent."""
        hashed = _hash(token)
        await committed(self._writer.execute(lambda c: rows.end_session(c, hashed)))


async def committed(future: Future[T]) -> T:
    """Wait for a write job; TryLater when nothing can be committed now."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), COMMIT_SECONDS)
    except TimeoutError:
        raise TryLater("Nothing can be saved right now. Try again in a moment.") from None


def person_of(row: PersonRow, session: SessionRow, *, is_claimed: bool) -> Person:
    """Who acts in this session."""
    return Person(
        row.id,
        # The device is named by the session, but never by anything that signs in.
        hashlib.sha256(session.token_hash).hexdigest()[:16],
        row.name,
        row.colour or colour_of(row.id),
        session.expires_at,
        avatar=row.avatar,
        kind=row.kind,
        is_member=row.kind == "member" or not is_claimed,
        is_operator=row.is_operator,
        session=session.id,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise Invalid("A name was expected: a text of 1 to 64 characters.")
    shown = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    clean = " ".join(shown.split())
    if not 1 <= len(clean) <= NAME_LENGTH:
        raise Invalid(f"A name of 1 to {NAME_LENGTH} characters was expected, {len(clean)} came.")
    return clean
