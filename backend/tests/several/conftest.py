"""Three real servers on one database and one data folder; with Redis, and in a storm, where a test asks for it."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import make_url

from store.cluster import Cluster
from support.members import Account, signs_up
from support.redis_server import RedisServer
from support.server import Server
from support.spread import browser
from support.storm import Storm

Open = Callable[..., list[Server]]


class Base:
    """The database of one installation, as its operator reaches it."""

    def __init__(self, cluster: Cluster) -> None:
        self.url = cluster.create_database()
        self.name = make_url(self.url).database or ""
        self._cluster = cluster

    def asks(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._cluster.execute(statement, *values, database=self.name)

    def takes_no_writes(self, is_read_only: bool) -> None:
        """As after a failover to a replica; who is connected is cut off."""
        change = "SET default_transaction_read_only = on" if is_read_only else "RESET default_transaction_read_only"
        self._cluster.execute(f"ALTER DATABASE {self.name} {change}")
        self._cluster.cut_sessions(self.name)


@pytest.fixture
def base(cluster: Cluster) -> Base:
    return Base(cluster)


@pytest.fixture
def opens(tmp_path: Path, base: Base) -> Iterator[Open]:
    """`opens(*options)` starts three servers."""
    running: list[Server] = []

    def open(*options: str, ports: Sequence[int] = (0, 0, 0)) -> list[Server]:
        for port in ports:
            server = Server(tmp_path / "data", is_open=False, options=("--database", base.url, *options))
            server.port = port
            running.append(server.start())
        return running

    yield open
    for server in running:
        server.stop()


@pytest.fixture
def three(opens: Open) -> list[Server]:
    return opens()


@pytest.fixture
async def web(three: list[Server]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser whose requests reach another of the three each time."""
    async with browser(three) as opened:
        yield opened


@pytest.fixture
async def ann(web: httpx.AsyncClient) -> Account:
    """Administers."""
    return await signs_up(web, "Ann")


@pytest.fixture
def storms(cluster: Cluster) -> Iterator[Callable[..., Storm]]:
    """Makes storms; each ends with the test."""
    if not RedisServer.is_installed():
        pytest.skip("Redis is not installed")
    made: list[Storm] = []

    def makes(**how: Any) -> Storm:
        made.append(Storm(cluster, **how))
        return made[-1].begins()

    yield makes
    for each in made:
        each.goes()
