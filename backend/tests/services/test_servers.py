"""What every server must hear reaches it once and in order; who missed too much of it judges everybody anew."""

import asyncio
from collections.abc import Sequence

import pytest

from quillroom.protocol.bus import EVERYONE
from quillroom.services.servers import KEPT_EVENTS, TIDY_EVERY, Servers
from quillroom.store import events as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from services.test_lines import House, database
from support.wire import Medium

__all__ = ["database"]


class Pair:
    """Two servers; the first one changes something, the second one hears of it."""

    def __init__(self, database: Database, medium: Medium) -> None:
        self.house = House(database, medium)
        each = zip(self.house.lines, self.house.each, self.house.relays, strict=True)
        self.servers = [Servers(database, lines, live.topics, relay.instance) for lines, live, relay in each]
        self.heard: list[Event] = []
        self.judged = 0
        self.has_judged = asyncio.Event()
        self.servers[1].on_events = self._hears
        self.servers[1].on_lost.append(self._judges)

    async def begins(self) -> "Pair":
        for each in self.servers:
            await each.begin()
        await asyncio.sleep(0)  # the channel is joined
        return self

    def changes(self, *names: str, at: int = 0) -> None:
        """A round of one of them."""

        def write(connection: Connection) -> None:
            for name in names:
                event = rows.append(connection, topic="pages", name=name, actor="ann", data={"documents": ["d"]})
                self.servers[at].project(connection, [event])

        self.house.tells(at, self.writes(write))

    def writes(self, write: object) -> tuple[Event, ...]:
        assert callable(write)
        with self.house.database.engine.begin() as connection:
            write(connection)
            return tuple(rows.taken(connection))

    async def hears(self, count: int) -> list[str]:
        async with asyncio.timeout(5.0):
            while len(self.heard) < count:
                self.has_judged.clear()
                await self.has_judged.wait()
        return [event.name for event in self.heard]

    def _hears(self, events: Sequence[Event]) -> None:
        self.heard += events
        self.has_judged.set()

    async def _judges(self) -> None:
        self.judged += 1
        self.has_judged.set()


async def test_a_change_is_heard_by_the_others_as_it_happened_there(database: Database) -> None:
    pair = await Pair(database, Medium()).begins()
    pair.changes("page.moved", "page.trashed")
    assert await pair.hears(2) == ["page.moved", "page.trashed"]
    assert pair.heard[0] == Event("pages", 1, "page.moved", "ann", pair.heard[0].at, {"documents": ["d"]})
    pair.changes("page.purged", at=1)  # its own
    pair.changes("page.restored")
    assert await pair.hears(3) == ["page.moved", "page.trashed", "page.restored"]


async def test_topics_are_silent_until_those_who_follow_were_judged(database: Database) -> None:
    pair = await Pair(database, Medium()).begins()
    ear = await pair.house.ear(1)
    pair.changes("page.moved")
    await pair.hears(1)
    pair.house.tells(1, pair.house.commit("message.sent"))
    assert ear.places == []
    pair.house.each[1].topics.clear(1)
    await ear.hears(1)


async def test_what_the_bus_lost_is_read(database: Database) -> None:
    pair = await Pair(database, Medium(loss=1.0)).begins()
    pair.changes(*["page.moved"] * 3)
    pair.house.looks()
    assert len(await pair.hears(3)) == 3
    assert pair.judged == 0


async def test_who_missed_more_than_is_read_judges_everybody_and_goes_on_behind_it(database: Database) -> None:
    pair = await Pair(database, Medium(loss=1.0)).begins()
    ear = await pair.house.ear(1)
    pair.changes(*["page.moved"] * (Servers.most_behind + 1))
    pair.house.looks()
    await _until_judged(pair)
    assert pair.heard == []
    pair.house.tells(1, pair.house.commit("message.sent"))
    await ear.hears(1)  # nothing is held any more
    pair.changes("page.trashed")
    pair.house.looks()
    assert await pair.hears(1) == ["page.trashed"]


async def test_what_is_no_longer_kept_counts_as_missed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quillroom.services.servers.TIDY_EVERY", 50)
    monkeypatch.setattr("quillroom.services.servers.KEPT_EVENTS", 10)
    pair = await Pair(database, Medium(loss=1.0)).begins()
    pair.changes(*["page.moved"] * 50)
    assert len(database.read(lambda c: rows.since(c, EVERYONE, 0, 100))) == 10
    pair.house.looks()
    await _until_judged(pair)
    assert len(await pair.hears(10)) == 10
    assert Servers.most_behind + TIDY_EVERY < KEPT_EVENTS


async def test_one_who_cannot_judge_keeps_no_other_from_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails() -> None:
        raise OSError("no database")

    pair = Pair(database, Medium(loss=1.0))
    pair.servers[1].on_lost.insert(0, fails)
    await pair.begins()
    pair.servers[1].lost(EVERYONE)
    await _until_judged(pair)
    assert "could be judged anew" in caplog.text


async def _until_judged(pair: Pair) -> None:
    async with asyncio.timeout(5.0):
        while not pair.judged:
            pair.has_judged.clear()
            await pair.has_judged.wait()
