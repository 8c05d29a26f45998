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
                person=person_id,
                now=now,
                expires_at=now + SESSION_SECONDS,
            )

        await committed(self._writer.execute(write))
        return Session(_person(person_id, clean, hashed, now + SESSION_SECONDS), token)

    async def find(self, token: str | None) -> Person | None:
        """Whose session this is; None when there is none, or it has expired."""
        if not token:
            return None
        hashed, now = _hash(token), time.time()
        row = await asyncio.to_thread(self._database.read, lambda c: rows.find_session(c, hashed, now))
        if row is None:
            return None
        person, expires_at = row
        return _person(person.id, person.name, hashed, expires_at)

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


def _person(id: str, name: str, token_hash: bytes, expires_at: float) -> Person:
    # The device is named by the session, but never by anything that signs in.
    return Person(id, hashlib.sha256(token_hash).hexdigest()[:16], name, colour_of(id), expires_at)


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
