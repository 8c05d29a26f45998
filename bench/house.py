"""Three servers as one house: a PostgreSQL that syncs to the disk, a Redis, one data folder; each to be killed."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.places import BACKEND

sys.path.append(str(BACKEND / "tests"))  # what starts real parts for the tests starts them here

from quillroom.store.database import open_database
from store.cluster import BINARIES, Cluster
from support.redis_server import RedisServer
from support.servers import Servers, Where

__all__ = ["BINARIES", "RedisServer", "Servers", "house"]


class DurableCluster(Cluster):
    """As in production: a commit is on the disk."""

    def start(self) -> Cluster:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.home} -c max_connections=200"
        self._control("-o", options, "-l", str(self.home / "log"), "-w", "start")
        return self


@contextmanager
def house(count: int, *, is_open: bool = False) -> Iterator[tuple[Servers, RedisServer]]:
    """So many servers, started, and their Redis; all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as data, RedisServer() as redis:
        cluster = DurableCluster().start()
        try:
            url = cluster.create_database()
            database = open_database(url)
            database.migrate()
            database.close()
            servers = Servers(Path(data), [Where(url, redis.url)] * count, is_open=is_open, is_behind_nginx=False)
            try:
                yield servers.start(), redis
            finally:
                servers.stop()
        finally:
            cluster.remove()
