"""Who is here, on three real servers, when servers and Redis die, stand still, forget, and do not agree on the time."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest

from quillroom.core.whereabouts import GRACE_SECONDS
from store.cluster import Cluster
from support.redis_server import RedisServer
from support.server import Server
from support.tab import AWAY, EDITS, LOOKS, Tab, dots, here, in_tree
from support.team import Mate

GONE_WITHIN_SECONDS = 20.0
FROZEN_SECONDS = 30.0
SKEWED = Path(__file__).parents[1] / "support" / "skewed_server.py"


class SkewedServer(Server):
    """Its clock is an hour ahead."""

    script = SKEWED

    def start(self) -> Self:
        os.environ["SKEW_SECONDS"] = "3600"
        try:
            return super().start()
        finally:
            del os.environ["SKEW_SECONDS"]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    if not RedisServer.is_installed():
        pytest.skip("Redis is not installed")
    running = RedisServer().start()
    yield running
    running.remove()


@pytest.fixture(scope="module")
def servers(
    cluster: Cluster, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server, Server]]:
    """The third one's clock is wrong."""
    options = ("--database", cluster.create_database(), "--redis", redis.url)
    data = tmp_path_factory.mktemp("house")
    kinds = (Server, Server, SkewedServer)
    running = [kind(data, is_open=False, options=options) for kind in kinds]
    for each in running:
        each.start()
    yield running[0], running[1], running[2]
    for each in running:
        each.stop()


@pytest.fixture
async def team(servers: tuple[Server, Server, Server]) -> AsyncIterator[tuple[Mate, Mate, Mate]]:
    """Each of them comes to a server of their own, and is known to all of them."""
    made = [await Mate(server, name).comes() for server, name in zip(servers, ("Ann", "Bob", "Cem"), strict=True)]
    yield made[0], made[1], made[2]
    for mate in made:
        await mate.leaves()


class House:
    """Three servers with one person at each, who look at one page."""

    def __init__(self, servers: tuple[Server, Server, Server], team: tuple[Mate, Mate, Mate]) -> None:
        self.servers = servers
        self.team = team
        self.page = ""
        self.tabs: list[Tab] = []

    async def opens(self) -> "House":
        self.page = await self.team[0].makes("Plan")
        for server, mate in zip(self.servers, self.team, strict=True):
            await self.opens_on(server, mate)
        await self.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS)
        return self

    async def opens_on(self, server: Server, mate: Mate) -> Tab:
        tab = await Tab(server, mate).opens(self.page)
        self.tabs.append(tab)
        return tab

    async def all_see(self, *tabs: Tab, seconds: float = 5.0, **people: tuple[str, str, int]) -> None:
        for tab in tabs or self.tabs:
            await tab.live.waits(lambda tab=tab: here(tab.live, self.page) == people, seconds=seconds)  # type: ignore[misc]

    def farewells(self, tab: Tab, name: str) -> int:
        """How often somebody was told to be gone."""
        told = [e["data"] for e in tab.live.told if e["event"] == "presence" and e["data"]["document"] == self.page]
        seen = [name in [p["person"]["name"] for p in each["people"]] for each in told]
        return sum(was and not now for was, now in pairwise(seen))

    def is_local(self, tab: Tab) -> bool:
        told = [e["data"] for e in tab.live.told if e["event"] == "presence" and e["data"]["document"] == self.page]
        assert told[-1]["is_partial"] or not told[-1]["is_local"]
        return bool(told[-1]["is_local"])

    async def closes(self) -> None:
        for tab in self.tabs:
            await tab.closes()


@pytest.fixture
async def house(servers: tuple[Server, Server, Server], team: tuple[Mate, Mate, Mate]) -> AsyncIterator[House]:
    made = House(servers, team)
    try:
        yield await made.opens()
    finally:
        await made.closes()


async def happens(what: Callable[[], bool], seconds: float) -> float:
    """How long it took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not happen"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_faces_are_the_same_on_every_server(house: House) -> None:
    anns, bobs, cems = house.tabs
    await bobs.types("hello")
    await house.all_see(Ann=LOOKS, Bob=EDITS, Cem=LOOKS)
    await cems.says(house.page, "idle")
    await house.all_see(Ann=LOOKS, Bob=EDITS, Cem=AWAY)
    phone = await house.opens_on(house.servers[0], house.team[1])
    await house.all_see(Ann=LOOKS, Bob=("active", "editing", 1), Cem=AWAY)  # two tabs of one device
    assert not any(map(house.is_local, house.tabs))
    for mate in house.team:
        assert sorted(p["name"] for p in await in_tree(mate, house.page)) == ["Ann", "Bob", "Cem"]
        told = await mate.gets(f"/api/documents/{house.page}/presence")
        assert (told["count"], told["is_partial"], told["is_local"]) == (3, False, False)
        seen = {each["person"]["name"]: each["seen_at"] for each in told["people"]}
        assert seen["Ann"] is None
        assert abs(time.time() - _unix(seen["Cem"])) < 3700  # the third server's own clock tells its own people
    await phone.closes()
    house.tabs.remove(phone)
    await cems.says(None)
    assert cems._text is not None
    await cems._text.leaves()
    await house.all_see(anns, bobs, Ann=LOOKS, Bob=EDITS)
    await bobs.live.waits(lambda: ["Ann", "Bob"] in [sorted(each) for each in dots(bobs.live, house.page)])


async def test_who_is_invisible_renamed_sent_away_or_signed_out_is_so_on_every_server(house: House) -> None:
    ann, bob, cem = house.team
    anns, bobs, cems = house.tabs
    await bob.does("PATCH", "/api/me/privacy", is_invisible=True)
    await house.all_see(anns, cems, Ann=LOOKS, Cem=LOOKS)
    for mate in (ann, cem):
        assert sorted(p["name"] for p in await in_tree(mate, house.page)) == ["Ann", "Cem"]
    await bob.does("PATCH", "/api/me/privacy", is_invisible=False)
    await cem.does("PATCH", "/api/me", name="Clara")
    await house.all_see(Ann=LOOKS, Bob=LOOKS, Clara=LOOKS)
    await ann.hides(house.page)
    await house.all_see(anns, Ann=LOOKS)
    await ann.lets(bob, house.page, "edit")
    await bobs.closes()
    house.tabs[1] = await Tab(house.servers[1], bob).opens(house.page)
    await house.all_see(anns, house.tabs[1], Ann=LOOKS, Bob=LOOKS)
    await bob.does("DELETE", "/api/session")
    await house.all_see(anns, Ann=LOOKS)


@pytest.mark.nightly
async def test_a_reload_that_lands_on_another_server_is_no_farewell(house: House) -> None:
    anns, bobs, cems = house.tabs
    for server in (house.servers[0], house.servers[2], house.servers[1]):
        await house.tabs[1].closes()
        house.tabs[1] = await Tab(server, house.team[1]).opens(house.page)
    await asyncio.sleep(GRACE_SECONDS + 2)  # what would be told late would be told by now
    await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS)
    assert (house.farewells(anns, "Bob"), house.farewells(cems, "Bob")) == (0, 0)
    assert bobs is not house.tabs[1]


@pytest.mark.nightly
async def test_who_was_on_a_killed_server_is_gone_in_twenty_seconds_unless_they_come_back(
    house: House,
) -> None:
    anns, bobs, cems = house.tabs
    killed = house.servers[1]
    dave = await Mate(killed, "Dave").comes()
    daves = await house.opens_on(killed, dave)
    await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, Dave=LOOKS)
    killed.kill9()
    died_at = time.monotonic()
    try:
        for tab in (bobs, daves):
            house.tabs.remove(tab)
            await tab.closes()
        await house.opens_on(house.servers[0], house.team[1])  # Bob's page finds another server
        await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, seconds=GONE_WITHIN_SECONDS + 2)
        assert time.monotonic() - died_at < GONE_WITHIN_SECONDS
        assert (house.farewells(anns, "Bob"), house.farewells(cems, "Bob")) == (0, 0)
    finally:
        killed.start()
    back = await house.opens_on(killed, dave)
    await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, Dave=LOOKS)
    await happens(lambda: not house.is_local(back), GONE_WITHIN_SECONDS)
    await dave.leaves()


@pytest.mark.nightly
async def test_a_server_that_stood_still_brings_nobody_back_twice(house: House) -> None:
    anns, bobs, cems = house.tabs
    dave = await Mate(house.servers[0], "Dave").comes()
    daves = await house.opens_on(house.servers[1], dave)
    await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, Dave=LOOKS)
    frozen = house.servers[1]
    frozen.freeze()
    began = time.monotonic()
    try:
        again = await house.opens_on(house.servers[0], house.team[1])  # Bob's page has given up on it
        await house.all_see(anns, cems, again, Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, seconds=GONE_WITHIN_SECONDS)
        await daves.breaks()  # Dave went home, and the frozen server does not know
        await asyncio.sleep(FROZEN_SECONDS - (time.monotonic() - began))
    finally:
        frozen.thaw()
    heard = len(anns.live.told)
    await house.all_see(bobs, Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, seconds=8.0)
    await asyncio.sleep(GRACE_SECONDS + 1)
    told = [e["data"] for e in anns.live.told[heard:] if e["event"] == "presence"]
    assert all("Dave" not in [p["person"]["name"] for p in each["people"]] for each in told)
    await house.all_see(anns, cems, again, bobs, Ann=LOOKS, Bob=LOOKS, Cem=LOOKS)
    assert house.farewells(anns, "Bob") == 0
    house.tabs.remove(daves)
    await dave.leaves()


@pytest.mark.nightly
async def test_without_redis_each_server_knows_its_own_and_says_so_and_all_of_them_when_it_is_back(
    house: House, redis: RedisServer
) -> None:
    anns, bobs, _ = house.tabs
    redis.kill9()
    await happens(lambda: all(map(house.is_local, house.tabs)), 5.0)
    await house.all_see(anns, Ann=LOOKS, seconds=GONE_WITHIN_SECONDS)
    await house.all_see(bobs, Bob=LOOKS)
    told = await house.team[0].gets(f"/api/documents/{house.page}/presence")
    assert (told["count"], told["is_partial"], told["is_local"]) == (1, True, True)
    redis.start()  # empty
    await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, seconds=GONE_WITHIN_SECONDS)
    await happens(lambda: not any(map(house.is_local, house.tabs)), GONE_WITHIN_SECONDS)


@pytest.mark.nightly
async def test_several_servers_without_redis_tell_only_of_their_own(cluster: Cluster, tmp_path: Path) -> None:
    options = ("--database", cluster.create_database())
    one, other = (Server(tmp_path, is_open=False, options=options) for _ in range(2))
    one.start()
    ann = await Mate(one, "Ann").comes()
    where = f"/api/documents/{await ann.makes('Plan')}/presence"
    assert (await ann.gets(where))["is_local"] is False
    other.start()
    until = time.monotonic() + GONE_WITHIN_SECONDS
    while not (await ann.gets(where))["is_local"]:
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    await ann.leaves()
    for server in (one, other):
        server.stop()


async def test_redis_that_forgets_everything_or_cuts_everybody_off_is_no_farewell(
    house: House, redis: RedisServer
) -> None:
    anns = house.tabs[0]
    for command in (("FLUSHALL",), ("CLIENT", "KILL", "TYPE", "pubsub"), ("CLIENT", "KILL", "TYPE", "normal")):
        redis.cli(*command)
        await house.tabs[2].says(house.page, "idle")
        await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=AWAY, seconds=10.0)
        await house.tabs[2].says(house.page)
        await house.all_see(Ann=LOOKS, Bob=LOOKS, Cem=LOOKS, seconds=10.0)
    await happens(lambda: not any(map(house.is_local, house.tabs)), GONE_WITHIN_SECONDS)
    assert sum(house.farewells(anns, name) for name in ("Bob", "Cem")) == 0


def _unix(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()
