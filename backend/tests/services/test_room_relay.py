"""One document, open on several servers that write one log on PostgreSQL: whatever the bus does, all tell the same."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from pycrdt import Doc, Text
from sqlalchemy import QueuePool
from sqlalchemy.exc import OperationalError

from core.people import Peer, ann, bob, saved_of, says
from quillroom.core.member import ANONYMOUS, Person
from quillroom.protocol import frames
from quillroom.protocol.awareness import read_states
from quillroom.protocol.bus import Kind
from quillroom.protocol.closes import Close
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import read_var_bytes
from quillroom.services import tail
from quillroom.services.inbox import Inbox
from quillroom.services.lines import Lines
from quillroom.services.relay import GONE_SECONDS, Relay
from quillroom.services.replay import replay
from quillroom.services.room_relay import RoomRelay
from quillroom.services.rooms import Rooms
from quillroom.services.tail import Tail
from quillroom.services.workers import Workers
from quillroom.store import updates
from quillroom.store.database import Database, open_database
from quillroom.store.writer import Writer
from support.wire import Medium, Wire

pytestmark = pytest.mark.asyncio


class Site:
    """A server, as far as documents go."""

    def __init__(self, url: str, medium: Medium) -> None:
        loop = asyncio.get_running_loop()
        self.database = open_database(url)
        inbox = Inbox(loop, lambda round: self.rooms.on_round(round))
        self.writer = Writer(self.database, inbox.put, lambda trouble: None)
        self.rooms = Rooms(self.database, self.writer, Workers())
        self.wire = Wire(medium)
        self.relay = Relay(self.wire)
        self.room_relay = self.rooms.several = RoomRelay(self.rooms, self.relay, self.database)
        lines = Lines(self.database, self.relay)
        self.tail = Tail(self.database, self.relay, self.rooms, self.room_relay, lines)
        self.writer.start()

    async def comes(self, person: Person = ANONYMOUS, client: int = 0) -> "Author":
        room = await self.rooms.open("a")
        author = Author(self, person, client)
        self.rooms.enter(room, author.member)
        return author

    def vector(self) -> bytes:
        room = self.rooms.opened("a")
        assert room is not None
        return room.vector()

    async def ends(self) -> None:
        await asyncio.to_thread(self.writer.stop)
        pool = self.database.engine.pool
        assert isinstance(pool, QueuePool)
        await becomes(lambda: pool.checkedout() == 0)  # somebody still reads, on a thread
        self.database.close()


class Author:
    """Somebody with a document open, who writes without waiting."""

    def __init__(self, site: Site, person: Person, client: int) -> None:
        self.site = site
        self.member = Peer(person)
        self.doc: Doc[Any] = Doc(client_id=client or random.randrange(1, 2**31))
        self.text = self.doc.get("t", type=Text)
        self._saved = 0
        self.cursors: dict[int, str] = {}

    def types(self, words: str, at: int | None = None) -> None:
        self.reads()
        before = self.doc.get_state()
        self.text.insert(len(self.text) if at is None else at, words)
        self.sends(self.doc.get_update(before))

    def sends(self, update: bytes) -> None:
        room = self.site.rooms.opened("a")
        assert room is not None
        self.member.received += 1
        self.site.rooms.receive(room, self.member, update, False, inspect(update))

    def points(self, clock: int, state: object) -> None:
        room = self.site.rooms.opened("a")
        assert room is not None
        self.site.rooms.receive_awareness(room, self.member, says(self.doc.client_id, clock, json.dumps(state)))

    def leaves(self) -> None:
        room = self.site.rooms.opened("a")
        assert room is not None
        self.site.rooms.leave(room, self.member)

    def reads(self) -> str:
        """What is on the screen."""
        for message in self.member.messages():
            self._saved = saved_of(message) or self._saved
            if message[:1] == bytes([frames.AWARENESS]):
                for client, _, state in read_states(read_var_bytes(message, 1)[0]):
                    self.cursors[client] = state
            elif message[:2] in (b"\x00\x01", b"\x00\x02"):
                self.doc.apply_update(read_var_bytes(message, 2)[0])
        return str(self.text)

    @property
    def saved(self) -> int:
        """How many of the own edits are said to be saved."""
        self.reads()
        return self._saved

    def sees(self) -> list[str]:
        """Whose cursors, by name."""
        self.reads()
        states = [json.loads(state) for client, state in self.cursors.items() if client != self.doc.client_id]
        return sorted(state["user"]["name"] for state in states if state is not None)


def servers(database: Database, medium: Medium, count: int = 2) -> AbstractAsyncContextManager[list[Site]]:
    @asynccontextmanager
    async def running() -> Any:
        url = database.engine.url.render_as_string(hide_password=False)
        sites = [Site(url, medium) for _ in range(count)]
        try:
            yield sites
        finally:
            for site in sites:
                await site.ends()

    return running()


async def becomes(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def demand_log(database: Database, text: str) -> None:
    """The log, replayed from its front, says this."""
    rows = database.read(lambda c: updates.tail(c, "a", 0))
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    doc: Doc[Any] = Doc()
    doc.apply_update(replay(None, [row.update for row in rows]).state)
    assert str(doc.get("t", type=Text)) == text


async def test_what_one_writes_the_other_reads_and_each_edit_is_published_once(postgresql: Database) -> None:
    medium = Medium()
    async with servers(postgresql, medium, 3) as (here, there, elsewhere):
        one, two = await here.comes(ann()), await there.comes(bob())
        three = await elsewhere.comes()
        for words in ("Dear ", "all, "):
            one.types(words)
            await becomes(lambda: one.reads() == two.reads() == three.reads() == str(one.text) and one.saved > 0)
        two.types("hello")
        await becomes(lambda: one.reads() == two.reads() == three.reads() == "Dear all, hello")
        assert (one.saved, two.saved, medium.told[Kind.EDITS]) == (2, 1, 3)
        assert here.room_relay.healed == there.room_relay.healed == 0
        demand_log(postgresql, "Dear all, hello")


async def test_a_server_where_nobody_has_it_open_hears_nothing(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one = await here.comes(ann())
        one.types("quiet")
        await becomes(lambda: one.reads() == "quiet" and one.saved == 1)
        assert there.wire.joined == set()
        assert there.relay.counters["received"] == {}


@pytest.mark.parametrize("loss", [0.3, 1.0])
async def test_whatever_the_bus_loses_doubles_and_delays_all_tell_the_same(
    postgresql: Database, seed: int, loss: float
) -> None:
    medium = Medium(seed, loss=loss, doubling=0.3, lateness=0.03)
    async with servers(postgresql, medium, 3) as sites:
        authors = [await site.comes(who) for site in sites for who in (ann(f"of {site.relay.instance}"), ANONYMOUS)]
        chance = random.Random(seed)
        for number in range(150):
            author = chance.choice(authors)
            author.types(f"<{number}>", chance.randrange(len(author.text) + 1))
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() * 0.02)
        await becomes(lambda: all(a.saved == a.member.received for a in authors))
        for site in sites:
            await site.tail.look()
        await becomes(lambda: len({author.reads() for author in authors}) == 1)
        text = authors[0].reads()
        assert len(text) == sum(len(f"<{number}>") for number in range(150))
        assert len({site.vector() for site in sites}) == 1
        demand_log(postgresql, text)


async def test_without_a_bus_the_log_is_followed(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        for site in (here, there):
            site.wire.connects(False)
        looking = [asyncio.create_task(site.tail.run()) for site in (here, there)]
        one, two = await here.comes(ann()), await there.comes(bob())
        began = time.monotonic()
        one.types("slow but sure")
        await becomes(lambda: two.reads() == "slow but sure")
        assert time.monotonic() - began < 5
        two.types(", both ways")
        await becomes(lambda: one.reads() == "slow but sure, both ways" and two.saved == 1)
        for each in looking:
            each.cancel()


async def test_that_the_database_is_away_is_said_once(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with servers(postgresql, Medium(), 1) as (here,):
        one, looks = await here.comes(ann()), 0

        def is_away(query: object) -> object:
            nonlocal looks
            looks += 1
            raise OperationalError("SELECT", {}, Exception("it is away"))

        here.wire.connects(False)
        await becomes(lambda: not here.room_relay._reading)
        monkeypatch.setattr(here.database, "read", is_away)
        monkeypatch.setattr(tail, "ALONE_SECONDS", 0.01)
        looking = asyncio.create_task(here.tail.run())
        await becomes(lambda: looks > 3)
        monkeypatch.undo()
        one.types("it is back")
        await becomes(lambda: one.saved == 1)
        looking.cancel()
        assert [record.message for record in caplog.records] == ["How far the logs are cannot be read now"]


async def test_what_was_committed_elsewhere_before_is_told_before(postgresql: Database) -> None:
    medium = Medium()
    async with servers(postgresql, medium) as (here, there):
        one, two = await here.comes(ann(), 10), await there.comes(bob(), 20)
        await becomes(lambda: "a" in there.room_relay._joined and not there.room_relay._reading)
        await becomes(lambda: ("sync:a" in here.room_relay._joined and not there.room_relay._reading) or True)
        medium.loss = 1.0
        one.types("first ")
        await becomes(lambda: one.reads() == "first " and one.saved == 1)
        assert two.reads() == ""
        told = two.member.got
        two.types("second")
        await becomes(lambda: two.saved == 1 or (bool(two.reads()) and two.saved == 1))
        assert "first " in two.reads()
        assert there.room_relay.healed >= 1
        assert told is not None
        await here.tail.look()
        await becomes(lambda: one.reads() == two.reads())


async def test_what_came_while_a_document_was_opened_is_not_missing(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one = await here.comes(ann())
        coming = asyncio.create_task(there.comes(bob()))
        for number in range(30):
            one.types(f"{number} ")
            await asyncio.sleep(0.001)
        two = await coming
        room = there.rooms.opened("a")
        assert room is not None
        two.doc.apply_update(room.replica.state())
        await becomes(lambda: two.reads() == one.reads() and one.saved == 30)


async def test_large_edits_are_read_from_the_log(postgresql: Database) -> None:
    medium = Medium()
    async with servers(postgresql, medium) as (here, there):
        one, two = await here.comes(ann()), await there.comes(bob())
        one.types("x" * 200_000)
        await becomes(lambda: len(two.reads()) == 200_000)
        assert there.room_relay.healed == 1


async def test_what_is_said_while_the_log_is_being_read_is_read_too(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one, two = await here.comes(ann()), await there.comes(bob())
        await becomes(lambda: "a" in there.room_relay._joined and not there.room_relay._reading)
        read, is_read, goes_on = there.room_relay._page, threading.Event(), threading.Event()

        def slowly(document: str, after: int) -> object:
            found = read(document, after)
            is_read.set()
            assert goes_on.wait(10)
            return found

        monkeypatch.setattr(there.room_relay, "_page", slowly)
        there.room_relay.catch_up("a")
        await asyncio.to_thread(is_read.wait, 10)
        one.types("x" * 200_000)  # too large to be carried: there it is only said that it is in the log
        await becomes(lambda: there.relay.counters["received"]["EDITS"] == 1)
        goes_on.set()
        await becomes(lambda: len(two.reads()) == 200_000)


async def test_rubbish_from_the_bus_changes_nothing(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one, two = await here.comes(ann()), await there.comes(bob())
        one.types("sound")
        await becomes(lambda: two.reads() == "sound")
        for payload in (b"", b"\xff" * 40, b"\x02\x02\x01\x00\x00\x04rubb\x00", b"\x02\x09\x00\x00"):
            there.wire.on_message("sync:a", "server-00001", Kind.EDITS, payload)
        one.types(" and safe")
        await becomes(lambda: two.reads() == "sound and safe")
        assert there.relay.counters["rejected"]["1"] >= 1
        room = there.rooms.opened("a")
        assert room is not None
        assert room.read_only is None


async def test_cursors_are_seen_on_other_servers_until_their_people_leave(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one, two = await here.comes(ann()), await there.comes(bob())
        one.points(1, {"cursor": 1})
        await becomes(lambda: two.sees() == ["Ann"])
        two.points(1, {"cursor": 2})
        await becomes(lambda: one.sees() == ["Bob"])
        late = await there.comes()
        assert late.sees() == ["Ann", "Bob"]
        one.leaves()
        await becomes(lambda: two.sees() == [] and late.sees() == ["Bob"])


async def test_who_opens_a_document_on_another_server_asks_who_is_there(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one = await here.comes(ann())
        one.points(1, {"cursor": 1})
        await becomes(lambda: here.rooms.opened("a").awareness.here() != [])  # type: ignore[union-attr]
        two = await there.comes(bob())
        await becomes(lambda: two.sees() == ["Ann"])


async def test_a_window_that_comes_back_on_another_server_keeps_its_cursor(postgresql: Database) -> None:
    async with servers(postgresql, Medium(), 3) as (here, there, elsewhere):
        one, reader = await here.comes(ann(), 77), await elsewhere.comes(bob())
        one.points(1, {"cursor": 1})
        await becomes(lambda: reader.sees() == ["Ann"])
        again = await there.comes(ann(), 77)
        await becomes(lambda: again.site.rooms.opened("a").awareness.states != {})  # type: ignore[union-attr]
        again.points(2, {"cursor": 5})
        await becomes(lambda: '"cursor":5' in reader.cursors.get(77, "") or reader.sees() == [])
        one.leaves()  # its old connection is found dead
        again.points(3, {"cursor": 6})
        await becomes(lambda: reader.sees() == ["Ann"] and '"cursor":6' in reader.cursors[77])


async def test_nobody_speaks_for_a_cursor_of_another_server(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one, thief = await here.comes(ann(), 77), await there.comes(bob(), 77)
        one.points(1, {"cursor": 1})
        await becomes(lambda: there.rooms.opened("a").awareness.states != {})  # type: ignore[union-attr]
        thief.points(9, {"cursor": 9})
        await asyncio.sleep(0.1)
        reader = await there.comes()
        assert reader.sees() == ["Ann"]


async def test_cursors_of_a_server_that_is_gone_are_taken_away(postgresql: Database) -> None:
    async with servers(postgresql, Medium()) as (here, there):
        one, two = await here.comes(ann()), await there.comes(bob())
        one.points(1, {"cursor": 1})
        await becomes(lambda: two.sees() == ["Ann"])
        here.wire.connects(False)
        there.relay.look(time.monotonic() + GONE_SECONDS + 1)
        await becomes(lambda: two.sees() == [])


async def test_two_people_under_one_client_id_on_two_servers_do_not_both_write(postgresql: Database) -> None:
    async with servers(postgresql, Medium(loss=1.0)) as (here, there):
        one, two = await here.comes(ann(), 77), await there.comes(bob(), 77)
        closed: list[tuple[int, str]] = []
        for author in (one, two):
            author.member.hang_up = lambda code, why: closed.append((code, why))
        one.types("mine")
        two.types("no, mine")
        two.types("!")
        await becomes(lambda: closed != [] and one.saved + two.saved > 0)
        assert closed == [(Close.RESTART, "another server took in an edit that this one does not agree with")]
        won, lost = (one, two) if one.saved else (two, one)
        assert lost.saved == 0
        again = await lost.site.comes(bob(), 78)
        again.types(" and another's")
        await becomes(lambda: again.saved == 1)
        demand_log(postgresql, f"{won.text} and another's")
