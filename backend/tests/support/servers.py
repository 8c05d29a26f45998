"""Several real servers as one: one PostgreSQL database, one Redis, one data folder, and nginx in front of them.

`a_server` is what tests of the product begin with: QUILLROOM_TEST_SERVERS says how many processes it is.
"""

import atexit
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from quillroom.store.database import open_database
from store.cluster import BINARIES, Cluster
from support.nginx import BINARY, Nginx
from support.redis_server import RedisServer
from support.server import Server

SERVERS = int(os.environ.get("QUILLROOM_TEST_SERVERS", "1"))
TEMPLATE = "migrated"


class Where(NamedTuple):
    """How one server reaches what all of them share."""

    database: str
    redis: str | None


class Servers(Server):
    """`each` of them by itself; `url`, `start`, `stop`, `kill9` and the rest of what a `Server` has, of all as one."""

    def __init__(
        self,
        data: Path,
        places: Sequence[Where],
        *,
        is_open: bool = True,
        options: tuple[str, ...] = (),
        is_behind_nginx: bool = True,
    ) -> None:
        super().__init__(data, is_open=is_open, options=("--database", places[0].database))
        self.each = [Server(data, is_open=is_open, options=(*options, *_reached(place))) for place in places]
        self._nginx = Nginx() if is_behind_nginx else None

    def __getitem__(self, number: int) -> Server:
        return self.each[number]

    @property
    def pid(self) -> int:
        raise AssertionError("several servers are several processes: ask one of them")

    def start(self) -> Self:
        """All at once; they keep their ports."""
        _at_once(Server.start, [each for each in self.each if not each.is_alive()])
        if self._nginx is not None and self.port == 0:
            self.port = self._nginx.start([each.port for each in self.each]).port
        return self

    def kill9(self) -> None:
        for each in self.each:
            each.kill9()

    def freeze(self) -> None:
        for each in self.each:
            each.freeze()

    def thaw(self) -> None:
        for each in self.each:
            each.thaw()

    def stop(self) -> None:
        """Ask all of them to end, as before a restart: nginx stays."""
        _at_once(Server.stop, self.each)

    def goes(self) -> None:
        """For good, and at once; idempotent."""
        for each in self.each:
            if each.is_alive():
                each.kill9()
        if self._nginx is not None:
            self._nginx.stop()

    def has_died(self) -> None:
        for each in self.each:
            each.has_died()

    def is_alive(self) -> bool:
        return all(each.is_alive() for each in self.each)


class Ground:
    """What several servers stand on, for one run of tests: PostgreSQL, and Redis."""

    def __init__(self) -> None:
        self.cluster = Cluster().start()
        self.redis = RedisServer().start()
        self._names = count(1)
        self._migrates()

    def place(self) -> Where:
        """A new empty database, and Redis: each installation has keys and channels of its own there."""
        name = f"house{next(self._names)}"
        self.cluster.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return Where(self.cluster.url(name), self.redis.url)

    def goes(self) -> None:
        self.redis.remove()
        self.cluster.remove()

    def _migrates(self) -> None:
        self.cluster.execute(f"CREATE DATABASE {TEMPLATE}")
        database = open_database(self.cluster.url(TEMPLATE))
        database.migrate()
        database.close()


@cache
def ground() -> Ground:
    """Made when it is first asked for; goes with the run."""
    if not BINARIES or BINARY is None or not RedisServer.is_installed():
        pytest.skip("PostgreSQL, Redis or nginx is not installed")
    made = Ground()
    atexit.register(made.goes)
    return made


def a_server(data: Path, *, is_open: bool = True, options: tuple[str, ...] = ()) -> Server:
    """Not started yet. One process on SQLite; or as many as are wished for, behind one port."""
    if SERVERS == 1:
        return Server(data, is_open=is_open, options=options)
    return Servers(data, [ground().place()] * SERVERS, is_open=is_open, options=options)


def skips_one_process(items: Sequence[pytest.Item]) -> None:
    """What is about a file of SQLite, one process or its memory says so, and why."""
    for item in items:
        mark = item.get_closest_marker("one_process")
        if SERVERS > 1 and mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"one process: {mark.args[0]}"))


def _reached(place: Where) -> tuple[str, ...]:
    redis = () if place.redis is None else ("--redis", place.redis)
    return ("--database", place.database, *redis)


def _at_once(act: Callable[[Server], object], servers: Sequence[Server]) -> None:
    if servers:
        with ThreadPoolExecutor(len(servers)) as pool:
            list(pool.map(act, servers))
