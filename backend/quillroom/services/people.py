"""Who somebody is, by the secret that they show. It is random and stored only as its hash."""

import asyncio
import hashlib
import secrets
import time
import unicodedata
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from quillroom.core.member import Person
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Invalid, TryLater
from quillroom.services.throttle import address_key, is_loopback
from quillroom.store import people as rows
from quillroom.store import tokens
from quillroom.store.database import Connection, Database
from quillroom.store.tables import ApiTokenRow, PersonRow, SessionRow
from quillroom.store.writer import Writer

T = TypeVar("T")

COMMIT_SECONDS = 10.0
NAME_LENGTH = 64
SESSION_SECONDS = 90 * 24 * 3600.0
IDLE_SECONDS = 30 * 24 * 3600.0  # unseen for so long, a session has ended
SEEN_SECONDS = 60.0
TOKEN_PREFIX = "qr_"
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
    """Who somebody is, by the secret that they show: sessions of members and guests, tokens of scripts."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._arriving = Attempts(database, "guests of address", 60, 5)

    async def begin_guest(self, name: object, agent: str | None = None, address: str | None = None) -> Session:
        """A guest of that name (None: an animal) and a session for it; answers after the commit.

        From an `address` that is not this machine's own, not too many. Raises Invalid, Throttled.
        """
        if address is not None and not is_loopback(address):
            await self._arriving.spend(address_key(address))
        clean = animal() if name is None else check_name(name)
        person_id = new_id()

        def write(connection: Connection) -> str:
            rows.add_person(connection, id=person_id, name=clean, kind="guest", now=time.time())
            return begin_session(connection, person_id, agent)

        return await self.session_of(await committed(self._writer.execute(write)))

    async def session_of(self, token: str) -> Session:
        """A session that was just begun."""
        person = await self.find(token)
        if person is None:  # ended by somebody else in this instant
            raise TryLater("The session has ended already.")
        return Session(person, token)

    async def find(self, token: str | None) -> Person | None:
        """Whose session or API token this is; None when there is none, or it has ended."""
        if not token:
            return None
        return await asyncio.to_thread(self._database.read, lambda c: self.look(c, token))

    def look(self, connection: Connection, token: str) -> Person | None:
        """`find` for a thread."""
        hashed, now = hash_token(token), time.time()
        if token.startswith(TOKEN_PREFIX):
            return self._holder(connection, hashed, now)
        found = rows.find_session(connection, hashed, now, now - IDLE_SECONDS)
        if found is None:
            return None
        person, session = found
        if now - (session.seen_at or 0.0) > SEEN_SECONDS:
            self._writer.attempt(lambda c: rows.touch_session(c, hashed, now))
        return person_of(person, session, is_claimed=rows.is_claimed(connection))

    def _holder(self, connection: Connection, hashed: bytes, now: float) -> Person | None:
        found = tokens.find(connection, hashed, now)
        if found is None:
            return None
        person, token = found
        if now - (token.used_at or 0.0) > SEEN_SECONDS:
            self._writer.attempt(lambda c: tokens.touch(c, token.id, now))
        return holder_of(person, token)


def begin_session(connection: Connection, person: str, agent: str | None) -> str:
    """A session in the transaction of a writer's job; answers its secret."""
    token, now = secrets.token_urlsafe(32), time.time()
    rows.add_session(
        connection,
        token_hash=hash_token(token),
        id=secrets.token_urlsafe(9),
        person=person,
        now=now,
        expires_at=now + SESSION_SECONDS,
        agent=agent,
    )
    return token


async def committed(future: Future[T]) -> T:
    """Wait for a write job; TryLater when nothing can be committed now."""
    try:
        # Not `wait_for`: before Python 3.12 it forgets a cancellation that comes with the answer; the task never ends.
        async with asyncio.timeout(COMMIT_SECONDS):
            return await asyncio.wrap_future(future)
    except TimeoutError:
        raise TryLater("Nothing can be saved right now. Try again in a moment.") from None


def person_of(row: PersonRow, session: SessionRow, *, is_claimed: bool) -> Person:
    """Who acts in this session."""
    device = device_of(session.token_hash)
    return _person(row, device, session.expires_at, is_claimed=is_claimed, session=session.id)


def holder_of(row: PersonRow, token: ApiTokenRow) -> Person:
    """Who acts by this API token."""
    scopes = frozenset(token.scopes.split())
    return _person(row, device_of(token.token_hash), token.expires_at, is_claimed=True, scopes=scopes)


def somebody(row: PersonRow, *, is_claimed: bool) -> Person:
    """Who this is, wherever they are, or are not."""
    return _person(row, None, None, is_claimed=is_claimed)


def _person(
    row: PersonRow,
    device: str | None,
    expires_at: float | None,
    *,
    is_claimed: bool,
    session: str | None = None,
    scopes: frozenset[str] | None = None,
) -> Person:
    return Person(
        row.id,
        device,
        row.name,
        row.colour or colour_of(row.id),
        expires_at,
        avatar=row.avatar,
        kind=row.kind,
        is_member=row.kind == "member" or not is_claimed,
        is_operator=row.is_operator,
        scopes=scopes,
        session=session,
    )


def device_of(token_hash: bytes) -> str:
    """Names a session or token to us, but never to anything that signs in."""
    return hashlib.sha256(token_hash).hexdigest()[:16]


def hash_token(token: str) -> bytes:
    """As secrets are kept: they are random, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


def new_id() -> str:
    """Of a person: 96 random bits."""
    return secrets.token_urlsafe(12)


def check_name(name: object) -> str:
    """A person's name without anything invisible. Raises Invalid."""
    if not isinstance(name, str):
        raise Invalid("A name was expected: a text of 1 to 64 characters.")
    shown = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    clean = " ".join(shown.split())
    if not 1 <= len(clean) <= NAME_LENGTH:
        raise Invalid(f"A name of 1 to {NAME_LENGTH} characters was expected, {len(clean)} came.")
    return clean


def shown(id: str, name: str, colour: str, avatar: str | None = None) -> dict[str, str | None]:
    """A person as others see them; `avatar` is the hash of a picture."""
    address = None if avatar is None else f"/api/people/{quote(id)}/avatar?v={avatar}"
    return {"id": id, "name": name, "colour": colour, "avatar": address}


def animal() -> str:
    """What a guest is called who says no name."""
    return f"{secrets.choice(_MOODS)} {secrets.choice(_ANIMALS)}"


_MOODS = (
    "Brave", "Bright", "Calm", "Cheerful", "Clever", "Curious", "Eager", "Gentle", "Happy", "Honest",
    "Jolly", "Kind", "Lively", "Lucky", "Merry", "Nimble", "Patient", "Polite", "Quick", "Quiet",
    "Sleepy", "Swift", "Thoughtful", "Warm", "Wise", "Witty",
)  # fmt: skip
_ANIMALS = (
    "Badger", "Beaver", "Bison", "Crane", "Dolphin", "Falcon", "Fox", "Gecko", "Hare", "Hedgehog", "Heron",
    "Ibex", "Koala", "Lemur", "Lynx", "Magpie", "Marmot", "Otter", "Owl", "Panda", "Penguin", "Puffin",
    "Raven", "Robin", "Seal", "Sparrow", "Squirrel", "Stork", "Swan", "Tapir", "Turtle", "Wombat",
)  # fmt: skip
