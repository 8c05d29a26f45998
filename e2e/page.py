"""What a person sees on the page, and what the server's log holds, by the names people use."""

import json
from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, expect
from pycrdt import Doc, XmlFragment

from support.server import Server

SAVED_WITHIN_MS = 15_000
PASSWORD = "quay-side 42"

# Other people's carets stand inside the text: a copy without them is what was written.
PARAGRAPHS = """([wanted]) => {
    const root = document.querySelector('[role="textbox"][aria-label="Document body"]');
    const written = [...(root?.querySelectorAll("p") ?? [])].map((paragraph) => {
        const copy = paragraph.cloneNode(true);
        for (const caret of copy.querySelectorAll(".caret")) caret.remove();
        return copy.textContent.replaceAll("\u2060", "");
    });
    return wanted === undefined ? written : JSON.stringify(written) === wanted;
}"""


async def comes_in(context: BrowserContext, server: Server, name: str) -> Page:
    """A guest who has said who they are opens the page: the form for it has a test of its own."""
    answer = await context.request.post(
        f"{server.url}/api/session/guest", data={"name": name}, headers={"Origin": server.url}
    )
    assert answer.status == 201, await answer.text()
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(server.url)
    await page.get_by_role("heading", name="Home").wait_for()
    return page


async def begins(page: Page) -> None:
    """Make a new document and wait for its text."""
    await page.get_by_role("navigation").get_by_role("button", name="New page", exact=True).click()
    await body(page).wait_for()


async def signs_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Through the form."""
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def opens_own_menu(page: Page, name: str) -> None:
    """What one can settle for oneself, at the foot of the sidebar."""
    await page.get_by_role("button", name=f"{name} menu").click()


async def signs_out(page: Page, name: str) -> None:
    """From the menu, and wait for the door."""
    await opens_own_menu(page, name)
    await page.get_by_role("menuitem", name="Sign out").click()
    await page.locator(".card").wait_for()


def body(page: Page) -> Locator:
    """The text of the document."""
    return page.get_by_role("textbox", name="Document body")


def chip(page: Page) -> Locator:
    """What the page says about saving."""
    return page.get_by_role("banner").get_by_role("status")


async def is_saved(page: Page) -> None:
    """Wait until the page says that everything is saved."""
    await expect(chip(page)).to_have_text("Saved", timeout=SAVED_WITHIN_MS)


async def shows(page: Page, *paragraphs: str) -> None:
    """Wait until exactly these paragraphs are on the page."""
    wanted = json.dumps(paragraphs, ensure_ascii=False, separators=(",", ":"))
    try:
        await page.wait_for_function(PARAGRAPHS, arg=[wanted])
    except Exception as error:
        found = await page.evaluate(PARAGRAPHS, [])
        raise AssertionError(f"the page shows {found}, not {list(paragraphs)}") from error


def log_of(server: Server, url: str) -> str:
    """The document's content, from the rows of the log alone."""
    doc: Doc[Any] = Doc()
    document = url.rsplit("/", 1)[1]
    for (update,) in server.sql('SELECT "update" FROM document_update WHERE document = ? ORDER BY seq', document):
        doc.apply_update(update)
    return str(doc.get("default", type=XmlFragment))
