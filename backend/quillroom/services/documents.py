"""Documents as a whole: make, list, read in a format, replace the content as one edit."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar
from urllib.parse import quote

from quillroom.content.errors import ContentError
from quillroom.content.read import render
from quillroom.content.replace import replace_content, seed
from quillroom.content.title import read_title
from quillroom.core.access import Action
from quillroom.core.member import ANONYMOUS, Person, Role
from quillroom.core.replica import BrokenDocument
from quillroom.services.access import Access
from quillroom.services.errors import Invalid, NotFound
from quillroom.services.people import colour_of, committed
from quillroom.services.rooms import Rooms
from quillroom.services.tree import last_position, visible
from quillroom.services.workers import Workers
from quillroom.store import documents as rows
from quillroom.store.access import grant
from quillroom.store.database import Connection, Database
from quillroom.store.events import append
from quillroom.store.tables import DocumentRow
from quillroom.store.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")

LARGE_BYTES = 64 * 1024
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}\Z")
TITLE_LENGTH = 500
LISTED = 500
FORMATS = ("json", "markdown", "html", "text", "update")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a document's content is to become; None leaves that part as it is."""

    title: str | None = None
    markdown: str | None = None
    content: dict[str, object] | None = None


class Documents:
    """The use cases around documents; permission is asked here."""

    def __init__(self, database: Database, writer: Writer, rooms: Rooms, workers: Workers, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._rooms = rooms
        self._workers = workers
        self._access = access

    async def list(self, person: Person | None) -> list[dict[str, object]]:
        """The most recently edited documents, newest first."""
        known = self._access.demand_in_workspace(person, Action.LIST)

        def read(connection: Connection) -> list[tuple[DocumentRow, str | None]]:
            seen = visible(connection, known)
            return rows.list_documents(connection, rows.newest(connection, seen, LISTED))

        found = await asyncio.to_thread(self._database.read, read)
        return [self._described(row, creator) for row, creator in found]

    async def create(self, person: Person | None, edit: Edit) -> dict[str, object]:
        """Make a document with that title and Markdown; answers after both are committed."""
        known = self._access.demand_in_workspace(person, Action.CREATE)
        id = secrets.token_urlsafe(12).replace("-", "a").replace("_", "b")
        title = _title(edit.title or "")
        first = await self._workers_or_here(seed, edit.markdown or "", title)
        await self._add(id, title, known.id)
        async with self._rooms.held(id) as room:
            await self._rooms.edit(room, known, first)
        return await self._describe(id)

    async def ensure(self, id: str) -> None:
        """Open mode: a document exists as soon as it is opened."""
        await self._add(id, "", None)

    async def describe(self, person: Person | None, id: str) -> dict[str, object]:
        """What lists say of one document."""
        await self._access.demand(person, Action.READ, check_name(id))
        return await self._describe(id)

    async def read(self, person: Person | None, id: str, format: str) -> tuple[object, int]:
        """(content in that format, seq). `update` gives Yjs v1 bytes, `json` a ProseMirror document."""
        if format not in FORMATS:
            raise Invalid(f"A format of {', '.join(FORMATS)} was expected, {format!r:.40} came.")
        await self._access.demand(person, Action.READ, check_name(id))
        room = await self._rooms.open(id)
        state, seq = room.replica.state(), room.seq
        if format == "update":
            return state, seq
        return await self._workers_or_here(render, state, format), seq

    async def replace(self, person: Person | None, id: str, edit: Edit) -> int:
        """Make the live content equal to `edit` as one minimal edit; answers the seq it has after it."""
        await self._access.demand(person, Action.WRITE, check_name(id))
        title = None if edit.title is None else _title(edit.title)
        async with self._rooms.held(id) as room:
            state = room.replica.state()
            update = await self._workers_or_here(replace_content, state, edit.content, edit.markdown, title)
            if update is None:
                return room.seq
            # Asked again: making the edit took a while, and it is queued in the same turn as this answers.
            await self._access.demand(person, Action.WRITE, id)
            return await self._rooms.edit(room, person or ANONYMOUS, update)

    # -- details

    async def _workers_or_here(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What is large is done in the worker process, so that the loop is not held."""
        size = sum(len(part) for part in args if isinstance(part, bytes | str))
        if size > LARGE_BYTES:
            return await self._workers.run(call, *args, **kwargs)
        return call(*args, **kwargs)

    async def _add(self, id: str, title: str, creator: str | None) -> None:
        now, generation = time.time(), secrets.token_urlsafe(9)

        def write(connection: Connection) -> None:
            if rows.get_document(connection, id) is None:
                rows.create_document(
                    connection,
                    id=id,
                    title=title,
                    created_by=creator,
                    generation=generation,
                    now=now,
                    position=last_position(connection, None),
                    access="workspace",
                    access_role=Role.EDIT.value,
                )
                if creator is not None:
                    grant(connection, document=id, person=creator, role="manage", granted_by=None, now=now)
                append(connection, topic="pages", name="page.created", actor=creator, data={"documents": [id]})

        await committed(self._writer.execute(write))

    async def _describe(self, id: str) -> dict[str, object]:
        found = await asyncio.to_thread(self._database.read, lambda c: rows.find(c, id))
        if found is None:
            raise NotFound(id)
        return self._described(*found)

    def _described(self, row: DocumentRow, creator: str | None) -> dict[str, object]:
        return {
            "id": row.id,
            "title": self._title_now(row),
            "created_at": _iso(row.created_at),
            "updated_at": _iso(row.updated_at),
            "created_by": None
            if row.created_by is None
            else shown(row.created_by, creator or "", colour_of(row.created_by)),
            "here": [shown(p.id or "", p.name, p.colour, p.avatar) for p in self._rooms.people_in(row.id)],
        }

    def _title_now(self, row: DocumentRow) -> str:
        """Of an open document the title as it is typed; the row follows a second later."""
        room = self._rooms.opened(row.id)
        try:
            return row.title if room is None else read_title(room.replica.doc())
        except (BrokenDocument, ContentError):
            return row.title


def shown(id: str, name: str, colour: str, avatar: str | None = None) -> dict[str, str | None]:
    """A person as others see them; `avatar` is the hash of a picture."""
    address = None if avatar is None else f"/api/people/{quote(id)}/avatar?v={avatar}"
    return {"id": id, "name": name, "colour": colour, "avatar": address}


def check_name(id: str) -> str:
    """Raises Invalid unless `id` may name a document."""
    if NAME.match(id) is None:
        raise Invalid("A document name of 1 to 128 letters, digits, '.', '_', '~' or '-' was expected.")
    return id


def _title(title: str) -> str:
    clean = " ".join(title.split())
    if len(clean) > TITLE_LENGTH:
        raise Invalid(f"A title of at most {TITLE_LENGTH} characters was expected.")
    return clean


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
