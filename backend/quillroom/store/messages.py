"""Rows of messages, with what hangs on them: revisions, reactions, mentions."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from quillroom.store.statements import add_all as add_rows
from quillroom.store.statements import table
from quillroom.store.tables import EventRow, FileRow, MentionRow, MessageRevisionRow, MessageRow, ReactionRow

MESSAGE = table(MessageRow)
MENTION = table(MentionRow)
_EVENT = table(EventRow)
_REVISION = table(MessageRevisionRow)
_REACTION = table(ReactionRow)
AT_ONCE = 500  # ids in a statement

_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_GET = select(MESSAGE).where(MESSAGE.c.id == bindparam("id"))
_FIND = select(MESSAGE).where(tuple_(MESSAGE.c.author, MESSAGE.c.client_id).in_(bindparam("sent", expanding=True)))
_PLACES = select(MESSAGE.c.id, MESSAGE.c.document).where(MESSAGE.c.id.in_(_IDS))
_MANY = select(MESSAGE).where(MESSAGE.c.id.in_(_IDS))
_PLACE = select(MESSAGE.c.document, MESSAGE.c.seq).where(MESSAGE.c.id == bindparam("id"))
_REACTIONS = (
    select(_REACTION.c.message, _REACTION.c.emoji, _REACTION.c.person)
    .where(_REACTION.c.message.in_(_IDS))
    .order_by(_REACTION.c.message, _REACTION.c.at, _REACTION.c.person)
)
_MENTIONS = select(MENTION.c.message, MENTION.c.person).where(MENTION.c.message.in_(_IDS)).order_by(MENTION.c.person)
_ADD_MENTION = insert(MENTION)
_IN_DOCUMENT = select(MESSAGE.c.id, MESSAGE.c.seq).where(MESSAGE.c.document == bindparam("document"))
_BEFORE = _IN_DOCUMENT.where(MESSAGE.c.seq < bindparam("seq")).order_by(MESSAGE.c.seq.desc()).limit(bindparam("limit"))
_AFTER = _IN_DOCUMENT.where(MESSAGE.c.seq > bindparam("seq")).order_by(MESSAGE.c.seq).limit(bindparam("limit"))
_PINNED = _IN_DOCUMENT.where(MESSAGE.c.pinned_at.is_not(None))
_ROOT = select(MESSAGE.c.id, MESSAGE.c.seq).where(MESSAGE.c.id == bindparam("root")).cte(recursive=True)
_ANSWERS = _ROOT.union_all(select(MESSAGE.c.id, MESSAGE.c.seq).where(MESSAGE.c.reply_to == _ROOT.c.id))
_THREAD = (
    select(_ANSWERS.c.id).where(_ANSWERS.c.seq > bindparam("after")).order_by(_ANSWERS.c.seq).limit(bindparam("limit"))
)
LARGEST = 2**62


@dataclass(slots=True)
class Message:
    """A row, as plain as the others: making a `MessageRow` takes ten times as long as reading one."""

    id: str
    document: str
    seq: int
    author: str
    client_id: str
    at: float
    text: str | None = None
    quote: str | None = None
    reply_to: str | None = None
    fingerprint: bytes | None = None
    revision: int = 1
    edited_at: float | None = None
    recalled_at: float | None = None
    recalled_by: str | None = None
    pinned_at: float | None = None
    pinned_by: str | None = None


@dataclass(slots=True)
class Parts:
    """What belongs to a message and stands in other tables. `reactions`: (emoji, people), the first given first."""

    reactions: dict[str, list[str]] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)


_NAMES = tuple(each.name for each in fields(Message))


def add_all(connection: Connection, said: Iterable[tuple[Message, Collection[str]]]) -> None:
    """New ones, each with whom it mentions."""
    new = list(said)
    add_rows(connection, MESSAGE, _NAMES, [tuple(getattr(row, name) for name in _NAMES) for row, _ in new])
    mentioned = [(row.id, person, row.document, row.seq) for row, people in new for person in people]
    add_rows(connection, MENTION, ("message", "person", "document", "seq"), mentioned)


def get(connection: Connection, id: str) -> Message | None:
    """The row, or None."""
    row = connection.execute(_GET, {"id": id}).mappings().first()
    return None if row is None else Message(**row)


def place(connection: Connection, id: str) -> tuple[str, int] | None:
    """The document and seq of a message: they never change."""
    found = connection.execute(_PLACE, {"id": id}).first()
    return None if found is None else (found.document, found.seq)


def find_all(connection: Connection, sent: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Message]:
    """What was sent before, by (author, client id)."""
    found = connection.execute(_FIND, {"sent": list(sent)}).mappings()
    return {(row["author"], row["client_id"]): Message(**row) for row in found}


def places(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The documents of those of these messages that there are."""
    found = connection.execute(_PLACES, {"ids": list(ids)})
    return {row.id: row.document for row in found}


def many(connection: Connection, ids: Iterable[str]) -> dict[str, Message]:
    """Those that there are."""
    found: dict[str, Message] = {}
    for some in _portions(ids):
        found |= {row["id"]: Message(**row) for row in connection.execute(_MANY, {"ids": some}).mappings()}
    return found


def parts(connection: Connection, ids: Iterable[str]) -> dict[str, Parts]:
    """What belongs to each of these."""
    found: dict[str, Parts] = {}
    for some in _portions(ids):
        for message in some:
            found[message] = Parts()
        for message, emoji, person in connection.execute(_REACTIONS, {"ids": some}):
            found[message].reactions.setdefault(emoji, []).append(person)
        for message, person in connection.execute(_MENTIONS, {"ids": some}):
            found[message].mentions.append(person)
    return found


def edit(connection: Connection, before: Message, text: str | None, mentions: Collection[str], now: float) -> None:
    """Another text; the one before becomes a revision."""
    written_at = before.at if before.edited_at is None else before.edited_at
    old = {"message": before.id, "revision": before.revision, "text": before.text or "", "at": written_at}
    connection.execute(insert(_REVISION), old)
    change(connection, before.id, text=text, revision=before.revision + 1, edited_at=now)
    connection.execute(delete(MENTION).where(MENTION.c.message == before.id))
    _mention(connection, before.id, before.document, before.seq, mentions)


def revisions(connection: Connection, message: str) -> list[tuple[int, str, float]]:
    """(revision, text, when it was written) of what it said before, the first first."""
    query = select(_REVISION.c.revision, _REVISION.c.text, _REVISION.c.at).where(_REVISION.c.message == message)
    return [(row.revision, row.text, row.at) for row in connection.execute(query.order_by(_REVISION.c.revision))]


def wipe(connection: Connection, message: str, by: str, now: float) -> None:
    """Take away all that it said. Its files are not looked at."""
    for rows in (_REVISION, _REACTION, MENTION):
        connection.execute(delete(rows).where(rows.c.message == message))
    nothing = {"text": None, "quote": None, "fingerprint": None, "pinned_at": None, "pinned_by": None}
    change(connection, message, **nothing, recalled_at=now, recalled_by=by)


def change(connection: Connection, message: str, **values: object) -> None:
    """Other values in some columns."""
    connection.execute(update(MESSAGE).where(MESSAGE.c.id == message).values(**values))


def react(connection: Connection, message: str, emoji: str, person: str, now: float) -> None:
    """One more emoji; it must not be there yet."""
    connection.execute(insert(_REACTION).values(message=message, emoji=emoji, person=person, at=now))


def unreact(connection: Connection, message: str, emoji: str, person: str) -> None:
    """It is there no more."""
    of_message = _REACTION.c.message == message
    connection.execute(delete(_REACTION).where(of_message, _REACTION.c.emoji == emoji, _REACTION.c.person == person))


def count_pinned(connection: Connection, document: str) -> int:
    """How many messages of a page are pinned."""
    query = select(func.count()).where(MESSAGE.c.document == document, MESSAGE.c.pinned_at.is_not(None))
    return connection.execute(query).scalar_one()


# -- windows: ids in the order of the chat, and whether there is more on either side


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a chat, the oldest first."""

    ids: list[str]
    has_before: bool
    has_after: bool


def before(connection: Connection, document: str, seq: int, limit: int) -> Window:
    """The newest before a place."""
    found = _some(connection, _BEFORE, document, seq, limit + 1)
    ids = found[:limit][::-1]
    return Window(ids, len(found) > limit, _is_any(connection, _AFTER, document, seq - 1))


def after(connection: Connection, document: str, seq: int, limit: int) -> Window:
    """The oldest behind a place."""
    found = _some(connection, _AFTER, document, seq, limit + 1)
    return Window(found[:limit], _is_any(connection, _BEFORE, document, seq + 1), len(found) > limit)


def around(connection: Connection, document: str, seq: int, limit: int) -> Window:
    """A message and those on both sides of it."""
    older = _some(connection, _BEFORE, document, seq, limit // 2 + 1)
    newer = _some(connection, _AFTER, document, seq - 1, limit - limit // 2 + 1)
    ids = older[: limit // 2][::-1] + newer[: limit - limit // 2]
    return Window(ids, len(older) > limit // 2, len(newer) > limit - limit // 2)


def pinned(connection: Connection, document: str, limit: int) -> Window:
    """Those that are pinned, in the order of the chat."""
    found = connection.execute(_PINNED.order_by(MESSAGE.c.seq).limit(limit), {"document": document})
    return Window([row.id for row in found], has_before=False, has_after=False)


def thread(connection: Connection, root: str, after: int, limit: int) -> Window:
    """A message and all that answers it, at any depth, behind a place."""
    ids = list(connection.execute(_THREAD, {"root": root, "after": after, "limit": limit + 1}).scalars())
    return Window(ids[:limit], has_before=after > 0, has_after=len(ids) > limit)


# -- whether log and rows agree

_IN_LOG = exists().where(
    _EVENT.c.topic == literal("doc:").concat(MESSAGE.c.document),
    _EVENT.c.seq == MESSAGE.c.seq,
    _EVENT.c.name == "message.sent",
)
_LEFT = [exists().where(rows.c.message == MESSAGE.c.id) for rows in (_REVISION, _REACTION, MENTION, table(FileRow))]
_SAYS = or_(MESSAGE.c.text.is_not(None), MESSAGE.c.quote.is_not(None), MESSAGE.c.fingerprint.is_not(None), *_LEFT)
_LOG = select(func.count(), func.coalesce(func.max(_EVENT.c.seq), 0)).where(_EVENT.c.topic == bindparam("topic"))
_ODD = select(MESSAGE.c.id).where(MESSAGE.c.document == bindparam("document")).order_by(MESSAGE.c.seq).limit(1)


def problems(connection: Connection, document: str) -> Iterator[str]:
    """What is wrong with a chat, in sentences."""
    count, newest = connection.execute(_LOG, {"topic": f"doc:{document}"}).one()
    if count != newest:
        yield f"the log of events has {count} entries up to {newest}"
    for condition, said in (
        (~_IN_LOG, "is not in the log at its place"),
        (MESSAGE.c.recalled_at.is_not(None) & _SAYS, "was recalled, and something of it is left"),
    ):
        odd = connection.execute(_ODD.where(condition), {"document": document}).scalar()
        if odd is not None:
            yield f"message {odd} {said}"


# -- removal


def remove_some(connection: Connection, document: str, limit: int) -> bool:
    """Remove at most so many messages of a page for good; True when none is left. Files are gone before."""
    query = select(MESSAGE.c.id).where(MESSAGE.c.document == document).order_by(MESSAGE.c.seq).limit(limit)
    ids = list(connection.execute(query).scalars())
    for some in _portions(ids):
        for rows in (_REVISION, _REACTION, MENTION):
            connection.execute(delete(rows).where(rows.c.message.in_(some)))
        connection.execute(delete(MESSAGE).where(MESSAGE.c.id.in_(some)))
    return len(ids) < limit


# -- details


def _mention(connection: Connection, message: str, document: str, seq: int, people: Collection[str]) -> None:
    if people:
        rows = [{"message": message, "person": person, "document": document, "seq": seq} for person in people]
        connection.execute(_ADD_MENTION, rows)


def _some(connection: Connection, query: Select[tuple[str, int]], document: str, seq: int, limit: int) -> list[str]:
    found = connection.execute(query, {"document": document, "seq": seq, "limit": limit})
    return [row.id for row in found]


def _is_any(connection: Connection, query: Select[tuple[str, int]], document: str, seq: int) -> bool:
    return bool(_some(connection, query, document, seq, 1))


def _portions(ids: Iterable[str]) -> Iterable[list[str]]:
    every = list(ids)
    return (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE))
