"""G7: what changes access is felt on open sockets within two seconds, and no edit is acknowledged that was refused."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from quillroom.protocol.closes import Close
from support.listener import Listener
from support.members import Account, client, is_guest, signs_up
from support.person import Person
from support.server import Server

SECONDS = 2.0
NOTED = ("access.refused", "page.exported")


@pytest.fixture
async def web(closed_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client(closed_server) as opened:
        yield opened


class Team:
    """Ann manages a page, Bob was given a role on it."""

    def __init__(self, server: Server, ann: Account, bob: Account, page: str) -> None:
        self.server = server
        self.ann = ann
        self.bob = bob
        self.page = page
        self.joined: list[Person] = []

    async def joins(self, who: Account) -> Person:
        person = Person(self.server.sync, self.page, headers=who.headers)
        self.joined.append(person)
        return await person.joins()

    async def general(self, **wanted: Any) -> None:
        answer = await self.ann.request("PUT", f"/api/documents/{self.page}/access", json=wanted)
        assert answer.status_code == 200, answer.text

    async def gives_bob(self, role: str) -> None:
        path = f"/api/documents/{self.page}/people"
        answer = await self.ann.request("POST", path, json={"who": [self.bob.id], "role": role})
        assert answer.status_code == 201, answer.text

    async def removes_bob(self) -> None:
        answer = await self.ann.request("DELETE", f"/api/documents/{self.page}/people/{self.bob.id}")
        assert answer.status_code == 204, answer.text

    def log(self) -> list[bytes]:
        query = 'SELECT "update" FROM document_update WHERE document = ? ORDER BY seq'
        return [row[0] for row in self.server.sql(query, self.page)]


@pytest.fixture
async def team(closed_server: Server, web: httpx.AsyncClient) -> AsyncIterator[Team]:
    ann = await signs_up(web, "Ann")
    closed_server.sql("INSERT INTO setting (name, value) VALUES ('sign_up', '\"open\"')")
    bob = await signs_up(web, "Bob")
    made = Team(closed_server, ann, bob, await ann.makes_page("Plan"))
    await made.general(general="private")
    await made.gives_bob("edit")
    yield made
    for person in made.joined:
        await person.leaves()


def roles(person: Person) -> list[str]:
    return [event["data"]["role"] for event in person.events if event["event"] == "role"]


async def within(seconds: float, person: Person, condition: Callable[[], bool]) -> None:
    started = time.monotonic()
    await person.waits(condition)
    assert time.monotonic() - started < seconds


async def closes(person: Person, code: int, change: Awaitable[Any]) -> None:
    started = time.monotonic()
    await change
    await person.waits(lambda: person.close_code is not None)
    assert person.close_code == code
    assert time.monotonic() - started < SECONDS


async def test_a_role_is_lowered_and_raised_in_place(team: Team) -> None:
    bob, ann = await team.joins(team.bob), await team.joins(team.ann)
    await bob.types("one ")
    await bob.is_saved()
    await team.gives_bob("view")
    await within(SECONDS, bob, lambda: roles(bob) == ["view"])
    await bob.types("refused")
    await bob.waits(lambda: any(event["event"] == "refused" for event in bob.events))
    await team.gives_bob("comment")
    await within(SECONDS, bob, lambda: roles(bob) == ["view", "comment"])
    await team.gives_bob("edit")
    await within(SECONDS, bob, lambda: roles(bob) == ["view", "comment", "edit"])
    late = await team.joins(team.bob)
    await late.types("two")
    await late.is_saved()
    await ann.sees("one two")
    for person in (ann, bob, late):
        await person.leaves()


async def test_an_edit_under_way_is_committed_before_or_refused(team: Team) -> None:
    """Bob types on and on while his role goes: what was acknowledged is in the log, and nothing else is."""
    bob = await team.joins(team.bob)
    is_over = asyncio.Event()

    async def types_on() -> None:
        n = 0
        while not is_over.is_set():
            await bob.types(f"<{n}>")
            n += 1
            await asyncio.sleep(0.001)

    typing = asyncio.create_task(types_on())
    await bob.waits(lambda: bob.saved > 50)
    await team.gives_bob("view")
    await bob.waits(lambda: any(event["event"] == "refused" for event in bob.events))
    is_over.set()
    await typing
    first = next(event["data"]["count"] for event in bob.events if event["event"] == "refused")
    await bob.waits(lambda: bob.saved == first - 1)  # what was under way is committed, and acknowledged, after it
    ann = await team.joins(team.ann)
    written = str(ann.text)
    # One message is the SyncStep2 of the beginning; a message of edits is acknowledged in order.
    assert written == "".join(f"<{n}>" for n in range(written.count("<")))
    assert written.count("<") == first - 2
    assert bob.saved == first - 1
    await bob.leaves()
    await ann.leaves()


async def test_who_is_removed_is_sent_away_and_stays_away(team: Team) -> None:
    bob, ann = await team.joins(team.bob), await team.joins(team.ann)
    await closes(bob, Close.ACCESS_ENDED, team.removes_bob())
    assert (await team.bob.request("GET", f"/api/documents/{team.page}")).status_code == 404
    await ann.types("on")
    await ann.is_saved()
    await ann.leaves()


async def test_the_workspace_loses_a_page_that_becomes_private(team: Team, web: httpx.AsyncClient) -> None:
    await team.general(general="workspace", role="edit")
    carol = await signs_up(web, "Carol")
    socket = await team.joins(carol)
    await team.general(general="workspace", role="view")
    await within(SECONDS, socket, lambda: roles(socket) == ["view"])
    await closes(socket, Close.ACCESS_ENDED, team.general(general="private"))


class Visitor:
    """A guest who came by the page's link."""

    def __init__(self, account: Account, socket: Person) -> None:
        self.account = account
        self.socket = socket


async def visits(team: Team, web: httpx.AsyncClient, **wanted: Any) -> Visitor:
    await team.general(**{"general": "anyone", "role": "edit", **wanted})
    made = (await team.ann.request("POST", f"/api/documents/{team.page}/links")).json()["url"]
    body = {"secret": made.partition("#")[2], "token": True, **({"password": "sesame"} if "password" in wanted else {})}
    answer = await web.post("/api/links/open", json=body)
    web.cookies.clear()
    assert answer.status_code == 200, answer.text
    account = Account(web, answer.json()["token"], answer.json()["session"])
    return Visitor(account, await team.joins(account))


async def test_a_link_is_closed(team: Team, web: httpx.AsyncClient) -> None:
    gus = await visits(team, web)
    await gus.socket.types("hello")
    await gus.socket.is_saved()
    await team.general(general="anyone", role="view")
    await within(SECONDS, gus.socket, lambda: roles(gus.socket) == ["view"])
    await closes(gus.socket, Close.ACCESS_ENDED, team.general(general="private"))
    await team.general(general="anyone", role="edit")
    assert (await gus.account.request("GET", f"/api/documents/{team.page}")).status_code == 404


async def test_a_link_runs_out(team: Team, web: httpx.AsyncClient) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    gus = await visits(team, web, expires_at=ends.isoformat())
    hears = await Listener(team.server.url, gus.account.headers).joins()
    await hears.does("follow", topic=f"doc:{team.page}")
    await gus.socket.waits(lambda: gus.socket.close_code is not None)
    assert gus.socket.close_code == Close.ACCESS_ENDED
    assert (await hears.hears("unfollowed"))["data"]["why"] == "access_ended"
    assert timedelta() <= datetime.now(UTC) - ends < timedelta(seconds=SECONDS)
    await hears.leaves()


async def test_the_password_of_a_link_changes(team: Team, web: httpx.AsyncClient) -> None:
    gus = await visits(team, web, password="sesame")
    change = team.general(general="anyone", role="edit", password="another one")
    await closes(gus.socket, Close.ACCESS_ENDED, change)


async def test_a_guest_without_a_link_finds_nothing(team: Team, web: httpx.AsyncClient) -> None:
    gus = await is_guest(web, "Gus")
    assert (await gus.request("GET", f"/api/documents/{team.page}")).status_code == 404
    assert (await gus.get("/api/documents"))["documents"] == []


async def test_who_is_suspended_is_nobody_at_once(team: Team) -> None:
    team.server.sql("UPDATE person SET suspended_at = 1 WHERE id = ?", team.bob.id)
    assert (await team.bob.request("PATCH", "/api/me", json={})).status_code == 401
    assert (await team.bob.request("GET", f"/api/documents/{team.page}")).status_code == 401


async def test_a_handshake_during_a_change_is_judged_by_what_holds_after_it(team: Team) -> None:
    for _ in range(10):
        await team.gives_bob("edit")
        joining = asyncio.create_task(team.joins(team.bob))
        await team.gives_bob("view")
        bob = await joining
        await bob.waits(lambda: bob.hello["role"] == "view" or roles(bob)[-1:] == ["view"])  # noqa: B023
        before = team.log()
        await bob.types("refused")
        await bob.waits(lambda: any(event["event"] == "refused" for event in bob.events))  # noqa: B023
        assert team.log() == before
        await bob.leaves()


async def test_what_was_refused_or_taken_along_is_in_the_audit_log_once_a_minute(team: Team) -> None:
    await team.gives_bob("view")
    bob = await team.joins(team.bob)
    for _ in range(3):
        await bob.types("refused")
        answer = await team.bob.request("DELETE", f"/api/documents/{team.page}")
        assert answer.status_code == 403
    await bob.waits(lambda: sum(event["event"] == "refused" for event in bob.events) == 3)
    assert (await team.bob.request("GET", "/api/audit")).status_code == 403
    assert (await team.bob.request("GET", f"/api/documents/{team.page}?format=markdown")).status_code == 200
    found: Counter[tuple[str, str | None]] = Counter()
    async with asyncio.timeout(5):
        while len(found) < 4:
            log = (await team.ann.get("/api/audit"))["entries"]
            found = Counter((e["data"]["what"], e["object"]) for e in log if e["action"] in NOTED)
    assert set(found) == {("administer", None), *((what, team.page) for what in ("markdown", "trash", "write"))}
    assert found["write", team.page] == 1
    assert found["trash", team.page] <= len(team.server.each)  # each notes it once


async def test_who_administers_no_more_hears_no_more_of_how_the_server_does(team: Team) -> None:
    await team.ann.request("PATCH", f"/api/people/{team.bob.id}", json={"is_operator": True})
    hears = await Listener(team.server.url, team.bob.headers).joins()
    await hears.does("follow", topic="ops")
    await team.ann.request("PATCH", f"/api/people/{team.bob.id}", json={"is_operator": False})
    assert (await hears.hears("unfollowed", seconds=SECONDS))["data"] == {"topic": "ops", "why": "access_ended"}
    assert await hears.is_answered("follow", {"topic": "ops"}) == "not_found"
    await hears.leaves()


async def test_who_is_suspended_hears_nothing_more(team: Team) -> None:
    hears = await Listener(team.server.url, team.bob.headers).joins()
    await hears.does("follow", topic=f"user:{team.bob.id}")
    await team.ann.request("PATCH", f"/api/people/{team.bob.id}", json={"is_suspended": True})
    await hears.is_sent_away(Close.SIGNED_OUT)
