"""Fixtures for every test of the server."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from store.cluster import BINARIES, Cluster
from support.server import Server
from support.servers import a_server, skips_one_process

# Time says nothing about whether a property holds, and a busy machine must not fail it.
settings.register_profile("quillroom", deadline=None, print_blob=True)
settings.load_profile("quillroom")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skips_one_process(items)


@pytest.fixture
def seed() -> int:
    """Another one each time; told when the test fails."""
    chosen = random.randrange(2**32)
    print(f"seed {chosen}")
    return chosen


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """PostgreSQL, started once."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed")
    running = Cluster().start()
    yield running
    running.remove()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An open server on a free port."""
    running = a_server(tmp_path).start()
    yield running
    running.goes()


@pytest.fixture
def closed_server(tmp_path: Path) -> Iterator[Server]:
    """A server on which one must have a name."""
    running = a_server(tmp_path, is_open=False).start()
    yield running
    running.goes()
