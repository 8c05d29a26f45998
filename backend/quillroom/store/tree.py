"""Rows of the tree of pages."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select, update

from quillroom.store.access import LevelRow
from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, GrantRow, LinkVisitRow

_DOCUMENT = table(DocumentRow)
_GRANT = table(GrantRow)
_VISIT = table(LinkVisitRow)
WALKED_DEPTH = 64  # deeper than any tree: a circle, which must not be, would end here


class PageRow(NamedTuple):
    """What the tree needs of a document."""

    id: str
    title: str
    parent: str | None
    position: str
    access: str | None
    access_role: str | None
    link_role: str | None
    link_expires_at: float | None
    trashed_at: float | None
    trashed_by: str | None
    is_template: bool


_IS_THERE = _DOCUMENT.c.purged_at.is_(None)
_PAGES = select(*(_DOCUMENT.c[name] for name in PageRow._fields)).where(_IS_THERE)

_TOP = select(_DOCUMENT.c.id, literal(0).label("depth")).where(_DOCUMENT.c.id == bindparam("document")).cte(
    recursive=True
)  # fmt: skip
_BELOW = _TOP.union_all(
    select(_DOCUMENT.c.id, _TOP.c.depth + 1).where(_DOCUMENT.c.parent == _TOP.c.id, _TOP.c.depth < WALKED_DEPTH)
)


def pages(connection: Connection) -> list[PageRow]:
    """Every page, in the trash or not, siblings in order."""
    query = _PAGES.order_by(_DOCUMENT.c.position, _DOCUMENT.c.id)
    return [PageRow(*row) for row in connection.execute(query)]


def some_pages(connection: Connection, documents: Collection[str]) -> dict[str, PageRow]:
    """Those of these that there are, in the trash or not."""
    return {row.id: PageRow(*row) for row in connection.execute(_only(_PAGES, _DOCUMENT.c.id, documents))}


def get_page(connection: Connection, document: str) -> PageRow | None:
    """One page, in the trash or not."""
    row = connection.execute(_PAGES.where(_DOCUMENT.c.id == document)).first()
    return None if row is None else PageRow(*row)


def grants_of(connection: Connection, person: str) -> dict[str, str]:
    """A person's own roles, by document."""
    query = select(_GRANT.c.document, _GRANT.c.role).where(_GRANT.c.person == person)
    return {row.document: row.role for row in connection.execute(query)}


def visits_of(connection: Connection, person: str) -> set[str]:
    """The documents to which a person came by link."""
    return set(connection.execute(select(_VISIT.c.document).where(_VISIT.c.person == person)).scalars())


def levels(connection: Connection, documents: Collection[str] | None = None) -> dict[str, tuple[str | None, LevelRow]]:
    """Of these pages (None: of all) the parent, and what is said about access on each, for everyone."""
    grants: dict[str, dict[str, str]] = {}
    visitors: dict[str, set[str]] = {}
    query = select(_GRANT.c.document, _GRANT.c.person, _GRANT.c.role)
    for id, person, role in connection.execute(_only(query, _GRANT.c.document, documents)):
        grants.setdefault(id, {})[person] = role
    for id, person in connection.execute(
        _only(select(_VISIT.c.document, _VISIT.c.person), _VISIT.c.document, documents)
    ):
        visitors.setdefault(id, set()).add(person)
    return {
        row.id: (row.parent, level_row(row, grants.get(row.id, {}), frozenset(visitors.get(row.id, ()))))
        for row in (PageRow(*each) for each in connection.execute(_only(_PAGES, _DOCUMENT.c.id, documents)))
    }


def level_row(row: PageRow, grants: Mapping[str, str], visitors: frozenset[str]) -> LevelRow:
    """What a page says about access."""
    is_trashed = row.trashed_at is not None
    return LevelRow(
        row.id,
        row.access,
        row.access_role,
        row.link_role,
        row.link_expires_at,
        is_trashed,
        dict(grants),
        visitors,
    )


def siblings(connection: Connection, parent: str | None) -> Sequence[tuple[str, str]]:
    """(id, position) of the pages below `parent`, in order; those in the trash keep their place."""
    query = select(_DOCUMENT.c.id, _DOCUMENT.c.position).where(_is_child(parent), _IS_THERE)
    return [(id, position) for id, position in connection.execute(query.order_by(_DOCUMENT.c.position, _DOCUMENT.c.id))]


def last_position(connection: Connection, parent: str | None) -> str | None:
    """Of the last page below `parent`."""
    query = select(func.max(_DOCUMENT.c.position)).where(_is_child(parent), _IS_THERE)
    found: str | None = connection.execute(query).scalar()
    return found


def place(connection: Connection, document: str, parent: str | None, position: str) -> None:
    """Put a page somewhere."""
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == document).values(parent=parent, position=position))


def set_general(connection: Connection, document: str, access: str | None, role: str | None) -> None:
    """Who of the workspace may come; None: as the page above."""
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == document).values(access=access, access_role=role))


def set_template(connection: Connection, document: str, is_template: bool) -> None:
    """Whether new pages may begin as a copy of it."""
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == document).values(is_template=is_template))


def set_trashed(connection: Connection, document: str, at: float | None, by: str | None) -> None:
    """Into the trash, or (None) out of it."""
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == document).values(trashed_at=at, trashed_by=by))


def depths(connection: Connection, document: str) -> dict[str, int]:
    """A page (0) and all below it, in the trash or not, by how far below they are."""
    return {row.id: row.depth for row in connection.execute(select(_BELOW), {"document": document})}


def titles(connection: Connection, documents: Iterable[str]) -> dict[str, str]:
    """As the rows have them."""
    query = select(_DOCUMENT.c.id, _DOCUMENT.c.title).where(_DOCUMENT.c.id.in_(list(documents)))
    return {row.id: row.title for row in connection.execute(query)}


def overdue(connection: Connection, before: float) -> list[str]:
    """What was put into the trash before that time, longest ago first."""
    query = select(_DOCUMENT.c.id).where(_DOCUMENT.c.trashed_at < before, _IS_THERE).order_by(_DOCUMENT.c.trashed_at)
    return list(connection.execute(query).scalars())


def _is_child(parent: str | None) -> ColumnElement[bool]:
    return _DOCUMENT.c.parent.is_(None) if parent is None else _DOCUMENT.c.parent == parent


def _only(query: Any, column: Any, documents: Collection[str] | None) -> Any:
    return query if documents is None else query.where(column.in_(list(documents)))
