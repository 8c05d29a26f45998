"""Rows of how often something was tried, over all servers (GCRA: one number says how full a bucket is)."""

from sqlalchemy import Connection

_NOW = "extract(epoch FROM clock_timestamp())::float8"
# One statement under the row's lock: of a thousand at once exactly as many get through as there is room for.
_SPEND = (
    f"INSERT INTO attempt (key, full_at) VALUES (%(key)s, {_NOW} + %(seconds)s) "
    f"ON CONFLICT (key) DO UPDATE SET full_at = greatest(attempt.full_at, {_NOW}) + %(seconds)s "
    f"WHERE greatest(attempt.full_at, {_NOW}) + %(seconds)s <= {_NOW} + %(burst)s * %(seconds)s RETURNING full_at"
)
_WAIT = f"SELECT full_at + %(seconds)s - %(burst)s * %(seconds)s - {_NOW} FROM attempt WHERE key = %(key)s"


def spend(connection: Connection, key: bytes, burst: float, seconds: float) -> float:
    """Count a try of so many that may come at once, one more each `seconds`; 0, or how long to wait: then it does
    not count. PostgreSQL only."""
    values = {"key": key, "burst": burst, "seconds": seconds}
    if connection.exec_driver_sql(_SPEND, values).first() is not None:
        return 0.0
    return max(0.1, float(connection.exec_driver_sql(_WAIT, values).scalar() or 0.0))


def forget(connection: Connection, key: bytes) -> None:
    """The bucket is full again."""
    connection.exec_driver_sql("DELETE FROM attempt WHERE key = %s", (key,))


def sweep(connection: Connection) -> None:
    """Those that are full need no row."""
    connection.exec_driver_sql(f"DELETE FROM attempt WHERE full_at < {_NOW}")
