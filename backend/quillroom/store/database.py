"""One database, SQLite or PostgreSQL: connections, settings that durability rests on, and migrations."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url

T = TypeVar("T")

__all__ = ["Connection", "Database", "open_database"]

BUSY_MS = 5000


class Database:
    """Reads run on pooled connections; writes belong to the `Writer`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether the file is ours alone, with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the tables to the newest revision. Idempotent."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query; blocks, so call it from a thread."""
        with self.engine.connect() as connection:
            return query(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """`sqlite:///path` or `postgresql://…`."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername.startswith("sqlite"):
        engine = create_engine(parsed, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        engine = create_engine(parsed, pool_size=5, max_overflow=5, pool_pre_ping=True)
    return Database(engine)


def _set_up_sqlite(connection: Any, record: object) -> None:
    # WAL with FULL: a commit that returned survives kill -9 and power loss; readers never block the writer.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")
