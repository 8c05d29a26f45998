"""Rows that say who may see what."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    String,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    null,
    select,
    union_all,
)

from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, GrantRow, LinkVisitRow

_DOCUMENT = table(DocumentRow)
_GRANT = table(GrantRow)
_VISIT = table(LinkVisitRow)
DEPTH_LIMIT = 64  # a tree never grows deeper, and a circle, which must not be, would end here

_COLUMNS = (
    _DOCUMENT.c.id,
    _DOCUMENT.c.parent,
    _DOCUMENT.c.access,
    _DOCUMENT.c.access_role,
    _DOCUMENT.c.link_role,
    _DOCUMENT.c.link_expires_at,
    _DOCUMENT.c.trashed_at,
)
_START = select(*_COLUMNS, literal(0).label("depth")).where(_DOCUMENT.c.id == bindparam("document")).cte(recursive=True)
_CHAIN = _START.union_all(
    select(*_COLUMNS, _START.c.depth + 1).where(_DOCUMENT.c.id == _START.c.parent, _START.c.depth < DEPTH_LIMIT)
)
_LEVELS = select(_CHAIN).order_by(_CHAIN.c.depth)
_LEVELS_OF_ONE = (
    select(_CHAIN, _GRANT.c.role.label("role"), _VISIT.c.person.label("visitor"))
    .outerjoin(_GRANT, (_GRANT.c.document == _CHAIN.c.id) & (_GRANT.c.person == bindparam("person")))
    .outerjoin(_VISIT, (_VISIT.c.document == _CHAIN.c.id) & (_VISIT.c.person == bindparam("person")))
    .order_by(_CHAIN.c.depth)
)

_ROOT = select(_DOCUMENT.c.id, literal(0).label("depth")).where(
    _DOCUMENT.c.id.in_(bindparam("documents", expanding=True))
).cte(recursive=True)  # fmt: skip
_TREE = _ROOT.union_all(
    select(_DOCUMENT.c.id, _ROOT.c.depth + 1).where(_DOCUMENT.c.parent == _ROOT.c.id, _ROOT.c.depth < DEPTH_LIMIT)
)

_FRONT = select(*_COLUMNS, literal(0).label("depth"), _DOCUMENT.c.id.label("of")).where(
    _DOCUMENT.c.id.in_(bindparam("documents", expanding=True))
).cte(recursive=True)  # fmt: skip
_UP = _FRONT.union_all(
    select(*_COLUMNS, _FRONT.c.depth + 1, _FRONT.c.of).where(
        _DOCUMENT.c.id == _FRONT.c.parent, _FRONT.c.depth < DEPTH_LIMIT
    )
)
_LEVELS_OF_SEVERAL = select(_UP).order_by(_UP.c.of, _UP.c.depth)
_SOME: BindParameter[str] = bindparam("people", expanding=True)

_IDS: BindParameter[str] = bindparam("documents", expanding=True)
_GRANTS = select(_GRANT.c.document, _GRANT.c.person, _GRANT.c.role).where(_GRANT.c.document.in_(_IDS))
_OF_SOME = union_all(
    select(_GRANT.c.document, _GRANT.c.person, _GRANT.c.role).where(
        _GRANT.c.document.in_(_IDS), _GRANT.c.person.in_(_SOME)
    ),
    select(_VISIT.c.document, _VISIT.c.person, cast(null(), String)).where(
        _VISIT.c.document.in_(_IDS), _VISIT.c.person.in_(_SOME)
    ),
)
_VISITS = select(_VISIT.c.document, _VISIT.c.person).where(_VISIT.c.document.in_(_IDS))


class LevelRow(NamedTuple):
    """What is said about access on one page; roles as they are stored."""

    document: str
    access: str | None
    access_role: str | None
    link_role: str | None
    link_expires_at: float | None
    is_trashed: bool
    grants: dict[str, str]
    visitors: frozenset[str]


def levels(connection: Connection, document: str, person: str | None = None) -> list[LevelRow]:
    """A document, itself first, and the pages above it, for one person or (None) for all; [] when there is none."""
    if person is not None:
        return _levels_of_one(connection, document, person)
    rows = connection.execute(_LEVELS, {"document": document}).all()
    if not rows:
        return []
    wanted = {"documents": [row.id for row in rows]}
    grants: dict[str, dict[str, str]] = {}
    for id, who, role in connection.execute(_GRANTS, wanted):
        grants.setdefault(id, {})[who] = role
    visitors: dict[str, set[str]] = {}
    for id, who in connection.execute(_VISITS, wanted):
        visitors.setdefault(id, set()).add(who)
    return [_level(row, grants.get(row.id, {}), frozenset(visitors.get(row.id, ()))) for row in rows]


def levels_of_several(
    connection: Connection, documents: Collection[str], people: Collection[str]
) -> dict[str, list[LevelRow]]:
    """The same of each of these documents that there is, for these people: two statements, however many they are."""
    chains: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_LEVELS_OF_SEVERAL, {"documents": list(documents)}):
        chains.setdefault(row.of, []).append(row)
    wanted = {"documents": list({row.id for chain in chains.values() for row in chain}), "people": list(people)}
    grants: dict[str, dict[str, str]] = {}
    visitors: dict[str, set[str]] = {}
    for id, who, role in connection.execute(_OF_SOME, wanted) if chains else ():
        if role is None:
            visitors.setdefault(id, set()).add(who)
        else:
            grants.setdefault(id, {})[who] = role
    return {
        document: [_level(row, grants.get(row.id, {}), frozenset(visitors.get(row.id, ()))) for row in chain]
        for document, chain in chains.items()
    }


def _levels_of_one(connection: Connection, document: str, person: str) -> list[LevelRow]:
    """In one statement: every request and every message asks this."""
    return [
        _level(row, {} if row.role is None else {person: row.role}, frozenset((row.visitor,) if row.visitor else ()))
        for row in connection.execute(_LEVELS_OF_ONE, {"document": document, "person": person})
    ]


def _level(row: Row[Any], grants: dict[str, str], visitors: frozenset[str]) -> LevelRow:
    is_trashed = row.trashed_at is not None
    return LevelRow(
        row.id, row.access, row.access_role, row.link_role, row.link_expires_at, is_trashed, grants, visitors
    )


def subtrees(connection: Connection, documents: Collection[str]) -> set[str]:
    """These documents and all below them, in the trash or not."""
    return set(connection.execute(select(_TREE.c.id), {"documents": list(documents)}).scalars())


def grant(connection: Connection, *, document: str, person: str, role: str, granted_by: str | None, now: float) -> None:
    """Give a role, in the place of the one before."""
    revoke(connection, document, person)
    connection.execute(
        insert(_GRANT).values(document=document, person=person, role=role, granted_by=granted_by, at=now)
    )


def revoke(connection: Connection, document: str, person: str) -> None:
    """Take a person's own role on this page away. Idempotent."""
    connection.execute(delete(_GRANT).where(_GRANT.c.document == document, _GRANT.c.person == person))
