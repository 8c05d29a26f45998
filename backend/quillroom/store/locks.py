"""Taking turns where several servers write one database."""

from sqlalchemy import Connection, text


def take_turns(connection: Connection, what: str) -> None:
    """Until this transaction ends, nobody else gets past here with the same name. SQLite has one writer anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})
