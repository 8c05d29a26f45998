"""Three servers, one house: whoever is on any of them hears everything once, as long as they may.

With Redis within two seconds, without it within ten: then every server looks at the log by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from hashlib import sha256
from itertools import count
from typing import Any

import httpx
import pytest

from quillroom.protocol.closes import Close
from store.cluster import Cluster
from support.listener import Listener
from support.members import PASSWORD
from support.person import Person
from support.redis_server import RedisServer
from support.servers import Servers, Where
from support.storm import Storm

_NUMBERS = count(1)


class House:
    """Its servers, and who may administer it."""

    def __init__(self, servers: Servers, seconds: float) -> None:
        self.servers = servers
        self.seconds = seconds  # within which everything is felt everywhere
        self.operator: dict[str, str] = {}

    def is_claimed(self) -> None:
        with httpx.Client(base_url=self.servers[0].url, timeout=30) as web:
            body = {"email": "op@example.org", "password": PASSWORD, "name": "Op", "token": True}
            self.operator = {"Authorization": f"Bearer {web.post('/api/accounts', json=body).json()['token']}"}
            web.cookies.clear()
            answer = web.patch("/api/settings", json={"sign_up": "open"}, headers=self.operator)
            assert answer.status_code == 200, answer.text


class Member:
    """Somebody with an account, who uses whichever server they are told to."""

    def __init__(self, house: House, name: str) -> None:
        self.house = house
        self.name = f"{name}{next(_NUMBERS)}"
        self.id = ""
        self.headers: dict[str, str] = {}
        self.sockets: list[Listener | Person] = []

    async def signs_up(self) -> "Member":
        body = {"email": f"{self.name}@example.org", "password": PASSWORD, "name": self.name, "token": True}
        made = await self._ask(0, "POST", "/api/accounts", {}, json=body)
        return self._is(made)

    async def another_device(self, at: int) -> "Member":
        """Another session of the same person."""
        other = Member(self.house, self.name)
        other.name = self.name
        body = {"email": f"{self.name}@example.org", "password": PASSWORD, "token": True}
        return other._is(await self._ask(at, "POST", "/api/session", {}, json=body))

    async def does(self, at: int, method: str, path: str, **body: Any) -> Any:
        """Over HTTP, and it must succeed."""
        return await self._ask(at, method, path, self.headers, **({"json": body} if method != "GET" else {}))

    async def makes(self, title: str, *guests: "Member", role: str = "edit") -> str:
        """A private page that these may see too."""
        id: str = (await self.does(0, "POST", "/api/documents", title=title))["document"]["id"]
        await self.does(0, "PUT", f"/api/documents/{id}/access", general="private")
        if guests:
            await self.does(0, "POST", f"/api/documents/{id}/people", who=[each.id for each in guests], role=role)
        return id

    async def listens(self, at: int, *topics: str) -> Listener:
        ear = await Listener(self.house.servers[at].url, self.headers).joins()
        self.sockets.append(ear)
        for topic in topics:
            await ear.does("follow", topic=topic)
        return ear

    async def opens(self, at: int, page: str) -> Person:
        person = await Person(self.house.servers[at].sync, page, headers=self.headers).joins()
        self.sockets.append(person)
        return person

    async def leaves(self) -> None:
        for each in self.sockets:
            await each.leaves()

    def _is(self, session: Any) -> "Member":
        self.id = session["user"]["id"]
        self.headers = {"Authorization": f"Bearer {session['token']}"}
        return self

    async def _ask(self, at: int, method: str, path: str, headers: dict[str, str], **more: Any) -> Any:
        async with httpx.AsyncClient(base_url=self.house.servers[at].url, timeout=30) as web:
            answer = await web.request(method, path, headers=headers, **more)
            assert answer.status_code < 300, answer.text
            return answer.json() if answer.content else None


@pytest.fixture(scope="module", params=["redis", "no redis"])
def house(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    if not RedisServer.is_installed():
        pytest.skip("Redis is not installed")
    has_redis = request.param == "redis"
    redis = RedisServer().start() if has_redis else None
    place = Where(cluster.create_database(), None if redis is None else redis.url)
    servers = Servers(tmp_path_factory.mktemp("house"), [place] * 3, is_open=False, is_behind_nginx=False)
    made = House(servers.start(), 2.0 if has_redis else 10.0)
    made.is_claimed()
    yield made
    servers.goes()
    if redis is not None:
        redis.remove()


@pytest.fixture
async def people(house: House) -> AsyncIterator[list[Member]]:
    """Ann, Bob and Cid."""
    made = [await Member(house, name).signs_up() for name in ("Ann", "Bob", "Cid")]
    yield made
    for each in made:
        await each.leaves()


async def says(ear: Listener, page: str, text: str, **more: Any) -> Any:
    said = {"document": page, "client_id": sha256(text.encode()).hexdigest()[:16], "text": text, **more}
    return (await ear.does("message.send", **said))["message"]


async def test_nine_devices_in_two_documents_over_three_servers_all_hear_everything_once_and_in_order(
    people: list[Member],
) -> None:
    ann, bob, cid = people
    pages = [await ann.makes("One", bob, cid), await ann.makes("Two", bob, cid)]
    topics = [f"doc:{page}" for page in pages]
    devices = [await member.listens(at, *topics) for member in people for at in range(3)]
    said = await asyncio.gather(
        *(says(device, page, f"{n} {page} {m}") for n, device in enumerate(devices) for page in pages for m in range(4))
    )
    for device in devices:
        for page in pages:
            topic = f"doc:{page}"
            await device.waits(lambda: len(device.of_topic(topic)) >= 36)  # noqa: B023
            heard = [each["data"]["message"] for each in device.of_topic(topic)]
            assert heard == sorted((each for each in said if each["document"] == page), key=lambda each: each["seq"])


async def test_a_message_sent_again_to_another_server_is_there_once(people: list[Member]) -> None:
    ann, bob, _ = people
    page = await ann.makes("Harbour", bob)
    ears = [await ann.listens(at) for at in range(3)]
    hears = await bob.listens(1, f"doc:{page}")
    for n in range(6):
        said = await asyncio.gather(*(says(ear, page, f"once {n}") for ear in ears for _ in range(2)))
        assert all(each == said[0] for each in said)
    await hears.waits(lambda: hears.count("message.sent") >= 6)
    again = await says(ears[2], page, "once 0")
    assert again["id"] == hears.of_topic(f"doc:{page}")[0]["data"]["message"]["id"]
    await hears.has_heard_all()
    assert hears.count("message.sent") == 6
    body = {"document": page, "client_id": again["client_id"], "text": "something else"}
    assert await ears[1].is_answered("message.send", body) == "id_reused"


async def test_the_same_id_in_two_documents_at_once_has_one_winner(people: list[Member]) -> None:
    ann = people[0]
    pages = [await ann.makes("One"), await ann.makes("Two")]
    ears = [await ann.listens(at) for at in range(2)]
    for n in range(10):
        asked = [
            ear.is_answered("message.send", {"document": page, "client_id": f"{page[:8]}{n:08}", "text": "x"})
            for ear, page in zip(ears, [pages[0], pages[0]], strict=True)
        ]
        assert await asyncio.gather(*asked) == ["ack", "ack"]
        both = [
            ear.is_answered("message.send", {"document": page, "client_id": f"both{n:012}", "text": "x"})
            for ear, page in zip(ears, pages, strict=True)
        ]
        assert sorted(await asyncio.gather(*both)) == ["ack", "id_reused"]


async def test_a_recall_is_one_on_every_screen_and_in_search_and_inbox(house: House, people: list[Member]) -> None:
    ann, bob, cid = people
    page = await ann.makes("Harbour", bob, cid)
    mine, hears = await ann.listens(0), await cid.listens(1, f"doc:{page}")
    inbox = await bob.listens(2, f"user:{bob.id}")
    sent = await says(mine, page, f"SECRETWORD @[Bob](person:{bob.id})")
    await hears.hears("message.sent")
    unread = (await inbox.hears("notification.added"))["data"]["unread"]
    assert (await bob.does(2, "GET", "/api/search/messages?q=SECRETWORD"))["results"]
    began = time.monotonic()
    await mine.does("message.recall", message=sent["id"])
    assert (await hears.hears("message.recalled"))["data"]["message"]["text"] is None
    assert (await inbox.hears("notification.withdrawn"))["data"]["unread"] == unread - 1
    assert time.monotonic() - began < house.seconds / 2
    assert (await bob.does(2, "GET", "/api/search/messages?q=SECRETWORD"))["results"] == []


async def test_how_far_somebody_has_read_is_told_on_every_server(house: House, people: list[Member]) -> None:
    ann, bob, _ = people
    page = await ann.makes("Harbour", bob)
    mine, other = await ann.listens(0, f"doc:{page}"), await ann.listens(2)
    theirs = await bob.listens(1, f"doc:{page}")
    sent = await says(mine, page, "hello")
    await theirs.hears("message.sent")
    await theirs.does("chat.delivered", document=page, seq=sent["seq"])
    await mine.waits(lambda: receipt(mine, bob).get("delivered") == sent["seq"], house.seconds + 1)
    await theirs.does("chat.read", document=page, seq=sent["seq"])
    await mine.waits(lambda: receipt(mine, bob).get("read") == sent["seq"], house.seconds + 1)
    # One's own devices learn what is read there, too.
    await mine.does("chat.read", document=page, seq=sent["seq"])
    answer = await says(theirs, page, "hi")
    await other.waits(lambda: unread(other) == 1, house.seconds + 1)
    await mine.hears("message.sent", 2)
    await mine.does("chat.read", document=page, seq=answer["seq"])
    await other.waits(lambda: unread(other) == 0, house.seconds + 1)


def unread(ear: Listener) -> int | None:
    """As its page shows it."""
    return next((each["data"]["count"] for each in reversed(ear.told) if each["event"] == "unread"), None)


def receipt(ear: Listener, of: Member) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in ear.told:
        if each["event"] == "receipts":
            found |= next((told for told in each["data"]["receipts"] if told["person"] == of.id), {})
    return found


async def test_what_changes_for_a_person_is_known_on_every_server(house: House, people: list[Member]) -> None:
    ann, bob, _ = people
    hears = await bob.listens(1)
    changes: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
        ("pages.changed", lambda: ann.makes("New", bob)),
        ("session.changed", lambda: bob.does(2, "PATCH", "/api/me", name="Robert")),
        ("favourites.changed", lambda: bob.does(0, "PUT", f"/api/documents/{page}/favourite")),
    ]
    page = await ann.makes("Harbour", bob)
    await hears.hears("pages.changed")
    for event, change in changes:
        before = hears.count(event)
        await change()
        await hears.hears(event, before + 1, house.seconds)


class Revoked:
    """Bob has a page open on one server, in text and chat; on another one something happens to his access."""

    def __init__(self, house: House, ann: Member, bob: Member, page: str) -> None:
        self.house, self.ann, self.bob, self.page = house, ann, bob, page
        self.device = bob

    async def operates(self, **change: Any) -> None:
        async with httpx.AsyncClient(base_url=self.house.servers[0].url, timeout=30) as web:
            answer = await web.patch(f"/api/people/{self.bob.id}", json=change, headers=self.house.operator)
            assert answer.status_code == 200, answer.text

    async def is_removed(self) -> None:
        await self.ann.does(0, "DELETE", f"/api/documents/{self.page}/people/{self.bob.id}")

    async def is_trashed(self) -> None:
        await self.ann.does(0, "DELETE", f"/api/documents/{self.page}")

    async def is_suspended(self) -> None:
        await self.operates(is_suspended=True)

    async def signs_out(self) -> None:
        await self.bob.does(0, "DELETE", "/api/session")

    async def changes_password(self) -> None:
        device = self.device
        body = {"current": PASSWORD, "new": "four green otters"}
        await device.does(2, "PUT", "/api/me/password", **body)

    async def page_above_closes(self) -> None:
        above = await self.ann.makes("Above")
        await self.ann.does(0, "POST", f"/api/documents/{self.page}/move", parent=above)


CLOSES: dict[str, int] = {
    "is_removed": Close.ACCESS_ENDED,
    "is_trashed": Close.GONE,
    "is_suspended": Close.SIGNED_OUT,
    "signs_out": Close.SIGNED_OUT,
    "changes_password": Close.SIGNED_OUT,
}


@pytest.mark.parametrize("what", CLOSES)
async def test_who_loses_access_on_one_server_is_sent_away_by_the_others(
    house: House, people: list[Member], what: str
) -> None:
    ann, bob, cid = people
    page = await ann.makes("Plan", bob, cid)
    text, ear, others = await bob.opens(1, page), await bob.listens(1, f"doc:{page}"), await cid.opens(1, page)
    await text.types("before ")
    await text.is_saved()
    revoked = Revoked(house, ann, bob, page)
    if what == "changes_password":
        revoked.device = await bob.another_device(2)
    change: Callable[[], Awaitable[None]] = getattr(revoked, what)
    await change()
    began = time.monotonic()  # a new password takes a second to be hashed
    await text.waits(lambda: text.close_code is not None)
    assert text.close_code == CLOSES[what]
    if CLOSES[what] == Close.SIGNED_OUT:
        await ear.is_sent_away(Close.SIGNED_OUT)
    else:
        await ear.hears("unfollowed")
    assert time.monotonic() - began < house.seconds
    if what != "is_trashed":
        await others.types("after")
        await others.is_saved()
        assert others.close_code is None


async def test_a_role_that_is_lowered_on_one_server_is_lowered_on_the_others(
    house: House, people: list[Member]
) -> None:
    ann, bob, _ = people
    page = await ann.makes("Plan", bob)
    text = await bob.opens(1, page)
    began = time.monotonic()
    await ann.does(0, "PUT", f"/api/documents/{page}/people/{bob.id}", role="view")
    await text.waits(lambda: any(each["event"] == "role" for each in text.events))
    assert time.monotonic() - began < house.seconds
    await text.types("refused")
    await text.waits(lambda: any(each["event"] == "refused" for each in text.events))


async def test_a_link_that_is_closed_on_one_server_is_closed_on_the_others(house: House, people: list[Member]) -> None:
    ann = people[0]
    page = await ann.makes("Plan")
    await ann.does(0, "PUT", f"/api/documents/{page}/access", general="anyone", role="edit")
    url = (await ann.does(0, "POST", f"/api/documents/{page}/links"))["url"]
    gus = Member(house, "Gus")
    opened = await gus._ask(1, "POST", "/api/links/open", {}, json={"secret": url.partition("#")[2], "token": True})
    gus.headers = {"Authorization": f"Bearer {opened['token']}"}
    text = await gus.opens(2, page)
    began = time.monotonic()
    await ann.does(0, "PUT", f"/api/documents/{page}/access", general="private")
    await text.waits(lambda: text.close_code is not None)
    assert text.close_code == Close.ACCESS_ENDED
    assert time.monotonic() - began < house.seconds
    await gus.leaves()


async def test_who_types_is_seen_on_the_other_servers_and_not_on_ones_own_devices(
    house: House, people: list[Member]
) -> None:
    if house.seconds > 2.0:
        return  # what is only worth something now needs the bus
    ann, bob, _ = people
    page = await ann.makes("Harbour", bob)
    mine, second = await ann.listens(0, f"doc:{page}"), await ann.listens(1, f"doc:{page}")
    theirs = await bob.listens(1, f"doc:{page}")
    await mine.does("typing", document=page, is_typing=True)
    said = (await theirs.hears("typing", seconds=house.seconds))["data"]
    assert (said["person"]["id"], said["is_typing"]) == (ann.id, True)
    await mine.leaves()
    await theirs.waits(lambda: theirs.told[-1]["data"].get("is_typing") is False)
    assert second.count("typing") == 0


async def test_g3_a_bus_that_loses_doubles_and_reorders_costs_nobody_a_message(
    storms: Callable[..., Storm],
) -> None:
    storm = storms(seed=5)
    house = House(storm.servers, 10.0)
    house.is_claimed()
    people = [await Member(house, name).signs_up() for name in ("Ann", "Bob", "Cid")]
    page = await people[0].makes("Harbour", *people[1:])
    ears = [await member.listens(at, f"doc:{page}") for at, member in enumerate(people)]
    for link in storm.to_redis:
        link.messages.lost = link.messages.doubled = link.messages.reordered = 0.05
    for n in range(18):
        await asyncio.gather(*(says(ear, page, f"{n} from {at}") for at, ear in enumerate(ears)))
        await asyncio.sleep(0.05)  # else many of them go as one message
    began = time.monotonic()
    for ear in ears:
        await ear.waits(lambda: len(ear.of_topic(f"doc:{page}")) >= 54)  # noqa: B023
    assert time.monotonic() - began < house.seconds
    heard = [[each["data"]["message"]["id"] for each in ear.of_topic(f"doc:{page}")] for ear in ears]
    assert heard[0] == heard[1] == heard[2]
    assert len(set(heard[0])) == 54
    assert sum(link.messages.counts["lost"] for link in storm.to_redis) > 0
    for member in people:
        await member.leaves()
