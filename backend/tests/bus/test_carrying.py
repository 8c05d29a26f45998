"""What one server publishes, the others hear: once, in order, and only those who joined."""

import asyncio
import time

from bus.site import Site, until
from support.redis_server import RedisServer


async def test_bobs_server_hears_what_anns_server_publishes_in_order_and_nothing_of_its_own(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await ann.joins_all("sync:a")
        await bob.joins_all("sync:a")
        said = [b"%d" % number for number in range(500)]
        for payload in said:
            ann.says("sync:a", payload)
        await bob.hears(*said)
        assert bob.payloads == said
        assert set(bob.came) == {ann.bus.instance}
        assert ann.payloads == []
        assert bob.heard[0] == ("sync:a", 1, b"0")


async def test_a_server_with_nobody_in_a_document_hears_nothing_of_it(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob, Site(redis.url) as cy:
        await bob.joins_all("sync:a", "sync:b")
        await cy.joins_all("sync:b")
        ann.says("sync:a", b"to a")
        ann.says("sync:b", b"to b")
        await bob.hears(b"to a", b"to b")
        await cy.hears(b"to b")
        assert cy.payloads == [b"to b"]
        assert redis.cli("PUBSUB", "NUMSUB", f"{ann.bus.prefix}:sync:a").split()[-1] == "1"


async def test_who_left_hears_nothing_more_and_hears_again_after_coming_back(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a", "sync:end")
        bob.bus.leave("sync:a")
        await until(lambda: redis.cli("PUBSUB", "NUMSUB", f"{ann.bus.prefix}:sync:a").split()[-1] == "0")
        ann.says("sync:a", b"while away")
        ann.says("sync:end", b"end")
        await bob.hears(b"end")
        assert bob.payloads == [b"end"]
        bob.joins.clear()
        await bob.joins_all("sync:a")
        ann.says("sync:a", b"back")
        await bob.hears(b"back")


async def test_coming_and_going_in_one_breath_ends_where_it_ended(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        for _ in range(3):
            bob.bus.join("sync:in")
            bob.bus.leave("sync:in")
            bob.bus.join("sync:in")
            bob.bus.join("sync:out")
            bob.bus.leave("sync:out")
            await asyncio.sleep(0)
        await until(lambda: "sync:in" in bob.joins)
        ann.says("sync:out", b"out")
        ann.says("sync:in", b"in")
        await bob.hears(b"in")
        assert bob.payloads == [b"in"]
        assert set(bob.joins) == {"sync:in"}


async def test_who_leaves_and_comes_back_at_once_is_told_of_having_come(redis: RedisServer) -> None:
    # A room that is closed and opened anew asks for the cursors of others when its channel is joined.
    async with Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        bob.bus.join("sync:a")
        bob.bus.leave("sync:a")
        bob.bus.join("sync:a")
        bob.bus.join("sync:b")
        await until(lambda: "sync:b" in bob.joins)
        assert bob.joins == ["sync:a", "sync:a", "sync:b"]


async def test_one_publish_is_one_publish_for_any_number_of_servers(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob, Site(redis.url) as cy:
        await bob.joins_all("sync:a")
        await cy.joins_all("sync:a")
        beats, before, began = len(ann.pings), redis.calls("publish"), time.monotonic()
        for number in range(200):
            ann.says("sync:a", b"%d" % number)
        await bob.hears(b"199")
        await cy.hears(b"199")
        beaten = (
            3 * 2 * (len(ann.pings) - beats + (time.monotonic() - began) / 2 + 1)
        )  # each says to all, and to itself
        assert 200 <= redis.calls("publish") - before <= 200 + beaten


async def test_all_that_one_turn_publishes_goes_out_together(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        before = int(redis.figures("stats")["total_reads_processed"])
        for number in range(1000):
            ann.says("sync:a", b"%d" % number)
        await bob.hears(b"999")
        assert int(redis.figures("stats")["total_reads_processed"]) - before < 100


async def test_two_installations_on_one_redis_hear_nothing_of_each_other(redis: RedisServer) -> None:
    async with (
        Site(redis.url) as ann,
        Site(redis.url) as bob,
        Site(redis.url, prefix="quillroom:another", key=b"k" * 32) as stranger,
    ):
        for site in (ann, bob, stranger):
            await site.joins_all("servers", "sync:a")
        stranger.says("sync:a", b"stranger")
        ann.says("sync:a", b"friend")
        await bob.hears(b"friend")
        await ann.bus.store.renew(["ann"], 30)
        await stranger.bus.store.renew(["stranger"], 30)
        assert bob.payloads == [b"friend"]
        assert stranger.heard == []
        assert await bob.bus.store.read() == ["ann"]


async def test_servers_tell_each_other_that_they_are_there(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await ann.joins_all("servers")
        await until(lambda: bob.bus.instance in ann.came)
        assert ("servers", 0, b"") in ann.heard


async def test_a_thousand_and_more_channels_are_joined_in_one_go(redis: RedisServer) -> None:
    channels = [f"sync:{number}" for number in range(10_000)]
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        before = redis.calls("subscribe")
        await bob.joins_all(*channels)
        assert len(bob.joins) == len(channels)
        assert redis.calls("subscribe") - before <= 20
        ann.says(channels[-1], b"last")
        await bob.hears(b"last")
        for channel in channels:
            bob.bus.leave(channel)
        await until(lambda: redis.cli("PUBSUB", "CHANNELS", f"{ann.bus.prefix}:sync:*") == "")


async def test_what_is_too_large_is_dropped_and_counted(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        ann.says("sync:a", bytes(1024 * 1024 + 1))
        ann.says("sync:a", bytes(1024 * 1024))
        ann.says("sync:a", b"small")
        await bob.hears(b"small")
        assert [len(payload) for payload in bob.payloads] == [1024 * 1024, 5]
        assert ann.bus.dropped == {"large": 1}


async def test_what_is_said_at_the_end_still_comes(redis: RedisServer) -> None:
    async with Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        async with Site(redis.url) as ann:
            for number in range(300):
                ann.says("sync:a", b"%d" % number)
        await bob.hears(b"299")
