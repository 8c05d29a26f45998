"""Who may see and write a page, as the people see it in their browsers."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.line import Line
from e2e.page import body, chip, is_saved, log_of, shows
from e2e.people import asks, joins, makes, who_is
from playwright.async_api import Browser, Locator, Page, expect

from support.server import Server
from support.servers import a_server

TOLD_WITHIN_MS = 2_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who share here."""
    running = a_server(tmp_path_factory.mktemp("sharing"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ann(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """Ann, the first one here."""
    page = await joins(browser, server, "Ann")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield page
    await page.context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bob(browser: Browser, server: Server, ann: Page) -> AsyncIterator[Page]:
    """Bob, another member."""
    page = await joins(browser, server, "Bob", ann)
    yield page
    await page.context.close()


async def opens(page: Page, server: Server, document: str) -> None:
    """Open a page and wait for its text."""
    await page.goto(f"{server.url}/d/{document}")
    await body(page).wait_for()
    await expect(chip(page)).to_have_text("Saved")


async def shares(page: Page) -> Locator:
    """Open the share dialog."""
    await page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share")
    await dialog.get_by_role("heading", name="Who has access").wait_for()
    return dialog


async def private(page: Page, title: str, **more: object) -> str:
    """A page of this person that nobody else may see."""
    document = await makes(page, title, **more)
    await asks(page, "PUT", f"/api/documents/{document}/access", {"general": "private"})
    return document


async def test_bob_asks_for_a_private_page_and_ann_lets_him_in(ann: Page, bob: Page, server: Server) -> None:
    diary = await private(ann, "Diary", markdown="Only mine")
    await bob.goto(f"{server.url}/d/{diary}")
    await bob.get_by_role("heading", name="This page does not exist, or you may not see it").wait_for()
    assert await bob.get_by_role("treeitem", name="Diary").count() == 0
    await bob.get_by_label("A word to them").fill("It is me")
    await bob.get_by_role("button", name="Request access").click()
    await bob.get_by_text("those who manage it have been asked").wait_for()

    await opens(ann, server, diary)
    dialog = await shares(ann)
    await dialog.get_by_text("It is me").wait_for()
    await dialog.get_by_label("Role of Bob").select_option("Edit")
    await dialog.get_by_role("button", name="Approve Bob").click()
    await expect(dialog.get_by_role("region", name="Who has access").get_by_text("Bob")).to_be_visible()
    await ann.keyboard.press("Escape")
    await expect(ann.get_by_role("button", name="Share")).to_be_focused()
    # It opens where he waits, without a reload.
    await expect(body(bob)).to_contain_text("Only mine")


async def test_members_get_a_role_and_others_an_invitation(ann: Page, bob: Page, server: Server) -> None:
    plan = await private(ann, "Plan of the quay")
    await opens(ann, server, plan)
    dialog = await shares(ann)
    field = dialog.get_by_role("combobox", name="Name or e-mail")
    await expect(field).to_be_focused()
    await field.fill("bob@example.org")
    await ann.keyboard.press("Enter")
    await field.fill("zoe@example.org")
    await ann.keyboard.press("Enter")
    await dialog.get_by_label("Role", exact=True).select_option("Comment")
    await dialog.get_by_role("button", name="Invite", exact=True).click()
    await dialog.get_by_role("button", name="Copy link: zoe@example.org").click()
    assert f"{server.url}/join#" in await ann.evaluate("navigator.clipboard.readText()")
    await expect(dialog.get_by_label("Role of Bob")).to_have_value("comment")
    await expect(dialog.get_by_text("zoe@example.org", exact=True)).to_be_visible()
    assert not await grave_faults(ann)

    # Nobody would be left: a sentence, and the role stays.
    await dialog.get_by_label("Role of Ann").select_option("View")
    await dialog.get_by_role("alert").get_by_text("Nobody would be left").wait_for()
    await expect(dialog.get_by_label("Role of Ann")).to_have_value("manage")
    await dialog.get_by_label("Role of Bob").select_option("Remove access")
    await expect(dialog.get_by_label("Role of Bob")).to_have_count(0)


async def test_a_stranger_with_the_link_writes_as_a_guest_until_it_is_closed(
    ann: Page, server: Server, browser: Browser
) -> None:
    page = await private(ann, "Open house", markdown="Come in")
    await opens(ann, server, page)
    dialog = await shares(ann)
    await dialog.get_by_role("combobox", name="General access").select_option("Anyone with the link")
    await dialog.get_by_label("What they may do").select_option("Edit")
    await expect(dialog.get_by_label("What they may do")).to_be_enabled()
    await dialog.get_by_role("button", name="Copy link").click()
    await ann.get_by_text("The link is copied").wait_for()
    link = await ann.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{server.url}/s#")
    await dialog.get_by_role("button", name="Done").click()

    guest = await (await browser.new_context()).new_page()
    guest.set_default_timeout(15_000)
    await guest.goto(link)
    await guest.get_by_role("button", name="Open the page").click()
    await expect(body(guest)).to_contain_text("Come in")
    await expect(chip(guest)).to_have_text("Saved")
    session = await asks(guest, "GET", "/api/session")
    assert (session["kind"], session["is_member"]) == ("guest", False)
    # An animal's name, seen by Ann too; no directory, and no page but this one.
    assert len(session["user"]["name"]) > 3
    await ann.get_by_role("banner").get_by_role("button", name=session["user"]["name"]).wait_for()
    assert (await guest.request.get(f"{server.url}/api/people")).status in (403, 404)
    await expect(guest.get_by_role("treeitem")).to_have_count(1)
    await expect(guest.get_by_role("navigation").get_by_role("button", name="New page", exact=True)).to_have_count(0)
    await body(guest).click()
    await guest.keyboard.press("End")
    await guest.keyboard.type(" gladly")
    await shows(ann, "Come in gladly")
    await is_saved(guest)

    dialog = await shares(ann)
    await dialog.get_by_role("combobox", name="General access").select_option("Private")
    await guest.get_by_role("alert").get_by_text("You can no longer open this").wait_for(timeout=TOLD_WITHIN_MS)
    # The text stays, to be read and taken along.
    await expect(body(guest)).to_contain_text("Come in gladly")
    await expect(body(guest)).to_have_attribute("contenteditable", "false")
    await expect(guest.get_by_role("button", name="Copy my text")).to_be_visible()
    await ann.keyboard.press("Escape")
    await guest.context.close()


async def test_lowered_while_typing_what_was_saved_stays_and_the_rest_is_a_copy(
    ann: Page, bob: Page, server: Server
) -> None:
    page = await private(ann, "Minutes", markdown="We met.")
    person = await who_is(bob)
    await asks(ann, "POST", f"/api/documents/{page}/people", {"who": [person], "role": "edit"})
    await opens(ann, server, page)
    line = await Line().watch(bob)
    await opens(bob, server, page)
    await body(bob).click()
    await bob.keyboard.press("End")
    await bob.keyboard.type(" All came.")
    await is_saved(bob)
    await shows(ann, "We met. All came.")

    line.hold()
    await bob.keyboard.type(" Late words")
    await expect(chip(bob)).to_have_text("Saving…")
    await asks(ann, "PUT", f"/api/documents/{page}/people/{person}", {"role": "view"})
    await expect(body(bob)).to_have_attribute("contenteditable", "false", timeout=TOLD_WITHIN_MS)
    await bob.keyboard.type("x")
    # What was held back is lost with the line; a new one greets him as a reader.
    line.let_go()
    await line.close(1012)
    banner = bob.get_by_role("alert")
    await expect(banner).to_contain_text("You can now only read this page.")
    await expect(banner).to_contain_text("came too late")
    await expect(body(bob)).to_contain_text("We met. All came. Late words")
    await shows(ann, "We met. All came.")
    assert "Late words" not in log_of(server, ann.url)
    await banner.get_by_role("button", name="Open the new text").click()
    await shows(bob, "We met. All came.")
    await expect(chip(bob)).to_have_text("Read only")


async def test_bob_leaves_a_page_and_no_longer_sees_it(ann: Page, bob: Page, server: Server) -> None:
    page = await private(ann, "Surprise")
    await asks(ann, "POST", f"/api/documents/{page}/people", {"who": [await who_is(bob)], "role": "view"})
    await bob.goto(f"{server.url}/d/{page}")
    await body(bob).wait_for()
    dialog = await shares(bob)
    await expect(dialog.get_by_text("Only those who manage this page")).to_be_visible()
    await dialog.get_by_role("button", name="Leave this page").click()
    await bob.get_by_role("heading", name="Home").wait_for()
    await expect(bob.get_by_role("treeitem", name="Surprise")).to_have_count(0)
