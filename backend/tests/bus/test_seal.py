"""Who can write to Redis can make nobody believe anything: what is forged or damaged is dropped and counted."""

import asyncio

from hypothesis import example, given
from hypothesis import strategies as st

from bus.site import KEY, PREFIX, Site
from quillroom.bus.link import Entry, open_link
from quillroom.bus.resp import pack
from quillroom.bus.seal import Seal
from quillroom.protocol.bus import Kind
from support.redis_server import RedisServer

SEAL = Seal(KEY)
ME = b"abcdefghijkl"
names = st.binary(min_size=1, max_size=40)


@given(names, st.sampled_from([*Kind]), st.binary(max_size=2000))
def test_what_is_sealed_is_opened(name: bytes, kind: Kind, payload: bytes) -> None:
    assert SEAL.open(name, SEAL.close(name, ME, kind, payload)) == (ME, kind, payload)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x01" + bytes(29))
def test_what_nobody_sealed_is_never_opened(rubbish: bytes) -> None:
    assert isinstance(SEAL.open(b"sync:a", rubbish), str)


@given(st.binary(max_size=100), st.data())
def test_one_other_bit_is_enough(payload: bytes, data: st.DataObject) -> None:
    sealed = bytearray(SEAL.close(b"sync:a", ME, 1, payload))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert SEAL.open(b"sync:a", bytes(sealed)) in ("forged", "version")


@given(st.binary(max_size=100), st.data())
def test_a_part_of_it_is_nothing(payload: bytes, data: st.DataObject) -> None:
    sealed = SEAL.close(b"sync:a", ME, 1, payload)
    assert SEAL.open(b"sync:a", sealed[: data.draw(st.integers(0, len(sealed) - 1))]) in ("forged", "damaged")


@given(names, names, st.binary(max_size=100))
def test_it_is_good_on_its_own_channel_and_with_its_own_key_only(name: bytes, other: bytes, payload: bytes) -> None:
    sealed = SEAL.close(name, ME, 1, payload)
    assert other == name or SEAL.open(other, sealed) == "forged"
    assert Seal(b"another key").open(name, sealed) == "forged"


async def test_what_a_writer_of_redis_makes_up_is_dropped_and_counted_and_the_rest_goes_on(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await bob.joins_all("sync:a")
        channel = f"{PREFIX}:sync:a".encode()
        genuine = SEAL.close(channel, ME, 1, b"genuine")
        forged = SEAL.close(f"{PREFIX}:sync:b".encode(), ME, 1, b"of another document")
        newer = b"\x02" + genuine[1:]
        address = bob.bus._address
        stranger = await open_link(address.nodes[0], Entry(address, address.login, "stranger"))
        for sealed in (b"", b"hello", forged, newer, genuine[:-1], bytes(100_000), genuine):
            await stranger.demand(pack("PUBLISH", channel, sealed))
        ann.says("sync:a", b"of ann")
        await bob.hears(b"genuine", b"of ann")
        assert bob.payloads == [b"genuine", b"of ann"]
        assert bob.bus.dropped == {"damaged": 2, "forged": 2, "version": 2}
        assert bob.modes == [True]
        stranger.close()


async def test_who_is_here_cannot_be_made_up(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await ann.bus.store.renew(["ann", "名字"], 30)
        key = f"{PREFIX}:presence"
        redis.cli("ZADD", key, "99999999999", "mallory, who was never here")
        assert sorted(await bob.bus.store.read() or []) == ["ann", "名字"]


async def test_items_vanish_by_the_clock_of_redis_unless_they_are_renewed(redis: RedisServer) -> None:
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await ann.bus.store.renew(["short"], 0.2)
        await ann.bus.store.renew(["long", "gone"], 30)
        await ann.bus.store.remove(["gone"])
        assert sorted(await bob.bus.store.read() or []) == ["long", "short"]
        await asyncio.sleep(0.2)  # what ends, ends by itself: there is nothing to wait for
        assert await bob.bus.store.read() == ["long"]
        assert redis.cli("ZCARD", f"{PREFIX}:presence") == "1", "what ended is still kept"
        assert 60 < int(redis.cli("TTL", f"{PREFIX}:presence")) <= 120, "an installation that is gone leaves it behind"


async def test_ten_thousand_items_are_renewed_and_read(redis: RedisServer) -> None:
    items = [f"person {number}" for number in range(10_000)]
    async with Site(redis.url) as ann, Site(redis.url) as bob:
        await ann.bus.store.renew(items, 30)
        assert set(await bob.bus.store.read() or []) == set(items)
        await ann.bus.store.remove(items)
        assert await bob.bus.store.read() == []
