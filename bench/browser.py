"""People with a real browser: Chromium, one profile each."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.server import Server

EDITOR = '.ProseMirror[contenteditable="true"]'
WAIT_MS = 60_000.0
POLL_MS = 100.0


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium (CHROMIUM names another), else the one Playwright brings."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def person(browser: Browser, server: Server, name: str) -> BrowserContext:
    """A new profile, signed in as a guest."""
    context = browser.new_context(base_url=address(server))
    context.set_default_timeout(WAIT_MS)
    answer = context.request.post("/api/session/guest", data={"name": name})
    assert answer.status == 201, f"guest session: {answer.status} {answer.text()}"
    return context


def new_document(context: BrowserContext, markdown: str) -> str:
    """Creates a document and returns its id."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = context.request.post("/api/documents", data={"title": "Bench", "markdown": markdown}, headers=headers)
    assert answer.status == 201, f"new document: {answer.status} {answer.text()[:200]}"
    return str(answer.json()["document"]["id"])


def wait_until(page: Page, expression: str) -> None:
    """Asks from here again and again: the page's own policy forbids the eval Playwright waits by."""
    for _ in range(int(WAIT_MS / POLL_MS)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(POLL_MS)
    raise TimeoutError(f"never true: {expression}")


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"
