"""Permission on open sockets: what was allowed at the handshake is asked again whenever it may have changed.

A change is an event, committed before it comes here; the member's role is changed in place, or its connection closed.
What it sent before that moment is committed; what comes after is refused or not read.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy.exc import DBAPIError

from quillroom.core.access import Acl, standing
from quillroom.core.member import Member
from quillroom.protocol.closes import Close
from quillroom.services.access import load_acl
from quillroom.services.rooms import Rooms
from quillroom.services.topics import OF_ACCESS, Topics
from quillroom.store import access as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

PATIENCE_SECONDS = 1.5
RETRY_SECONDS = 0.1
WATCH_SECONDS = 0.5
_log = logging.getLogger(__name__)
NAMES = OF_ACCESS


class Revocation:
    """Follows what changes access to documents."""

    def __init__(self, database: Database, rooms: Rooms, topics: Topics, *, is_open: bool) -> None:
        self._database = database
        self._rooms = rooms
        self._topics = topics
        self._is_open = is_open
        # A handshake that asked before a change, and came in after it was told, sees here that it must ask again.
        self.epoch = 0
        # Who else must know what decides about a document by now, and of which documents.
        self.on_judged: Callable[[str, Acl | None], None] = lambda document, acl: None
        self.also: Callable[[], set[str]] = set

    async def follow(self, events: list[Event]) -> None:
        """Judge everyone anew who has one of these documents, or one below them, open, or follows its topic."""
        self.epoch += 1
        try:
            await self.review({id for event in events for id in _documents(event)})
        finally:
            self._topics.clear(len(events))

    async def review(self, documents: set[str]) -> None:
        """The same for these documents and all below them. Who cannot be judged is sent away, to come back."""
        if not documents:
            return
        until = time.monotonic() + PATIENCE_SECONDS
        while open_here := self._open_here():
            try:
                acls = await asyncio.to_thread(self._database.read, partial(_load, documents, open_here))
            except DBAPIError:
                if time.monotonic() < until:
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                _log.exception("Permission could not be read: everyone is asked to come back")
                self._send_away(open_here)
                return
            for document, acl in acls.items():
                self._judge(document, acl)
                self._topics.judge(document, acl)
                self.on_judged(document, acl)
            return

    async def look_anew(self) -> None:
        """Nobody knows what was missed: judge everyone."""
        self.epoch += 1
        await self.review(self._open_here())

    async def watch(self) -> None:
        """Look for ever for links that have run out."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = time.time()
            due = {
                document
                for document in self._rooms.hub.documents()
                for member in self._rooms.hub.of_document(document)
                if member.allowed_until is not None and member.allowed_until <= now
            }
            await self.review(due | self._topics.due(now))

    def _open_here(self) -> set[str]:
        return set(self._rooms.hub.documents()) | self._topics.documents() | self.also()

    def _send_away(self, documents: set[str]) -> None:
        for document in documents:
            for member in {*self._rooms.hub.of_document(document), *self._topics.members(f"doc:{document}")}:
                _close(member, Close.DRAINING, "the server cannot tell right now what you may do")

    def _judge(self, document: str, acl: Acl | None) -> None:
        for member in self._rooms.hub.of_document(document):
            if acl is None or acl.is_trashed:
                _close(member, Close.GONE, "this page is gone or in the trash")
                continue
            found = standing(member.person, acl, time.time(), is_open=self._is_open)
            if found.role is None:
                _close(member, Close.ACCESS_ENDED, "your access to this page has ended")
                continue
            member.allowed_until = found.until
            room = self._rooms.opened(document)
            if room is not None and not member.is_limited:
                self._rooms.change_role(room, member, found.role, "role_changed")


def _documents(event: Event) -> Iterable[str]:
    found = event.data.get("documents")
    return [id for id in found if isinstance(id, str)] if isinstance(found, list) else []


def _load(documents: set[str], open_here: set[str], connection: Connection) -> dict[str, Acl | None]:
    # A purged document has no subtree any more; its own socket must still hear of it.
    affected = (rows.subtrees(connection, documents) | documents) & open_here
    return {document: load_acl(connection, document) for document in affected}


def _close(member: Member, code: Close, why: str) -> None:
    if member.hang_up is not None:
        member.hang_up(code, why)
