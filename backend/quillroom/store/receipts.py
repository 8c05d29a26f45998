"""Rows of how far a chat has reached people's devices, how far they have read, and what is unread from there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, func, select, text, union

from quillroom.store.messages import MENTION, MESSAGE
from quillroom.store.statements import table
from quillroom.store.tables import ChatCursorRow, ChatReadRow, VisitRow

_CURSOR = table(ChatCursorRow)
_READ = table(ChatReadRow)
_VISIT = table(VisitRow)
UNREAD_AT_MOST = 1000  # more are not counted
NEWEST = 20

_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
_NEWEST = func.max(_CURSOR.c.seq)
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


class Sum(NamedTuple):
    """Of the marks of a chat, or of a person: differs as soon as one of them moved. `at` is when the last one did."""

    marks: int
    places: int
    at: float = 0.0


# -- moving on; what is behind what is known changes nothing

_REACH = text(
    "INSERT INTO chat_cursor (document, person, device, seq, at) VALUES (:document, :person, :device, :seq, :at) "
    "ON CONFLICT (document, person, device) DO UPDATE SET seq = excluded.seq, at = excluded.at "
    "WHERE chat_cursor.seq < excluded.seq"
)
_MARK_READ = text(
    "INSERT INTO chat_read (document, person, seq, furthest, at) VALUES (:document, :person, :seq, :seq, :at) "
    "ON CONFLICT (document, person) DO UPDATE SET at = excluded.at, "
    "seq = CASE WHEN excluded.seq > chat_read.seq THEN excluded.seq ELSE chat_read.seq END, "
    "furthest = CASE WHEN excluded.seq > chat_read.furthest THEN excluded.seq ELSE chat_read.furthest END "
    "WHERE chat_read.seq < excluded.seq OR chat_read.furthest < excluded.seq"
)
_MARK_UNREAD = text(
    "INSERT INTO chat_read (document, person, seq, furthest, at) VALUES (:document, :person, :seq, 0, :at) "
    "ON CONFLICT (document, person) DO UPDATE SET seq = excluded.seq, at = excluded.at"
)


def reached(connection: Connection, document: str, devices: Iterable[tuple[str, str, int]], now: float) -> None:
    """(person, device, seq): the chat has come so far there."""
    rows = [{"document": document, "person": p, "device": d, "seq": s, "at": now} for p, d, s in devices]
    if rows:
        connection.execute(_REACH, rows)


def mark_read(connection: Connection, document: str, person: str, seq: int, now: float) -> None:
    """Up to there everything is read."""
    connection.execute(_MARK_READ, {"document": document, "person": person, "seq": seq, "at": now})


def mark_unread(connection: Connection, document: str, person: str, seq: int, now: float) -> None:
    """From there on nothing is; what others were told stays told."""
    connection.execute(_MARK_UNREAD, {"document": document, "person": person, "seq": seq - 1, "at": now})


# -- reading


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


_EVERYWHERE = text(
    "SELECT p.document, (SELECT count(*) FROM (SELECT 1 FROM message AS m WHERE m.document = p.document "
    "AND m.seq > coalesce(r.seq, 0) AND m.author <> :person AND m.recalled_at IS NULL LIMIT :most) AS newest) "
    "AS unread, "
    "(SELECT count(*) FROM mention AS n WHERE n.person = :person AND n.document = p.document "
    "AND n.seq > coalesce(r.seq, 0)) AS mentions, w.level "
    "FROM (SELECT document FROM chat_read WHERE person = :person UNION SELECT document FROM visit WHERE "
    "person = :person UNION SELECT document FROM mention WHERE person = :person) AS p "
    "LEFT JOIN chat_read AS r ON r.document = p.document AND r.person = :person "
    "LEFT JOIN page_watch AS w ON w.document = p.document AND w.person = :person"
)


def unread_everywhere(connection: Connection, person: str) -> dict[str, Unread]:
    """By document, where anything is: of those that a person opened, read, or was mentioned in. Of muted ones only
    what mentions them counts.
    """
    found = {}
    for document, count, mentions, level in connection.execute(_EVERYWHERE, {"person": person, "most": UNREAD_AT_MOST}):
        counted = mentions if level == "mute" else count
        if counted:
            found[document] = Unread(min(counted, UNREAD_AT_MOST), min(mentions, UNREAD_AT_MOST))
    return found


def receipts(connection: Connection, document: str, limit: int) -> list[Receipt]:
    """How far everybody is, whoever has read furthest first."""
    read = select(_READ.c.person, _READ.c.furthest).where(_READ.c.document == document)
    reached = select(_CURSOR.c.person, _NEWEST).where(_CURSOR.c.document == document).group_by(_CURSOR.c.person)
    far = dict(tuple(row) for row in connection.execute(read.order_by(_READ.c.furthest.desc()).limit(limit)))
    came = dict(tuple(row) for row in connection.execute(reached.order_by(_NEWEST.desc()).limit(limit)))
    return _joined(far, came)[:limit]


_FAR = select(_READ.c.person, _READ.c.furthest).where(
    _READ.c.document == bindparam("document"), _READ.c.person.in_(_PEOPLE)
)
_CAME = (
    select(_CURSOR.c.person, _NEWEST)
    .where(_CURSOR.c.document == bindparam("document"), _CURSOR.c.person.in_(_PEOPLE))
    .group_by(_CURSOR.c.person)
)


def receipts_of(connection: Connection, document: str, people: Collection[str]) -> list[Receipt]:
    """How far these are."""
    values = {"document": document, "people": list(people)}
    far = dict(tuple(row) for row in connection.execute(_FAR, values))
    return _joined(far, dict(tuple(row) for row in connection.execute(_CAME, values)))


def sums_of_documents(connection: Connection, documents: Collection[str]) -> dict[str, Sum]:
    """Of what others are told of how far everybody is there: that only ever grows."""
    read = select(_READ.c.document, func.count(), func.sum(_READ.c.furthest)).where(_READ.c.document.in_(documents))
    came = select(_CURSOR.c.document, func.count(), func.sum(_CURSOR.c.seq)).where(_CURSOR.c.document.in_(documents))
    found: dict[str, Sum] = {}
    for query in (read.group_by(_READ.c.document), came.group_by(_CURSOR.c.document)):
        for document, marks, places in connection.execute(query):
            before = found.get(document, Sum(0, 0))
            found[document] = Sum(before.marks + marks, before.places + int(places))
    return found


def people_in(connection: Connection, documents: Collection[str]) -> dict[str, set[str]]:
    """Who said anything of how far they are, by document."""
    found: dict[str, set[str]] = {}
    for each in (_READ, _CURSOR):
        for document, person in connection.execute(
            select(each.c.document, each.c.person).where(each.c.document.in_(documents)).distinct()
        ):
            found.setdefault(document, set()).add(person)
    return found


def sums_of_people(connection: Connection, people: Collection[str]) -> dict[str, Sum]:
    """Of how far each of them has read, everywhere."""
    query = (
        select(_READ.c.person, func.count(), func.sum(_READ.c.seq), func.max(_READ.c.at))
        .where(_READ.c.person.in_(people))
        .group_by(_READ.c.person)
    )
    found = {person: Sum(marks, int(places), at) for person, marks, places, at in connection.execute(query)}
    return {person: found.get(person, Sum(0, 0)) for person in people}


def read_since(connection: Connection, person: str, at: float) -> list[str]:
    """The documents of which a person marked anything behind that moment; where clocks differ, the last ones."""
    mine = select(_READ.c.document).where(_READ.c.person == person).order_by(_READ.c.at.desc()).limit(NEWEST)
    found = list(connection.execute(mine.where(_READ.c.at > at)).scalars())
    return found or list(connection.execute(mine).scalars())


def read_lately(connection: Connection, people: Collection[str], at: float) -> dict[str, list[str]]:
    """By person, the documents of which they marked anything behind that moment."""
    found: dict[str, list[str]] = {}
    query = select(_READ.c.person, _READ.c.document).where(_READ.c.person.in_(people), _READ.c.at > at)
    for person, document in connection.execute(query) if people else ():
        found.setdefault(person, []).append(document)
    return found


_INVOLVED = union(
    select(_READ.c.person).where(_READ.c.document == bindparam("document")),
    select(_VISIT.c.person).where(_VISIT.c.document == bindparam("document")),
)


def involved(connection: Connection, document: str) -> set[str]:
    """Who opened the document, or said how far they have read its chat."""
    return set(connection.execute(_INVOLVED, {"document": document}).scalars())


def _joined(far: dict[str, int], came: dict[str, int]) -> list[Receipt]:
    """Who has read something has it."""
    found = [Receipt(p, max(came.get(p, 0), far.get(p, 0)), far.get(p, 0)) for p in {*far, *came}]
    return sorted(found, key=lambda each: (-each.read, -each.delivered, each.person))
