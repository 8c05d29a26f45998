"""`serve --redis`: what an operator may say, and what the server then says of itself."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from store.cluster import Cluster
from support.redis_server import RedisServer
from support.server import Server, run


def metric(server: Server, name: str) -> float:
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_two_servers_find_each_other_by_redis(tmp_path: Path, cluster: Cluster, redis: RedisServer) -> None:
    options = ("--database", cluster.create_database(), "--redis", redis.url)
    ann, bob = (Server(tmp_path, options=options).start() for _ in range(2))
    try:
        for server in (ann, bob):
            until(lambda server=server: metric(server, "quillroom_bus_connected") == 1)  # type: ignore[misc]
        channel = redis.cli("PUBSUB", "CHANNELS", "quillroom:*:servers")
        until(lambda: redis.cli("PUBSUB", "NUMSUB", channel).split()[-1] == "2")
        assert metric(ann, "quillroom_bus_reconnects_total") == 0
        assert metric(ann, "quillroom_bus_ping_seconds_count") >= 1
    finally:
        ann.stop()
        bob.stop()


def test_a_server_starts_without_the_redis_that_was_named(tmp_path: Path, cluster: Cluster, redis: RedisServer) -> None:
    redis.kill9()
    server = Server(tmp_path, options=("--database", cluster.create_database(), "--redis", redis.url)).start()
    try:
        assert metric(server, "quillroom_bus_connected") == 0
        until(lambda: "cannot be reached" in (httpx.get(f"{server.url}/health/ready").json()["why"] or ""))
        ready = httpx.get(f"{server.url}/health/ready")
        assert (ready.status_code, ready.json()["mode"]) == (200, "degraded")
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://redis:6379", "redis://host:6379, rediss://"),
        ("redis://:s3cret@host:port", "'redis://@host:port' came"),
        ("redis+sentinel://a:26379,b:26379", "the name that the sentinels give the service is missing"),
    ],
)
def test_a_wrong_address_is_refused_at_the_start(tmp_path: Path, url: str, says: str) -> None:
    refused = run("serve", "--data", tmp_path, "--database", "postgresql:///nothing", "--redis", url)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert "s3cret" not in refused.stderr


def test_redis_beside_sqlite_is_refused_with_what_to_say_instead(tmp_path: Path) -> None:
    refused = run("serve", "--data", tmp_path, "--redis", "redis://127.0.0.1")
    assert refused.returncode == 2
    assert "add --database postgresql://" in refused.stderr
