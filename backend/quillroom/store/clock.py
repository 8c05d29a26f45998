"""The one clock of an installation: the database's, where several servers have clocks of their own."""

import time

from sqlalchemy import Connection

_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


def now(connection: Connection) -> float:
    """Unix seconds by the database's clock; with SQLite there is no other machine."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.exec_driver_sql(_NOW).scalar_one())
