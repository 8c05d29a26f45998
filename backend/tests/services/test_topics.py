"""How events reach those who follow: gathered where there are many, held while nobody knows who may hear them."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from typing import Any, Self

import pytest

from core.test_tree import ANN, BOB
from quillroom.core.member import Member, Person, Role
from quillroom.core.outbox import Outbox, Priority
from quillroom.protocol.live import Command
from quillroom.services.access import Access, load_acl
from quillroom.services.errors import NotFound
from quillroom.services.live import Live
from quillroom.services.topics import Gone
from quillroom.store import access, documents, people
from quillroom.store.database import Database
from quillroom.store.events import Event
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Round
from support.written import frames_of, payload_of

TOPIC = "doc:d"


class Ear:
    """Someone on `/live` who reads at once."""

    def __init__(self, live: Live, person: Person = ANN) -> None:
        self.writes: list[bytes] = []
        self._changed = asyncio.Event()
        outbox = Outbox(self._keep, lambda: None, lambda *_: None, 1 << 20)
        self.member = Member(1, person, Role.VIEW, outbox, is_ours=True)
        self._live = live

    async def follows(self, topic: str) -> Self:
        await self._live.topics.follow(self.member, topic, None)
        return self

    @property
    def told(self) -> list[dict[str, Any]]:
        found = []
        for written in self.writes:
            for frame in frames_of(written):
                said = json.loads(payload_of(frame))
                found += said if isinstance(said, list) else [said]
        return found

    @property
    def places(self) -> list[int]:
        return [each["seq"] for each in self.told if "seq" in each]

    async def hears(self, place: int) -> None:
        """Wait until it was told up to there."""
        await self._until(lambda: place in self.places)

    async def is_told(self, event: str) -> None:
        """Wait until it was told such a thing."""
        await self._until(lambda: event in [each["event"] for each in self.told])

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5.0):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    def _keep(self, written: bytes) -> None:
        self.writes.append(written)
        self._changed.set()


@pytest.fixture
def live(sqlite: Database) -> Live:
    """With a page that Ann has made, and Bob may read."""
    with sqlite.engine.begin() as connection:
        documents.create_document(
            connection, id="d", title="D", created_by="ann", generation="g", now=1.0, access="private"
        )
        for person in ("ann", "bob"):
            people.add_member(connection, PersonRow(id=person, name=person, kind="guest", created_at=1.0))
            access.grant(connection, document="d", person=person, role="view", granted_by=None, now=1.0)
    return Live(sqlite, Access(sqlite, is_open=False), "epoch")


def happens(live: Live, *names: str, topic: str, seq: int) -> None:
    """A round with these events."""
    events = [Event(topic, seq + n, name, None, time.time(), {}) for n, name in enumerate(names)]
    live.on_round(Round(0.0, [], 0.0, tuple(events)))


async def test_what_comes_alone_is_written_before_anything_else_happens(live: Live) -> None:
    ear = await Ear(live).follows("user:ann")
    happens(live, "favourites.changed", topic="user:ann", seq=1)
    assert ear.places == [1]


async def test_what_comes_quickly_to_a_room_that_costs_much_is_gathered_in_order(live: Live) -> None:
    ear = await Ear(live).follows("user:ann")
    live.topics.is_crowded = lambda: True
    started = time.monotonic()
    for n in range(1, 301):
        happens(live, "favourites.changed", topic="user:ann", seq=n)
    await ear.hears(300)
    assert time.monotonic() - started < 1.0  # 50 ms are meant
    assert ear.places == list(range(1, 301))
    assert len(ear.writes) == 2
    frames = [json.loads(payload_of(frame)) for frame in frames_of(ear.writes[1])]
    assert [len(frame) for frame in frames] == [64, 64, 64, 64, 43]
    assert live.topics.counters.delivery_seconds.cumulative()[-1] == 300


async def test_nobody_is_told_anything_of_a_page_before_it_is_known_who_lost_it(live: Live, sqlite: Database) -> None:
    ann, bob = await Ear(live).follows(TOPIC), await Ear(live, BOB).follows(TOPIC)
    await ann.follows("user:ann")
    happens(live, "message.sent", topic=TOPIC, seq=1)
    with sqlite.engine.begin() as connection:
        access.revoke(connection, document="d", person="bob")
    happens(live, "access.changed", topic=TOPIC, seq=2)
    happens(live, "message.sent", topic=TOPIC, seq=3)
    happens(live, "favourites.changed", topic="user:ann", seq=7)
    assert (ann.places, bob.places) == ([1, 7], [1])
    live.topics.judge("d", sqlite.read(lambda c: load_acl(c, "d")))
    live.topics.clear(1)
    await ann.hears(3)
    assert bob.told[1:] == [
        {"event": "unfollowed", "data": {"topic": TOPIC, "why": "access_ended"}, "ts": bob.told[-1]["ts"]}
    ]
    with pytest.raises(NotFound):
        await bob.follows(TOPIC)


async def test_where_nobody_can_be_judged_the_others_do_not_wait_for_ever(live: Live) -> None:
    ear = await Ear(live).follows(TOPIC)
    happens(live, "access.changed", topic=TOPIC, seq=1)
    assert ear.places == []
    await ear.hears(1)


async def test_what_piles_up_meanwhile_has_a_bound_and_who_waited_follows_again(live: Live) -> None:
    ear = await Ear(live).follows(TOPIC)
    happens(live, "access.changed", topic=TOPIC, seq=1)
    big: dict[str, object] = {"message": {"text": "x" * 300_000}}
    live.told(["message.sent"], lambda connection, events: [None for _ in events])
    for n in range(2, 6):
        live.on_round(Round(0.0, [], 0.0, (Event(TOPIC, n, "message.sent", None, 0.0, {}, big),)))
    assert [each["data"] for each in ear.told] == [{"topic": TOPIC, "why": "behind"}]
    assert live.followers(TOPIC) == []


async def test_what_cannot_be_said_is_noted_and_holds_up_nothing(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    live.told(["message.sent"], lambda connection, events: [None for _ in events])
    ear = await Ear(live).follows(TOPIC)
    events = [
        Event(TOPIC, 1, "message.sent", None, 0.0, {}, {"message": {1, 2}}),
        Event(TOPIC, 2, "message.sent", None, 0.0, {}, {"message": "fine"}),
    ]
    live.on_round(Round(0.0, [], 0.0, tuple(events)))
    assert [(each["event"], each["seq"]) for each in ear.told] == [("noted", 1), ("message.sent", 2)]
    assert "cannot be said" in caplog.text


async def test_coming_and_going_at_any_moment_leaves_nothing_behind(live: Live, seed: int) -> None:
    by_chance = random.Random(seed)
    for _ in range(200):
        ear = Ear(live)
        live.enter(ear.member)
        coming = [asyncio.create_task(ear.follows(topic)) for topic in (TOPIC, "user:ann", "user:bob")]
        await asyncio.sleep(by_chance.choice([0.0, 0.0, 0.001, 0.003]))
        happens(live, "favourites.changed", topic="user:ann", seq=1)
        if by_chance.random() < 0.3:
            ear.member.outbox.pause(0.0)  # type: ignore[union-attr]
            live.greet(ear.member)
        live.leave(ear.member)
        await asyncio.wait(coming)
        assert all(each.exception() is None or isinstance(each.exception(), Gone | NotFound) for each in coming)
    assert len(live.topics) == len(live.hub) == 0
    for left in (live.topics._of, live.topics._fleeting, live._full, live._catching_up):
        assert not left


async def test_with_too_much_to_do_typing_goes_first_an_answer_waits_for_nothing_and_no_event_is_lost(
    live: Live,
) -> None:
    ears = [await Ear(live).follows(TOPIC) for _ in range(20)]
    asks = ears[0]
    live.topics.is_crowded = lambda: True
    for n in range(1, 1001):
        happens(live, "message.sent", topic=TOPIC, seq=n)
        live.tell_topic(TOPIC, "typing", {"n": n}, Priority.CURSOR, kind=f"typing {n}")
        if n == 500:
            await live.answer(asks.member, Command("ping", {}, "now"))
            assert asks.told[-1]["event"] == "pong"  # with others of its room still waiting
            assert asks.places[-1] < 500
            await asyncio.sleep(0)
    for ear in ears:
        await ear.hears(1000)
        assert ear.places == list(range(1, 1001))
        assert [each["event"] for each in ear.told if each["event"] not in ("noted", "pong")] == []
    live.topics._flush_fleeting()
    assert live.topics.counters.messages["fleeting", "shed"] == 1000
