"""Finding messages by what they say: their folded text, and the index of its pieces.

Nothing here knows who may see what. `id` is a place among all messages, the newest last.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from quillroom.store import settings
from quillroom.store.statements import table
from quillroom.store.tables import MessageRow, MessageSearchRow
from quillroom.store.words import document_gram, fold, grams

VERSION = 1  # of folding and of the pieces: where the index was made by another one, it is made anew
_MADE_BY, _FORGETS = "message_search_version", "message_search_forgets"
MERGED_PAGES = 64
# SQLite 3.40 puts what is merged into one on a new level, two of them each time, and takes an index of more than
# 2000 for damaged: then nothing can be written into it any more.
LEVELS_AT_MOST = 1500
AFTER_ALL = 1 << 62
NEWEST_LOOKED_AT = 4000
_ROW = table(MessageSearchRow)
_MESSAGE = table(MessageRow)

_FIND = select(_ROW.c.id, _ROW.c.document, _ROW.c.text).where(_ROW.c.message == bindparam("message"))
_ADD = insert(_ROW).returning(_ROW.c.id, _ROW.c.message)
_CHANGE = update(_ROW).where(_ROW.c.id == bindparam("row")).values(text=bindparam("folded"))
_HITS = select(_ROW.c.id, _ROW.c.message, _ROW.c.document, _ROW.c.text).order_by(_ROW.c.id.desc())
_BEFORE = _HITS.where(_ROW.c.id < bindparam("before")).limit(bindparam("limit"))
_BEFORE_IN_DOCUMENT = _BEFORE.where(_ROW.c.document == bindparam("document"))
_UNSAID = select(_MESSAGE.c.id).where(_MESSAGE.c.text.is_not(None)).order_by(_MESSAGE.c.at, _MESSAGE.c.seq)
_SAYING = select(_MESSAGE.c.id, _MESSAGE.c.document, _MESSAGE.c.text).where(
    _MESSAGE.c.id.in_(bindparam("ids", expanding=True)), _MESSAGE.c.text.is_not(None)
)

_FLOOR = select(_ROW.c.id).order_by(_ROW.c.id.desc()).offset(bindparam("count")).limit(1)
_BETWEEN = {
    name: _BEFORE.where(_ROW.c.id > bindparam("after"), place(_ROW.c.text, bindparam("word")) > 0)
    for name, place in (("sqlite", func.instr), ("postgresql", func.strpos))
}

_FTS_ADD = text("INSERT INTO message_gram (rowid, grams) VALUES (:id, :grams)")
_FTS_DROP = text("INSERT INTO message_gram (message_gram, rowid, grams) VALUES ('delete', :id, :grams)")
_FTS_MERGE = text("INSERT INTO message_gram (message_gram, rank) VALUES ('merge', :pages)")
_FTS_EMPTY = text("INSERT INTO message_gram (message_gram) VALUES ('delete-all')")
_FTS_LEVELS = text(
    "SELECT block FROM message_gram_data WHERE id = 10"
)  # https://sqlite.org/fts5.html: its structure record
_FTS_NO_LEVELS = text("UPDATE message_gram_data SET block = X'00000000000000' WHERE id = 10")
_FTS_HITS = text(
    "SELECT s.id, s.message, s.document, s.text FROM message_gram JOIN message_search s ON s.id = message_gram.rowid "
    "WHERE message_gram MATCH :asked AND message_gram.rowid < :before ORDER BY message_gram.rowid DESC LIMIT :limit"
)
# An array of each, as text: an array of arrays would have to be a rectangle.
_GIN_ADD = text(
    "INSERT INTO message_gram (id, grams) SELECT new.id, CAST(new.grams AS integer[]) "
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:grams AS text[])) AS new (id, grams)"
)
_GIN_DROP = text("DELETE FROM message_gram WHERE id = :id")
_GIN_EMPTY = text("DELETE FROM message_gram")
_GIN_SHOWN = (
    "SELECT s.id, s.message, s.document, s.text FROM (SELECT id FROM hit ORDER BY id DESC LIMIT :limit) newest "
    "JOIN message_search s ON s.id = newest.id ORDER BY s.id DESC"
)
# MATERIALIZED: the planner knows little about which pieces go together, and is told how to look. What is common is
# among the newest; what is rare, the index has soon; and of a page it has what all pieces of a question have in common.
_GIN_NEWEST = text(
    "WITH hit AS MATERIALIZED (SELECT id FROM (SELECT id, grams FROM message_gram WHERE id < :before "
    f"ORDER BY id DESC LIMIT {NEWEST_LOOKED_AT}) newer WHERE grams @> CAST(:asked AS integer[])) {_GIN_SHOWN}"
)
_GIN_HITS = text(
    "WITH hit AS MATERIALIZED (SELECT id FROM message_gram "
    f"WHERE grams @> CAST(:asked AS integer[]) AND id < :before) {_GIN_SHOWN}"
)
_GIN_HITS_OF_DOCUMENTS = text(
    "WITH hit AS MATERIALIZED (SELECT id FROM unnest(CAST(:some AS integer[])) page CROSS JOIN LATERAL ("
    "WITH here AS MATERIALIZED (SELECT id FROM message_gram "
    "WHERE grams @> (CAST(:asked AS integer[]) || page) AND id < :before) "
    f"SELECT id FROM here ORDER BY id DESC LIMIT :limit) found) {_GIN_SHOWN}"
)


class Damaged(Exception):
    """The index cannot be used before it is made anew."""


class Hit(NamedTuple):
    """A message that may be meant: it has the pieces. Whether it has the words, its text says."""

    id: int
    message: str
    document: str
    text: str


def add(connection: Connection, said: Sequence[tuple[str, str, str]]) -> None:
    """New messages say this: (message, document, text) of each."""
    folded = {message: (document, fold(text)) for message, document, text in said}
    values = [{"message": message, "document": each[0], "text": each[1]} for message, each in folded.items()]
    found = connection.execute(_ADD, values).all()
    _index(connection, [(row.id, *folded[row.message]) for row in found])


def put(connection: Connection, message: str, document: str, text: str) -> None:
    """A message says this now. Idempotent."""
    known = connection.execute(_FIND, {"message": message}).first()
    if known is None:
        add(connection, [(message, document, text)])
        return
    folded = fold(text)
    if known.text != folded:
        _unindex(connection, known.id, document, known.text)
        connection.execute(_CHANGE, {"row": known.id, "folded": folded})
        _index(connection, [(known.id, document, folded)])


def drop(connection: Connection, message: str) -> None:
    """A message says nothing any more. Idempotent."""
    known = connection.execute(_FIND, {"message": message}).first()
    if known is not None and known.text:
        _unindex(connection, known.id, known.document, known.text)
        connection.execute(_CHANGE, {"row": known.id, "folded": ""})
        _forget_later(connection)


def drop_document(connection: Connection, document: str, limit: int) -> bool:
    """Remove at most so many rows of a document that is gone; True when none is left."""
    rows = connection.execute(_BEFORE_IN_DOCUMENT, {"document": document, "before": 1 << 62, "limit": limit}).all()
    for row in rows:
        _unindex(connection, row.id, document, row.text)
    if rows:
        connection.execute(delete(_ROW).where(_ROW.c.id.in_([row.id for row in rows])))
        _forget_later(connection)
    return len(rows) < limit


def place(connection: Connection, message: str) -> tuple[int, str] | None:
    """(id, document) of a message."""
    row = connection.execute(_FIND, {"message": message}).first()
    return None if row is None else (row.id, row.document)


def with_grams(
    connection: Connection, asked: Collection[str], documents: Collection[str] | None, before: int, limit: int
) -> list[Hit]:
    """The newest of those older than `before` that have all these pieces, in these documents (None: in any)."""
    if connection.dialect.name == "sqlite":
        wanted = [" AND ".join(map(_quoted, sorted(asked)))] if asked else []
        if documents is not None:
            wanted.append(f"({' OR '.join(_quoted(document_gram(each)) for each in documents)})")
        values = {"asked": " AND ".join(wanted), "before": before, "limit": limit}
        return [Hit(*row) for row in connection.execute(_FTS_HITS, values)]
    values = {"asked": [_number(each) for each in asked], "before": before, "limit": limit}
    if documents is not None:
        values["some"] = [_number(document_gram(each)) for each in documents]
        return [Hit(*row) for row in connection.execute(_GIN_HITS_OF_DOCUMENTS, values)]
    newest = [Hit(*row) for row in connection.execute(_GIN_NEWEST, values)]
    return newest if len(newest) == limit else [Hit(*row) for row in connection.execute(_GIN_HITS, values)]


def newest(connection: Connection, document: str | None, before: int, limit: int) -> list[Hit]:
    """The newest of those older than `before`, whatever they say."""
    values = {"before": before, "limit": limit, "document": document}
    return [Hit(*row) for row in connection.execute(_BEFORE if document is None else _BEFORE_IN_DOCUMENT, values)]


def floor(connection: Connection, count: int) -> int:
    """Behind which place the newest so many are; -1: all are."""
    return connection.execute(_FLOOR, {"count": count}).scalar() or -1


def with_text(connection: Connection, word: str, after: int, before: int, limit: int) -> list[Hit]:
    """The newest between two places that say this."""
    values = {"word": word, "after": after, "before": before, "limit": limit}
    return [Hit(*row) for row in connection.execute(_BETWEEN[connection.dialect.name], values)]


def forgets(connection: Connection) -> bool:
    """Whether pieces of what was dropped may still be in the file of the database."""
    return settings.read_all(connection).get(_FORGETS) is True


def forget_some(connection: Connection) -> bool:
    """Forget a little more of what was dropped; True when nothing of it is left.

    FTS5 notes beside what it holds that it holds it no longer, until all is merged into one.
    """
    before = _changes(connection)
    connection.execute(_FTS_MERGE, {"pages": -MERGED_PAGES})
    if _changes(connection) - before >= 2:  # https://sqlite.org/fts5.html#the_merge_command
        return False
    settings.write(connection, _FORGETS, False)
    if _levels(connection) > LEVELS_AT_MOST:
        give_up(connection)
    return True


@contextlib.contextmanager
def told_damage() -> Iterator[None]:
    """`Damaged` where SQLite finds the index, which is made of other rows, in disorder. What else failed, fails."""
    try:
        yield
    except DatabaseError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0)
        if isinstance(error.orig, sqlite3.Error) and code & 0xFF == sqlite3.SQLITE_CORRUPT:
            raise Damaged from error
        raise


def give_up(connection: Connection) -> None:
    """The index is not what it should be: it will be made anew."""
    settings.write(connection, _MADE_BY, None)


def is_complete(connection: Connection) -> bool:
    """Whether every message is in the index, by the present rules."""
    return settings.read_all(connection).get(_MADE_BY) == VERSION


def begin_anew(connection: Connection) -> list[str]:
    """Empty the index; answers the messages that `fill` is to bring back, the oldest first."""
    if connection.dialect.name == "sqlite":
        connection.execute(_FTS_NO_LEVELS)  # it may be damaged: then it would not even be emptied
        connection.execute(_FTS_EMPTY)
    else:
        connection.execute(_GIN_EMPTY)
    connection.execute(delete(_ROW))
    give_up(connection)
    return list(connection.execute(_UNSAID).scalars())


def fill(connection: Connection, messages: Collection[str]) -> None:
    """Bring some back."""
    found = {row.id: row for row in connection.execute(_SAYING, {"ids": list(messages)})}
    for id in messages:
        if id in found:
            put(connection, id, found[id].document, found[id].text)


def completed(connection: Connection) -> None:
    """All are back."""
    settings.write(connection, _MADE_BY, VERSION)


def _forget_later(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and not forgets(connection):
        settings.write(connection, _FORGETS, True)


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def _levels(connection: Connection) -> int:
    """How many the index has: a varint behind the first four bytes of its structure record."""
    record = connection.execute(_FTS_LEVELS).scalar() or b""
    found = 0
    for byte in record[4:6]:  # two bytes tell of more than is allowed
        found = found << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return found


def _index(connection: Connection, said: Sequence[tuple[int, str, str]]) -> None:
    """(id, document, folded text) of each."""
    found = [(id, pieces) for id, document, folded in said if (pieces := _pieces(document, folded))]
    if not found:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_FTS_ADD, [{"id": id, "grams": " ".join(pieces)} for id, pieces in found])
    else:
        arrays = [f"{{{','.join(str(_number(each)) for each in pieces)}}}" for _, pieces in found]
        connection.execute(_GIN_ADD, {"ids": [id for id, _ in found], "grams": arrays})


def _unindex(connection: Connection, id: int, document: str, folded: str) -> None:
    found = _pieces(document, folded)
    if not found:
        return  # nothing was put there: FTS5 counts its rows, and takes less than none for damage
    if connection.dialect.name == "sqlite":
        # An index without content must be told what it held.
        connection.execute(_FTS_DROP, {"id": id, "grams": " ".join(found)})
    else:
        connection.execute(_GIN_DROP, {"id": id})


def _pieces(document: str, folded: str) -> list[str]:
    return sorted({document_gram(document), *grams(folded)}) if folded else []


def _quoted(piece: str) -> str:
    return f'"{piece}"'


def _number(piece: str) -> int:
    # Two pieces of one number are no harm: the text decides.
    return crc32(piece.encode()) - (1 << 31)
