"""A real server with the built page, and real Chromium windows."""

import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "backend" / "tests"), str(ROOT)]

from e2e.page import begins, body, comes_in  # noqa: E402

from support.server import Server  # noqa: E402
from support.servers import a_server, skips_one_process  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that beeps, and that nobody has to allow.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]

# Two browsers share the machine: what is to be seen is waited for as long as everything else.
expect.set_options(timeout=15_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server as a newcomer starts it."""
    running = a_server(tmp_path, is_open=False).start()
    yield running
    running.goes()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop and one Chromium for the whole run: every test opens windows of its own in it."""
    skips_one_process(items)
    for item in items:
        if item.path.is_relative_to(ROOT / "e2e"):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ann(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """Ann, in a browser of her own, with a new document open."""
    context = await browser.new_context()
    page = await comes_in(context, server, "Ann")
    await begins(page)
    yield page
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def bob(browser: Browser, server: Server, ann: Page) -> AsyncIterator[Page]:
    """Bob, in another browser, with the same document open."""
    context = await browser.new_context()
    page = await comes_in(context, server, "Bob")
    await page.goto(ann.url)
    await body(page).wait_for()
    yield page
    await context.close()
