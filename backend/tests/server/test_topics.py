"""Following over a network that breaks, for a peer that is slow, by a right that ends: nothing is lost or doubled."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from server.test_metrics import read
from support.follower import Follower
from support.listener import Listener
from support.server import Server
from support.team import Mate

AWAY = 10_000


@pytest.fixture
async def ann(server: Server) -> AsyncIterator[Mate]:
    mate = await Mate(server, "Ann").comes()
    yield mate
    await mate.leaves()


@pytest.fixture
async def bob(closed_server: Server) -> AsyncIterator[Mate]:
    mate = await Mate(closed_server, "Bob").comes()
    yield mate
    await mate.leaves()


async def says(mate: Mate, page: str, text: str) -> None:
    await mate.does("POST", f"/api/documents/{page}/messages", text=text)


def said_long_ago(server: Server, page: str, author: str, count: int) -> None:
    """So many messages, as rows: by HTTP they would take a while."""
    now = time.time()
    messages = [(f"{page}-{n}", page, n, author, f"{page}-{n}", now, f"message {n}", 1) for n in range(1, count + 1)]
    events = [
        (f"doc:{page}", n, "message.sent", author, now, f'{{"message": "{page}-{n}"}}') for n in range(1, count + 1)
    ]
    with closing(sqlite3.connect(server.database)) as database, database:
        database.executemany(
            "INSERT INTO message (id, document, seq, author, client_id, at, text, revision) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            messages,
        )
        database.executemany("INSERT INTO event (topic, seq, name, actor, at, data) VALUES (?, ?, ?, ?, ?, ?)", events)


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
    started = time.monotonic()
    following = asyncio.create_task(late.goes_on())
    await says(ann, page, "while Bob reads")
    await following
    took = time.monotonic() - started
    await late.has_everything(AWAY + 1)
    assert late.places == list(range(1, AWAY + 2))
    assert took < 3.0
    print(f"caught up with {AWAY} in {took:.2f} s")
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
        await asyncio.wait([following])
        await late.ear.has_heard_all()
        assert AWAY + 1 not in late.places  # the change itself
        assert AWAY + 2 not in late.places
        assert late.places == list(range(1, len(late.places) + 1))
        assert await late.ear.is_answered("follow", {"topic": f"doc:{page}"}) == "not_found"
        await late.ear.leaves()
    await ann.leaves()
