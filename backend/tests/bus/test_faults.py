"""Redis dies, freezes, forgets and cuts: it is noticed, said, and healed without a restart (FAULTS F3–F7, L11)."""

import asyncio
import time

import pytest

from bus.site import Site, until
from quillroom.bus import shard
from support.redis_server import RedisServer


async def test_a_server_starts_without_redis_says_why_and_finds_it_later(redis: RedisServer) -> None:
    redis.kill9()
    site = Site(redis.url).starts()
    site.bus.join("sync:a")
    site.says("sync:a", b"to nobody")
    await until(lambda: "cannot be reached" in (site.bus.why or ""))
    assert f"127.0.0.1:{redis.port}" in (site.bus.why or "")
    assert (site.bus.is_connected, site.modes, site.bus.dropped) == (False, [], {"unconnected": 1})
    assert await site.bus.store.read() is None
    await site.bus.store.renew(["ann"], 30)
    await asyncio.to_thread(redis.start)
    await site.is_connected()
    await until(lambda: site.joins == ["sync:a"])
    assert (site.bus.why, site.modes) == (None, [True])
    await site.ends()


async def test_redis_is_killed_and_comes_back_empty(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a", "doc:a")
        bob.joins.clear()
        redis.kill9()
        await ann.is_lost(within=1)
        await bob.is_lost(within=1)
        ann.says("sync:a", b"lost")
        await asyncio.to_thread(redis.start)
        await ann.is_connected(within=5)
        await bob.joins_all("sync:a", "doc:a")
        ann.says("sync:a", b"again")
        await bob.hears(b"again")
        assert bob.payloads == [b"again"]
        assert bob.modes == [True, False, True]
        assert bob.bus.reconnects == 1


async def test_flushing_everything_changes_nothing(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        redis.flushall()
        ann.says("sync:a", b"after")
        await bob.hears(b"after")
        assert bob.modes == [True]


async def test_a_redis_that_is_silent_is_noticed_within_five_seconds_and_used_again(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        bob.joins.clear()
        redis.freeze()
        began = time.monotonic()
        for number in range(100):
            ann.says("sync:a", b"into the dark %d" % number)
        await ann.is_lost(within=5)
        await bob.is_lost(within=5)
        assert time.monotonic() - began >= 1.5, "a connection that only waits was given up"
        assert "did not come back" in (ann.bus.why or "")
        redis.thaw()
        await ann.is_connected(within=5)
        await bob.joins_all("sync:a")
        ann.says("sync:a", b"again")
        await bob.hears(b"again")


async def test_a_server_that_slept_does_not_blame_redis(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "TICK_SECONDS", 0.05)  # silent after 0.4 s
    async with Site(redis.url) as ann:
        await until(lambda: len(ann.pings) > 2)
        time.sleep(1.2)  # noqa: ASYNC251 -- the whole loop, as when the process is stopped
        count = len(ann.pings)
        await until(lambda: len(ann.pings) > count + 2)
        assert ann.modes == [True]
        redis.freeze()
        await ann.is_lost(within=2)


async def test_publishing_into_silence_neither_waits_nor_grows_without_bound(redis: RedisServer) -> None:
    async with Site(redis.url) as ann:
        redis.freeze()
        slowest = 0.0
        for _ in range(100):
            began = time.thread_time()
            ann.says("sync:a", bytes(500_000))
            slowest = max(slowest, time.thread_time() - began)
            await asyncio.sleep(0)
        assert ann.bus.dropped["full"] > 60
        assert slowest < 0.05
        redis.thaw()
        await until(lambda: ann.pings[-1] > 0 and ann.bus.is_connected)


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
async def test_connections_are_killed_while_ann_writes(redis: RedisServer, kind: str) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        said: list[bytes] = []
        for round in range(3):
            bob.joins.clear()
            connects = bob.bus.connects
            for number in range(50):
                said.append(b"%d.%d" % (round, number))
                ann.says("sync:a", said[-1])
                if number == 25:
                    redis.cli("CLIENT", "KILL", "TYPE", kind)
                await asyncio.sleep(0.001)
            await until(lambda before=connects: bob.bus.connects > before)  # type: ignore[misc]
            await until(lambda: "sync:a" in bob.joins)
            await ann.is_connected()
            marker = b"round %d" % round
            ann.says("sync:a", marker)
            await bob.hears(marker)
        heard = [payload for payload in bob.payloads if payload in said]
        assert heard == [payload for payload in said if payload in heard], "in another order, or twice"


async def test_a_server_that_does_not_read_is_cut_off_by_redis_and_comes_back(redis: RedisServer) -> None:
    redis.cli("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 0")
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        listener = bob.bus._shards[0]._listener
        assert listener is not None
        assert listener._transport is not None
        listener._transport.pause_reading()
        bob.joins.clear()
        for _ in range(40):
            ann.says("sync:a", bytes(500_000))
            await asyncio.sleep(0.01)
        await bob.is_lost(within=6)
        await until(lambda: "sync:a" in bob.joins)
        ann.says("sync:a", b"again")
        await bob.hears(b"again")
        assert ann.modes == [True], "ann is not slowed by him"


@pytest.mark.parametrize(
    ("who", "why"), [("", "asks for a password"), (":wr0ng@", "does not know this user and password")]
)
async def test_who_does_not_know_the_password_is_told_so(who: str, why: str) -> None:
    with RedisServer(password="s3cret/&?") as guarded:
        site = Site(f"redis://{who}127.0.0.1:{guarded.port}").starts()
        await until(lambda: why in (site.bus.why or ""), says=lambda: str(site.bus.why))
        assert "wr0ng" not in (site.bus.why or "")
        await site.ends()


async def test_who_knows_the_password_comes_in() -> None:
    with RedisServer(password="s3cret/&?") as guarded:
        async with Site(guarded.url) as ann, Site(guarded.url) as bob:
            await bob.joins_all("sync:a")
            ann.says("sync:a", b"inside")
            await bob.hears(b"inside")


async def test_a_replica_is_no_place_to_meet(redis: RedisServer) -> None:
    with RedisServer() as other:
        async with Site(redis.url) as ann:
            redis.cli("REPLICAOF", "127.0.0.1", str(other.port))
            await ann.is_lost()
            assert "is a replica" in (ann.bus.why or "")
            redis.cli("REPLICAOF", "NO", "ONE")
            await ann.is_connected()


async def test_what_is_not_redis_is_said_to_be_none() -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    stranger = await asyncio.start_server(answers, "127.0.0.1", 0)
    site = Site(f"redis://127.0.0.1:{stranger.sockets[0].getsockname()[1]}").starts()
    await until(lambda: "is not Redis" in (site.bus.why or ""), says=lambda: str(site.bus.why))
    await site.ends()
    stranger.close()
    await stranger.wait_closed()


async def test_what_is_wrong_is_written_into_the_log_once(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    with RedisServer(password="s3cret") as guarded:
        site = Site(f"redis://:wr0ng@127.0.0.1:{guarded.port}").starts()
        address = f"127.0.0.1:{guarded.port}"
        await until(lambda: guarded.cli("INFO", "stats").count("total_connections_received:") == 1)
        before = int(guarded.figures("stats")["total_connections_received"])
        await until(lambda: int(guarded.figures("stats")["total_connections_received"]) > before + 4)
        await site.ends()
    said = [record.getMessage() for record in caplog.records if address in record.getMessage()]
    assert len(said) == 1
    assert "does not know this user and password" in said[0]
    assert "wr0ng" not in caplog.text
