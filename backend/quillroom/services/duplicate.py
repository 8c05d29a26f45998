"""Copies of pages: what they show now, under a history of their own.

A copy of the state would carry the client ids of those who wrote the original, and could never be told from it.
"""

import asyncio
from dataclasses import dataclass

from quillroom.content.replace import First, begin_as
from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.core.tree import below, chain
from quillroom.services.access import Access
from quillroom.services.documents import Described, Documents, check_name
from quillroom.services.errors import Conflict, NotAllowed, NotFound
from quillroom.services.people import committed
from quillroom.services.placing import (
    NewPage,
    Place,
    add_page,
    demand_depth,
    demand_place,
    new_id,
    said_in_general,
)
from quillroom.services.tree import Forest, forest
from quillroom.store.database import Connection, Database
from quillroom.store.writer import Writer

PAGES_AT_ONCE = 200
PREFIX = "Copy of "


@dataclass(frozen=True, slots=True)
class _Source:
    id: str
    parent: str | None  # another source, or None for the one that was asked for
    general: tuple[str | None, str | None]


class Duplicates:
    """Copies one page, or it and all below it that the person may read, as one write."""

    def __init__(self, database: Database, writer: Writer, documents: Documents, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._documents = documents
        self._access = access

    async def make(self, person: Person | None, id: str, *, with_children: bool) -> Described:
        """The copy of the page itself, behind it where the person may add pages there, else at the top."""
        known = self._access.demand_in_workspace(person, Action.CREATE)
        check_name(id)
        place, sources = await asyncio.to_thread(
            self._database.read, lambda c: self._look(c, known, id, with_children=with_children)
        )
        ids = {source.id: new_id() for source in sources}
        pages = [
            NewPage(
                ids[source.id],
                place if source.parent is None else Place(ids[source.parent]),
                source.general,
                await self._copied(source),
            )
            for source in sources
        ]

        def write(connection: Connection) -> None:
            demand_place(connection, self._access, known, place)
            for source in sources:
                self._access.check(connection, known, Action.READ, source.id)
            for page in pages:
                demand_depth(connection, page.place.parent)
                add_page(connection, page, known)

        await committed(self._writer.execute(write))
        return await self._documents.describe(known, ids[id])

    async def _copied(self, source: _Source) -> First:
        state = await self._documents.state(source.id)
        return await self._documents.in_worker(begin_as, state, None, "" if source.parent else PREFIX)

    def _look(
        self, connection: Connection, person: Person, id: str, *, with_children: bool
    ) -> tuple[Place, list[_Source]]:
        self._access.check(connection, person, Action.READ, id)
        seen = forest(connection, person)
        place = self._place(connection, person, seen.rows[id].parent, id)
        wanted = below([id], seen.pages) if with_children else {id}
        sources = [_source(seen, each, id, place) for each in _in_order(seen, id, wanted)]
        if len(sources) > PAGES_AT_ONCE:
            raise Conflict("too_many", f"At most {PAGES_AT_ONCE} pages can be duplicated at once.")
        return place, sources

    def _place(self, connection: Connection, person: Person, parent: str | None, id: str) -> Place:
        try:
            if parent is not None:
                self._access.check(connection, person, Action.ADD_PAGE, parent)
        except (NotFound, NotAllowed):
            return Place()
        return Place(parent, after=id)


def _in_order(seen: Forest, id: str, wanted: set[str]) -> list[str]:
    """The page and those of `wanted` below it that the person sees, each behind the one above it."""
    children: dict[str | None, list[str]] = {}
    for each, row in seen.rows.items():
        if each in wanted and each in seen.roles and each != id:
            children.setdefault(row.parent, []).append(each)
    found, at = [id], 0
    while at < len(found):
        found += children.get(found[at], ())
        at += 1
    return found


def _source(seen: Forest, id: str, top: str, place: Place) -> _Source:
    row = seen.rows[id]
    if id == top and row.parent != place.parent:
        return _Source(id, None, said_in_general(chain(id, seen.pages)))
    return _Source(id, None if id == top else row.parent, (row.access, row.access_role))
