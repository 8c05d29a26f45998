"""The chat beside a page, as a person uses it."""

import json

from e2e.page import body
from playwright.async_api import Locator, Page, expect

from support.server import Server

TOLD_WITHIN_MS = 10_000


async def opens_chat(page: Page) -> None:
    """Show the panel, if it is not there."""
    if not await field(page).is_visible():
        await page.get_by_role("button", name="Toggle chat").click()
    await field(page).wait_for()


async def visits(page: Page, url: str) -> None:
    """Open a page with its chat."""
    await page.goto(url)
    await body(page).wait_for()
    await opens_chat(page)


def field(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_role("textbox", name="Message", exact=True)


async def says(page: Page, text: str) -> None:
    """Write it with the keys, and send it with Enter."""
    await field(page).click()
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


def messages(page: Page) -> Locator:
    """All that is drawn of what the server has."""
    return page.get_by_role("feed", name="Messages").get_by_role("article")


def message(page: Page, text: str) -> Locator:
    """The message with this text."""
    return messages(page).filter(has_text=text)


def waiting(page: Page) -> Locator:
    """What the server does not have yet."""
    return page.locator(".pending-message")


async def hears(page: Page, *texts: str) -> None:
    """Wait until exactly these texts are the newest ones, in this order, and each of them is there once."""
    words = messages(page).locator(".words")
    await expect(words).to_have_count(len(texts), timeout=TOLD_WITHIN_MS)
    assert [(await each.inner_text()).strip() for each in await words.all()] == list(texts)


async def chooses(page: Page, text: str, name: str) -> None:
    """Something in the bar of a message."""
    bar = message(page, text).get_by_role("toolbar")
    await message(page, text).hover()
    await bar.wait_for()
    button = bar.get_by_role("button", name=name, exact=True)
    if await button.count() == 0:
        await bar.get_by_role("button", name="More").click()
        button = page.get_by_role("menuitem", name=name, exact=True)
    await button.click()


def holds(server: Server, document: str, author: str, count: int) -> None:
    """The chat of a page that nobody has open yet holds "number 0", "number 1" … of somebody, one each minute."""
    ids = [f"{document}-{number}" for number in range(count)]
    times = [1_790_000_000.0 + 60 * number for number in range(count)]
    server.fills(
        "INSERT INTO event (topic, seq, name, actor, at, data) VALUES (?, ?, 'message.sent', ?, ?, ?)",
        [
            (f"doc:{document}", place, author, at, json.dumps({"message": id}))
            for place, (id, at) in enumerate(zip(ids, times, strict=True), 1)
        ],
    )
    server.fills(
        "INSERT INTO message (id, document, seq, author, client_id, at, text, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        [
            (id, document, place, author, id, at, f"number {place - 1}")
            for place, (id, at) in enumerate(zip(ids, times, strict=True), 1)
        ],
    )
