"""Finding what was said, by the keys, on this page and everywhere, and going there."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.page import body
from e2e.people import asks, joins, makes
from playwright.async_api import Browser, Locator, Page, expect

from support.server import Server
from support.servers import a_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who look here."""
    running = a_server(tmp_path_factory.mktemp("search"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ann(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """Ann, with two pages on which much was said."""
    page = await joins(browser, server, "Ann")
    harbour, boats = await makes(page, "Harbour"), await makes(page, "Boats")
    for document, texts in (
        (harbour, ["The tide table is in the office", *(f"Line {n}" for n in range(12)), "今天天气很好🙂"]),
        (boats, ["No boat leaves before the **tide** turns, ask the office"]),
    ):
        for text in texts:
            await asks(page, "POST", f"/api/documents/{document}/messages", {"text": text})
    await page.goto(f"{server.url}/d/{harbour}")
    await body(page).wait_for()
    await page.get_by_role("button", name="Toggle chat").click()
    yield page
    await page.context.close()


async def looks_for(page: Page, words: str) -> None:
    """Open the search, if it is not there, and type."""
    field = page.get_by_role("combobox", name="Find what was said")
    if not await field.is_visible():
        await page.get_by_role("button", name="Search the chat").click()
    await expect(field).to_be_focused()
    await field.fill(words)


def results(page: Page) -> Locator:
    """What was found."""
    return page.get_by_role("listbox", name="Messages").get_by_role("option")


async def test_a_message_is_found_and_shown_by_the_keys_alone(ann: Page) -> None:
    await looks_for(ann, "OFFI tide")
    await expect(results(ann)).to_have_count(1)
    assert await results(ann).locator("mark").all_inner_texts() == ["tide", "offi"]
    await expect(results(ann).first).to_have_attribute("aria-selected", "true")
    assert not await grave_faults(ann)
    await ann.keyboard.press("Enter")
    shown = ann.get_by_role("feed", name="Messages").get_by_role("article").filter(has_text="tide table")
    await expect(shown).to_be_in_viewport()


async def test_everywhere_finds_the_other_page_and_goes_there(ann: Page) -> None:
    await looks_for(ann, "tide")
    await expect(results(ann)).to_have_count(1)
    await ann.get_by_role("button", name="Everywhere").click()
    await expect(results(ann)).to_have_count(2)
    await expect(results(ann).first).to_contain_text("Boats")
    await ann.get_by_role("combobox").press("ArrowDown")
    await expect(results(ann).nth(1)).to_have_attribute("aria-selected", "true")
    await ann.keyboard.press("ArrowUp")
    await ann.keyboard.press("Enter")
    await expect(ann.get_by_role("heading", name="Boats").or_(ann.get_by_role("textbox", name="Title"))).to_be_visible()
    shown = ann.get_by_role("feed", name="Messages").get_by_role("article").filter(has_text="No boat leaves")
    await expect(shown).to_be_in_viewport()


async def test_chinese_is_found_and_what_nobody_said_is_not(ann: Page) -> None:
    await ann.go_back()
    await looks_for(ann, "天气")
    await expect(results(ann).locator("mark")).to_have_text("天气")
    await looks_for(ann, "nobody said this")
    await expect(ann.get_by_text("Nothing was said with these words.")).to_be_visible()
    await ann.keyboard.press("Escape")
    await expect(ann.get_by_role("button", name="Search the chat")).to_be_focused()


async def test_a_server_that_cannot_be_reached_is_said_and_asked_again(ann: Page) -> None:
    await ann.context.set_offline(True)
    await looks_for(ann, "line")
    await expect(ann.get_by_role("alert").get_by_role("button", name="Try again")).to_be_visible()
    await ann.context.set_offline(False)
    await ann.get_by_role("button", name="Try again").click()
    await expect(results(ann)).to_have_count(12)
    await ann.keyboard.press("Escape")
