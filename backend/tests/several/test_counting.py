"""What servers tell each other, counted in Redis: one message an edit, and nothing to a server with nobody there."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from support.person import Person
from support.storm import Storm
from support.writers import Door, Who

Storms = Callable[..., Storm]
EDITS = 20


class Crowd:
    """A page, and people who have it open on some of the servers."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self.here: list[Person] = []

    async def begins(self) -> "Crowd":
        door = Door(self.storm[0].port)
        self.who = await Who.comes(door, "Ann")
        async with httpx.AsyncClient(base_url=door.url, headers=self.who.headers, timeout=30) as web:
            made = (await web.post("/api/documents", json={"title": "Counted"})).json()
        self.document = made["document"]["id"]
        return self

    async def opens(self, number: int) -> Person:
        who = await Who.comes(Door(self.storm[number].port), f"at {number}")
        person = Person(self.storm[number].sync, self.document, headers=who.headers)
        self.here.append(await person.joins())
        return person

    async def are_subscribed(self, count: int) -> None:
        """Wait until so many servers hear what is told of the page."""
        async with asyncio.timeout(10):
            while self.subscribers() != count:  # noqa: ASYNC110 (Redis tells nobody)
                await asyncio.sleep(0.02)

    def subscribers(self) -> int:
        found = self.storm.asks_redis("PUBSUB", "CHANNELS", f"*sync:{self.document}")
        if not found:
            return 0
        assert len(found) == 1
        return int(self.storm.asks_redis("PUBSUB", "NUMSUB", found[0])[1])

    async def leave(self) -> None:
        for person in self.here:
            await person.leaves()


@pytest.fixture
async def crowd(storms: Storms, request: pytest.FixtureRequest) -> AsyncIterator[Crowd]:
    made = await Crowd(storms(count=getattr(request, "param", 3))).begins()
    yield made
    await made.leave()


class Monitor:
    """Every PUBLISH that Redis gets meanwhile, by its channel; channels without the installation's name before them."""

    def __init__(self, storm: Storm) -> None:
        assert storm.redis is not None
        self.port = storm.redis.port
        self.channels: list[str] = []

    async def __aenter__(self) -> "Monitor":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writer.write(b"MONITOR\r\n")
        assert await self._reader.readline() == b"+OK\r\n"
        self._reading = asyncio.create_task(self._reads())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._reading.cancel()
        self._writer.close()

    async def _reads(self) -> None:
        while line := await self._reader.readline():
            words = line.decode(errors="replace").split('"')
            if len(words) > 3 and words[1].upper() in ("PUBLISH", "SPUBLISH"):
                self.channels.append(words[3])

    def of(self, channel: str) -> int:
        return sum(each.endswith(f":{channel}") for each in self.channels)


@pytest.mark.parametrize("crowd", [2, 4], indirect=True)
async def test_an_edit_is_published_once_however_many_servers_there_are(crowd: Crowd) -> None:
    count = crowd.storm.count
    people = [await crowd.opens(number) for number in range(count)]
    await crowd.are_subscribed(count)
    async with Monitor(crowd.storm) as monitor:
        for number in range(EDITS):
            await people[number % count].types(f"{number},")
            await people[number % count].is_saved()
        for person in people:
            await person.waits(lambda text=person.text: str(text).count(",") == EDITS)  # type: ignore[misc]
        await asyncio.sleep(0.2)
    channel = f"sync:{crowd.document}"
    assert monitor.of(channel) == EDITS


async def test_a_server_with_nobody_there_hears_nothing_of_it(crowd: Crowd) -> None:
    ann, bob = await crowd.opens(0), await crowd.opens(1)
    await crowd.are_subscribed(2)
    before = crowd.storm.to_redis[2].down.carried_bytes
    words = "the third server needs none of these words " * 20
    for _ in range(EDITS):
        await ann.types(words)
        await ann.is_saved()
    await bob.waits(lambda: str(bob.text) == str(ann.text))
    told = crowd.storm.to_redis[2].down.carried_bytes - before
    assert told < len(words) * EDITS / 4  # it hears that the others live


async def test_a_server_whose_subscription_was_cut_has_it_again(crowd: Crowd) -> None:
    ann, bob = await crowd.opens(0), await crowd.opens(1)
    await crowd.are_subscribed(2)
    crowd.storm.asks_redis("CLIENT", "KILL", "TYPE", "pubsub")
    await ann.types("heard")
    await bob.sees("heard")
    await crowd.are_subscribed(2)


async def test_who_opens_it_there_has_everything_at_once(crowd: Crowd) -> None:
    ann = await crowd.opens(0)
    await ann.types("before ")
    await ann.is_saved()
    bob = await crowd.opens(2)
    assert str(bob.text) == "before "
    await ann.types("and after")
    await bob.sees("before and after")
