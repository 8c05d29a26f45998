"""Who is at a document, as those who are there are told, and as nobody else is."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from typing import Any

import httpx
import pytest

from quillroom.core.whereabouts import GRACE_SECONDS
from quillroom.protocol import awareness, frames
from support.listener import Listener
from support.members import Account, client, is_guest, signs_in, signs_up
from support.person import Person
from support.server import Server
from support.servers import a_server
from support.tab import AWAY, EDITS, HERE_WITHIN_SECONDS, LOOKS, Tab, dots, here, in_tree
from support.team import Mate


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server; to each test come people of its own."""
    running = a_server(tmp_path_factory.mktemp("house"), is_open=False).start()
    yield running
    running.goes()


@pytest.fixture
async def ann(house: Server) -> AsyncIterator[Mate]:
    mate = await Mate(house, "Ann").comes()
    yield mate
    await mate.leaves()


@pytest.fixture
async def bob(house: Server) -> AsyncIterator[Mate]:
    mate = await Mate(house, "Bob").comes()
    yield mate
    await mate.leaves()


async def test_people_with_accounts_are_seen_on_all_their_devices_and_in_the_directory(closed_server: Server) -> None:
    async with client(closed_server) as web:
        ann = await signs_up(web, "Ann")
        page = await ann.makes_page("Plan")
        body = {"who": ["bob@example.org"], "role": "edit"}
        added = await ann.request("POST", f"/api/documents/{page}/people", json=body)
        bob = await signs_up(web, "Bob", invitation=added.json()["invitations"][0]["url"].split("#")[1])
        bobs_phone = await signs_in(web, "Bob")
        await _are_seen_in_the_directory(closed_server, page, ann, bob)
        await chooses(ann, is_invisible=False, last_seen=True)
        await _are_seen_on_all_their_devices(closed_server, page, ann, bob, bobs_phone)
        assert (await (await is_guest(web, "Gus")).request("GET", "/api/people")).status_code == 403


async def _are_seen_on_all_their_devices(
    server: Server, page: str, ann: Account, bob: Account, bobs_phone: Account
) -> None:
    anns = await Tab(server, ann).opens(page)
    await anns.sees(page, Ann=LOOKS)
    bobs = await Tab(server, bob).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await bobs.sees(page, Ann=LOOKS, Bob=LOOKS)
    await bobs.types("hello")
    await anns.sees(page, Ann=LOOKS, Bob=EDITS)
    phone = await Tab(server, bobs_phone).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=("active", "editing", 2))
    await phone.says(page, "idle")
    await anns.says(page, "idle")
    await bobs.sees(page, Ann=AWAY, Bob=("active", "editing", 2))
    told = (await ann.get(f"/api/documents/{page}/presence"))["people"]
    found = [(each["person"]["name"], each["state"], each["seen_at"] is None) for each in told]
    assert found == [("Ann", "idle", False), ("Bob", "active", True)]
    assert (await bob.request("DELETE", "/api/session")).status_code == 204
    await anns.sees(page, Ann=AWAY, Bob=AWAY)  # the phone is still there
    assert (await bobs_phone.request("DELETE", "/api/sessions")).status_code == 204
    await anns.sees(page, Ann=AWAY)
    for tab in (phone, bobs, anns):
        await tab.closes()


async def _are_seen_in_the_directory(server: Server, page: str, ann: Account, bob: Account) -> None:
    anns = await Tab(server, ann).opens(page)
    await anns.sees(page, Ann=LOOKS)
    await is_listed(bob, "Ann", "active")
    assert (await listed(bob))["Ann"]["seen_at"] is not None
    await chooses(ann, last_seen=False)
    assert (await listed(bob))["Ann"]["seen_at"] is None
    await anns.says(page, "idle")
    await anns.sees(page, Ann=AWAY)
    assert (await ann.get(f"/api/documents/{page}/presence"))["people"][0]["seen_at"] is None
    await chooses(ann, is_invisible=True)
    await anns.sees(page)
    await is_listed(bob, "Ann", "offline")
    await anns.closes()


async def test_going_to_another_page_is_seen_at_once_in_both(house: Server, ann: Mate, bob: Mate) -> None:
    one, two = await ann.makes("One"), await ann.makes("Two")
    anns, bobs = await Tab(house, ann).opens(one), await Tab(house, bob).opens(one)
    await anns.sees(one, Ann=LOOKS, Bob=LOOKS)
    other = await Tab(house, ann).opens(two)
    await other.sees(two, Ann=LOOKS)
    await bobs.says(two)
    await anns.live.waits(lambda: here(anns.live, one) == {"Ann": LOOKS, "Bob": ("active", "viewing", 1)})
    assert bobs._text is not None
    await bobs._text.leaves()
    await anns.sees(one, Ann=LOOKS)
    await other.sees(two, Ann=LOOKS, Bob=LOOKS)
    for tab in (bobs, other, anns):
        await tab.closes()


async def test_a_reload_is_told_to_nobody_and_who_stays_away_is_gone_after_the_grace(
    house: Server, ann: Mate, bob: Mate
) -> None:
    page = await ann.makes("Plan")
    anns, bobs = await Tab(house, ann).opens(page), await Tab(house, bob).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await bobs.closes()
    bobs = await Tab(house, bob).opens(page)
    await bobs.sees(page, Ann=LOOKS, Bob=LOOKS)
    before = anns.live.count("presence")
    await bobs.closes()
    closed_at = asyncio.get_running_loop().time()
    await anns.live.waits(lambda: here(anns.live, page) == {"Ann": LOOKS}, seconds=GRACE_SECONDS + 5)
    took = asyncio.get_running_loop().time() - closed_at
    assert GRACE_SECONDS - 0.5 < took < GRACE_SECONDS + 3
    assert anns.live.count("presence") == before + 1  # and nothing in between, of the reload neither
    await anns.closes()


async def test_signing_out_is_seen_at_once(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plan")
    anns, bobs = await Tab(house, ann).opens(page), await Tab(house, bob).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await bob.does("DELETE", "/api/session")
    await anns.sees(page, Ann=LOOKS)
    for tab in (bobs, anns):
        await tab.closes()


async def test_a_stock_client_is_seen_and_edits(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plan")
    anns = await Tab(house, ann).opens(page)
    script = await Person(house.sync, page, query="", headers=bob.headers).joins()
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await script.types("from a script")
    await anns.sees(page, Ann=LOOKS, Bob=EDITS)
    await script.leaves()
    await anns.closes()


async def test_who_cannot_write_is_never_seen_editing(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plan")
    await ann.hides(page)
    await ann.lets(bob, page, "view")
    anns, bobs = await Tab(house, ann).opens(page), await Tab(house, bob).opens(page)
    await bobs.says(page, doing="editing")
    await anns.says(page, doing="editing")
    await bobs.sees(page, Ann=EDITS, Bob=LOOKS)
    for tab in (bobs, anns):
        await tab.closes()


async def test_who_may_not_read_a_page_can_neither_be_there_nor_hear_of_it(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Diary")
    await ann.hides(page)
    gus = await Mate(house, "Gus").comes()
    anns = await Tab(house, ann).opens(page)
    for stranger in (bob, gus):
        listener = await Listener(house.url, stranger.headers).joins()
        assert await listener.is_answered("presence", {"state": "active", "document": page}) == "not_found"
        assert await listener.is_answered("presence", {"state": "active", "document": "no-such-page"}) == "not_found"
        assert (await stranger.asks("GET", f"/api/documents/{page}/presence")).status_code == 404
        await listener.has_heard_all()
        assert (listener.count("presence"), dots(listener, page)) == (0, [])
        await listener.leaves()
    await gus.leaves()
    await anns.sees(page, Ann=LOOKS)
    await anns.closes()


async def test_who_loses_access_is_gone_at_once_and_hears_no_more(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plan")
    await ann.hides(page)
    await ann.lets(bob, page, "edit")
    anns, bobs = await Tab(house, ann).opens(page), await Tab(house, bob).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await ann.does("DELETE", f"/api/documents/{page}/people/{bob.id}")
    await anns.sees(page, Ann=LOOKS)
    heard = bobs.live.count("presence")
    await anns.says(page, "idle")
    await anns.sees(page, Ann=AWAY)
    await bobs.live.has_heard_all()
    assert bobs.live.count("presence") == heard
    assert await bobs.live.is_answered("presence", {"state": "active", "document": page}) == "not_found"
    for tab in (bobs, anns):
        await tab.closes()


async def test_who_is_invisible_is_seen_nowhere_and_sees_the_others(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plan")
    anns, bobs = await Tab(house, ann).opens(page), await Tab(house, bob).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await shows_cursor(bobs, at=1)
    await anns_cursors(anns, 1)
    await bob.does("PATCH", "/api/me/privacy", is_invisible=True)
    await anns.sees(page, Ann=LOOKS)
    await anns_cursors(anns, 0)
    await shows_cursor(bobs, at=2)
    await bobs.types("a ghost writes")
    await anns.says(page, "idle")
    await bobs.sees(page, Ann=AWAY)
    assert [p["name"] for p in await in_tree(ann, page)] == ["Ann"]
    await anns_cursors(anns, 0)
    again = await Tab(house, bob).opens(page)
    await again.sees(page, Ann=AWAY)
    await bob.does("PATCH", "/api/me/privacy", is_invisible=False)
    await anns.sees(page, Ann=AWAY, Bob=EDITS)
    for tab in (again, bobs, anns):
        await tab.closes()


async def test_a_new_name_is_seen_by_those_who_are_there(house: Server, ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Plan")
    anns, bobs = await Tab(house, ann).opens(page), await Tab(house, bob).opens(page)
    await anns.sees(page, Ann=LOOKS, Bob=LOOKS)
    await bob.does("PATCH", "/api/me", name="Robert")
    await anns.sees(page, Ann=LOOKS, Robert=LOOKS)
    for tab in (bobs, anns):
        await tab.closes()


async def test_whoever_looks_at_the_list_of_pages_hears_where_others_are(house: Server, ann: Mate, bob: Mate) -> None:
    page, diary = await ann.makes("Plan"), await ann.makes("Diary")
    await ann.hides(diary)
    bobs = await Listener(house.url, bob.headers).joins()
    anns, secret = await Tab(house, ann).opens(page), await Tab(house, ann).opens(diary)
    await bobs.waits(lambda: ["Ann"] in dots(bobs, page))
    assert [p["name"] for p in await in_tree(bob, page)] == ["Ann"]
    await secret.live.waits(lambda: ["Ann"] in dots(secret.live, diary), seconds=5)
    await bobs.has_heard_all()
    assert all(diary not in each["data"].get("documents", {}) for each in bobs.told)
    await anns.says(None)
    assert anns._text is not None
    await anns._text.leaves()
    await bobs.waits(lambda: dots(bobs, page) == [["Ann"], []], seconds=5)
    for tab in (anns, secret):
        await tab.closes()
    await bobs.leaves()


async def test_presence_is_counted(closed_server: Server) -> None:
    ann, bob = await Mate(closed_server, "Ann").comes(), await Mate(closed_server, "Bob").comes()
    page = await ann.makes("Plan")
    anns, bobs = await Tab(closed_server, ann).opens(page), await bob.listens()
    await anns.sees(page, Ann=LOOKS)
    wanted = (
        'app_presence_users{state="active"} 1',
        'app_presence_users{state="idle"} 1',
        'app_presence_transitions_total{to="active"} 1',
    )
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        await holds(lambda: _says(web, wanted))
    await anns.closes()
    await bobs.leaves()
    await ann.leaves()
    await bob.leaves()


BAD: list[dict[str, Any]] = [
    {},
    {"state": "away"},
    {"state": "active", "document": 1},
    {"state": "active", "document": ""},
    {"state": "active", "document": "a b"},
    {"state": "active", "doing": "sleeping"},
    {"state": "active", "person": "somebody else"},
    {"state": ["active"]},
]


async def test_what_is_no_presence_is_refused_with_a_sentence(house: Server, ann: Mate) -> None:
    listener = await Listener(house.url, ann.headers).joins()
    for data in BAD:
        answer = await listener.asks("presence", **data)
        assert (answer["event"], answer["data"]["code"]) == ("error", "invalid"), data
        assert answer["data"]["message"]
    assert listener.close_code is None
    await listener.leaves()


async def holds(what: Callable[[], Awaitable[bool]]) -> None:
    """In a moment: the server that is asked may be another one than the one where it happened."""
    until = time.monotonic() + HERE_WITHIN_SECONDS
    while not await what():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


async def is_listed(account: Account, name: str, state: str) -> None:
    async def says_so() -> bool:
        return bool((await listed(account))[name]["presence"] == state)

    await holds(says_so)


async def _says(web: httpx.AsyncClient, wanted: Collection[str]) -> bool:
    lines = (await web.get("/metrics")).text.splitlines()
    return all(each in lines for each in wanted)


async def listed(account: Account) -> dict[str, Any]:
    return {person["name"]: person for person in (await account.get("/api/people"))["people"]}


async def chooses(account: Account, **privacy: bool) -> None:
    answer = await account.request("PATCH", "/api/me/privacy", json=privacy)
    assert answer.status_code == 200, answer.text


async def shows_cursor(tab: Tab, at: int) -> None:
    assert tab._text is not None
    states = awareness.write_states([(4711, at, json.dumps({"cursor": at}))])
    await tab._text.sends(frames.awareness(states))


async def anns_cursors(tab: Tab, count: int) -> None:
    text = tab._text
    assert text is not None

    def shown() -> int:
        states = {c: state for each in text.awareness for c, _, state in awareness.read_states(each)}
        return sum(state != "null" for state in states.values())

    await text.waits(lambda: shown() == count)
