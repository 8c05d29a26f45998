"""One database, SQLite or PostgreSQL: connections, settings that durability rests on, and migrations."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

__all__ = ["Connection", "Database", "open_database"]

BUSY_MS = 5000
MIGRATION_LOCK = 0x5155494C
POOL_SECONDS = 5.0
AWAY_SECONDS = 0.5
# Every wait has an end: a server that is gone without a word is given up after 8 seconds.
POSTGRESQL_WAITS = {
    "connect_timeout": 5,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
}
IDLE_MS = 5000  # a process that was frozen in the middle of a transaction holds its locks no longer than this
STATEMENT_MS = 30_000


class Database:
    """Reads run on pooled connections; writes belong to the `Writer`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._away_until = 0.0
        self._away: OperationalError | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether the file is ours alone, with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the tables to the newest revision. Idempotent."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # One transaction begun by ourselves: Python's sqlite3 begins none for DDL, and a process killed in the
            # middle would leave tables without a revision. Servers that start together take turns.
            self.begin_alone(connection)
            try:
                upgrade(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def begin_alone(self, connection: Connection) -> None:
        """A transaction that may take long, while no other server migrates or begins to serve."""
        connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        if not self.is_sqlite:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            take_time(connection)
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query; blocks, so call it from a thread. Raises DBAPIError, within seconds where nobody answers."""
        with self._connected() as connection:
            return query(connection)

    def snapshot(self, query: Callable[[Connection], T]) -> T:
        """Run a query that sees one moment, however many statements it takes, while others write."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                if not self.is_sqlite:
                    take_time(connection)
                return query(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def _connected(self) -> Connection:
        """Who waits behind others for a database that does not answer must not wait as long as they did, one by one."""
        if self._away is not None and time.monotonic() < self._away_until:
            raise OperationalError(self._away.statement, self._away.params, self._away.orig or self._away)
        try:
            return self.engine.connect()
        except PoolTimeout as error:
            raise OperationalError("connect", None, error) from error
        except OperationalError as error:
            self._away, self._away_until = error, time.monotonic() + AWAY_SECONDS
            raise

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def take_time(connection: Connection) -> None:
    """What this transaction does on PostgreSQL may take long, and think between its statements."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def open_database(url: str) -> Database:
    """`sqlite:///path` or `postgresql://…`."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername.startswith("sqlite"):
        engine = create_engine(parsed, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        waits = {name: value for name, value in POSTGRESQL_WAITS.items() if name not in parsed.query}
        pool: dict[str, Any] = {"pool_size": 5, "max_overflow": 5, "pool_timeout": POOL_SECONDS, "pool_pre_ping": True}
        engine = create_engine(parsed, connect_args=waits, **pool)
        event.listen(engine, "connect", _set_up_postgresql)
    return Database(engine)


def _set_up_sqlite(connection: Any, record: object) -> None:
    # WAL with FULL: a commit that returned survives kill -9 and power loss; readers never block the writer.
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _begin_wal(connection)
    # Secure: what is deleted or recalled is overwritten with zeros; not every build does that by itself.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_wal(connection: Any) -> None:
    # SQLite does not wait by itself where two connections of a new file do this at once.
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _set_up_postgresql(connection: Any, record: object) -> None:
    # "Saved" means on disk: a cluster that commits asynchronously by default does not do so for us.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    limits = {
        "lock_timeout": BUSY_MS,
        "idle_in_transaction_session_timeout": IDLE_MS,
        "statement_timeout": STATEMENT_MS,
    }
    for name, milliseconds in limits.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, str(milliseconds)))
    connection.commit()
