"""Several servers, and every line of theirs ours to break: to PostgreSQL, to Redis, and from those who use them."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import redis

from store.cluster import Cluster
from store.wire import PORT_FILE
from support.chaos import Chaos
from support.ports import free_port
from support.redis_server import RedisServer
from support.server import Server
from support.servers import Servers, Where
from support.writers import Door

START_SECONDS = 30.0


class Storm:
    """`servers`, and for each of them a link `to_redis`, `to_postgresql` and from its `people`."""

    def __init__(
        self, cluster: Cluster, *, count: int = 3, has_redis: bool = True, seed: int = 0, script: Path | None = None
    ) -> None:
        self.count = count
        self.cluster = cluster
        self.redis = RedisServer().start() if has_redis else None
        self.folder = Path(tempfile.mkdtemp(prefix="quillroom-storm-"))
        self.chaos = Chaos(seed)
        self.database_url = cluster.create_database()
        self.database = self.database_url.split("/")[3].split("?")[0]
        self.to_postgresql = [self._line_to_postgresql(number) for number in range(count)]
        self.to_redis = [self._line_to_redis() for _ in range(count)]
        places = [Where(self._database_of(number), self._redis_of(number)) for number in range(count)]
        self.servers = Servers(self.folder / "data", places, is_open=False, is_behind_nginx=False)
        for server in self.servers.each:
            server.port, server.script = free_port(), script
        self.people = [self.chaos.link(("127.0.0.1", server.port)) for server in self.servers.each]

    @property
    def doors(self) -> list[Door]:
        """Through the lines that may be broken."""
        return [Door(link.port) for link in self.people]

    def __getitem__(self, number: int) -> Server:
        return self.servers[number]

    def begins(self) -> "Storm":
        self.servers.start()
        return self

    def calms(self) -> None:
        """Everything runs and every line is whole again."""
        self.chaos.heals()
        self.servers.thaw()
        for number in range(self.count):
            self.starts(number)

    def starts(self, number: int) -> None:
        """Have it run, as a supervisor would: again, when it ends because it found no database."""
        server, until = self[number], time.monotonic() + START_SECONDS
        while not server.is_alive():
            try:
                server.start()
            except AssertionError:
                server.stop()
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def asks_redis(self, *command: str) -> Any:
        """A command to Redis itself, past the lines."""
        assert self.redis is not None
        with redis.Redis(port=self.redis.port) as here:
            return here.execute_command(*command)

    def goes(self) -> None:
        self.chaos.heals()
        self.servers.thaw()
        self.servers.goes()
        self.chaos.closes()
        if self.redis is not None:
            self.redis.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _line_to_postgresql(self, number: int) -> Any:
        folder = self.folder / f"postgresql-{number}"
        folder.mkdir(parents=True)
        return self.chaos.link(self.cluster.home / PORT_FILE, at=folder / PORT_FILE)

    def _line_to_redis(self) -> Any:
        port = 1 if self.redis is None else self.redis.port
        return self.chaos.link(("127.0.0.1", port), is_redis=True)

    def _database_of(self, number: int) -> str:
        return self.cluster.url(self.database, self.folder / f"postgresql-{number}")

    def _redis_of(self, number: int) -> str | None:
        return None if self.redis is None else f"redis://127.0.0.1:{self.to_redis[number].port}"
