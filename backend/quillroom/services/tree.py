"""The workspace as a tree of pages."""

import time

from quillroom.core.access import Level
from quillroom.core.member import Person, Role
from quillroom.core.position import between
from quillroom.core.tree import Page, roles
from quillroom.store import tree as rows
from quillroom.store.database import Connection
from quillroom.store.tables import DocumentRow


def visible(connection: Connection, person: Person) -> dict[str, tuple[DocumentRow, Role]]:
    """Every page that a person may see, with their role on it, siblings in order."""
    assert person.id is not None
    found = {row.id: row for row in rows.pages(connection)}
    grants, visits = rows.grants_of(connection, person.id), rows.visits_of(connection, person.id)
    pages = {id: Page(row.parent, _level(row, person.id, grants, visits)) for id, row in found.items()}
    return {id: (found[id], role) for id, role in roles(person, pages, time.time()).items()}


def last_position(connection: Connection, parent: str | None) -> str:
    """Behind every other page there; only inside a writer's job, so that nobody else takes it."""
    before = rows.siblings(connection, parent)
    return between(before[-1][1] or None if before else None, None)


def _level(row: DocumentRow, person: str, grants: dict[str, str], visits: set[str]) -> Level:
    return Level(
        row.id,
        row.access,
        None if row.access_role is None else Role(row.access_role),
        None if row.link_role is None else Role(row.link_role),
        row.link_expires_at,
        {person: Role(grants[row.id])} if row.id in grants else None,
        frozenset((person,)) if row.id in visits else frozenset(),
        row.trashed_at is not None,
    )
