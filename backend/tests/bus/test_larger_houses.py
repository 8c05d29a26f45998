"""TLS, sentinels and clusters, each of real processes."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bus.site import PREFIX, Site, until
from quillroom.bus.address import Node
from quillroom.bus.layout import read_slots, slot_of
from quillroom.bus.link import Lost
from support.redis_server import RedisServer
from support.redis_sites import RedisCluster, Sentinel, tls_server


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[Sentinel]:
    if not RedisServer.is_installed():
        pytest.skip("redis-server is not installed")
    with ExitStack() as ends:
        yield Sentinel(tmp_path / "sentinel", ends)


@pytest.fixture(scope="module")
def parts() -> Iterator[RedisCluster]:
    if not RedisServer.is_installed():
        pytest.skip("redis-server is not installed")
    with ExitStack() as ends:
        yield RedisCluster(ends)


async def test_servers_meet_over_tls_and_trust_nobody_else(tmp_path: Path) -> None:
    with tls_server(tmp_path) as (redis, certificate):
        stranger = Site(redis.url).starts()
        await until(lambda: "cannot be reached" in (stranger.bus.why or ""))
        assert "certificate" in (stranger.bus.why or "").lower()
        await stranger.ends()
        url = f"{redis.url}?ssl_ca_certs={certificate}"
        async with Site(url) as ann, Site(url) as bob, Site(f"{redis.url}?ssl_cert_reqs=none") as lax:
            for site in (bob, lax):
                await site.joins_all("sync:a")
            for number in range(200):
                ann.says("sync:a", b"%d" % number + bytes(10_000))
            await bob.hears(b"199" + bytes(10_000))
            await lax.hears(b"199" + bytes(10_000))


async def works(url: str) -> None:
    """All that the bus does of Redis."""
    async with Site(url) as ann, Site(url) as bob:
        await bob.joins_all("sync:a", "sync:b")
        bob.bus.leave("sync:b")
        ann.says("sync:a", b"hello")
        await bob.hears(b"hello")
        await ann.bus.store.renew(["ann", "gone"], 30)
        await ann.bus.store.remove(["gone"])
        assert await bob.bus.store.read() == ["ann"]
        await until(lambda: len(ann.pings) >= 2)
        assert (ann.bus.dropped, bob.modes) == ({}, [True])


def rules() -> list[str]:
    """What operating.md says that a user of Redis needs."""
    text = (Path(__file__).parents[3] / "docs" / "operating.md").read_text()
    return text.partition("ACL SETUSER quillroom ")[2].partition("\n\n")[0].split()


async def test_the_user_of_the_handbook_may_do_what_is_needed_and_no_more(redis: RedisServer) -> None:
    words = [word.replace(">password", ">s3cret") for word in rules()]
    assert redis.cli("ACL", "SETUSER", "quillroom", *words) == "OK"
    await works(f"redis://quillroom:s3cret@127.0.0.1:{redis.port}")
    denied = [line for line in redis.cli("ACL", "LOG").splitlines() if line]
    assert denied in ([], ["(empty array)"])
    redis.cli("ACL", "SETUSER", "quillroom", "-subscribe")
    site = Site(f"redis://quillroom:s3cret@127.0.0.1:{redis.port}").starts()
    await until(lambda: "does not let us listen (NOPERM" in (site.bus.why or ""))
    await site.ends()


async def test_the_user_of_the_handbook_is_enough_in_a_cluster(parts: RedisCluster) -> None:
    words = [word.replace(">password", ">s3cret") for word in rules()]
    for node in parts.nodes:
        assert node.cli("ACL", "SETUSER", "quillroom", *words) == "OK"
    await works(f"redis+cluster://quillroom:s3cret@127.0.0.1:{parts.nodes[0].port}")


async def test_servers_on_one_machine_meet_at_a_socket(tmp_path: Path) -> None:
    with RedisServer("--unixsocket", str(tmp_path / "redis.sock")):
        await works(f"unix://{tmp_path}/redis.sock?db=2")


async def test_servers_meet_at_whichever_server_the_sentinels_name(sentinel: Sentinel) -> None:
    stranger = Site(f"redis+sentinel://127.0.0.1:{sentinel.port}/other").starts()
    await until(lambda: "knows no service 'other'" in (stranger.bus.why or ""))
    await stranger.ends()
    async with Site(sentinel.url) as ann, Site(sentinel.url) as bob:
        await bob.joins_all("sync:a")
        ann.says("sync:a", b"before")
        await bob.hears(b"before")
        bob.joins.clear()
        await asyncio.to_thread(sentinel.fails_over)
        await until(lambda: ann.bus.connects == 2 and bob.bus.connects == 2, 20)
        for site in (ann, bob):
            await site.is_connected()
            assert site.bus._shards[0].node.port == sentinel.replica.port
        await until(lambda: "sync:a" in bob.joins)
        ann.says("sync:a", b"after")
        await bob.hears(b"after")


async def test_the_master_dies_and_the_sentinel_makes_another_one(sentinel: Sentinel) -> None:
    async with Site(sentinel.url) as ann, Site(sentinel.url) as bob:
        await bob.joins_all("sync:a")
        bob.joins.clear()
        sentinel.master.kill9()
        await ann.is_lost(2)
        await ann.is_connected(20)
        await bob.is_connected(20)
        await until(lambda: "sync:a" in bob.joins)
        ann.says("sync:a", b"after")
        await bob.hears(b"after")


async def test_in_a_cluster_each_channel_is_carried_by_its_own_part(parts: RedisCluster) -> None:
    channels = [f"sync:{number}" for number in range(300)]
    async with Site(parts.url) as ann, Site(f"redis://127.0.0.1:{parts.nodes[2].port}") as bob:
        await bob.joins_all(*channels)
        for channel in channels:
            ann.says(channel, channel.encode())
        await bob.hears(*[channel.encode() for channel in channels])
        published = [node.calls("spublish") for node in parts.nodes]
        assert min(published) > 50, published
        assert sum(node.calls("publish") for node in parts.nodes) == 0
        await ann.bus.store.renew(["ann"], 30)
        assert await bob.bus.store.read() == ["ann"]
        assert ann.bus.dropped == {}


async def test_what_a_cluster_takes_away_and_gives_back_is_joined_again(parts: RedisCluster) -> None:
    async with Site(parts.url) as ann, Site(parts.url) as bob:
        await bob.joins_all("sync:a", "sync:b", "sync:c")
        bob.joins.clear()
        await asyncio.to_thread(parts.blinks, slot_of(f"{PREFIX}:sync:a".encode()))
        await until(lambda: "sync:a" in bob.joins)
        ann.says("sync:a", b"after")
        await bob.hears(b"after")
        assert (bob.joins, bob.modes) == (["sync:a"], [True])


async def test_a_part_of_the_cluster_moves_and_its_channels_go_with_it(parts: RedisCluster) -> None:
    async with Site(parts.url) as ann, Site(parts.url) as bob:
        await bob.joins_all("sync:a", "sync:b", "sync:c")
        bob.joins.clear()
        slot = slot_of(f"{PREFIX}:sync:a".encode())
        target = next(node for place, node in enumerate(parts.nodes) if place != min(slot // 5461, 2))
        await asyncio.to_thread(parts.moves, slot, target)
        await until(lambda: bob.joins == ["sync:a"])
        ann.says("sync:a", b"perhaps lost")  # ann is told by this that it went elsewhere
        await until(lambda: ann.bus._shard_of(f"{PREFIX}:sync:a".encode()).node.port == target.port)  # type: ignore[union-attr]
        ann.says("sync:a", b"after")
        await bob.hears(b"after")
        assert (ann.modes, bob.modes) == ([True], [True]), "nothing else was disturbed"


async def test_a_part_of_the_cluster_dies_and_comes_back(parts: RedisCluster) -> None:
    async with Site(parts.url) as ann, Site(parts.url) as bob:
        await bob.joins_all("sync:a", "sync:b", "sync:c")
        bob.joins.clear()
        parts.nodes[0].kill9()
        await ann.is_lost(2)
        assert ann.bus.why is not None
        await asyncio.to_thread(parts.nodes[0].start)
        await ann.is_connected(20)
        await bob.is_connected(20)
        await until(lambda: {"sync:a", "sync:b", "sync:c"} <= set(bob.joins))
        for channel in ("sync:a", "sync:b", "sync:c"):
            ann.says(channel, channel.encode())
        await bob.hears(b"sync:a", b"sync:b", b"sync:c")


def test_where_a_key_belongs() -> None:
    # From the specification and from `CLUSTER KEYSLOT`.
    assert slot_of(b"123456789") == 12739
    assert slot_of(b"{user1000}.following") == slot_of(b"user1000")
    assert slot_of(b"foo{}{bar}") == 8363
    assert slot_of(b"foo{{bar}}zap") == slot_of(b"{bar")


def test_a_cluster_of_which_a_part_is_missing_is_none_yet() -> None:
    with pytest.raises(Lost, match="served by nobody"):
        read_slots([[0, 16382, [b"10.0.0.1", 6379, b"id"]]], Node("10.0.0.9"))
    whole = read_slots([[0, 16383, [b"", 6379, b"id"], [b"10.0.0.2", 6379, b"replica"]]], Node("10.0.0.9"))
    assert whole.nodes == (Node("10.0.0.9", 6379),)
