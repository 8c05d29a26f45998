"""Every test of the store runs on SQLite and on PostgreSQL, unless it speaks of one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quillroom.store.database import Database, open_database
from store.cluster import Cluster
from store.scribe import add_documents


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/quillroom.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.create_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A migrated database with the documents a, b and c."""
    yield from _opened(url)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """The same, SQLite only."""
    yield from _opened(f"sqlite:///{tmp_path}/quillroom.db")


@pytest.fixture
def postgresql(cluster: Cluster) -> Iterator[Database]:
    """The same, PostgreSQL only."""
    yield from _opened(cluster.create_database())


def _opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    database.migrate()
    add_documents(database, "a", "b", "c")
    yield database
    database.close()
