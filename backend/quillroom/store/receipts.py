"""Rows of how far a chat has reached people's devices, how far they have read, and what is unread from there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from quillroom.store.messages import MENTION, MESSAGE
from quillroom.store.statements import table
from quillroom.store.tables import ChatCursorRow, ChatReadRow, PreferenceRow, VisitRow, WatchRow

_CURSOR = table(ChatCursorRow)
_READ = table(ChatReadRow)
_PREFERENCE = table(PreferenceRow)
_VISIT = table(VisitRow)
_WATCH = table(WatchRow)
UNREAD_AT_MOST = 1000  # more are not counted
RECEIPTS_OFF = ("receipts", "false")  # name and value of the preference

_OF_PERSON = select(_READ.c.seq, _READ.c.furthest).where(
    _READ.c.document == bindparam("document"), _READ.c.person == bindparam("person")
)
_BEHIND = (
    select(MESSAGE.c.seq)
    .where(
        MESSAGE.c.document == bindparam("document"),
        MESSAGE.c.seq > bindparam("after"),
        MESSAGE.c.author != bindparam("person"),
        MESSAGE.c.recalled_at.is_(None),
    )
    .order_by(MESSAGE.c.seq)
    .limit(UNREAD_AT_MOST)
    .subquery()
)
_UNREAD = select(func.count(), func.min(_BEHIND.c.seq)).select_from(_BEHIND)
_MENTIONED = select(func.count()).where(
    MENTION.c.person == bindparam("person"),
    MENTION.c.document == bindparam("document"),
    MENTION.c.seq > bindparam("after"),
)


@dataclass(frozen=True, slots=True)
class Unread:
    """What somebody has not read of a chat; `first` is the place of the oldest. Both counts end at UNREAD_AT_MOST."""

    count: int
    mentions: int
    first: int | None = None


class Receipt(NamedTuple):
    """How far a chat has reached a person, and how far they have read."""

    person: str
    delivered: int
    read: int


@dataclass(frozen=True, slots=True)
class Marker:
    """How far a person or (with `device`) one of their devices is."""

    document: str
    person: str
    device: str
    seq: int


def read_of(connection: Connection, document: str, person: str) -> int:
    """Up to where somebody has read."""
    found = connection.execute(_OF_PERSON, {"document": document, "person": person}).first()
    return 0 if found is None else found.seq


def unread(connection: Connection, document: str, person: str, after: int) -> Unread:
    """Behind a place, of what others said."""
    values = {"document": document, "person": person, "after": after}
    count, first = connection.execute(_UNREAD, values).one()
    mentions = connection.execute(_MENTIONED, values).scalar_one() if count else 0
    return Unread(count, min(mentions, UNREAD_AT_MOST), first)


def receipts(connection: Connection, document: str, limit: int) -> list[Receipt]:
    """Of those who let others know, whoever has read furthest first."""
    read = select(_READ.c.person, _READ.c.furthest).where(_READ.c.document == document)
    newest = func.max(_CURSOR.c.seq)
    reached = select(_CURSOR.c.person, newest).where(_CURSOR.c.document == document).group_by(_CURSOR.c.person)
    far = dict(tuple(row) for row in connection.execute(read.order_by(_READ.c.furthest.desc()).limit(4 * limit)))
    came = dict(tuple(row) for row in connection.execute(reached.order_by(newest.desc()).limit(4 * limit)))
    hidden = opted_out(connection, {*far, *came})
    found = [
        Receipt(person, max(came.get(person, 0), far.get(person, 0)), far.get(person, 0))
        for person in {*far, *came} - hidden
    ]
    return sorted(found, key=lambda each: (-each.read, -each.delivered, each.person))[:limit]


def opted_out(connection: Connection, people: Iterable[str]) -> set[str]:
    """Who of these neither tells how far they have read, nor is told."""
    name, value = RECEIPTS_OFF
    is_off = (_PREFERENCE.c.name == name) & (_PREFERENCE.c.value == value)
    query = select(_PREFERENCE.c.person).where(is_off, _PREFERENCE.c.person.in_(people))
    return set(connection.execute(query).scalars())
