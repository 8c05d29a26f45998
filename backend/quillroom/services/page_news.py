"""Who is to hear that pages changed: those who see them, or did. Nobody else learns that there was anything."""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from quillroom.core.audience import Audience, Change
from quillroom.core.hub import Hub
from quillroom.core.member import Member, Person, Role
from quillroom.core.tree import Page
from quillroom.services.access import level_of
from quillroom.store import tree as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

_log = logging.getLogger(__name__)

DEBOUNCE_SECONDS = 0.15
MANY = 2000  # pages: then all are read anew, in one go
NAMES = (
    "page.created",
    "page.renamed",
    "page.changed",
    "page.moved",
    "page.trashed",
    "page.restored",
    "page.purged",
    "access.changed",
)
# Of these everybody hears what they may do now, where that is something else.
OF_ACCESS = frozenset(("access.changed", "page.moved", "page.trashed", "page.restored", "page.purged"))


class Tell(Protocol):
    """Says something to connections."""

    def __call__(self, members: Collection[Member], event: str, data: Mapping[str, object], /) -> None: ...


class PageNews:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, hub: Hub, tell: Tell, *, is_open: bool) -> None:
        self._database = database
        self._hub = hub
        self._tell = tell
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

    async def read_anew(self) -> None:
        """Nobody knows what changed meanwhile."""
        async with self._lock:
            self._audience = None  # also where it cannot be read now: then everybody is told of every change
            self._audience = await asyncio.to_thread(self._load)

    def forget(self, member: Member) -> None:
        """The connection is gone. Idempotent."""
        self._due.discard(member)

    async def follow(self, events: list[Event]) -> None:
        """Tell what was committed to those whom it concerns."""
        everyone = self._hub.everyone()
        people = {member.person for member in everyone}
        try:
            async with self._lock:
                told = await asyncio.to_thread(self._judged, events, people)
        except DBAPIError:
            _log.warning("Who is to hear of changed pages cannot be read: everyone is told", exc_info=True)
            self._audience = None
            told = None
        if told is None:
            self.changed(everyone)
            return
        for person, document, role in told.roles:
            data = {"document": document, "role": None if role is None else role.value}
            self._tell([m for m in everyone if m.person == person], "access.changed", data)
        self.changed(member for member in everyone if member.person in told.concerned)

    async def readers(self, documents: Iterable[str]) -> dict[str, set[Person]]:
        """Of these documents, who of those that listen may read each, as far as changes were told."""
        people = {member.person for member in self._hub.everyone()}
        async with self._lock:
            if self._audience is None:
                return {}
            return await asyncio.to_thread(
                self._audience.readers, documents, people, time.time(), is_open=self._is_open
            )

    def changed(self, members: Iterable[Member]) -> None:
        """Tell them to ask for the tree anew: at once, or with the others of the next moment."""
        is_waiting = bool(self._due)
        self._due |= set(members)
        if self._due and not is_waiting:
            loop = asyncio.get_running_loop()
            loop.call_at(max(loop.time(), self._told_at + DEBOUNCE_SECONDS), self._tell_changed)

    def _tell_changed(self) -> None:
        due, self._due = self._due, set()
        self._told_at = asyncio.get_running_loop().time()
        self._tell(due, "pages.changed", {})

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
