"""Several servers write one log: whoever follows it hears each event once and in order, on whichever of them."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from core.test_tree import ANN, BOB
from quillroom.core.member import Person
from quillroom.protocol.bus import Kind
from quillroom.services.access import Access, load_acl
from quillroom.services.lines import Lines
from quillroom.services.live import Live
from quillroom.services.relay import Relay
from quillroom.store import access, documents, people
from quillroom.store import events as rows
from quillroom.store.database import Connection, Database, open_database
from quillroom.store.events import Event
from quillroom.store.heads import heads
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Round
from services.test_topics import Ear
from support.wire import Medium, Wire

TOPIC = "doc:d"
T = TypeVar("T")


class House:
    """Several servers on one database."""

    def __init__(self, database: Database, medium: Medium, count: int = 2) -> None:
        self.database = database
        self.wires = [Wire(medium) for _ in range(count)]
        self.relays = [Relay(wire) for wire in self.wires]
        self.lines = [Lines(database, relay) for relay in self.relays]
        self.each = [Live(database, Access(database, is_open=False), "epoch", lines) for lines in self.lines]
        for live in self.each:
            live.told(["message.sent"], lambda connection, events: [{"n": event.seq} for event in events])

    def commit(self, *names: str, topic: str = TOPIC) -> tuple[Event, ...]:
        with self.database.engine.begin() as connection:
            for name in names:
                rows.append(connection, topic=topic, name=name, actor=None, data={"documents": ["d"]}, told={"n": 0})
            return tuple(rows.taken(connection))

    def tells(self, server: int, events: tuple[Event, ...]) -> None:
        """The round comes back to the loop of the server that committed it."""
        self.each[server].on_round(Round(0.0, [], 0.0, events))

    def looks(self) -> None:
        """As the tail of each does."""
        for lines in self.lines:
            places = lines.places()
            for name, head in self.database.read(lambda c, names=tuple(places): heads(c, (), names))[1].items():  # type: ignore[misc]
                if places[name] < head:
                    lines.catch_up(name, head)

    async def ear(self, server: int, person: Person = ANN) -> Ear:
        ear = Ear(self.each[server], person)
        self.each[server].enter(ear.member)
        return await ear.follows(TOPIC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """With a page that Ann has made, and Bob may read. A log is a log: which database keeps it is no matter here."""
    opened = open_database(f"sqlite:///{tmp_path}/quillroom.db")
    opened.migrate()
    with opened.engine.begin() as connection:
        documents.create_document(
            connection, id="d", title="D", created_by="ann", generation="g", now=1.0, access="private"
        )
        for person in ("ann", "bob"):
            people.add_member(connection, PersonRow(id=person, name=person, kind="guest", created_at=1.0))
            access.grant(connection, document="d", person=person, role="view", granted_by=None, now=1.0)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_bus_does_each_event_is_heard_once_and_in_order(database: Database, seed: int) -> None:
    chance = random.Random(seed)  # the seed is the name of the test
    house = House(database, Medium(seed, loss=0.2, doubling=0.2, lateness=0.01), count=3)
    loop, ears, begins = asyncio.get_running_loop(), list[Ear](), list[int]()
    for _ in range(80):
        server, what = chance.randrange(3), chance.random()
        if what < 0.75:
            events = house.commit(*["message.sent"] * chance.choice([1, 1, 3]))
            loop.call_later(chance.uniform(0, 0.004), house.tells, server, events)
        elif what < 0.9:
            ear = Ear(house.each[server])
            after = chance.randint(0, database.read(lambda c: rows.head(c, TOPIC)))
            await house.each[server].topics.follow(ear.member, TOPIC, after)
            ears.append(ear)
            begins.append(after)
        else:
            house.looks()
        await asyncio.sleep(chance.choice([0.0, 0.0, 0.002, 0.005]))
    await asyncio.sleep(0.05)  # what is still on its way
    house.looks()
    head = database.read(lambda c: rows.head(c, TOPIC))
    for ear, begin in zip(ears, begins, strict=True):
        if begin < head:
            await ear.hears(head)
        assert ear.places == list(range(begin + 1, head + 1))
        assert all(said["event"] == "message.sent" for said in ear.told)


async def test_what_is_committed_elsewhere_is_told_without_a_look_at_the_log(database: Database) -> None:
    house = House(database, Medium())
    ear = await house.ear(1)
    await asyncio.sleep(0.1)  # the channel is joined, and looked at
    house.tells(0, house.commit("message.sent", "message.sent"))
    await ear.hears(2)
    assert house.lines[1].healed == 0
    assert [said["data"] for said in ear.told if "seq" in said] == [{"n": 0}, {"n": 0}]  # as it was told there
    assert house.relays[0].counters["published"][Kind.EVENTS.name] == 1


async def test_ones_own_event_waits_for_one_that_another_server_committed_before(database: Database) -> None:
    house = House(database, Medium(loss=1.0))
    ear = await house.ear(1)
    house.commit("message.sent")  # elsewhere, and nothing is heard of it
    house.tells(1, house.commit("message.sent"))
    assert ear.places == []
    await ear.hears(2)
    assert ear.places == [1, 2]
    assert [said["data"]["n"] for said in ear.told if "seq" in said] == [1, 0]  # read from the log, and as it was told


async def test_two_who_come_first_at_once_agree_where_the_topic_begins(database: Database) -> None:
    house = House(database, Medium(loss=1.0))
    topics, may_answer = house.each[1].topics, threading.Event()
    slow, quick = Ear(house.each[1]), Ear(house.each[1])
    topics._database = SlowOnce(database, may_answer)
    coming = asyncio.create_task(topics.follow(slow.member, TOPIC, 0))
    await asyncio.to_thread(topics._database.has_read.wait, 5.0)
    house.commit("message.sent")
    await topics.follow(quick.member, TOPIC, 0)
    may_answer.set()
    await coming
    house.tells(1, house.commit("message.sent"))
    await slow.hears(2)
    assert (slow.places, quick.places) == ([1, 2], [1, 2])


class SlowOnce(Database):
    """Whose first answer is an old one when it comes."""

    def __init__(self, database: Database, may_answer: threading.Event) -> None:
        super().__init__(database.engine)
        self.has_read = threading.Event()
        self._may_answer = may_answer

    def read(self, query: Callable[[Connection], T]) -> T:
        found = super().read(query)
        if not self.has_read.is_set():
            self.has_read.set()
            self._may_answer.wait(5.0)
        return found


async def test_what_was_published_before_the_channel_was_joined_is_read(database: Database) -> None:
    house = House(database, Medium())
    house.wires[1].connects(False)
    ear = await house.ear(1)
    house.tells(0, house.commit("message.sent"))
    house.wires[1].connects(True)
    await ear.hears(1)
    assert house.lines[1].healed == 1


async def test_who_lost_access_on_another_server_hears_nothing_behind_that(database: Database) -> None:
    house = House(database, Medium())
    ann, bob = await house.ear(1), await house.ear(1, BOB)
    await asyncio.sleep(0.1)
    changed: asyncio.Future[Sequence[Event]] = asyncio.get_running_loop().create_future()
    topics = house.each[1].topics
    topics.on_changes = changed.set_result
    with database.engine.begin() as connection:
        access.revoke(connection, document="d", person="bob")
    house.tells(0, house.commit("access.changed", "message.sent"))
    async with asyncio.timeout(5.0):
        assert [event.name for event in await changed] == ["access.changed"]
    assert (ann.places, bob.places) == ([], [])
    topics.judge("d", database.read(lambda c: load_acl(c, "d")))
    topics.clear(1)
    await ann.hears(2)
    assert bob.places == []
    assert bob.told[-1]["data"] == {"topic": TOPIC, "why": "access_ended"}


async def test_who_missed_more_than_is_read_follows_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quillroom.services.topics.RESET_EVENTS", 10)
    house = House(database, Medium(loss=1.0))
    ear = await house.ear(1)
    house.commit(*["message.sent"] * 12)
    house.looks()
    await ear.is_told("unfollowed")
    assert ear.places == []
    assert ear.told[-1]["data"] == {"topic": TOPIC, "why": "behind"}


async def test_a_server_that_was_cut_off_reads_on_where_it_stopped(database: Database) -> None:
    house = House(database, Medium())
    ear = await house.ear(1)
    await asyncio.sleep(0.1)
    house.wires[1].connects(False)
    house.tells(0, house.commit(*["message.sent"] * 300))
    house.wires[1].connects(True)
    house.tells(0, house.commit("message.sent"))
    await ear.hears(301)
    assert ear.places == list(range(1, 302))


async def test_with_nobody_else_there_nothing_waits_and_nothing_is_encoded_for_others(database: Database) -> None:
    live = Live(database, Access(database, is_open=False), "epoch")
    ear = await Ear(live).follows("user:ann")
    live.on_round(Round(0.0, [], 0.0, (Event("user:ann", 7, "favourites.changed", None, time.time(), {}),)))
    assert ear.places == [7]
