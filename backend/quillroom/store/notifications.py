"""Rows of inboxes, and of who watches which page."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, MessageRow, NotificationRow, WatchRow

_AT_ONCE = 500
_NOTIFICATION = table(NotificationRow)
_WATCH = table(WatchRow)
_DOCUMENT = table(DocumentRow)
_MESSAGE = table(MessageRow)
_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
# Asked for every message.
_LEVELS = select(_WATCH.c.person, _WATCH.c.level).where(
    _WATCH.c.document == bindparam("document"), _WATCH.c.person.in_(_PEOPLE)
)
_WATCHED = select(_DOCUMENT.c.id).where(
    _DOCUMENT.c.id.in_(bindparam("documents", expanding=True)),
    exists().where(_WATCH.c.document == _DOCUMENT.c.id, _WATCH.c.level == "watch"),
)
_WATCHERS = (
    select(_WATCH.c.person)
    .where(_WATCH.c.document == bindparam("document"), _WATCH.c.level == "watch", _WATCH.c.person > bindparam("after"))
    .order_by(_WATCH.c.person)
    .limit(bindparam("limit"))
)
# Asked whenever somebody reads on in a chat.
_UNREAD_UP_TO = (
    select(_NOTIFICATION.c.id)
    .join(_MESSAGE, _MESSAGE.c.id == _NOTIFICATION.c.message)
    .where(
        _NOTIFICATION.c.person == bindparam("person"),
        _NOTIFICATION.c.read_at.is_(None),
        _NOTIFICATION.c.document == bindparam("document"),
        _MESSAGE.c.seq <= bindparam("seq"),
    )
)
_SHOWN = _NOTIFICATION.c.is_shown
_ADD: dict[str, Any] = {
    name: dialect.insert(_NOTIFICATION).on_conflict_do_nothing().returning(_NOTIFICATION.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_UNREAD = (
    select(_NOTIFICATION.c.person, func.count())
    .where(_NOTIFICATION.c.person.in_(_PEOPLE), _NOTIFICATION.c.read_at.is_(None), _SHOWN)
    .group_by(_NOTIFICATION.c.person)
)
_NEWEST_FIRST = (_NOTIFICATION.c.at.desc(), _NOTIFICATION.c.id.desc())
Place = tuple[float, str]  # time and id: where a page of an inbox ends


# -- watching


def watched(connection: Connection, documents: Collection[str]) -> set[str]:
    """Which of these pages anybody wants to hear all of."""
    return set(connection.execute(_WATCHED, {"documents": list(documents)}).scalars())


def watchers(connection: Connection, document: str, limit: int, after: str = "") -> list[str]:
    """The first so many people behind one who want to hear all of a page, by id."""
    wanted = {"document": document, "after": after, "limit": limit}
    return list(connection.execute(_WATCHERS, wanted).scalars())


def levels(connection: Connection, document: str, people: Collection[str]) -> dict[str, str]:
    """What these people want to hear of a page; who wants the usual is left out."""
    found = connection.execute(_LEVELS, {"document": document, "people": list(people)})
    return {row.person: row.level for row in found}


def level(connection: Connection, person: str, document: str) -> str | None:
    """The same of one."""
    return levels(connection, document, [person]).get(person)


def set_level(connection: Connection, person: str, document: str, level: str | None) -> bool:
    """Whether something was there before."""
    take_turns(connection, f"watch {person}")
    there = delete(_WATCH).where(_WATCH.c.person == person, _WATCH.c.document == document)
    was_there = connection.execute(there).rowcount > 0
    if level is not None:
        connection.execute(insert(_WATCH).values(person=person, document=document, level=level))
    return was_there


# -- inboxes


class NewRow(NamedTuple):
    """A line that is to be added; a plain value, as a message may bring many."""

    id: str
    person: str
    kind: str
    cause: str
    is_shown: bool
    document: str
    message: str | None
    actor: str | None
    at: float
    data: str
    read_at: float | None = None
    pushed_at: float | None = None


def add(connection: Connection, row: NewRow) -> bool:
    """False where this person has one of the same cause."""
    return connection.execute(_ADD[connection.dialect.name], row._asdict()).first() is not None


def of_message(connection: Connection, message: str, people: Collection[str] | None = None) -> list[NotificationRow]:
    """All that a message brought, to everyone or to these."""
    query = select(_NOTIFICATION).where(_NOTIFICATION.c.message == message)
    return _rows(connection, query if people is None else query.where(_NOTIFICATION.c.person.in_(list(people))))


def of_access(connection: Connection, kind: str, document: str, actor: str | None = None) -> list[NotificationRow]:
    """All of a kind that a page brought, by anybody or by this person."""
    query = select(_NOTIFICATION).where(_NOTIFICATION.c.document == document, _NOTIFICATION.c.kind == kind)
    return _rows(connection, query if actor is None else query.where(_NOTIFICATION.c.actor == actor))


def of_documents(connection: Connection, documents: Collection[str]) -> list[NotificationRow]:
    """All that these pages brought, to everyone."""
    ids, found = list(documents), list[NotificationRow]()
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        found += _rows(connection, select(_NOTIFICATION).where(_NOTIFICATION.c.document.in_(some)))
    return found


def by_ids(connection: Connection, ids: Collection[str], person: str | None = None) -> list[NotificationRow]:
    """Those that are still there, of this person if one is named."""
    query = select(_NOTIFICATION).where(_NOTIFICATION.c.id.in_(list(ids)))
    return _rows(connection, query if person is None else query.where(_NOTIFICATION.c.person == person))


def page(
    connection: Connection, person: str, *, kinds: Collection[str] | None, before: Place | None, limit: int
) -> list[NotificationRow]:
    """The newest in an inbox behind a place."""
    query = select(_NOTIFICATION).where(_NOTIFICATION.c.person == person, _SHOWN)
    if kinds is not None:
        query = query.where(_NOTIFICATION.c.kind.in_(list(kinds)))
    if before is not None:
        at, id = before
        same_time = and_(_NOTIFICATION.c.at == at, _NOTIFICATION.c.id < id)
        query = query.where(or_(_NOTIFICATION.c.at < at, same_time))
    return _rows(connection, query.order_by(*_NEWEST_FIRST).limit(limit))


def unread(connection: Connection, people: Collection[str]) -> dict[str, int]:
    """How many in each of these inboxes wait to be read."""
    found = connection.execute(_UNREAD, {"people": list(people)})
    return dict.fromkeys(people, 0) | {row[0]: row[1] for row in found}


def unread_ids(
    connection: Connection, person: str, *, ids: Collection[str] | None = None, document: str | None = None
) -> list[str]:
    """What a person has not read: of these, of this page, or at all; shown or not."""
    query = select(_NOTIFICATION.c.id).where(_NOTIFICATION.c.person == person, _NOTIFICATION.c.read_at.is_(None))
    if ids is not None:
        query = query.where(_NOTIFICATION.c.id.in_(list(ids)))
    if document is not None:
        query = query.where(_NOTIFICATION.c.document == document)
    return list(connection.execute(query).scalars())


def unread_up_to(connection: Connection, person: str, document: str, seq: int) -> list[str]:
    """What a person has not read of what a page's messages up to this one brought."""
    wanted = {"person": person, "document": document, "seq": seq}
    return list(connection.execute(_UNREAD_UP_TO, wanted).scalars())


def mark_read(connection: Connection, ids: Collection[str], now: float) -> None:
    """They were read."""
    connection.execute(update(_NOTIFICATION).where(_NOTIFICATION.c.id.in_(list(ids))).values(read_at=now))


def mark_pushed(connection: Connection, id: str, now: float) -> None:
    """It has left for a device."""
    connection.execute(update(_NOTIFICATION).where(_NOTIFICATION.c.id == id).values(pushed_at=now))


def last_pushed(connection: Connection, person: str, document: str) -> str | None:
    """Which one of a page left for the person's devices last."""
    query = select(_NOTIFICATION.c.id).where(
        _NOTIFICATION.c.person == person, _NOTIFICATION.c.document == document, _NOTIFICATION.c.pushed_at.is_not(None)
    )
    found: str | None = connection.execute(query.order_by(_NOTIFICATION.c.pushed_at.desc()).limit(1)).scalar()
    return found


def remove(connection: Connection, ids: Collection[str]) -> None:
    """They are gone."""
    connection.execute(delete(_NOTIFICATION).where(_NOTIFICATION.c.id.in_(list(ids))))


def remove_old(connection: Connection, before: float, limit: int) -> None:
    """Remove at most so many that were read before this."""
    old = select(_NOTIFICATION.c.id).where(_NOTIFICATION.c.read_at < before).limit(limit)
    remove(connection, list(connection.execute(old).scalars()))


def _rows(connection: Connection, query: Any) -> list[NotificationRow]:
    found: Iterable[Any] = connection.execute(query).mappings()
    return [NotificationRow(**row) for row in found]
