"""The live plane: who hears what, who does not, and what is refused."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom.protocol.closes import Close
from quillroom.protocol.live import COMMANDS, EVENTS
from quillroom.services.page_news import DEBOUNCE_SECONDS
from server.test_metrics import read
from support.listener import SCHEMA
from support.server import Server
from support.team import Mate


def test_the_schema_that_both_sides_share_names_every_event() -> None:
    def named(side: str) -> set[str]:
        return {each["properties"]["event"]["const"] for each in SCHEMA["$defs"][side]["oneOf"]}

    assert named("fromServer") == EVENTS
    assert named("fromClient") == COMMANDS


async def test_a_page_that_one_makes_appears_for_the_others_within_a_second(ann: Mate, bob: Mate) -> None:
    listening = [await ann.listens(), await bob.listens()]
    assert listening[1].told[0]["data"]["user"]["name"] == "Bob"
    await ann.makes("Harbour")
    for each in listening:
        await each.hears("pages.changed", seconds=1.0)
    assert await bob.tree() == {"": ["Harbour"]}
    for each in listening:
        await each.leaves()


async def test_who_was_given_nothing_hears_nothing_of_a_private_page(ann: Mate, bob: Mate) -> None:
    diary = await ann.makes("Diary")
    hears_ann, hears_bob = await ann.listens(), await bob.listens()
    await ann.hides(diary)
    await hears_bob.hears("pages.changed")  # it was there before
    assert (await hears_bob.hears("access.changed"))["data"] == {"document": diary, "role": None}
    assert await bob.tree() == {}
    for change in (
        lambda: ann.does("PATCH", f"/api/documents/{diary}", title="My diary"),
        lambda: ann.makes("Monday", diary),
        lambda: ann.does("DELETE", f"/api/documents/{diary}"),
        lambda: ann.does("POST", f"/api/trash/{diary}/restore"),
    ):
        before = hears_ann.count("pages.changed")
        await change()
        await hears_ann.hears("pages.changed", before + 1)
    await hears_bob.has_heard_all()
    assert (hears_bob.count("pages.changed"), hears_bob.count("access.changed")) == (1, 1)
    await ann.lets(bob, diary, "view")
    await hears_bob.hears("pages.changed", 2)
    assert (await hears_bob.hears("access.changed", 2))["data"] == {"document": diary, "role": "view"}
    assert await bob.tree() == {"": ["My diary"], "My diary": ["Monday"]}
    await hears_ann.leaves()
    await hears_bob.leaves()


async def test_who_sees_only_a_sub_page_hears_nothing_of_the_page_above(ann: Mate, bob: Mate) -> None:
    secret = await ann.makes("Secret")
    shared = await ann.makes("Shared", secret)
    await ann.hides(secret)
    await ann.lets(bob, shared, "edit")
    assert await bob.tree() == {"": ["Shared"]}
    hears_ann, hears_bob = await ann.listens(), await bob.listens()
    await ann.does("PATCH", f"/api/documents/{secret}", title="Very secret")
    await hears_ann.hears("pages.changed")
    await hears_bob.has_heard_all()
    assert hears_bob.count("pages.changed") == 0
    await ann.does("DELETE", f"/api/documents/{secret}")
    await hears_bob.hears("pages.changed")
    await hears_ann.leaves()
    await hears_bob.leaves()


async def test_many_changes_at_once_are_told_in_few_words(ann: Mate, bob: Mate) -> None:
    hears_bob = await bob.listens()
    started = asyncio.get_running_loop().time()
    pages = [await ann.makes(f"{n}") for n in range(5)]
    for n in range(40):
        await ann.does("PATCH", f"/api/documents/{pages[n % 5]}", is_template=n % 2 == 0)
    await hears_bob.hears("pages.changed")
    await hears_bob.has_heard_all()
    took = asyncio.get_running_loop().time() - started
    assert hears_bob.count("pages.changed") <= 2 + took / DEBOUNCE_SECONDS
    await hears_bob.leaves()


async def test_my_star_and_my_name_change_on_all_my_devices(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("P")
    devices, hears_bob = [await ann.listens(), await ann.listens()], await bob.listens()
    await ann.does("PUT", f"/api/documents/{page}/favourite")
    await ann.does("PATCH", "/api/me", name="Anna")
    for device in devices:
        await device.hears("favourites.changed")
        await device.hears("session.changed")
    await hears_bob.has_heard_all()
    assert [each["event"] for each in hears_bob.told if each["event"] != "servers"] == ["hello", "pong"]
    for each in (*devices, hears_bob):
        await each.leaves()


async def test_signing_out_ends_that_sessions_connection_and_no_other(
    ann: Mate, bob: Mate, closed_server: Server
) -> None:
    hears_ann, hears_bob = await ann.listens(), await bob.listens()
    await ann.does("DELETE", "/api/session")
    await hears_ann.is_sent_away(Close.SIGNED_OUT)
    await hears_bob.has_heard_all()
    with pytest.raises(InvalidStatus) as told:
        await ann.listens()
    assert told.value.response.status_code == 401
    await hears_bob.leaves()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_another_sites_page_may_not_listen(ann: Mate, closed_server: Server, origin: str) -> None:
    address = closed_server.url.replace("http", "ws") + "/live"
    with pytest.raises(InvalidStatus) as told:
        await connect(address, additional_headers=ann.headers, origin=origin)  # type: ignore[arg-type]
    assert told.value.response.status_code == 403
    async with connect(address, additional_headers=ann.headers, origin=closed_server.url) as mine:  # type: ignore[arg-type]
        assert json.loads(await mine.recv())["event"] == "hello"


BAD = {
    "no JSON": ("{", "bad_json"),
    "nested": ("[" * 100_000, "bad_json"),
    "no object": ("[]", "bad_json"),
    "no event": ("{}", "invalid"),
    "more": ('{"event": "ping", "as": "bob"}', "invalid"),
    "data": ('{"event": "ping", "data": 1}', "invalid"),
    "what only a server says": ('{"event": "hello", "data": {}}', "unknown_event"),
}


@pytest.mark.parametrize(("message", "code"), BAD.values(), ids=BAD)
async def test_what_is_no_event_is_said_so_and_the_connection_is_kept(ann: Mate, message: str, code: str) -> None:
    hears = await ann.listens()
    await hears.says(message)
    assert (await hears.hears("error"))["data"]["code"] == code
    await hears.has_heard_all()
    await hears.leaves()


async def test_who_goes_on_and_on_is_cut_off(ann: Mate, bob: Mate) -> None:
    rude, hears_bob = await ann.listens(), await bob.listens()
    for _ in range(19):
        await rude.says("{")
    await rude.has_heard_all()
    await rude.says("{")
    await rude.is_sent_away(Close.BAD_FRAME)
    await hears_bob.has_heard_all()
    await hears_bob.leaves()


@pytest.mark.parametrize(("message", "code"), [(b"\0", Close.BAD_FRAME), ("x" * (1 << 20) + "x", Close.TOO_BIG)])
async def test_what_is_no_text_or_too_much_ends_the_connection(ann: Mate, message: str | bytes, code: int) -> None:
    hears = await ann.listens()
    await hears.says(message)
    await hears.is_sent_away(code)


async def test_a_flood_of_questions_is_answered_at_a_pace(ann: Mate) -> None:
    hears = await ann.listens()
    started = asyncio.get_running_loop().time()
    for _ in range(120):
        await hears.says('{"event": "ping"}')
    await hears.hears("pong", 120)
    assert asyncio.get_running_loop().time() - started > 0.5
    await hears.leaves()


async def test_connections_are_counted_by_plane(ann: Mate, closed_server: Server) -> None:
    hears = await ann.listens()
    connections = (await read(closed_server))["app_ws_connections"]
    assert connections.value(plane="live", state="open") == 1
    assert connections.value(plane="sync", state="open") == 0
    await hears.leaves()


async def stars(mate: Mate, page: str, times: int) -> None:
    """And takes the star away each time: twice so many entries in the log of `user:{mate}`."""
    for _ in range(times):
        await mate.does("PUT", f"/api/documents/{page}/favourite")
        await mate.does("DELETE", f"/api/documents/{page}/favourite")


async def test_who_follows_gets_what_was_missed_then_everything_without_a_gap(ann: Mate) -> None:
    page, topic = await ann.makes("P"), f"user:{ann.id}"
    hears = await ann.listens()
    epoch = hears.told[0]["data"]["epoch"]
    await stars(ann, page, 2)
    assert await hears.does("follow", topic=topic) == {
        "id": "asked-1", "topic": topic, "seq": 4, "epoch": epoch, "is_reset": False,
    }  # fmt: skip
    assert hears.of_topic(topic) == []
    await stars(ann, page, 1)
    await hears.waits(lambda: len(hears.of_topic(topic)) == 2)
    later = await ann.listens()
    assert (await later.does("follow", topic=topic, after=1, epoch=epoch))["seq"] == 6
    assert [each["seq"] for each in later.of_topic(topic)] == [2, 3, 4, 5, 6]
    assert (await later.asks("ping"))["data"]["heads"] == {topic: 6}
    await later.does("unfollow", topic=topic)
    await stars(ann, page, 1)
    await hears.waits(lambda: len(hears.of_topic(topic)) == 4)
    assert (await later.asks("ping"))["data"]["heads"] == {}
    assert len(later.of_topic(topic)) == 5
    for each in (hears, later):
        await each.leaves()


@pytest.mark.parametrize(("after", "epoch"), [(9, None), (1, "another"), (0, "another")])
async def test_who_was_in_another_log_is_told_to_ask_anew(ann: Mate, after: int, epoch: str | None) -> None:
    page, topic = await ann.makes("P"), f"user:{ann.id}"
    await stars(ann, page, 1)
    hears = await ann.listens()
    asked = {"topic": topic, "after": after} | ({} if epoch is None else {"epoch": epoch})
    said = await hears.does("follow", **asked)
    assert (said["seq"], said["is_reset"]) == (2, True)
    await stars(ann, page, 1)
    await hears.waits(lambda: len(hears.of_topic(topic)) == 2)
    assert [each["seq"] for each in hears.of_topic(topic)] == [3, 4]
    await hears.leaves()


async def test_who_loses_access_is_told_and_hears_nothing_of_what_comes_behind(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plans")
    topic = f"doc:{page}"
    hears_ann, hears_bob = await ann.listens(), await bob.listens()
    for each in (hears_ann, hears_bob):
        await each.does("follow", topic=topic)
    await ann.hides(page)
    assert (await hears_bob.hears("unfollowed", seconds=2.0))["data"] == {"topic": topic, "why": "access_ended"}
    await ann.lets(bob, page, "view")
    await hears_ann.waits(lambda: len(hears_ann.of_topic(topic)) == 2)
    await hears_bob.has_heard_all()
    assert hears_bob.of_topic(topic) == []
    assert (await hears_bob.does("follow", topic=topic, after=0))["seq"] == 2
    await ann.does("DELETE", f"/api/documents/{page}")
    assert (await hears_bob.hears("unfollowed", 2))["data"] == {"topic": topic, "why": "gone"}
    for each in (hears_ann, hears_bob):
        await each.leaves()
