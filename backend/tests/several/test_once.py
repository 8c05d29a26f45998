"""What is to be done once is done once, though three servers look for it; by another one when the first is killed."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from several.conftest import Base, Open
from support.mailbox import Mailbox
from support.members import Account, signs_up
from support.person import Person
from support.push_service import PushService
from support.server import Server
from support.spread import browser
from support.uploader import becomes_true

SHARED_UPKEEP = Path(__file__).parents[1] / "support" / "shared_upkeep.py"
WAIT_SECONDS = 40.0


@pytest.fixture
def service() -> Iterator[PushService]:
    running = PushService().opens()
    yield running
    running.closes()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    running = Mailbox().opens()
    yield running
    running.closes()


@pytest.fixture
def three(opens: Open, service: PushService, mailbox: Mailbox) -> list[Server]:
    smtp = f"smtp://127.0.0.1:{mailbox.port}?from=quill@example.org&tls=none"
    return opens("--push-hosts", service.url, "--smtp", smtp, "--url", "https://docs.example.org")


@pytest.fixture
async def bob(web: httpx.AsyncClient, ann: Account, service: PushService) -> Account:
    """He is away, and has a phone."""
    await ann.request("PATCH", "/api/settings", json={"sign_up": "open"})
    bob = await signs_up(web, "Bob")
    made = await bob.request("POST", "/api/push/subscriptions", json=service.phone("bob").subscription)
    assert made.status_code == 201, made.text
    return bob


@pytest.fixture
async def at_each(three: list[Server]) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each server."""
    clients = [httpx.AsyncClient(base_url=server.url, timeout=30) for server in three]
    yield clients
    for each in clients:
        await each.aclose()


async def mentions(at: httpx.AsyncClient, who: Account, page: str, whom: Account) -> str:
    text = f"@[Bob](person:{whom.id}) look"
    answer = await at.post(f"/api/documents/{page}/messages", json={"text": text}, headers=who.headers)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def nothing_waits(base: Base, channel: str) -> None:
    async def is_empty() -> bool:
        return base.asks("SELECT count(*) FROM delivery WHERE channel = %s", channel) == [(0,)]

    await becomes_true(is_empty, WAIT_SECONDS)


async def test_a_mention_is_one_push_message_whichever_server_it_was_written_at(
    ann: Account, bob: Account, at_each: list[httpx.AsyncClient], service: PushService, base: Base
) -> None:
    page = await ann.makes_page("Harbour")
    said = [await mentions(at, ann, page, bob) for at in at_each]
    said += await asyncio.gather(*(mentions(at, ann, page, bob) for at in at_each * 4))
    await nothing_waits(base, "push")
    assert sorted(came.payload["message"] for came in service.came) == sorted(said)
    assert len(service.tries) == len(said)


async def test_what_waited_for_somebody_is_one_mail_though_three_servers_look_at_once(
    ann: Account, bob: Account, at_each: list[httpx.AsyncClient], mailbox: Mailbox, base: Base
) -> None:
    page = await ann.makes_page("Harbour")
    await asyncio.gather(*(mentions(at, ann, page, bob) for at in at_each * 3))
    assert base.asks("SELECT count(*) FROM delivery WHERE channel = 'mail'") == [(9,)]
    base.asks("UPDATE delivery SET due_at = 0 WHERE channel = 'mail'")  # five minutes later
    # Something else wakes all three of them: each finds some of the nine.
    await asyncio.gather(*(mentions(at, bob, page, ann) for at in at_each))
    mailbox.waits_for(1, WAIT_SECONDS)
    base.asks("DELETE FROM delivery WHERE person = %s", ann.id)
    base.asks("UPDATE delivery SET due_at = 0 WHERE channel = 'mail'")  # what another server had claimed meanwhile
    await nothing_waits(base, "mail")
    [letter] = mailbox.letters
    assert letter["To"] == "bob@example.org"


@pytest.mark.nightly
async def test_another_server_pushes_what_a_killed_one_had_claimed(
    ann: Account, bob: Account, three: list[Server], service: PushService, base: Base
) -> None:
    page = await ann.makes_page("Harbour")
    service.before = lambda: three[0].kill9() if three[0].is_alive() else None
    async with httpx.AsyncClient(base_url=three[0].url) as first:
        said = await mentions(first, ann, page, bob)
    service.waits(lambda: len(service.tries) == 1)
    [(seconds,)] = base.asks(
        "SELECT due_at - extract(epoch FROM clock_timestamp()) FROM delivery WHERE channel = 'push'"
    )
    assert 0 < seconds <= 30
    base.asks("UPDATE delivery SET due_at = due_at - 30 WHERE channel = 'push'")
    await nothing_waits(base, "push")
    # The first one had reached the service: at least once, under a name by which the phone shows it once.
    assert [came.payload["message"] for came in service.came] == [said, said]
    assert len({came.headers["Topic"] for came in service.came}) == 1


async def counted(at: list[httpx.AsyncClient], name: str) -> list[int]:
    texts = [(await each.get("/metrics")).text for each in at]
    return [int(found[1]) for text in texts if (found := re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE))]


@pytest.mark.parametrize("was_begun", [False, True], ids=["nobody-at-it", "one-was-killed-at-it"])
async def test_a_log_that_grew_on_three_servers_is_compacted_by_one(
    opens: Open, base: Base, monkeypatch: pytest.MonkeyPatch, *, was_begun: bool
) -> None:
    monkeypatch.setattr(Server, "script", SHARED_UPKEEP)
    servers = opens()
    at = [httpx.AsyncClient(base_url=server.url, timeout=30) for server in servers]
    async with browser(servers) as web:
        ann = await signs_up(web, "Ann")
        page = await ann.makes_page("Plan")
    if was_begun:
        base.asks("INSERT INTO lease VALUES (%s, 'a killed one', extract(epoch FROM now()) + 30)", f"upkeep {page}")
    people = [await Person(server.sync, page, headers=ann.headers).joins() for server in servers]
    for n in range(20):
        for person in people:
            await person.types(f"{n},")
            await person.is_saved()
    if was_begun:
        assert base.asks("SELECT count(*) FROM checkpoint") == [(0,)]
        base.asks("UPDATE lease SET until = until - 30")

    async def is_compact() -> bool:
        return (
            base.asks("SELECT count(*) FROM checkpoint WHERE seq > 0") == [(1,)]
            and len(base.asks("SELECT seq FROM document_update WHERE document = %s", page)) < 40
        )

    async def is_at_rest() -> bool:
        return base.asks("SELECT count(*) FROM lease WHERE name LIKE 'upkeep %%'") == [(0,)]

    await becomes_true(is_compact, WAIT_SECONDS)
    await becomes_true(is_at_rest, WAIT_SECONDS)
    # By whoever was there first; the others see that it is done.
    assert sum(await counted(at, 'app_doc_checkpoints_total{result="done"}')) == 1
    assert sum(await counted(at, 'app_doc_compactions_total{result="done"}')) == 1
    for person in people:
        await person.leaves()
    for each in at:
        await each.aclose()
