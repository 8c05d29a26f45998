"""The workspace as a tree of pages, as one person sees it."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from quillroom.core.access import Acl, Action, Level
from quillroom.core.access import standing as standing_of
from quillroom.core.member import Person, Role
from quillroom.core.tree import Page, general, judge, unknown
from quillroom.services.access import Access
from quillroom.store import favourites
from quillroom.store import tree as rows
from quillroom.store.database import Connection, Database

Shown = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a page is for one person, and what it is to them. Pages above it that they may not see do not exist."""

    role: Role
    parent: str | None
    breadcrumbs: tuple[tuple[str, str], ...]  # (id, title) from the top down, without the page itself
    general: str
    is_template: bool
    is_favourite: bool

    def described(self) -> dict[str, object]:
        """As a part of the document's JSON."""
        return {
            "role": self.role.value,
            "parent": self.parent,
            "breadcrumbs": [{"id": id, "title": title} for id, title in self.breadcrumbs],
            "general": self.general,
            "is_template": self.is_template,
            "is_favourite": self.is_favourite,
        }


@dataclass(frozen=True, slots=True)
class Forest:
    """Every page as one read found it, and a person's role on each that they may see."""

    rows: dict[str, rows.PageRow]  # siblings in order
    pages: dict[str, Page]
    roles: dict[str, Role]
    generals: dict[str, str]
    favourites: frozenset[str]
    now: float

    def spot(self, id: str) -> Spot:
        """Of a page that the person may see."""
        above = [each for each in unknown(id, self.pages, ()) if each != id and each in self.roles]
        row = self.rows[id]
        return Spot(
            self.roles[id],
            self.parent(id),
            tuple((each, self.rows[each].title) for each in reversed(above)),
            self.generals[id],
            row.is_template,
            id in self.favourites,
        )

    def parent(self, id: str) -> str | None:
        """None where it is at the top, or below a page that the person may not see."""
        parent = self.rows[id].parent
        return parent if parent in self.roles else None


class Tree:
    """The tree as the page's sidebar draws it."""

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access
        self.everywhere: Callable[[], dict[str, list[Shown]]] = dict  # some of the people at each page

    async def list(self, person: Person | None) -> bytes:
        """All that a person may see, siblings in order, as JSON: that of ten thousand pages is not made on the loop."""
        known = self._access.demand_in_workspace(person, Action.LIST)
        here = self.everywhere()
        return await asyncio.to_thread(self._database.read, lambda c: _listed(forest(c, known), here))


def forest(connection: Connection, person: Person) -> Forest:
    """Every page, and what this person may do there; some ten microseconds a page."""
    assert person.id is not None
    now = time.time()
    found = {row.id: row for row in rows.pages(connection)}
    grants, visits = rows.grants_of(connection, person.id), rows.visits_of(connection, person.id)
    pages = {id: Page(row.parent, level_for(row, person.id, grants, visits)) for id, row in found.items()}
    starred = frozenset(favourites.of_person(connection, person.id))
    judged = judge(person, pages, now)
    return Forest(found, pages, judged.roles, judged.generals, starred, now)


def spot(connection: Connection, access: Access, person: Person | None, id: str) -> Spot:
    """Where one page is. Raises what `Access.check` raises."""
    standing, acl = access.judge(connection, person, Action.READ, id)
    row = rows.get_page(connection, id)
    assert row is not None
    assert standing.role is not None
    now = time.time()
    chains = [Acl(acl.levels[at:]) for at in range(1, len(acl.levels))]
    above = [c.document for c in chains if standing_of(person, c, now, is_open=access.is_open).role is not None]
    titles = rows.titles(connection, above)
    starred = person is not None and person.id is not None and favourites.has(connection, person.id, id)
    return Spot(
        standing.role,
        row.parent if row.parent in above else None,
        tuple((each, titles[each]) for each in reversed(above)),
        general(acl, now),
        row.is_template,
        starred,
    )


def _listed(forest: Forest, here: dict[str, list[Shown]]) -> bytes:
    said = forest.generals
    pages = [
        {
            "id": id,
            "title": row.title,
            "parent": row.parent if row.parent in forest.roles else None,
            "position": row.position,
            "role": forest.roles[id].value,
            "is_shared": said[id] == "anyone",
            "is_private": said[id] == "private",
            "is_template": row.is_template,
            "here": here.get(id, []),
        }
        for id, row in forest.rows.items()
        if id in forest.roles
    ]
    return json.dumps({"pages": pages}, ensure_ascii=False, separators=(",", ":")).encode()


_SILENT = Level("")  # of most pages: nothing but the page above decides
_ROLES: dict[str | None, Role | None] = {None: None, **{role.value: role for role in Role}}


def level_for(row: rows.PageRow, person: str, grants: dict[str, str], visits: set[str]) -> Level:
    """What a page says about one person's access, who has these roles and came to these pages by link."""
    role = grants.get(row.id)
    if role is None and row.access is None and row.link_role is None and row.trashed_at is None:
        return _SILENT
    return Level(
        row.id,
        row.access,
        _ROLES[row.access_role],
        _ROLES[row.link_role],
        row.link_expires_at,
        None if role is None else {person: Role(role)},
        frozenset((person,)) if row.id in visits else frozenset(),
        row.trashed_at is not None,
    )
