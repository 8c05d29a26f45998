"""Services are tried on SQLite and on PostgreSQL, as the store is."""

from store.conftest import cluster, database, postgresql, sqlite, url

__all__ = ["cluster", "database", "postgresql", "sqlite", "url"]
