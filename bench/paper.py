"""`python -m bench.paper --trace FILE`: a real paper, typed key by key through the live server into an open page."""

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

from playwright.async_api import APIRequestContext, Browser, BrowserContext, CDPSession, Page, async_playwright
from pycrdt import Doc, XmlElement, XmlFragment, merge_updates
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench import wire
from bench.browser import EDITOR
from bench.keystrokes import Keystrokes, made_up, read, updates
from bench.places import RESULTS
from bench.server import data_directory, start
from bench.targets import QUILLROOM, QUILLROOM_SIGNED_IN

# Of what one person may have on the way: the pace is the server's, not the network's.
WINDOW = 500
WAIT_SECONDS = 120.0
# The server reads a hundred messages a second of one connection: hours of typing are squeezed into a minute.
TURN = 64
# A request with a cookie must say that it is the page's own.
OURS = {"Sec-Fetch-Site": "same-origin"}
MIB = 1024.0 * 1024.0

# Line breaks part the paragraphs; the carets of others stand inside the text and are not of it.
PAGE_TEXT = """(selector) => {
  const copy = document.querySelector(selector).cloneNode(true);
  for (const caret of copy.querySelectorAll('.caret')) caret.remove();
  return [...copy.children].map((line) => line.textContent).join('\\n');
}"""

NOTE_FREEZES = """() => {
  window.freezes = [];
  new PerformanceObserver((list) => freezes.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: 'longtask' });
}"""


class Replica:
    """Someone with a Yjs replica and a session of their own, in one document over a real WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.doc: Doc[Any] = Doc()
        self.sent = self.saved = 0
        self._socket = socket
        self._has_text = asyncio.Event()
        self._heard = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def join(cls, port: int, document: str, token: str) -> Self:
        """Connects, and returns when everything that the server has is here."""
        address = f"ws://127.0.0.1:{port}/sync/{document}?client=quillroom&schema=1"
        headers = {"Authorization": f"Bearer {token}"}
        replica = cls(await connect(address, additional_headers=headers, compression=None, max_size=None, proxy=None))
        await replica._socket.send(wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
        await replica._until(replica._has_text.is_set)
        return replica

    async def type(self, made: list[bytes], turn: int) -> None:
        """`turn` updates a message, as a page merges what one turn of its loop did; returns when all is saved."""
        for first in range(0, len(made), turn):
            update = merge_updates(*made[first : first + turn])
            if self.sent - self.saved >= WINDOW:
                await self._until(lambda: self.sent - self.saved < WINDOW)
            self.sent += 1
            await self._socket.send(wire.sync(wire.UPDATE, update))
        await self._until(lambda: self.saved == self.sent)

    async def shows(self, text: str) -> None:
        """Waits until this is the text; TimeoutError otherwise."""
        await self._until(lambda: self.text == text)

    @property
    def text(self) -> str:
        """Paragraphs, parted by line breaks."""
        lines = self.doc.get("default", type=XmlFragment).children
        return "\n".join("".join(map(str, line.children)) for line in lines if isinstance(line, XmlElement))

    async def leave(self) -> None:
        """Closes the connection."""
        await self._socket.close()
        with suppress(ConnectionClosed):
            await self._listening

    async def _until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not is_true():
                assert not self._listening.done(), f"the connection ended: {self._socket.close_code}"
                self._heard.clear()
                await self._heard.wait()

    async def _listen(self) -> None:
        async for frame in self._socket:
            assert isinstance(frame, bytes)
            message = wire.read(frame, named=False)
            if message.kind == wire.SYNC and message.step == wire.STEP1:
                self.sent += 1
                await self._socket.send(wire.sync(wire.STEP2, wire.EMPTY_UPDATE))
            elif message.kind == wire.SYNC:
                self.doc.apply_update(message.payload)
                if message.step == wire.STEP2:
                    self._has_text.set()
            elif message.kind == wire.SAVED:
                self.saved = wire.read_uint(message.payload, 0)[0]
            elif message.kind == wire.CONTROL:
                assert b'"refused"' not in message.payload, message.payload.decode()
            self._heard.set()
        self._heard.set()


async def token(request: APIRequestContext, name: str) -> str:
    """The secret of a new guest session."""
    answer = await request.post("/api/session/guest", data={"name": name, "token": True}, headers=OURS)
    assert answer.status == 201, await answer.text()
    return str((await answer.json())["token"])


async def page_shows(page: Page, text: str) -> float:
    """Waits until exactly this stands on the page, line for line; the seconds that took. TimeoutError otherwise."""
    began = time.monotonic()
    shown = ""
    while time.monotonic() - began < WAIT_SECONDS:
        shown = await page.evaluate(PAGE_TEXT, EDITOR)
        if shown == text:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise TimeoutError(f"the page shows {len(shown):,} characters, {len(text):,} were typed")


class Cost(NamedTuple):
    """What a process used so far."""

    cpu_seconds: float
    rss_mib: float


def cost(process_ids: list[int]) -> Cost:
    """Of these processes together."""
    ticks, pages = 0, 0
    for pid in process_ids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
        pages += int(fields[21])
    return Cost(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / MIB)


def log_size(database: Path, document: str) -> tuple[int, int]:
    """Rows and bytes of updates in the document's log."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        query = 'SELECT count(*), coalesce(sum(length("update")), 0) FROM document_update WHERE document = ?'
        rows, size = connection.execute(query, (document,)).fetchone()
    return int(rows), int(size)


class Running(NamedTuple):
    """A server that runs in its normal mode. `log`: rows and bytes of updates that it has of a document."""

    port: int
    process_ids: list[int]
    log: Callable[[str], tuple[int, int]]


async def measure(server: Running, browser: Browser, strokes: Keystrokes, turn: int) -> dict[str, object]:
    """Ann types, `turn` keys a message, while Bob's page and Cem's client have the document open; then Dora comes."""
    async with AsyncExitStack() as leaving:
        # The page keeps its own cookie: the others ask for their sessions from elsewhere.
        context, elsewhere = [await browser.new_context(base_url=f"http://127.0.0.1:{server.port}") for _ in range(2)]
        leaving.push_async_callback(elsewhere.close)
        leaving.push_async_callback(context.close)

        async def joins(name: str) -> Replica:
            replica = await Replica.join(server.port, document, await token(elsewhere.request, name))
            leaving.push_async_callback(replica.leave)
            return replica

        page, document = await _opens(context)
        devtools = await context.new_cdp_session(page)
        heap_before = await _heap_mib(devtools)
        typist, reader = await joins("Ann"), await joins("Cem")
        made = list(updates(typist.doc, strokes.keys))
        before, began = cost(server.process_ids), time.monotonic()
        await typist.type(made, turn)
        seconds = time.monotonic() - began
        after = cost(server.process_ids)
        behind = await page_shows(page, strokes.text)
        freezes: list[float] = await page.evaluate("freezes")
        heap_after = await _heap_mib(devtools)
        await reader.shows(strokes.text)
        assert (await joins("Dora")).text == strokes.text, "a fresh client was given something else"
        await _stays(page, document, strokes.text)
        rows, size = server.log(document)
        return {
            "edits": len(strokes.keys),
            "edits per message": turn,
            "characters in the end": len(strokes.text),
            "seconds": round(seconds, 2),
            "edits per second": round(len(made) / seconds),
            "server CPU seconds": round(after.cpu_seconds - before.cpu_seconds, 2),
            "server memory before, MiB": round(before.rss_mib, 1),
            "server memory after, MiB": round(after.rss_mib, 1),
            "log rows": rows,
            "log bytes": size,
            "page behind the last edit, seconds": round(behind, 2),
            "page's longest freeze, ms": round(max(freezes, default=0.0)),
            "page's heap before, MiB": heap_before,
            "page's heap after, MiB": heap_after,
        }


async def _opens(context: BrowserContext) -> tuple[Page, str]:
    """A guest in the browser makes a document over REST and opens it."""
    await token(context.request, "Bob")
    answer = await context.request.post("/api/documents", data={"title": "Paper"}, headers=OURS)
    document = str((await answer.json())["document"]["id"])
    page = await context.new_page()
    await page.goto(f"/d/{document}")
    await page.wait_for_selector(EDITOR)
    await page.evaluate(NOTE_FREEZES)
    return page, document


async def _stays(page: Page, document: str, text: str) -> None:
    """The same over HTTP, and on the page when it is opened again."""
    words = await (await page.context.request.get(f"/api/documents/{document}?format=text")).text()
    assert words == text + "\n", "the text over HTTP is something else"
    await page.reload()
    await page.wait_for_selector(EDITOR)
    await page_shows(page, text)


async def _heap_mib(devtools: CDPSession) -> float:
    await devtools.send("HeapProfiler.collectGarbage")
    usage = await devtools.send("Runtime.getHeapUsage")
    return round(float(usage["usedSize"]) / MIB, 1)


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _run(strokes: Keystrokes, *, is_open: bool) -> dict[str, object]:
    with data_directory() as data:
        server = start(QUILLROOM if is_open else QUILLROOM_SIGNED_IN, data, core=None)
        running = Running(server.port, server.process_ids(), partial(log_size, data / "quillroom.db"))
        try:
            async with _chromium() as browser:
                return await measure(running, browser, strokes, 1 if is_open else TURN)
        finally:
            server.stop()


def main() -> int:
    """Prints a small table; the exit code says whether every text was exactly what was typed."""
    parser = argparse.ArgumentParser(prog="python -m bench.paper", description=__doc__)
    parser.add_argument("--trace", type=Path, help="gzipped JSON; without it somebody's made-up keys")
    parser.add_argument("--edits", type=int, help="only the first so many")
    parser.add_argument("--out", type=Path, default=RESULTS / "paper")
    parser.add_argument("--open", action="store_true", help="a server without pace, and every key in its own message")
    asked = parser.parse_args()
    strokes = read(asked.trace, asked.edits) if asked.trace else made_up(1, asked.edits or 5000)
    result = asyncio.run(_run(strokes, is_open=asked.open))
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "paper.json").write_text(json.dumps(result, indent=1))
    for name, value in result.items():
        print(f"{name:36} {value:>14,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
