"""Documents as a whole: make, list, read in a format, replace the content as one edit."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from quillroom.content.errors import ContentError
from quillroom.content.read import render
from quillroom.content.replace import First, begin_as, begin_with, replace_content
from quillroom.content.title import TITLE_LENGTH as TITLE_LENGTH
from quillroom.content.title import read_title
from quillroom.core.access import Action
from quillroom.core.member import ANONYMOUS, Person, Role
from quillroom.core.replica import BrokenDocument
from quillroom.core.room import Room
from quillroom.services.access import Access
from quillroom.services.errors import Conflict, Invalid, NotFound
from quillroom.services.people import colour_of, committed
from quillroom.services.people import shown as shown
from quillroom.services.placing import NewPage, Place, add_page, default_general, demand_depth, demand_place, new_id
from quillroom.services.rooms import Rooms
from quillroom.services.titles import rename
from quillroom.services.tree import Forest, Shown, Spot, forest, spot
from quillroom.services.wire import iso
from quillroom.services.workers import Workers
from quillroom.store import documents as rows
from quillroom.store.database import Connection, Database
from quillroom.store.heads import heads
from quillroom.store.locks import take_turns
from quillroom.store.tables import DocumentRow
from quillroom.store.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")

Described = dict[str, object]
Listing = list[Described]
Found = list[tuple[DocumentRow, str | None, Spot]]
Choice = Callable[[Connection, Forest], Iterable[str]]

LARGE_BYTES = 64 * 1024
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}\Z")
LISTED = 500
CAUGHT_UP_SECONDS = 2.0
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
        self.people_in: Callable[[str], list[Shown]] = lambda document: []  # some of those who are there
        self.on_exported: Callable[[Person | None, str, str], None] = lambda person, format, document: None
        self.catch_up: Callable[[str], None] = lambda document: None  # read what another server committed

    async def list(self, person: Person | None) -> Listing:
        """The most recently edited documents, newest first."""
        return await self.chosen(person, lambda c, forest: rows.newest(c, forest.roles, LISTED))

    async def templates(self, person: Person | None) -> Listing:
        """Those that new pages may begin as a copy of."""
        return await self.chosen(person, lambda c, forest: [id for id in forest.roles if forest.rows[id].is_template])

    async def chosen(self, person: Person | None, choose: Choice) -> Listing:
        """Of the documents that `choose` names those that the person may see, in that order."""
        known = self._access.demand_in_workspace(person, Action.LIST)

        def read(connection: Connection) -> Found:
            seen = forest(connection, known)
            wanted = [id for id in choose(connection, seen) if id in seen.roles][:LISTED]
            found = {row.id: (row, creator) for row, creator in rows.list_documents(connection, wanted)}
            return [(*found[id], seen.spot(id)) for id in wanted if id in found]

        return [self._described(*each) for each in await asyncio.to_thread(self._database.read, read)]

    async def create(self, person: Person | None, edit: Edit, parent: str | None = None) -> Described:
        """Make a document with that title and Markdown; it is committed when this answers."""
        title = _title(edit.title or "")
        first = await self.in_worker(begin_with, edit.markdown or "", title)
        return await self._add(person, parent, first)

    async def create_from(
        self, person: Person | None, template: str, title: str | None, parent: str | None = None
    ) -> Described:
        """Make a document with what a template shows now."""
        found = await self.describe(person, template)
        if not found["is_template"]:
            raise Conflict("no_template", "This page is not a template.")
        called = _title(title) if title else None
        first = await self.in_worker(begin_as, await self.state(template), called)
        return await self._add(person, parent, first, template)

    async def ensure(self, id: str) -> None:
        """Open mode: a document exists as soon as it is opened."""
        page = NewPage(id, Place(), ("workspace", Role.EDIT.value))

        def write(connection: Connection) -> None:
            take_turns(connection, "tree")
            if rows.get_document(connection, id) is None:
                add_page(connection, page, ANONYMOUS)

        await committed(self._writer.execute(write, ("tree", "pages")))

    async def describe(self, person: Person | None, id: str) -> Described:
        """What lists say of one document."""
        check_name(id)

        def read(connection: Connection) -> tuple[DocumentRow, str | None, Spot]:
            where = spot(connection, self._access, person, id)
            found = rows.find(connection, id)
            if found is None:
                raise NotFound(id)
            return *found, where

        return self._described(*await asyncio.to_thread(self._database.read, read))

    async def read(self, person: Person | None, id: str, format: str) -> tuple[object, int]:
        """(content in that format, seq). `update` gives Yjs v1 bytes, `json` a ProseMirror document."""
        if format not in FORMATS:
            raise Invalid(f"A format of {', '.join(FORMATS)} was expected, {format!r:.40} came.")
        await self._access.demand(person, Action.READ, check_name(id))
        if format != "json":
            self.on_exported(person, format, id)
        room = await self._rooms.open(id)
        await self._caught_up(room)
        state, seq = room.replica.state(), room.seq
        if format == "update":
            return state, seq
        return await self.in_worker(render, state, format), seq

    async def replace(self, person: Person | None, id: str, edit: Edit) -> int:
        """Make the live content equal to `edit` as one minimal edit; answers the seq it has after it."""
        await self._access.demand(person, Action.WRITE, check_name(id))
        title = None if edit.title is None else _title(edit.title)
        async with self._rooms.held(id) as room:
            await self._caught_up(room)
            state = room.replica.state()
            update = await self.in_worker(replace_content, state, edit.content, edit.markdown, title)
            if update is None:
                return room.seq
            # Asked again: making the edit took a while, and it is queued in the same turn as this answers.
            await self._access.demand(person, Action.WRITE, id)
            seq = await self._rooms.edit(room, person or ANONYMOUS, update)
        if title is not None:  # who asked for it looks at once; what is typed follows within a second
            await committed(self._writer.execute(lambda c: rename(c, id, title, seq), ("pages",), (id,)))
        return seq

    async def state(self, id: str) -> bytes:
        """All that a document holds, as one Yjs v1 update. Whoever asks has asked for permission."""
        room = await self._rooms.open(id)
        await self._caught_up(room)
        return room.replica.state()

    async def _caught_up(self, room: Room) -> None:
        """What was committed before this was asked is in the room, also what another server committed."""
        if self._database.is_sqlite:
            return
        found, _ = await asyncio.to_thread(self._database.read, lambda c: heads(c, [room.document], []))
        head = found.get(room.document, 0)
        if room.seq < head:
            self.catch_up(room.document)
        until = time.monotonic() + CAUGHT_UP_SECONDS
        # A room has nobody who tells; and a log that needs repair ends before its head.
        while room.seq < head and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def in_worker(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What is large is done in the worker process, so that the loop is not held."""
        size = sum(len(part) for part in args if isinstance(part, bytes | str))
        if size > LARGE_BYTES:
            return await self._workers.run(call, *args, **kwargs)
        return call(*args, **kwargs)

    # -- details

    async def _add(
        self,
        person: Person | None,
        parent: str | None,
        first: First,
        source: str | None = None,
    ) -> Described:
        known = self._access.demand_in_workspace(person, Action.CREATE)
        id, place = new_id(), Place(parent if parent is None else check_name(parent))

        def write(connection: Connection) -> None:
            demand_place(connection, self._access, known, place)
            demand_depth(connection, parent)
            if source is not None:
                self._access.check(connection, known, Action.READ, source)
            add_page(connection, NewPage(id, place, default_general(connection, parent), first), known)

        await committed(self._writer.execute(write, ("tree", "pages")))
        return await self.describe(known, id)

    def _described(self, row: DocumentRow, creator: str | None, where: Spot) -> Described:
        return {
            "id": row.id,
            "title": self._title_now(row),
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
            "created_by": None
            if row.created_by is None
            else shown(row.created_by, creator or "", colour_of(row.created_by)),
            "here": self.people_in(row.id),
            **where.described(),
        }

    def _title_now(self, row: DocumentRow) -> str:
        """Of an open document the title as it is typed; the row follows a second later."""
        room = self._rooms.opened(row.id)
        try:
            return row.title if room is None else read_title(room.replica.doc())
        except (BrokenDocument, ContentError):
            return row.title


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
