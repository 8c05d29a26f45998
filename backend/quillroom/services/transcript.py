"""Reading a chat: windows of it, threads, what was pinned, one message and what it said before."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from quillroom.core import chat
from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.errors import NotFound, NotSignedIn
from quillroom.services.message_wire import Shown, Told, messages_as_told, people_as_shown
from quillroom.services.preferences import privacy_of
from quillroom.services.wire import iso
from quillroom.store import events, receipts
from quillroom.store import messages as rows
from quillroom.store import settings as setting_rows
from quillroom.store.database import Connection, Database
from quillroom.store.messages import LARGEST, Window

T = TypeVar("T")
RECEIPTS_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a chat; at most one of these but `limit`, or `thread` with `after`."""

    limit: int
    before: int | None = None
    after: int | None = None
    around: str | None = None
    thread: str | None = None
    is_pinned: bool = False


class Transcript:
    """What was said. Who may see a page may read its chat; without a name nobody does."""

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    async def window(self, person: Person | None, document: str, asked: Asked) -> Told:
        """A part of the chat, the oldest message first, as it was at one moment, and that moment's `seq`."""

        def read(connection: Connection, reader: str) -> Told:
            self._access.check(connection, person, Action.READ, document)
            window = _window(connection, document, asked)
            told = messages_as_told(connection, window.ids)
            return {
                "messages": [told[id] for id in window.ids],
                "has_before": window.has_before,
                "has_after": window.has_after,
                **_around_it(connection, document, reader),
            }

        return await self._read(person, read)

    async def look(self, person: Person | None, message: str) -> Told:
        """One message. Raises NotFound."""

        def read(connection: Connection, reader: str) -> Told:
            self._check(connection, person, message)
            return messages_as_told(connection, [message])[message]

        return await self._read(person, read)

    async def history(self, person: Person | None, message: str) -> list[Told]:
        """Every text that it had, the first first; nothing of a recalled one."""

        def read(connection: Connection, reader: str) -> list[Told]:
            self._check(connection, person, message)
            row = rows.get(connection, message)
            if row is None or row.recalled_at is not None:
                return []
            now = (row.revision, row.text or "", row.edited_at or row.at)
            said = [*rows.revisions(connection, message), now]
            return [{"revision": revision, "text": text, "at": iso(at)} for revision, text, at in said]

        return await self._read(person, read)

    async def readers(self, person: Person | None, message: str) -> dict[str, list[Shown]]:
        """Who has read a message, and on whose devices it is; those who hide that are not among them."""

        def read(connection: Connection, reader: str) -> dict[str, list[Shown]]:
            document, seq = self._check(connection, person, message)
            row = rows.get(connection, message)
            author = None if row is None else row.author
            found = [each for each in _receipts(connection, document, reader) if each.person != author]
            people = people_as_shown(connection, [each.person for each in found])
            return {
                "read": [people[each.person] for each in found if each.read >= seq],
                "delivered": [people[each.person] for each in found if each.delivered >= seq > each.read],
            }

        return await self._read(person, read)

    def _check(self, connection: Connection, person: Person | None, message: str) -> tuple[str, int]:
        place = rows.place(connection, message)
        if place is None:
            raise NotFound(message)
        self._access.check(connection, person, Action.READ, place[0])
        return place

    async def _read(self, person: Person | None, query: Callable[[Connection, str], T]) -> T:
        if person is None or person.id is None:
            raise NotSignedIn
        reader = person.id
        return await asyncio.to_thread(self._database.snapshot, lambda c: query(c, reader))


def receipts_as_told(connection: Connection, document: str, reader: str) -> list[Told]:
    """How far the others are, as far as this reader may know: who hides themselves sees nobody."""
    found = _receipts(connection, document, reader)
    return [{"person": each.person, "delivered": each.delivered, "read": each.read} for each in found]


def _receipts(connection: Connection, document: str, reader: str) -> list[receipts.Receipt]:
    found = receipts.receipts(connection, document, 4 * RECEIPTS_AT_MOST)
    privacy = privacy_of(connection, {reader, *(each.person for each in found)})
    if not privacy[reader].receipts:
        return []
    return [each for each in found if each.person != reader and privacy[each.person].receipts][:RECEIPTS_AT_MOST]


def _around_it(connection: Connection, document: str, reader: str) -> Told:
    read = receipts.read_of(connection, document, reader)
    unread = receipts.unread(connection, document, reader, read)
    return {
        "seq": events.head(connection, f"doc:{document}"),
        "epoch": setting_rows.read_all(connection).get("epoch", ""),
        "read": read,
        "unread": {"count": unread.count, "mentions": unread.mentions, "first": unread.first},
        "receipts": receipts_as_told(connection, document, reader),
        "pinned_count": rows.count_pinned(connection, document),
    }


def _window(connection: Connection, document: str, asked: Asked) -> Window:
    if asked.is_pinned:
        return rows.pinned(connection, document, chat.PINS_AT_MOST)
    if asked.thread is not None:
        _place(connection, document, asked.thread)
        return rows.thread(connection, asked.thread, asked.after or 0, asked.limit)
    if asked.around is not None:
        return rows.around(connection, document, _place(connection, document, asked.around), asked.limit)
    if asked.after is not None:
        return rows.after(connection, document, asked.after, asked.limit)
    return rows.before(connection, document, LARGEST if asked.before is None else asked.before, asked.limit)


def _place(connection: Connection, document: str, message: str) -> int:
    """Raises NotFound, also for a message of another page."""
    place = rows.place(connection, message)
    if place is None or place[0] != document:
        raise NotFound(message)
    return place[1]
