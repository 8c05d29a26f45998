"""The bell, the inbox, and what a browser shows of them while no page is open."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.people import asks, joins, makes, who_is
from playwright.async_api import Browser, Locator, Page, expect

from support.server import Server
from support.servers import a_server

PICTURES = Path(__file__).parent / "screenshots"
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all; Ann looks after it, Bob is a member."""
    running = a_server(tmp_path_factory.mktemp("notifications"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(browser: Browser, server: Server) -> AsyncIterator[tuple[Page, Page]]:
    """Ann and Bob, each in a browser of their own."""
    ann = await joins(browser, server, "Ann")
    bob = await joins(browser, server, "Bob", host=ann)
    yield ann, bob
    await ann.context.close()
    await bob.context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ann(people: tuple[Page, Page]) -> Page:
    return people[0]


@pytest_asyncio.fixture(loop_scope="session")
async def bob(people: tuple[Page, Page], server: Server) -> Page:
    """With an inbox in which all is read."""
    page = people[1]
    await asks(page, "POST", "/api/notifications/read", {"all": True})
    await page.goto(server.url)
    await page.get_by_role("heading", name="Home").wait_for()
    return page


async def names(ann: Page, bob: Page, words: str, page: str | None = None) -> tuple[str, str]:
    """Ann mentions Bob beside a page: (page, message)."""
    where = page or await makes(ann, "Harbour plans")
    text = f"@[Bob](person:{await who_is(bob)}) {words}"
    said = await asks(ann, "POST", f"/api/documents/{where}/messages", {"text": text})
    return where, said["id"]


def bell(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("button", name=re.compile("^Inbox"))


def count(unread: int) -> str:
    return f"Inbox, {unread} unread" if unread else "Inbox"


async def test_the_bell_shows_within_a_second_that_somebody_was_mentioned(ann: Page, bob: Page) -> None:
    await expect(bell(bob)).to_have_accessible_name(count(0))
    page, message = await names(ann, bob, "who takes the **boat**?")
    await expect(bell(bob)).to_have_accessible_name(count(1), timeout=1000)
    await expect(bob).to_have_title("(1) Quillroom")
    await bell(bob).click()
    line = bob.get_by_role("dialog").get_by_role("link", name="Ann mentioned you in Harbour plans")
    await expect(line).to_contain_text("@Bob who takes the")
    await expect(line.get_by_role("img", name="Unread")).to_be_visible()
    await line.click()
    await expect(bob).to_have_url(re.compile(f"/d/{page}.*"))
    assert page in bob.url
    # It leads to the very message, and its chat is read by that.
    await expect(bob.locator(f'[data-message="{message}"]')).to_be_visible()
    await expect(bell(bob)).to_have_accessible_name(count(0))
    await expect(bob.get_by_role("dialog")).to_have_count(0)


async def test_what_is_read_on_one_device_is_read_on_the_other_and_stays_so(
    ann: Page, bob: Page, server: Server
) -> None:
    other = await bob.context.new_page()
    await other.goto(f"{server.url}/inbox")
    page, _ = await names(ann, bob, "first")
    await names(ann, bob, "second", page)
    for each in (bob, other):
        await expect(bell(each)).to_have_accessible_name(count(2))
    await expect(other.get_by_role("list", name="Inbox").get_by_role("img", name="Unread")).to_have_count(2)
    await other.get_by_role("button", name="Mark all as read").click()
    for each in (bob, other):
        await expect(bell(each)).to_have_accessible_name(count(0))
    await expect(other.get_by_role("list", name="Inbox").get_by_role("img", name="Unread")).to_have_count(0)
    await other.reload()
    await expect(other.get_by_role("list", name="Inbox").get_by_role("link").first).to_contain_text("second")
    await expect(bell(other)).to_have_accessible_name(count(0))
    await other.close()


async def test_what_came_while_the_network_was_gone_is_there_when_it_is_back(ann: Page, bob: Page) -> None:
    page, _ = await names(ann, bob, "before")
    await expect(bell(bob)).to_have_accessible_name(count(1))
    await bob.context.set_offline(True)
    _, message = await names(ann, bob, "you missed this", page)
    await names(ann, bob, "and this", page)
    await asks(ann, "DELETE", f"/api/messages/{message}")
    await bob.context.set_offline(False)
    await expect(bell(bob)).to_have_accessible_name(count(2), timeout=15_000)
    await bell(bob).click()
    lines = bob.get_by_role("dialog").get_by_role("link")
    await expect(lines.first).to_contain_text("and this")
    await expect(bob.get_by_role("dialog").get_by_text("you missed this")).to_have_count(0)
    await bob.keyboard.press("Escape")
    await expect(bell(bob)).to_be_focused()


async def test_a_recall_takes_it_out_of_the_inbox_before_ones_eyes(ann: Page, bob: Page) -> None:
    _, message = await names(ann, bob, "the secret word")
    await bell(bob).click()
    secret = bob.get_by_role("dialog").get_by_text("the secret word")
    await expect(secret).to_be_visible()
    await asks(ann, "DELETE", f"/api/messages/{message}")
    await expect(secret).to_have_count(0, timeout=1000)
    await expect(bell(bob)).to_have_accessible_name(count(0))
    await bob.keyboard.press("Escape")


async def test_who_watches_a_page_hears_every_message_and_who_mutes_it_none(
    ann: Page, bob: Page, server: Server
) -> None:
    page = await makes(ann, "Nets")

    async def chooses(item: str, said: str) -> None:
        """In the menu of the page; then elsewhere, as its open chat would read what comes."""
        await bob.goto(f"{server.url}/d/{page}")
        await bob.get_by_role("button", name="More", exact=True).click()
        await bob.get_by_role("menuitem", name=item).click()
        await expect(bob.get_by_text(said)).to_be_visible()
        await bob.goto(server.url)

    await chooses("Watch this page", "You hear of every message here.")
    await asks(ann, "POST", f"/api/documents/{page}/messages", {"text": "the nets are torn"})
    await expect(bell(bob)).to_have_accessible_name(count(1))
    await bell(bob).click()
    panel = bob.get_by_role("dialog")
    await expect(panel.get_by_text("the nets are torn")).to_have_count(0)
    await panel.get_by_role("button", name="All", exact=True).click()
    await expect(panel.get_by_role("link", name="Ann wrote in Nets")).to_be_visible()
    await bob.keyboard.press("Escape")
    await chooses("Mute this page", "You hear of nothing that is said here.")
    await asks(bob, "POST", "/api/notifications/read", {"all": True})
    await names(ann, bob, "are you there?", page)
    await names(ann, bob, "here you are")
    await expect(bell(bob)).to_have_accessible_name(count(1))


async def test_what_one_chooses_is_kept(bob: Page, server: Server) -> None:
    await bob.goto(f"{server.url}/settings/notifications")
    tick = bob.get_by_role("checkbox", name="Somebody answers me: Push")
    await expect(tick).to_be_checked()
    await tick.uncheck()
    await bob.get_by_role("checkbox", name="Invisible").check()
    await expect(bob.get_by_role("checkbox", name="Somebody answers me: E-mail")).to_be_disabled()
    await expect(bob.get_by_text("This server sends no mail.")).to_be_visible()
    await bob.reload()
    await expect(tick).not_to_be_checked()
    await expect(bob.get_by_role("checkbox", name="Invisible")).to_be_checked()
    await bob.get_by_role("checkbox", name="Invisible").uncheck()
    await tick.check()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_inbox_and_its_settings_are_for_everybody(
    ann: Page, bob: Page, server: Server, scheme: Scheme, width: int
) -> None:
    await names(ann, bob, "a word about the harbour that is long enough to take more than one line of a narrow inbox")
    await bob.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await bob.set_viewport_size({"width": width, "height": 844})
    await bob.goto(server.url)
    await bell(bob).click()
    await expect(bob.get_by_role("dialog").get_by_role("link").first).to_be_visible()
    await looks_right(bob, f"bell-{scheme}-{width}")
    await bob.keyboard.press("Escape")
    for path in ("inbox", "settings/notifications"):
        await bob.goto(f"{server.url}/{path}")
        await bob.get_by_role("heading", level=1).wait_for()
        await expect(bob.get_by_role("status", name="Loading")).to_have_count(0)
        await looks_right(bob, f"{path.replace('/', '-')}-{scheme}-{width}")
    await bob.set_viewport_size({"width": 1280, "height": 720})
    await bob.emulate_media(color_scheme="light", reduced_motion="no-preference")


async def looks_right(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")
    assert await grave_faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


# Chromium in a test has no push service to register with: this stands in for its registration, and for nothing else.
REGISTERED = """(keys) => {
    const kept = () => JSON.parse(localStorage.getItem("registered"));
    const subscription = () => kept() && {
        options: {applicationServerKey: Uint8Array.from(kept().key).buffer},
        toJSON: () => ({endpoint: "https://fcm.googleapis.com/fcm/send/bob", expirationTime: null, keys}),
        unsubscribe: async () => localStorage.removeItem("registered"),
    };
    PushManager.prototype.getSubscription = async () => subscription();
    PushManager.prototype.subscribe = async ({applicationServerKey}) => {
        localStorage.setItem("registered", JSON.stringify({key: [...applicationServerKey]}));
        return subscription();
    };
}"""


async def test_push_is_turned_on_for_this_browser_stays_so_and_is_turned_off(
    bob: Page, browser: Browser, server: Server
) -> None:
    key = (await asks(bob, "GET", "/api/push/key"))["key"]
    context = await browser.new_context(storage_state=await bob.context.storage_state(), permissions=["notifications"])
    await context.add_init_script(f"({REGISTERED})({json.dumps({'p256dh': key, 'auth': 'A' * 22})})")
    page = await context.new_page()
    await page.goto(f"{server.url}/settings/notifications")
    section = page.get_by_role("region", name="Push on this device")
    await expect(section.get_by_role("status")).to_have_text("Off")
    await section.get_by_role("button", name="Turn on").click()
    await expect(section.get_by_role("status")).to_have_text("On")
    assert subscribed(server) == ["https://fcm.googleapis.com/fcm/send/bob"]
    await page.reload()
    await expect(section.get_by_role("status")).to_have_text("On")
    await section.get_by_role("button", name="Turn off").click()
    await expect(section.get_by_role("status")).to_have_text("Off")
    assert subscribed(server) == []
    await context.close()


def subscribed(server: Server) -> list[str]:
    return [endpoint for (endpoint,) in server.sql("SELECT endpoint FROM push_subscription")]


async def test_a_browser_that_cannot_be_registered_says_so(bob: Page, server: Server) -> None:
    await bob.context.grant_permissions(["notifications"])
    await bob.goto(f"{server.url}/settings/notifications")
    section = bob.get_by_role("region", name="Push on this device")
    await section.get_by_role("button", name="Turn on").click()
    await expect(bob.get_by_text("This browser could not be registered for push messages.")).to_be_visible()
    await expect(section.get_by_role("status")).to_have_text("Off")


async def test_a_browser_shows_what_was_pushed_and_a_recall_takes_it_away(browser: Browser, server: Server) -> None:
    context = await browser.new_context(permissions=["notifications"])
    page = await context.new_page()
    await page.goto(server.url)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    debugger = await context.new_cdp_session(page)
    registered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def hears(said: dict[str, Any]) -> None:
        if said["registrations"] and not registered.done():
            registered.set_result(said["registrations"][0]["registrationId"])

    debugger.on("ServiceWorker.workerRegistrationUpdated", hears)
    await debugger.send("ServiceWorker.enable")
    registration = await asyncio.wait_for(registered, 10)

    async def arrives(**payload: object) -> None:
        await debugger.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": server.url, "registrationId": registration, "data": json.dumps(payload)},
        )

    said = {
        "kind": "mention", "id": "n1", "actor": "Ann", "document": "d1", "title": "Harbour", "message": "m1",
        "preview": None, "tag": "page:d1", "language": "en", "unread": 1, "must_show": False,
    }  # fmt: skip
    shown = """() => navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
        .then((all) => all.map(({title, body, tag, data}) => ({title, body, tag, path: data.path})))"""
    await arrives(**said)
    await page.wait_for_function(f"({shown})().then((all) => all.length === 1)")
    assert await page.evaluate(shown) == [
        {"title": "Ann mentioned you in Harbour", "body": "", "tag": "page:d1", "path": "/d/d1?message=m1"}
    ]
    newer = {"kind": "reply", "id": "n2", "language": "zh", "preview": "好的"}
    await arrives(**{**said, **newer})
    await page.wait_for_function(f"({shown})().then((all) => all[0]?.body === '好的')")
    assert [each["title"] for each in await page.evaluate(shown)] == ["Ann 在 Harbour 中回复了您"]
    closing = {"kind": "close", "tag": "page:d1", "why": "recalled", "language": "en", "unread": 0}
    await arrives(**closing, id="n1", must_show=False)  # not the one that stands there
    await arrives(**closing, id="n2", must_show=False)
    await page.wait_for_function(f"({shown})().then((all) => all.length === 0)")
    await context.close()
