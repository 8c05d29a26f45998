"""A real server with the built page, and real Chromium windows."""

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend" / "tests"))

from support.server import Server  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Opens = Callable[..., Awaitable[Page]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server as a newcomer starts it."""
    running = Server(tmp_path, is_open=False).start()
    yield running
    running.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        await opened.close()


async def comes_in(context: BrowserContext, server: Server, name: str) -> Page:
    """A person opens the page for the first time and says who they are."""
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(server.url)
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Start writing").click()
    await page.get_by_role("heading", name="Documents").wait_for()
    return page


@pytest.fixture
async def ann(browser: Browser, server: Server) -> Page:
    """Ann, in a browser of her own, with a new document open."""
    page = await comes_in(await browser.new_context(), server, "Ann")
    await page.get_by_role("navigation").get_by_role("button", name="New document").click()
    await page.get_by_role("textbox", name="Document body").wait_for()
    return page


@pytest.fixture
async def bob(browser: Browser, server: Server, ann: Page) -> Page:
    """Bob, in another browser, with the same document open."""
    page = await comes_in(await browser.new_context(), server, "Bob")
    await page.goto(ann.url)
    await page.get_by_role("textbox", name="Document body").wait_for()
    return page
