"""Sessions as their people and their open sockets see them: what has ended is closed, who has changed is known anew.

What changes a person is the event `person.changed` on the topic `user:{id}`, with `why` and, where sessions ended,
their `devices` (None: all). It reaches every server; here the sockets follow it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from sqlalchemy.exc import DBAPIError

from quillroom.core.hub import Hub
from quillroom.core.member import Member, Person
from quillroom.protocol.closes import Close
from quillroom.services.errors import NotFound
from quillroom.services.people import IDLE_SECONDS, committed, device_of, hash_token, holder_of, person_of
from quillroom.store import audit, events
from quillroom.store import people as rows
from quillroom.store import tokens as token_rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.tables import PersonRow, SessionRow
from quillroom.store.writer import Writer

SWEEP_SECONDS = 5.0
REMEMBERED_SECONDS = 60.0
NAMES = ("person.changed", "workspace.claimed")
ENDED = "the session has ended"
UNKNOWN = "the server cannot tell right now who you are"
_log = logging.getLogger(__name__)
Devices = dict[str, Person]


class Sessions:
    """Signing out, and running out, as the open sockets feel it."""

    def __init__(self, database: Database, writer: Writer, hub: Hub, live: Hub) -> None:
        """`hub`: who has documents open; `live`: who listens to what happens around them."""
        self._database = database
        self._writer = writer
        self._hub = hub
        self._live = live
        self.review: Callable[[set[str]], Awaitable[None]] | None = None  # documents whose members changed
        self.changed_on_live: Callable[[Member], set[str]] = lambda member: set()  # the documents that it follows
        # A handshake may have read its session just before it ended, and come in just after.
        self._ended: dict[tuple[str | None, str | None], float] = {}

    async def of(self, person: Person) -> list[SessionRow]:
        """A person's sessions, the one seen last first."""
        id, now = person.id or "", time.time()
        return await asyncio.to_thread(self._database.read, lambda c: rows.sessions_of(c, id, now, now - IDLE_SECONDS))

    async def end(self, token: str) -> None:
        """Sign out; the sockets of this session are closed before this returns, no others are. Idempotent."""
        hashed = hash_token(token)
        ended = await committed(self._writer.execute(lambda c: end_sessions(c, "signed_out", token_hash=hashed)))
        for session in ended:
            await self._follow_one(session.person, [device_of(session.token_hash)])

    async def end_one(self, person: Person, id: str) -> None:
        """End one of a person's own sessions. Raises NotFound."""
        ended = await committed(self._writer.execute(lambda c: end_sessions(c, "revoked", person=person.id, id=id)))
        if not ended:
            raise NotFound(id)

    async def end_all(self, person: Person, *, except_this: bool) -> None:
        """Sign out everywhere, or everywhere else."""
        kept = person.session if except_this else None
        await committed(self._writer.execute(lambda c: end_sessions(c, "revoked", person=person.id, except_id=kept)))

    def has_ended(self, person: Person, now: float) -> bool:
        """Whether a session that was found a moment ago is over by now."""
        is_over = person.expires_at is not None and person.expires_at <= now
        return is_over or (person.id, person.device) in self._ended or (person.id, None) in self._ended

    def sweep(self, now: float) -> None:
        """Close the sockets of sessions that ran out."""
        _close(m for m in self._everyone() if self.has_ended(m.person, now))
        self._ended = {who: at for who, at in self._ended.items() if now - at < REMEMBERED_SECONDS}

    async def watch(self) -> None:
        """Sweep for ever."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(time.time())

    async def follow(self, events: list[Event]) -> None:
        """Close what has ended; let everybody else who changed be who they are now, with what they may do now."""
        people: set[str] = set()
        for event in events:
            if event.name == "workspace.claimed":
                people |= {m.person.id for m in self._everyone() if m.person.id is not None}
                continue
            person = event.topic.removeprefix("user:")
            self._note(person, event.data.get("devices", []))
            people.add(person)
        for person in people:
            await self._refresh(person)

    async def look_anew(self) -> None:
        """Nobody knows what was missed: everybody is who they are now. Who cannot be looked up is sent away."""
        for person in {member.person.id for member in self._everyone() if member.person.id is not None}:
            try:
                await self._refresh(person)
            except DBAPIError:
                _log.warning("Who somebody is cannot be read: they are asked to come back", exc_info=True)
                _close(self._hub.of_person(person) | self._live.of_person(person), Close.DRAINING, UNKNOWN)

    def _everyone(self) -> list[Member]:
        return self._hub.everyone() + self._live.everyone()

    async def _follow_one(self, person: str, devices: list[str]) -> None:
        self._note(person, devices)
        await self._refresh(person)

    def _note(self, person: str, devices: object) -> None:
        if devices is None:
            self._ended[person, None] = time.time()
            return
        self._ended.pop((person, None), None)
        if isinstance(devices, list):
            self._ended |= {(person, device): time.time() for device in devices}

    async def _refresh(self, person: str) -> None:
        members = self._hub.of_person(person) | self._live.of_person(person)
        if not members:
            return
        devices = await asyncio.to_thread(self._database.read, lambda c: _devices(c, person, time.time()))
        _close(m for m in members if m.person.device not in devices)
        documents: set[str] = set()
        for member in members:
            now = devices.get(member.person.device or "")
            if now is not None and now != member.person:
                member.person = now
                documents |= self._hub.documents_of(member) | self.changed_on_live(member)
        if documents and self.review is not None:
            await self.review(documents)


def end_sessions(
    connection: Connection,
    why: str,
    *,
    person: str | None = None,
    id: str | None = None,
    token_hash: bytes | None = None,
    except_id: str | None = None,
) -> list[SessionRow]:
    """End sessions inside a writer's job: rows, audit, and the event that closes their sockets."""
    ended = rows.end_sessions(connection, person=person, id=id, token_hash=token_hash, except_id=except_id)
    by_person: dict[str, list[str]] = {}
    for session in ended:
        by_person.setdefault(session.person, []).append(device_of(session.token_hash))
        audit.append(connection, actor=session.person, action="session.ended", object=session.id, why=why)
    for who, devices in by_person.items():
        changed(connection, who, "sessions", devices)
    return ended


def changed(connection: Connection, person: str, why: str, devices: Sequence[str] | None = ()) -> None:
    """Say inside a writer's job that a person changed; `devices` have ended (None: all of theirs)."""
    data: dict[str, object] = {"why": why, "devices": None if devices is None else list(devices)}
    events.append(connection, topic=f"user:{person}", name="person.changed", actor=None, data=data)


def _devices(connection: Connection, person: str, now: float) -> Devices:
    """Everything by which this person may be here, and who they are there."""
    row = rows.get_person(connection, person)
    if row is None or row.suspended_at is not None:
        return {}
    is_claimed = rows.is_claimed(connection)
    found = {
        device_of(session.token_hash): person_of(row, session, is_claimed=is_claimed)
        for session in rows.sessions_of(connection, person, now, now - IDLE_SECONDS)
    }
    return found | _token_devices(connection, row, now)


def _token_devices(connection: Connection, row: PersonRow, now: float) -> Devices:
    return {
        device_of(token.token_hash): holder_of(row, token)
        for token in token_rows.of_person(connection, row.id)
        if token.expires_at is None or token.expires_at > now
    }


def _close(members: Iterable[Member], code: Close = Close.SIGNED_OUT, why: str = ENDED) -> None:
    for member in list(members):
        if member.hang_up is not None:
            member.hang_up(code, why)
