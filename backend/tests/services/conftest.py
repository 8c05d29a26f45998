"""Services are tried on SQLite and on PostgreSQL, as the store is."""

from store.conftest import database, postgresql, sqlite, url

__all__ = ["database", "postgresql", "sqlite", "url"]
