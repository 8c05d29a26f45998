"""Rows of who does a job that only one of several servers is to do. Each statement is a transaction of its own."""

from sqlalchemy import Connection

# Whoever is late finds the row as it is by then, and takes nothing (one statement, under the row's lock).
_NOW = "extract(epoch FROM clock_timestamp())::float8"
_TAKE = (
    f"INSERT INTO lease (name, holder, until) VALUES (%s, %s, {_NOW} + %s) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until "
    f"WHERE lease.holder = excluded.holder OR lease.until < {_NOW} RETURNING holder"
)


def take(connection: Connection, name: str, holder: str, seconds: float) -> bool:
    """Have it for so long, or for so much longer; False while somebody else has it. PostgreSQL only."""
    return connection.exec_driver_sql(_TAKE, (name, holder, seconds)).first() is not None


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Whoever wants it may have it."""
    connection.exec_driver_sql("DELETE FROM lease WHERE name = %s AND holder = %s", (name, holder))
