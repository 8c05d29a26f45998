"""The trash: pages that are hidden with all below them, until they are restored, purged, or forgotten in it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quillroom.core.access import Action, authorize, standing
from quillroom.core.member import Person
from quillroom.core.tree import chain
from quillroom.services.access import Access, load_acl
from quillroom.services.documents import check_name
from quillroom.services.errors import NotFound
from quillroom.services.inboxes import withdraw
from quillroom.services.leases import AGAIN_SECONDS, Leases
from quillroom.services.pages import tell
from quillroom.services.people import committed
from quillroom.services.placing import Place, position_at, settle
from quillroom.services.rooms import Rooms
from quillroom.services.tree import forest
from quillroom.services.workspace_settings import read_settings
from quillroom.store import access as access_rows
from quillroom.store import audit, notifications, people, purge
from quillroom.store import tree as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.locks import take_turns
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Writer

_log = logging.getLogger(__name__)

LOOK_SECONDS = 3600.0
RETRY_SECONDS = 5.0
REMOVED_ROWS = 500  # in one transaction: a few milliseconds
DAY_SECONDS = 24 * 3600.0
PURGED = ("page.purged",)


@dataclass(frozen=True, slots=True)
class Trashed:
    """A page in the trash, and who put it there."""

    page: rows.PageRow
    by: PersonRow | None


class Trash:
    """The use cases of the trash, and the task that empties it."""

    def __init__(
        self, database: Database, writer: Writer, rooms: Rooms, access: Access, leases: Leases | None = None
    ) -> None:
        self._database = database
        self._writer = writer
        self._rooms = rooms
        self._access = access
        self._leases = leases or Leases(database)
        self._wake = asyncio.Event()

    async def put(self, person: Person | None, id: str) -> None:
        """Into the trash, with all below it. What is below and was put there before stays there by itself."""
        check_name(id)

        def write(connection: Connection) -> None:
            take_turns(connection, "tree")
            self._access.check(connection, person, Action.TRASH, id)
            rows.set_trashed(connection, id, time.time(), _id(person))
            audit.append(connection, actor=_id(person), action="page.trashed", object=id)
            tell(connection, "page.trashed", person, [id])

        await committed(self._writer.execute(write))

    async def list(self, person: Person | None) -> Sequence[Trashed]:
        """What a person may restore or purge, the last put there first."""
        known = self._access.demand_in_workspace(person, Action.LIST)

        def read(connection: Connection) -> Sequence[Trashed]:
            found = _trashed(connection, known, Action.RESTORE)
            by = {each: people.get_person(connection, each) for each in {page.trashed_by for page in found} if each}
            return [Trashed(page, by.get(page.trashed_by or "")) for page in found]

        return await asyncio.to_thread(self._database.read, read)

    async def restore(self, person: Person | None, id: str) -> None:
        """Back to where it was, if the page above is there and the person may see it; else to the top."""
        check_name(id)
        await committed(self._writer.execute(lambda c: _restore(c, self._access, person, id)))

    async def purge(self, person: Person | None, id: str) -> None:
        """For good, with all below it."""
        check_name(id)

        def write(connection: Connection) -> None:
            take_turns(connection, "tree")
            self._access.check(connection, person, Action.PURGE, id)
            _purge(connection, person, [_in_trash(connection, id).id])

        await committed(self._writer.execute(write))

    async def empty(self, person: Person | None) -> None:
        """Everything that the person may purge."""
        known = self._access.demand_in_workspace(person, Action.LIST)

        def write(connection: Connection) -> None:
            take_turns(connection, "tree")
            _purge(connection, person, [page.id for page in _trashed(connection, known, Action.PURGE)])

        await committed(self._writer.execute(write))

    async def follow(self, events: Sequence[Event]) -> None:
        """What was purged is removed, by the server that purged it."""
        self._wake.set()

    async def forget(self, events: Sequence[Event]) -> None:
        """What was purged is gone from memory too, before anybody can make another document of that name."""
        for event in events:
            documents = event.data.get("documents")
            self._forget(documents if isinstance(documents, list) else ())

    async def look_anew(self) -> None:
        """Nobody knows what was missed: forget what there is no more."""
        open_here = self._rooms.places().keys()
        there = await asyncio.to_thread(self._database.read, lambda c: purge.alive(c, open_here))
        self._forget(open_here - there)

    async def run(self) -> None:
        """Purge what lay there too long, and remove what was purged, for ever."""
        while True:
            self._wake.clear()
            try:
                async with self._leases.hold("trash") as is_mine:
                    if is_mine:
                        await committed(self._writer.attempt(_purge_overdue))
                        await self._remove()
            except Exception:  # whatever it is, it is tried again: nothing of it is urgent
                _log.warning("The trash could not be emptied", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS if is_mine else AGAIN_SECONDS):
                    await self._wake.wait()

    def _forget(self, documents: Iterable[str]) -> None:
        for id in documents:
            room = self._rooms.opened(id)
            if room is not None:
                self._rooms.forget(room)

    async def _remove(self) -> None:
        while doomed := await asyncio.to_thread(self._database.read, lambda c: purge.doomed(c, 100)):
            for id in doomed:
                await self._remove_one(id)

    async def _remove_one(self, id: str) -> None:
        is_gone = False
        while not is_gone:
            is_gone = await committed(self._writer.attempt(lambda c: purge.remove_some(c, id, REMOVED_ROWS)))


def _restore(connection: Connection, access: Access, person: Person | None, id: str) -> None:
    take_turns(connection, "tree")
    access.check(connection, person, Action.RESTORE, id)
    page, acl = _in_trash(connection, id), load_acl(connection, id)
    assert person is not None
    assert acl is not None
    if page.parent is not None and not _is_welcome(connection, person, page.parent):
        rows.place(connection, id, None, position_at(connection, Place(), id))
        settle(connection, person, page, acl, None)
    rows.set_trashed(connection, id, None, None)
    audit.append(connection, actor=person.id, action="page.restored", object=id)
    tell(connection, "page.restored", person, [id])


def _is_welcome(connection: Connection, person: Person, parent: str) -> bool:
    acl = load_acl(connection, parent, person.id)
    return acl is not None and not acl.is_trashed and standing(person, acl, time.time()).role is not None


def _trashed(connection: Connection, person: Person, action: Action) -> list[rows.PageRow]:
    seen = forest(connection, person)
    found = [
        row
        for id, row in seen.rows.items()
        if row.trashed_at is not None and authorize(person, action, chain(id, seen.pages), seen.now)
    ]
    return sorted(found, key=lambda row: row.trashed_at or 0.0, reverse=True)


def _in_trash(connection: Connection, id: str) -> rows.PageRow:
    """The page, if it was put there itself and not with one above it. Raises NotFound."""
    page = rows.get_page(connection, id)
    if page is None or page.trashed_at is None:
        raise NotFound(id)
    return page


def _purge(connection: Connection, person: Person | None, ids: list[str]) -> None:
    gone = sorted(access_rows.subtrees(connection, ids)) if ids else []
    if not gone:
        return
    withdraw(connection, notifications.of_documents(connection, gone))
    purge.doom(connection, gone, time.time())
    for id in ids:
        audit.append(connection, actor=_id(person), action="page.purged", object=id)
    tell(connection, "page.purged", person, gone)


def _purge_overdue(connection: Connection) -> None:
    take_turns(connection, "tree")
    before = time.time() - read_settings(connection).trash_days * DAY_SECONDS
    _purge(connection, None, rows.overdue(connection, before))


def _id(person: Person | None) -> str | None:
    return None if person is None else person.id
