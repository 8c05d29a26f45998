"""Following over a network that breaks, for a peer that is slow, by a right that ends: nothing is lost or doubled."""

import asyncio
import os
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from quillroom.api.live import LONG_SECONDS, OUTBOX_BYTES
from quillroom.api.socket import STUCK_SECONDS
from server.test_metrics import read
from support.follower import Follower
from support.listener import Listener
from support.server import Server
from support.team import Mate

AWAY = 10_000


def cpu_seconds(server: Server) -> float:
    """What the server and this process have worked."""
    ticks = 0
    for each in server.each:
        with open(f"/proc/{each.pid}/stat") as stat:
            user, system = stat.read().rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


def memory_bytes(server: Server) -> int:
    with open(f"/proc/{server.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
async def ann(server: Server) -> AsyncIterator[Mate]:
    mate = await Mate(server, "Ann").comes()
    yield mate
    await mate.leaves()


async def says(mate: Mate, page: str, text: str) -> None:
    await mate.does("POST", f"/api/documents/{page}/messages", text=text)


def said_long_ago(server: Server, page: str, author: str, count: int, text: str = "message") -> None:
    """So many messages, as rows: by HTTP they would take a while."""
    now = time.time()
    messages = [
        (f"{page}-{n}", page, n, author, f"{page}-{n}", now, f"{text} {n}"[:8000], 1) for n in range(1, count + 1)
    ]
    events = [
        (f"doc:{page}", n, "message.sent", author, now, f'{{"message": "{page}-{n}"}}') for n in range(1, count + 1)
    ]
    server.fills(
        "INSERT INTO message (id, document, seq, author, client_id, at, text, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        messages,
    )
    server.fills("INSERT INTO event (topic, seq, name, actor, at, data) VALUES (?, ?, ?, ?, ?, ?)", events)


async def test_g3_over_connections_that_break_at_any_moment_everything_is_told_once_and_in_order(
    ann: Mate, seed: int
) -> None:
    by_chance, page = random.Random(seed), await ann.makes("Harbour")
    followers = [Follower(ann, f"doc:{page}") for _ in range(4)]
    coming = [asyncio.create_task(each.comes_and_goes(by_chance, 12)) for each in followers]
    said = 0
    while not all(each.done() for each in coming):
        await asyncio.gather(*(says(ann, page, f"{said + n}") for n in range(1, 6)))
        said += 5
    await asyncio.gather(*coming)
    for each in followers:
        await each.has_everything(said)
        assert each.places == list(range(1, said + 1))
        assert each.resets == 0
        await each.is_cut()


async def test_who_was_away_for_10_000_messages_has_them_within_three_seconds(ann: Mate, server: Server) -> None:
    page = await ann.makes("Harbour")
    said_long_ago(server, page, ann.id, AWAY)
    late = Follower(ann, f"doc:{page}")
    late.ear = await Listener(server.url, ann.headers, is_checking=False).joins()
    started, worked = time.monotonic(), cpu_seconds(server)
    following = asyncio.create_task(late.goes_on())
    await says(ann, page, "while Bob reads")
    await following
    took, worked = time.monotonic() - started, cpu_seconds(server) - worked
    print(f"caught up with {AWAY} in {took:.2f} s, of which server and reader worked {worked:.2f} s")
    await late.has_everything(AWAY + 1)
    assert late.places == list(range(1, AWAY + 2))
    assert worked < 3.0  # on a machine of our own it takes as long
    await late.is_cut()


async def test_what_was_told_and_missed_is_counted(ann: Mate, server: Server) -> None:
    page = await ann.makes("Harbour")
    await says(ann, page, "early")
    follower = await Follower(ann, f"doc:{page}").goes_on()
    await says(ann, page, "late")
    await follower.has_everything(2)
    said = await read(server)
    assert said["app_topics_followed"].value() == 1
    assert said["app_resume_total"].value(result="complete") == 1
    assert said["app_resume_total"].value(result="reset") == 0
    assert said["app_messages_total"].value(type="missed", result="told") == 1
    assert said["app_message_delivery_seconds"].value("_count") == 1
    assert said["app_message_delivery_seconds"].value("_sum") < 1.0
    await follower.is_cut()


async def test_who_is_behind_by_more_than_can_be_told_is_told_to_ask_anew(ann: Mate, server: Server) -> None:
    page = await ann.makes("Harbour")
    said_long_ago(server, page, ann.id, 20_001)
    late = await Follower(ann, f"doc:{page}").goes_on()
    assert (late.resets, late.places) == (1, [])
    await says(ann, page, "now")
    await late.has_everything(20_002)
    assert late.places == [20_002]
    await late.is_cut()


async def test_who_does_not_read_costs_little_and_misses_nothing_once_they_do(ann: Mate, server: Server) -> None:
    talk, history = await ann.makes("Talk"), await ann.makes("History")
    said_long_ago(server, history, ann.id, 400, "潮" * 8000)
    one = server.each[0]  # itself: nginx would read on
    ear = await Listener(one.url, ann.headers).joins(receive_bytes=4096)
    follower, reader = Follower(ann, f"doc:{talk}"), Follower(ann, f"doc:{history}")
    follower.ear = reader.ear = ear
    await follower.goes_on()
    memory = memory_bytes(one)
    ear.stops_reading()
    reading = asyncio.create_task(reader.goes_on())
    async with asyncio.timeout(STUCK_SECONDS):
        while (await read(one))["app_ws_connections"].value(plane="live", state="full") == 0:
            pass
    for n in range(20):  # the tenth is too much for what is kept for one connection
        await says(ann, talk, f"{n} " + "潮" * 7990)
    assert (await read(one))["app_ws_outbox_bytes"].value() <= OUTBOX_BYTES
    assert memory_bytes(one) - memory < 32 << 20
    ear.reads_again()
    await ear.hears("hello", 2)
    reading.cancel()
    await asyncio.wait([reading])
    for each, head in ((follower, 20), (reader, 400)):
        await each.goes_on()
        await each.has_everything(head)
        assert each.places == list(range(1, head + 1))
    await ear.leaves()


async def test_g7_who_loses_access_while_catching_up_is_told_nothing_of_what_is_behind_that(
    closed_server: Server, bob: Mate
) -> None:
    ann = await Mate(closed_server, "Ann").comes()
    for _ in range(5):
        page = await ann.makes("Harbour")
        said_long_ago(closed_server, page, ann.id, AWAY)
        late = Follower(bob, f"doc:{page}")
        late.ear = await bob.listens()
        following = asyncio.create_task(late.goes_on())
        await ann.hides(page)
        await says(ann, page, "secret")
        await asyncio.gather(following, return_exceptions=True)  # it may be sent away before it is there
        await late.ear.has_heard_all()
        assert AWAY + 1 not in late.places  # the change itself
        assert AWAY + 2 not in late.places
        assert late.places == list(range(1, len(late.places) + 1))
        assert await late.ear.is_answered("follow", {"topic": f"doc:{page}"}) == "not_found"
        await late.ear.leaves()
    await ann.leaves()


async def gets_through(mate: Mate, by_chance: random.Random, page: str, client_id: str) -> int:
    """Send a message as the page does: on a connection that breaks before, while or after it is committed, until one
    acknowledges it. How often it was said.
    """
    for attempt in range(1, 100):
        ear = await mate.listens()
        said = {"document": page, "client_id": client_id, "text": f"say {client_id}"}
        asking = asyncio.create_task(ear.does("message.send", **said))
        await asyncio.wait([asking], timeout=by_chance.choice([0.0, 0.001, 0.003, 0.01, 1.0]))
        is_done = asking.done()
        asking.cancel()
        await asyncio.wait([asking])
        await ear.breaks()
        if is_done:
            return attempt
    raise AssertionError("no connection lived long enough")


async def test_g3_a_message_whose_answer_was_lost_and_that_is_sent_again_is_there_once(ann: Mate, seed: int) -> None:
    by_chance, page = random.Random(seed), await ann.makes("Harbour")
    follower = await Follower(ann, f"doc:{page}").goes_on()
    sent = [f"client-{n}" for n in range(30)]
    attempts = [await gets_through(ann, by_chance, page, client_id) for client_id in sent]
    assert sum(attempts) > len(sent)  # else nothing was tried here
    await follower.has_everything(len(sent))
    assert [each["data"]["message"]["client_id"] for each in follower.told] == sent
    await follower.is_cut()


async def test_g3_a_server_that_is_killed_between_the_commit_and_the_answer_leaves_one_copy(
    ann: Mate, server: Server, seed: int
) -> None:
    by_chance, page = random.Random(seed), await ann.makes("Harbour")
    acknowledged = list[str]()
    for life in range(4):
        ear = await ann.listens()
        asking = {
            id: asyncio.create_task(ear.does("message.send", document=page, client_id=id, text=id))
            for id in (f"life-{life}-{n}" for n in range(30))
        }
        await asyncio.wait(asking.values(), timeout=by_chance.random() * 0.05)
        server.kill9()
        acknowledged += [id for id, each in asking.items() if each.done() and each.exception() is None]
        for each in asking.values():
            each.cancel()
        await asyncio.wait(asking.values())
        await ear.leaves()
        server.start()
    follower = Follower(ann, f"doc:{page}")
    await follower.goes_on()
    for id in (f"life-{life}-{n}" for life in range(4) for n in range(30)):
        assert follower.ear is not None
        await follower.ear.does("message.send", document=page, client_id=id, text=id)
    await follower.has_everything(120)
    kept = [each["data"]["message"]["client_id"] for each in follower.told]
    assert len(kept) == len(set(kept)) == 120
    assert set(acknowledged) <= set(kept)
    assert follower.places == list(range(1, 121))
    await follower.is_cut()


@pytest.mark.one_process("a lock on the file of SQLite")
async def test_while_the_disk_keeps_a_command_waiting_the_server_still_says_that_it_is_there(
    ann: Mate, server: Server
) -> None:
    page, ear = await ann.makes("Harbour"), await ann.listens()
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        saying = asyncio.create_task(ear.does("message.send", document=page, client_id="a-client-id", text="late"))
        await asyncio.sleep(LONG_SECONDS + 0.2)  # only then is it looked at before its turn
        assert await ear.is_answered("ping", {}) == "pong"
        assert not saying.done()
        other.execute("ROLLBACK")
    assert (await saying)["message"]["text"] == "late"
    await ear.leaves()
