"""All rows of one database into another, empty one, a few at a time."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select, Table, func, insert, inspect, select, text
from sqlmodel import SQLModel

from quillroom.store.statements import table
from quillroom.store.tables import FileRow

BATCH_ROWS = 500
BATCH_BYTES = 4 * 1024 * 1024
BLOBS_AT_ONCE = 4
# What speaks of running servers, and the index of messages, which each database keeps in its own way: it is made anew.
LEFT_OUT = {"instance", "lease", "writer_round", "message_search"}
_SETTINGS_LEFT_OUT = ("message_search_version", "message_search_forgets")
_Row = dict[str, Any]
_FILE = table(FileRow)


def moved_tables() -> list[Table]:
    """In an order in which each refers to those before it only."""
    return [each for each in SQLModel.metadata.sorted_tables if each.name not in LEFT_OUT]


def holds_anything(connection: Connection) -> bool:
    """Whether a row is in any of our tables."""
    there = set(inspect(connection).get_table_names())
    ours = [each for each in SQLModel.metadata.sorted_tables if each.name in there]
    return any(connection.execute(select(1).select_from(_rows(each).subquery()).limit(1)).first() for each in ours)


def copy(source: Connection, target: Connection, say: Callable[[str, int, int], None]) -> dict[str, int]:
    """Everything, in the caller's transactions; `say` gets table, rows so far, rows of it. Answers rows by table."""
    for each in SQLModel.metadata.tables.values():
        if each.name == "setting":  # migrations put some in
            target.execute(each.delete())
    counts: dict[str, int] = {}
    for each in moved_tables():
        total, done = count(source, each), 0
        for batch in _batches(source, each):
            target.execute(insert(each), batch)
            done += len(batch)
            say(each.name, done, total)
        counts[each.name] = done
    _follow(target)
    return counts


def count(connection: Connection, rows: Table) -> int:
    """How many rows of a table are moved."""
    return connection.execute(select(func.count()).select_from(_rows(rows).subquery())).scalar_one()


def count_bytes(connection: Connection) -> int:
    """How many different files the rows name."""
    return connection.execute(select(func.count(func.distinct(_FILE.c.hash)))).scalar_one()


def _rows(rows: Table) -> Select[Any]:
    query = select(rows)
    return query.where(rows.c.name.not_in(_SETTINGS_LEFT_OUT)) if rows.name == "setting" else query


def _batches(connection: Connection, rows: Table) -> Iterator[list[_Row]]:
    """A checkpoint may have many megabytes: few of what holds bytes are read at a time."""
    has_blobs = any(isinstance(column.type, LargeBinary) for column in rows.columns)
    options = {"yield_per": BLOBS_AT_ONCE if has_blobs else BATCH_ROWS}
    batch: list[_Row] = []
    size_bytes = 0
    with connection.execute(_rows(rows), execution_options=options) as found:
        for row in found.mappings():
            batch.append(dict(row))
            size_bytes += sum(len(value) for value in row.values() if isinstance(value, bytes | str))
            if len(batch) >= BATCH_ROWS or size_bytes >= BATCH_BYTES:
                yield batch
                batch, size_bytes = [], 0
    if batch:
        yield batch


def _follow(target: Connection) -> None:
    """What PostgreSQL numbers by: on SQLite the row of a document follows its log a second later."""
    target.execute(
        text(
            "UPDATE document SET head = (SELECT max(seq) FROM document_update AS u WHERE u.document = document.id) "
            "WHERE head < (SELECT max(seq) FROM document_update AS u WHERE u.document = document.id)"
        )
    )
    if target.dialect.name == "sqlite":
        return
    for each in moved_tables():
        for column in each.columns:
            if column.identity is not None:
                target.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{each.name}', '{column.name}'), max({column.name})) "
                        f"FROM {each.name} HAVING max({column.name}) IS NOT NULL"
                    )
                )
