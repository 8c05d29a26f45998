"""A phone hears of what happened while its person was away, from a real server that may be killed in between."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.test_metrics import read
from support.push_service import PushService
from support.server import Server, run
from support.servers import a_server
from support.team import Mate


@pytest.fixture
def service() -> Iterator[PushService]:
    running = PushService().opens()
    yield running
    running.closes()


@pytest.fixture
def closed_server(tmp_path: Path, service: PushService) -> Iterator[Server]:
    running = a_server(tmp_path, is_open=False, options=("--push-hosts", service.url)).start()
    yield running
    running.goes()


@pytest.fixture
async def ann(closed_server: Server, service: PushService) -> AsyncIterator[Mate]:
    """She manages a private page, and wants to hear on her phone of who asks for it."""
    mate = await Mate(closed_server, "Ann").comes()
    await mate.does("PUT", "/api/me/notification-preferences", events={"access_requested": {"push": True}})
    await mate.does("POST", "/api/push/subscriptions", **service.phone("phone").subscription)
    yield mate
    await mate.leaves()


async def asks_for(server: Server, page: str, name: str) -> None:
    asker = await Mate(server, name).comes()
    await asker.does("POST", f"/api/documents/{page}/requests", message="please")
    await asker.leaves()


async def test_what_waited_for_a_push_service_outlives_a_kill(
    ann: Mate, closed_server: Server, service: PushService
) -> None:
    page = await ann.makes("Diary")
    await ann.hides(page)
    key = (await ann.gets("/api/push/key"))["key"]
    service.answers = [(503, {})] * 3
    for name in ("Bob", "Cem", "Dan"):
        await asks_for(closed_server, page, name)
    service.waits(lambda: len(service.tries) == 3)
    assert service.came == []
    closed_server.kill9()
    closed_server.start()
    service.waits(lambda: len(service.came) == 3)
    assert {came.payload["actor"] for came in service.came} == {"Bob", "Cem", "Dan"}
    assert {(came.payload["kind"], came.payload["tag"]) for came in service.came} == {
        ("access_requested", f"page:{page}")
    }
    # The key was made once and is kept: another one would have ended the subscription.
    assert service.key == key == (await ann.gets("/api/push/key"))["key"]


async def test_who_is_at_our_page_hears_there_and_not_on_the_phone(
    ann: Mate, closed_server: Server, service: PushService
) -> None:
    page = await ann.makes("Diary")
    await ann.hides(page)
    listening = await ann.listens()
    await listening.does("presence", state="active")
    await asks_for(closed_server, page, "Bob")
    assert (await ann.gets("/api/notifications"))["unread"] == 1
    await listening.leaves()
    assert service.tries == []


async def test_a_mention_is_on_the_phone_and_a_recall_takes_it_from_there(
    ann: Mate, closed_server: Server, service: PushService
) -> None:
    bob = await Mate(closed_server, "Bob").comes()
    page = await ann.makes("Harbour")
    await bob.does("POST", "/api/push/subscriptions", **service.phone("bob").subscription)
    text = f"@[Bob](person:{bob.id}) the secret word"
    said = await ann.does("POST", f"/api/documents/{page}/messages", text=text)
    service.waits(lambda: len(service.came) == 1)
    shown = service.came[0]
    assert (shown.path, shown.payload["kind"], shown.payload["message"]) == ("/bob", "mention", said["id"])
    assert (shown.payload["title"], shown.payload["preview"]) == ("Harbour", None)
    await ann.does("DELETE", f"/api/messages/{said['id']}")
    service.waits(lambda: len(service.came) == 2)
    closing = service.came[1]
    assert (closing.payload["kind"], closing.payload["why"]) == ("close", "recalled")
    assert (closing.payload["id"], closing.payload["tag"]) == (shown.payload["id"], shown.payload["tag"])
    assert closing.headers["Topic"] == shown.headers["Topic"]
    assert (await read(closed_server))["app_push_total"].value(result="sent") == 2
    await bob.leaves()


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_a_backup_takes_the_key_along(
    ann: Mate, closed_server: Server, service: PushService, tmp_path: Path
) -> None:
    """Another key would end every subscription."""
    key = (await ann.gets("/api/push/key"))["key"]
    file, data = tmp_path / "kept.backup", tmp_path / "elsewhere"
    assert run("backup", file, "--data", closed_server.data).returncode == 0
    assert run("restore", file, "--data", data).returncode == 0
    other = a_server(data, is_open=False).start()
    again = Mate(other, "Ann")
    assert (await (await again.comes()).gets("/api/push/key"))["key"] == key
    await again.leaves()
    other.goes()


async def test_a_subscription_ends_with_its_session(ann: Mate, closed_server: Server, service: PushService) -> None:
    page = await ann.makes("Diary")
    await ann.hides(page)
    phone = service.phone("other")
    other = (await ann.does("POST", "/api/push/subscriptions", **phone.subscription))["id"]
    await ann.does("DELETE", f"/api/push/subscriptions/{other}")
    assert (await ann.asks("DELETE", f"/api/push/subscriptions/{other}")).status_code == 404
    await asks_for(closed_server, page, "Bob")
    service.waits(lambda: len(service.came) == 1)
    assert service.came[0].path == "/phone"
    await ann.does("DELETE", "/api/session")
    await asks_for(closed_server, page, "Cem")
    ben = await Mate(closed_server, "Ben").comes()
    await ben.does("PUT", "/api/me/notification-preferences", events={"access_requested": {"push": True}})
    await ben.does("POST", "/api/push/subscriptions", **phone.subscription)
    hidden = await ben.makes("Hidden")
    await ben.hides(hidden)
    await asks_for(closed_server, hidden, "Dan")
    service.waits(lambda: len(service.came) == 2)
    assert service.came[1].path == "/other"
    await ben.leaves()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", "https://example.org/push"),
        ("endpoint", "http://127.0.0.1:1/push"),
        ("endpoint", None),
        ("keys", None),
        ("keys", {"p256dh": "AAAA", "auth": "AAAA"}),
        ("keys", {"p256dh": 7, "auth": []}),
        ("more", "than that"),
    ],
)
async def test_what_is_no_subscription_is_refused(ann: Mate, service: PushService, name: str, value: object) -> None:
    body = {**service.phone("x").subscription, name: value}
    answer = await ann.asks("POST", "/api/push/subscriptions", **body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "invalid"
