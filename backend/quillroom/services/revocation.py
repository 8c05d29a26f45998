"""Permission on open sockets: what was allowed at the handshake is asked again whenever it may have changed.

A change is an event, committed before it comes here; the member's role is changed in place, or its connection closed.
What it sent before that moment is committed; what comes after is refused or not read.
"""

import asyncio
import time
from collections.abc import Iterable

from quillroom.core.access import Acl, standing
from quillroom.core.member import Member
from quillroom.protocol.closes import Close
from quillroom.services.access import load_acl
from quillroom.services.rooms import Rooms
from quillroom.store import access as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

NAMES = ("access.changed", "page.moved", "page.trashed", "page.purged")


class Revocation:
    """Follows what changes access to documents."""

    def __init__(self, database: Database, rooms: Rooms, *, is_open: bool) -> None:
        self._database = database
        self._rooms = rooms
        self._is_open = is_open

    async def follow(self, events: list[Event]) -> None:
        """Judge everyone anew who has one of these documents, or one below them, open."""
        changed = {id for event in events for id in _documents(event)}
        await self.review(changed)

    async def review(self, documents: set[str]) -> None:
        """The same for these documents and all below them."""
        open_here = set(self._rooms.hub.documents())
        if not open_here or not documents:
            return
        acls = await asyncio.to_thread(self._database.read, lambda c: _load(c, documents, open_here))
        for document, acl in acls.items():
            self._judge(document, acl)

    async def review_everyone(self) -> None:
        """Every document that somebody has open here."""
        await self.review(set(self._rooms.hub.documents()))

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


def _load(connection: Connection, documents: set[str], open_here: set[str]) -> dict[str, Acl | None]:
    # A purged document has no subtree any more; its own socket must still hear of it.
    affected = (rows.subtrees(connection, documents) | documents) & open_here
    return {document: load_acl(connection, document) for document in affected}


def _close(member: Member, code: Close, why: str) -> None:
    if member.hang_up is not None:
        member.hang_up(code, why)
