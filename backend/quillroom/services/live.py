"""What connections of the live plane are told, and what they may ask: the two tables at the end.

Events are committed before they come here, and every connection here was admitted by its session.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from quillroom.core.audience import Audience, Change
from quillroom.core.hub import Hub
from quillroom.core.member import Member, Person, Role
from quillroom.core.outbox import Priority
from quillroom.core.tree import Page
from quillroom.protocol.live import BadEvent, Command, read, write
from quillroom.services.access import level_of
from quillroom.services.people import shown
from quillroom.store import tree as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

_log = logging.getLogger(__name__)

DEBOUNCE_SECONDS = 0.15
MANY = 2000  # pages: then all are read anew, in one go
EVERYONE = "everyone"  # the topic of what every connection hears


class Live:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, *, is_open: bool) -> None:
        self.hub = Hub()
        self._database = database
        self._is_open = is_open
        self._audience: Audience | None = None
        self._lock = asyncio.Lock()  # of the audience: it is read and changed in threads
        self._due: set[Member] = set()
        self._told_at = 0.0

    async def prepare(self) -> None:
        """Before a connection is greeted: from then on it hears of every change that it cannot have seen."""
        async with self._lock:
            if self._audience is None:
                self._audience = await asyncio.to_thread(self._load)

    def enter(self, member: Member) -> None:
        """The connection is greeted, and hears everything from now on."""
        self.hub.join(EVERYONE, member)
        self.greet(member)

    def greet(self, member: Member) -> None:
        """Who it is; also to whoever may have missed something: then everything is to be asked for anew."""
        person = member.person
        self.tell([member], "hello", {"user": shown(person.id or "", person.name, person.colour, person.avatar)})

    def leave(self, member: Member) -> None:
        """Idempotent."""
        self.hub.leave(EVERYONE, member)
        self._due.discard(member)

    def receive(self, member: Member, payload: bytes) -> None:
        """One message of a connection. Raises BadEvent."""
        command = read(payload)
        answer = COMMANDS.get(command.event)
        if answer is None:
            raise BadEvent("unknown_event", f"There is no event {command.event!r:.80} here.", command.id)
        answer(self, member, command)

    def refuse(self, member: Member, problem: BadEvent) -> None:
        """Say what was wrong."""
        data: dict[str, object] = {"code": problem.code, "message": str(problem)}
        if problem.id is not None:
            data["id"] = problem.id
        self.tell([member], "error", data, Priority.CONTROL)

    def tell(
        self,
        members: Collection[Member],
        event: str,
        data: Mapping[str, object],
        priority: Priority = Priority.EDIT,
    ) -> None:
        """One event, encoded once."""
        assert event in EVENTS, event
        if not members:
            return
        frame = write(event, data, time.time())
        for member in members:
            if member.outbox is not None:
                member.outbox.send(frame, priority)

    # -- what happens elsewhere

    async def follow(self, events: list[Event]) -> None:
        """Tell what was committed to those whom it concerns."""
        pages = []
        for event in events:
            about = FOLLOWED[event.name]
            if about is None:
                pages.append(event)
            else:
                about(self, event)
        if pages:
            await self._follow_pages(pages)

    async def _follow_pages(self, events: Sequence[Event]) -> None:
        everyone = self.hub.everyone()
        people = {member.person for member in everyone}
        try:
            async with self._lock:
                told = await asyncio.to_thread(self._judged, events, people)
        except DBAPIError:
            _log.warning("Who is to hear of changed pages cannot be read: everyone is told", exc_info=True)
            self._audience = None
            told = None
        if told is None:
            self.pages_changed(everyone)
            return
        for person, document, role in told.roles:
            data = {"document": document, "role": None if role is None else role.value}
            self.tell([m for m in everyone if m.person == person], "access.changed", data)
        self.pages_changed(member for member in everyone if member.person in told.concerned)

    def pages_changed(self, members: Iterable[Member]) -> None:
        """Tell them to ask for the tree anew: at once, or with the others of the next moment."""
        is_waiting = bool(self._due)
        self._due |= set(members)
        if self._due and not is_waiting:
            loop = asyncio.get_running_loop()
            loop.call_at(max(loop.time(), self._told_at + DEBOUNCE_SECONDS), self._tell_pages)

    def session_changed(self, members: Collection[Member]) -> None:
        """Tell them to ask who they are anew; what they may see may have changed with it."""
        self.tell(members, "session.changed", {})
        self.pages_changed(members)

    def _tell_pages(self) -> None:
        due, self._due = self._due, set()
        self._told_at = asyncio.get_running_loop().time()
        self.tell(due, "pages.changed", {})

    # -- on a thread, one at a time

    def _load(self) -> Audience:
        return Audience(self._database.read(lambda c: _pages(c, None)))

    def _judged(self, events: Sequence[Event], people: Collection[Person]) -> "_Told | None":
        """Whom these changes concern; None where nothing is known of how things were."""
        if self._audience is None:
            if people:
                self._audience = self._load()
            return None
        changed = {id for event in events for id in _documents(event)}
        found = self._database.read(lambda c: _pages(c, changed if len(changed) < MANY else None))
        change, now = self._audience.change(changed, found), time.time()
        concerned = {person for person in people if change.concerns(person, now, is_open=self._is_open)}
        judged = {id for event in events if event.name in OF_ACCESS for id in _documents(event)}
        return _Told(concerned, list(_changed_roles(change, judged, concerned, now, is_open=self._is_open)))


@dataclass(frozen=True, slots=True)
class _Told:
    concerned: set[Person]
    roles: list[tuple[Person, str, Role | None]]


def _changed_roles(
    change: Change, documents: Iterable[str], people: Collection[Person], now: float, *, is_open: bool
) -> Iterator[tuple[Person, str, Role | None]]:
    for document in documents:
        for person in people:
            before, after = change.roles(person, document, now, is_open=is_open)
            if before is not after:
                yield person, document, after


def _pages(connection: Connection, ids: Collection[str] | None) -> dict[str, Page]:
    return {id: Page(parent, level_of(row)) for id, (parent, row) in rows.levels(connection, ids).items()}


def _documents(event: Event) -> Iterable[str]:
    found = event.data.get("documents")
    return [id for id in found if isinstance(id, str)] if isinstance(found, list) else []


def _about_session(live: Live, event: Event) -> None:
    live.session_changed(live.hub.of_person(event.topic.removeprefix("user:")))


def _about_everyone(live: Live, event: Event) -> None:
    live.session_changed(live.hub.everyone())


def _about_favourites(live: Live, event: Event) -> None:
    live.tell(live.hub.of_person(event.topic.removeprefix("user:")), "favourites.changed", {})


def _pong(live: Live, member: Member, command: Command) -> None:
    data: dict[str, object] = {} if command.id is None else {"id": command.id}
    live.tell([member], "pong", data, Priority.CONTROL)


# Every event that a connection may be told, and every one that it may send.
EVENTS = frozenset(
    ("hello", "pages.changed", "session.changed", "favourites.changed", "access.changed", "pong", "error")
)
COMMANDS: dict[str, Callable[[Live, Member, Command], None]] = {"ping": _pong}

# What is followed of what is committed; None: the tree changed.
FOLLOWED: dict[str, Callable[[Live, Event], None] | None] = {
    "page.created": None,
    "page.renamed": None,
    "page.changed": None,
    "page.moved": None,
    "page.trashed": None,
    "page.restored": None,
    "page.purged": None,
    "access.changed": None,
    "person.changed": _about_session,
    "favourites.changed": _about_favourites,
    "workspace.claimed": _about_everyone,
    "settings.changed": _about_everyone,
}
# Of these everybody hears what they may do now, where that is something else.
OF_ACCESS = frozenset(("access.changed", "page.moved", "page.trashed", "page.restored", "page.purged"))
