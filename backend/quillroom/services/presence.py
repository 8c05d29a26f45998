"""Who is here, as the sockets tell it and as others are told: `core.presence` joined to both planes.

Identity is the session's, never the payload's. Only connections that may read a document can say that they are there,
and only they are told of its people: those whose screen shows it, and those who follow its topic.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.exc import DBAPIError

from quillroom.core.access import Acl, standing
from quillroom.core.member import ANONYMOUS, Member, Person, anonymous_id, is_anonymous
from quillroom.core.outbox import Priority
from quillroom.core.presence import Presence
from quillroom.core.whereabouts import EDITING_SECONDS, Here, Key, Someone, State, Transition
from quillroom.services.access import Access
from quillroom.services.claims import Claims
from quillroom.services.dots import Dots
from quillroom.services.errors import Invalid
from quillroom.services.last_seen import LastSeen
from quillroom.services.live import Live
from quillroom.services.people import colour_of, shown
from quillroom.services.preferences import Privacy, privacy_of
from quillroom.services.presence_shared import SharedPresence
from quillroom.services.wire import iso
from quillroom.store import people, seen
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.writer import Writer

NAMES = ("person.changed", "privacy.changed")
SHOWN_IN_LISTS = 5  # people at a page, where pages are listed
RETRY_SECONDS = 1.0
SEEN_SECONDS = 5.0
SOONEST_SECONDS = 0.02
_log = logging.getLogger(__name__)
Shown = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """What others may know of somebody."""

    state: State
    at: float | None  # last seen, in Unix seconds


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says of somebody."""

    name: str
    colour: str
    avatar: str | None
    privacy: Privacy


class Presences:
    """Used from the event loop's thread only."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        access: Access,
        live: Live,
        changes: Callable[[], int],
        shared: SharedPresence | None = None,
    ) -> None:
        """`changes()` counts how often access to anything changed. `shared`: where there may be other servers."""
        self.transitions: dict[State, int] = dict.fromkeys(State, 0)  # by what somebody became
        self._database = database
        self._access = access
        self._live = live
        self._last_seen = LastSeen(writer)
        self._shared = shared
        self._instance = "" if shared is None else shared.instance
        self._presence = Presence() if shared is None else shared.presence
        self._keys: dict[Member, Key] = {}
        self._editing: dict[Member, float] = {}  # until when an edit of theirs is no news
        self._claims = Claims(access, changes)
        self._people: dict[str, Person] = {}  # of everybody who is there, or was a moment ago
        self._privacy: dict[str, Privacy] = {}  # the same
        self._unknown: set[str] = set()  # whose privacy was not read yet
        self._asking: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.on_hidden: Callable[[str], None] = lambda person: None
        self._dots = Dots(live)
        self.is_local: Callable[[], bool] = lambda: shared is not None and shared.is_partial  # others may be elsewhere
        if shared is not None:
            shared.on_heard, shared.on_partial = self._heard, self._tell_anew

    # -- the sockets

    def came(self, member: Member) -> None:
        """Somebody listens on `/live`; where they are they say themselves."""
        self._enter(member, speaks=True)

    def opened(self, document: str, member: Member) -> None:
        """Somebody is connected to a document. Of our own page only what it says tells whether they look at it."""
        self._enter(member, document=document)

    def edited(self, member: Member) -> None:
        """A connection to a document brought an edit."""
        now = time.monotonic()
        if now < self._editing.get(member, 0.0):  # asked at each keystroke of everybody
            return
        key = self._keys.get(member)
        if key is not None:
            self._editing[member] = now + EDITING_SECONDS / 2
            self._presence.edit(key, now)
            if self._timer is None:
                self._go_on()

    def left(self, member: Member) -> None:
        """A connection of either plane ended. Idempotent."""
        key = self._keys.pop(member, None)
        self._editing.pop(member, None)
        self._claims.drop(member)
        if key is not None:
            self._presence.leave(key, time.monotonic())
            self._go_on()

    async def say(self, member: Member, data: Mapping[str, object]) -> Mapping[str, object] | None:
        """`presence {state, document?, doing?}` on `/live`. Raises Invalid, NotFound."""
        is_active, document, is_editing = _said(data)
        claim = None if document is None else await self._claims.ask(member, document)
        key = self._keys.get(member)
        if key is None:  # it ended while its permission was looked up
            return None
        is_elsewhere = claim is not None and self._claims.put(member, claim)
        if claim is None:
            self._claims.drop(member)
        is_editing = is_editing and claim is not None and claim.may_write
        self._presence.say(key, time.monotonic(), is_active=is_active, document=document, is_editing=is_editing)
        self._go_on()
        if is_elsewhere and claim is not None:
            self._live.tell([member], "presence", self.described(claim.document), Priority.CURSOR)
        return None

    def greet(self, member: Member, topic: str) -> None:
        """Somebody follows a topic from now on: if it is a document's, they hear who is there."""
        document = topic.removeprefix("doc:")
        if document != topic:
            self._live.tell([member], "presence", self.described(document), Priority.CURSOR)

    # -- what happens elsewhere

    async def follow(self, events: list[Event]) -> None:
        """Sessions end, people are called something else, or want to be seen or not."""
        now, changed = time.monotonic(), set[str]()
        for event in events:
            id = event.topic.removeprefix("user:")
            changed.add(id)
            devices = event.data.get("devices", [])
            if event.name == "person.changed" and devices != []:
                self._presence.sign_out(id, devices if isinstance(devices, list) else None, now)
        self._go_on()
        self._ask(id for id in changed if id in self._people)

    async def look_anew(self) -> None:
        """Nobody knows what was missed: what people are called, and whether they want to be seen."""
        self._ask(self._people)

    def claimed(self) -> set[str]:
        """The documents of which connections said that they are there."""
        return self._claims.documents()

    def judged(self, document: str, acl: Acl | None) -> None:
        """What decides about a document changed: whoever may not read it is not there."""
        self._claims.judge(document, acl)
        now, unix = time.monotonic(), time.time()
        for user in self._presence.users_at(document):
            known = self._people.get(user)
            found = None if acl is None or acl.is_trashed else standing(known, acl, unix, is_open=self._access.is_open)
            if found is None or found.role is None:
                self._presence.remove(user, document, now)
        self._go_on()

    async def watch(self) -> None:
        """Note for ever who is active."""
        while True:
            await asyncio.sleep(SEEN_SECONDS)
            self._note_active()
            await self._last_seen.flush()

    async def flush(self) -> None:
        """The server stops: everybody was here until now."""
        self._note_active()
        await self._last_seen.flush(is_last=True)

    # -- what others may know

    def is_active(self, person: str) -> bool:
        """Whether somebody has just done something on any device, shown to others or not."""
        return self._presence.state(person) is State.ACTIVE

    def is_hidden(self, member: Member) -> bool:
        """Whether this connection's person wants not to be seen."""
        privacy = self._privacy.get(member.person.id or "")
        return privacy is not None and privacy.is_invisible

    def described(self, document: str) -> dict[str, object]:
        """Who is at a document, as its followers are told."""
        return self._described(document, self._presence.here(document))

    def people_in(self, document: str) -> list[Shown]:
        """Some of those who are at a document."""
        return self._some(self._presence.here(document))

    def everywhere(self) -> dict[str, list[Shown]]:
        """The same for every document where somebody is."""
        return {document: self.people_in(document) for document in self._presence.documents()}

    async def seen(self, ids: Collection[str]) -> dict[str, Seen]:
        """What others may know of these people."""
        written, privacy = await asyncio.to_thread(
            self._database.read, lambda c: (seen.last_seen(c, ids), privacy_of(c, ids))
        )
        return {id: self._seen(id, written.get(id), privacy[id]) for id in ids}

    def counts(self) -> dict[State, int]:
        """How many people are what."""
        return self._presence.counts()

    # -- details

    def _enter(self, member: Member, *, document: str | None = None, speaks: bool = False) -> None:
        person = member.person
        user = person.id or anonymous_id(member.id)
        key = self._keys[member] = Key(user, person.device or "", member.id, self._instance)
        self._people[user] = person
        is_new = self._presence.enter(key, time.monotonic(), document=document, speaks=speaks, is_ours=member.is_ours)
        if is_new and person.id is None:
            self._presence.show(user, time.monotonic(), is_shown=True)
        elif is_new:
            self._ask([user])
        self._go_on()

    def _described(self, document: str, here: Here) -> dict[str, object]:
        is_local = self.is_local()
        return {
            "document": document,
            "count": here.count,
            "is_partial": len(here.people) < here.count or is_local,
            "is_local": is_local,
            "people": [self._present(each) for each in here.people],
        }

    def _present(self, someone: Someone) -> dict[str, object]:
        privacy = self._privacy.get(someone.user)
        tells = not someone.is_active and privacy is not None and privacy.last_seen
        return {
            "person": self._shown(someone.user),
            "state": State.ACTIVE if someone.is_active else State.IDLE,
            "doing": "editing" if someone.is_editing else "viewing",
            "devices": someone.devices,
            "seen_at": iso(_unix(someone.active_at)) if tells else None,
        }

    def _some(self, here: Here) -> list[Shown]:
        return [self._shown(each.user) for each in here.people[:SHOWN_IN_LISTS]]

    def _shown(self, user: str) -> Shown:
        person = self._people[user]
        return shown(user, person.name, person.colour, person.avatar)

    def _seen(self, id: str, written: float | None, privacy: Privacy) -> Seen:
        at = self._last_seen.of(id, written) if privacy.last_seen else None
        if privacy.is_invisible or not self._presence.is_shown(id):
            return Seen(State.OFFLINE, at)
        active_at = self._presence.active_at(id)
        if privacy.last_seen and active_at is not None:  # by another server it may not be written yet
            at = max(at or 0.0, _unix(active_at))
        return Seen(self._presence.state(id), at)

    # -- the other servers

    def _heard(self, met: list[str]) -> None:
        """They said something; with it these people came who were nowhere before."""
        for each in self._presence.take_transitions():
            self._became(each)
        there = [user for user in met if self._presence.state(user) is not State.OFFLINE]
        for user in there:
            self._people[user] = replace(ANONYMOUS, id=user)  # until it was read who that is
            if is_anonymous(user):
                self._presence.show(user, time.monotonic(), is_shown=True)
        self._ask(user for user in there if not is_anonymous(user))
        self._go_on()

    def _tell_anew(self) -> None:
        self._presence.touch_all(time.monotonic())
        self._go_on()

    # -- time

    def _go_on(self) -> None:
        """Look when something is due again, now that something has changed."""
        if self._shared is not None:
            self._shared.note()
        for each in self._presence.take_transitions():
            self._became(each)
        at = self._presence.next()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            wait = max(SOONEST_SECONDS, at - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = time.monotonic()
        self._presence.advance(now)
        for document, here in self._presence.due(now):
            self._dots.note(document, self._some(here))
            concerned = {*self._live.followers(f"doc:{document}"), *self._claims.at(document)}
            if concerned:
                self._live.tell(concerned, "presence", self._described(document, here), Priority.CURSOR)
        self._go_on()

    def _became(self, what: Transition) -> None:
        self.transitions[what.after] += 1
        privacy = self._privacy.get(what.user)
        if what.instance == self._instance and privacy is not None and not privacy.is_invisible:
            self._last_seen.note(what.user, _unix(what.active_at))
        if what.after is State.OFFLINE:
            self._people.pop(what.user, None)
            self._privacy.pop(what.user, None)
            self._unknown.discard(what.user)

    def _note_active(self) -> None:
        now = time.time()
        for user in self._presence.active():
            privacy = self._privacy.get(user)
            if privacy is not None and not privacy.is_invisible:
                self._last_seen.note(user, now)

    # -- who wants to be seen

    def _ask(self, users: Iterable[str]) -> None:
        self._unknown.update(users)
        if self._unknown and self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._find_out())

    async def _find_out(self) -> None:
        """Until it is known of everybody. While the database is away nobody new is shown."""
        try:
            while self._unknown:
                asked, self._unknown = self._unknown, set()
                try:
                    found = await asyncio.to_thread(self._database.read, partial(_known, asked))
                except DBAPIError:
                    _log.warning("Who wants to be seen cannot be read", exc_info=True)
                    self._unknown |= asked & set(self._people)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                for user, known in found.items():
                    self._know(user, known)
                self._go_on()
        finally:
            self._asking = None

    def _know(self, user: str, known: "_Known") -> None:
        person, now = self._people.get(user), time.monotonic()
        if person is None:  # gone meanwhile
            return
        self._people[user] = replace(person, name=known.name, colour=known.colour, avatar=known.avatar)
        self._privacy[user] = known.privacy
        self._presence.show(user, now, is_shown=not known.privacy.is_invisible)
        if self._people[user] != person:
            self._presence.touch(user, now)
        if known.privacy.is_invisible:
            self._last_seen.forget(user)
            self.on_hidden(user)


def _known(users: Collection[str], connection: Connection) -> dict[str, _Known]:
    privacy = privacy_of(connection, users)
    rows = people.people_of(connection, users)
    return {row.id: _Known(row.name, row.colour or colour_of(row.id), row.avatar, privacy[row.id]) for row in rows}


def _said(data: Mapping[str, object]) -> tuple[bool, str | None, bool]:
    state, document, doing = data.get("state"), data.get("document"), data.get("doing", "viewing")
    if set(data) - {"state", "document", "doing"}:
        raise Invalid("Only `state`, `document` and `doing` were expected.")
    if state not in ("active", "idle") or doing not in ("editing", "viewing"):
        raise Invalid("`state` must be active or idle, `doing` editing or viewing.")
    if document is not None and not isinstance(document, str):
        raise Invalid("`document` must be the id of a document.")
    return state == "active", document, doing == "editing"


def _unix(at: float) -> float:
    """Of a time of the clock that never goes back."""
    return time.time() - (time.monotonic() - at)
