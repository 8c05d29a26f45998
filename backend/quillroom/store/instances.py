"""Rows of the servers that are here, or were a moment ago. `seen_at` is by the database's clock."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from quillroom.store import clock
from quillroom.store.statements import table
from quillroom.store.tables import InstanceRow

_INSTANCE = table(InstanceRow)


def renew(connection: Connection, row: InstanceRow) -> None:
    """This server is here, now; its times are put into those of the database's clock. PostgreSQL only."""
    now = clock.now(connection)
    values = row.model_dump() | {"seen_at": now, "started_at": now - (row.seen_at - row.started_at)}
    changes = {name: value for name, value in values.items() if name not in ("id", "started_at")}
    statement = insert(_INSTANCE).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))


def remove(connection: Connection, id: str) -> None:
    """It ended as it should."""
    connection.execute(delete(_INSTANCE).where(_INSTANCE.c.id == id))


def sweep(connection: Connection, seconds: float) -> None:
    """Forget those that were not heard of for so long."""
    connection.execute(delete(_INSTANCE).where(_INSTANCE.c.seen_at < clock.now(connection) - seconds))


def every(connection: Connection) -> tuple[float, Sequence[InstanceRow]]:
    """(the database's time, all that are known, the oldest first)."""
    found = connection.execute(select(_INSTANCE).order_by(_INSTANCE.c.started_at, _INSTANCE.c.id))
    return clock.now(connection), [InstanceRow(**row) for row in found.mappings()]


def count(connection: Connection, seconds: float) -> int:
    """How many were heard of within so long."""
    query = select(func.count()).where(_INSTANCE.c.seen_at >= clock.now(connection) - seconds)
    return connection.execute(query).scalar_one()
