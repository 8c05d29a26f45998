"""SQLAlchemy tables of the SQLModel classes, and many rows written in one statement."""

from collections.abc import Sequence
from functools import cache
from typing import cast

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel


def table(model: type[SQLModel]) -> Table:
    """The table behind a `table=True` model."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def add_all(connection: Connection, into: Table, names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, given as the columns `names` of each.

    PostgreSQL gets them as one array a column: one statement, and always the same one, however many there are.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_one_by_one(into, names), list(rows))
    else:
        connection.exec_driver_sql(_at_once(into, names), tuple(list(column) for column in zip(*rows, strict=True)))


@cache
def _one_by_one(into: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {into.name} ({_quoted(names)}) VALUES ({', '.join('?' * len(names))})"


@cache
def _at_once(into: Table, names: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    arrays = ", ".join(f"%s::{into.c[name].type.compile(dialect)}[]" for name in names)
    return f"INSERT INTO {into.name} ({_quoted(names)}) SELECT * FROM unnest({arrays})"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
