"""How far people have come in chats, where other servers note that too: what was hinted may have been lost.

A sum says whether anything has changed at all; only where it has, rows are read. Without a bus this is the only way.
"""

import asyncio
import logging
import time
from collections.abc import Collection

from sqlalchemy.exc import DBAPIError

from quillroom.services.elsewhere import Elsewhere
from quillroom.services.live import Live
from quillroom.services.receipts import Receipts
from quillroom.services.relay import Relay
from quillroom.services.topics import DOCUMENT
from quillroom.services.unread import Unreads
from quillroom.store import receipts as rows
from quillroom.store.database import Connection, Database
from quillroom.store.receipts import Sum

ALONE_SECONDS = 2.0
CONNECTED_SECONDS = 15.0
LATELY_SECONDS = 2 * CONNECTED_SECONDS
RECEIPTS = "receipts"
_log = logging.getLogger(__name__)


class Marks:
    """Used from the event loop's thread only; `watch` is a task of the server's."""

    def __init__(
        self,
        database: Database,
        relay: Relay,
        live: Live,
        elsewhere: Elsewhere,
        receipts: Receipts,
        unreads: Unreads,
    ) -> None:
        self._database = database
        self._relay = relay
        self._live = live
        self._receipts = receipts
        self._unreads = unreads
        self._of_documents: dict[str, Sum] = {}
        self._of_people: dict[str, Sum] = {}
        receipts.on_changed = lambda document, people: elsewhere.hint(
            DOCUMENT + document, RECEIPTS, people=sorted(people)
        )
        elsewhere.on_hint(RECEIPTS, self._hinted)

    async def watch(self) -> None:
        """For ever."""
        waited = 0.0
        while True:
            await asyncio.sleep(ALONE_SECONDS)
            waited += ALONE_SECONDS
            if self._relay.is_connected and waited < CONNECTED_SECONDS:
                continue
            waited = 0.0
            try:
                await self.look()
            except DBAPIError:
                _log.warning("How far people have come cannot be read now")

    async def look(self) -> None:
        """Tell those who are here what was noted elsewhere."""
        documents = self._live.topics.documents()
        people = {member.person.id for member in self._live.hub.everyone() if member.person.id is not None}
        if people:
            await self._look_at_documents(documents)
            await self._look_at_people(people)

    def _hinted(self, channel: str, data: object) -> None:
        people = data.get("people") if isinstance(data, dict) else None
        if isinstance(people, list):
            self._receipts.changed(channel.removeprefix(DOCUMENT), {id for id in people if isinstance(id, str)})

    async def _look_at_documents(self, documents: Collection[str]) -> None:
        found, people = await asyncio.to_thread(
            self._database.read, lambda c: _marked(c, documents, dict(self._of_documents))
        )
        self._of_documents = found
        for document, changed in people.items():
            self._receipts.changed(document, changed)

    async def _look_at_people(self, people: Collection[str]) -> None:
        """What somebody read on a device elsewhere is read on those here."""
        before = self._of_people
        found, documents = await asyncio.to_thread(self._database.read, lambda c: _read(c, people, before))
        self._of_people = found
        for member in self._live.hub.everyone():
            for document in documents.pop(member.person.id or "", ()):
                await self._unreads.tell_here(document, member.person)


def _marked(
    connection: Connection, documents: Collection[str], before: dict[str, Sum]
) -> tuple[dict[str, Sum], dict[str, set[str]]]:
    found = rows.sums_of_documents(connection, documents)
    return found, rows.people_in(connection, [id for id, sum in found.items() if before.get(id) != sum])


def _read(
    connection: Connection, people: Collection[str], before: dict[str, Sum]
) -> tuple[dict[str, Sum], dict[str, list[str]]]:
    found = rows.sums_of_people(connection, people)
    changed = {id: before[id].at for id, sum in found.items() if id in before and before[id] != sum}
    # Who was not here at the last look has asked for everything since, and may have read on elsewhere right after.
    documents = rows.read_lately(connection, found.keys() - before.keys(), time.time() - LATELY_SECONDS)
    return found, documents | {id: rows.read_since(connection, id, at) for id, at in changed.items()}
