"""One Node process and one database file for all histories of a module."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from histories.yjs import Yjs
from quillroom.store.database import open_database


@pytest.fixture(scope="module")
def yjs() -> Iterator[Yjs]:
    """Real Yjs."""
    with Yjs() as running:
        yield running


@pytest.fixture(scope="module")
def database() -> Iterator[Path]:
    """A migrated SQLite file; in memory where that is possible, for nobody pulls the plug here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        path = Path(folder) / "quillroom.db"
        made = open_database(f"sqlite:///{path}")
        made.migrate()
        made.close()
        yield path
