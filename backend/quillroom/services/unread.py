"""What is unread: counted for one person, and told to all of their connections when it changes."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping

from sqlalchemy.exc import DBAPIError

from quillroom.core.access import Action
from quillroom.core.member import Member, Person
from quillroom.core.outbox import Priority
from quillroom.services.access import Access
from quillroom.services.live import Live
from quillroom.services.message_wire import Told
from quillroom.services.topics import DOCUMENT
from quillroom.services.tree import forest
from quillroom.store import receipts as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

_log = logging.getLogger(__name__)
COUNT_SECONDS = 1.0
SAID = "messages.said"  # among servers: somebody said something on these pages
PEOPLE_AT_ONCE = 200


class Unreads:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, access: Access, live: Live) -> None:
        self._database = database
        self._access = access
        self._live = live
        self.on_said: Callable[[Collection[str]], object] = lambda documents: None

    async def everywhere(self, person: Person | None) -> dict[str, Told]:
        """By document, where anything is, of those that the person may see."""
        known = self._access.demand_in_workspace(person, Action.LIST)

        def read(connection: Connection) -> dict[str, Told]:
            found = rows.unread_everywhere(connection, known.id or "")
            seen = forest(connection, known).roles if found else {}
            return {
                document: {"count": each.count, "mentions": each.mentions}
                for document, each in found.items()
                if document in seen
            }

        return await asyncio.to_thread(self._database.read, read)

    async def tell(self, document: str, person: Person) -> Told:
        """To all of a person's connections, what they have not read there; answers it."""
        found = await self._of(document, person)
        self._live.tell_person(person.id or "", "unread", found)
        return found

    async def tell_here(self, document: str, person: Person) -> None:
        """The same to those that are connected to this server: another one noted what they have read."""
        found = await self._of(document, person)
        self._live.tell(self._live.hub.of_person(person.id or ""), "unread", found)

    async def follow(self, events: list[Event]) -> None:
        """Something was said, or taken back: a connection that has the page open counts by itself, others are told.

        What comes while this rests is counted together.
        """
        documents = {event.topic.removeprefix(DOCUMENT) for event in events}
        self.on_said(documents)
        await self._tell_all(documents)

    async def follow_elsewhere(self, events: list[Event]) -> None:
        """The same of what other servers said."""
        named = [event.data.get("documents") for event in events]
        await self._tell_all({id for ids in named if isinstance(ids, list) for id in ids if isinstance(id, str)})

    async def _of(self, document: str, person: Person) -> Told:
        return await asyncio.to_thread(self._database.read, lambda c: _unread(c, document, person.id or ""))

    async def _tell_all(self, documents: Collection[str]) -> None:
        everyone = set(self._live.hub.everyone())
        others = {document: everyone - set(self._live.followers(DOCUMENT + document)) for document in documents}
        people = {id: {member.person.id for member in members} for id, members in others.items() if members}
        if people:
            await self._tell_others(others, people)
        await asyncio.sleep(COUNT_SECONDS)

    async def _tell_others(self, others: Mapping[str, set[Member]], people: Mapping[str, set[str | None]]) -> None:
        try:
            found = await asyncio.to_thread(self._database.read, lambda c: self._counted(c, people))
        except DBAPIError:
            _log.warning("What is unread cannot be read: nobody is told", exc_info=True)
            return
        for (document, person), told in found.items():
            members = [member for member in others[document] if member.person.id == person]
            self._live.tell(members, "unread", told, Priority.CURSOR)

    def _counted(self, connection: Connection, people: Mapping[str, set[str | None]]) -> dict[tuple[str, str], Told]:
        """Of those who have been there: whom a chat never concerned, a first message does not count for either."""
        found: dict[tuple[str, str], Told] = {}
        for document, here in people.items():
            some = sorted(person for person in rows.involved(connection, document) if person in here)[:PEOPLE_AT_ONCE]
            for person in self._access.readers(connection, document, some) if some else ():
                found[document, person] = _unread(connection, document, person)
        return found


def _unread(connection: Connection, document: str, person: str) -> Told:
    read = rows.read_of(connection, document, person)
    found = rows.unread(connection, document, person, read)
    return {"document": document, "count": found.count, "mentions": found.mentions, "read": read}
