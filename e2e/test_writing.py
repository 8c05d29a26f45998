"""Two people write in real browsers, with real keys."""

import asyncio
import contextlib
import re
import string
from collections.abc import AsyncIterator

from e2e.page import body, chip, is_saved, log_of, shows
from playwright.async_api import Page, WebSocket, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from quillroom.protocol import frames
from support.server import Server


async def puts_caret_at_end(page: Page, *, seen_by: Page) -> None:
    """Press End until the other window shows this person's caret behind the last letter, as one would look first."""
    is_at_end = (
        "() => [...document.querySelectorAll('.ProseMirror .caret')].some((c) => c.nextSibling?.nodeName !== '#text')"
    )
    async with asyncio.timeout(15):
        while True:
            await page.keyboard.press("End")
            with contextlib.suppress(PlaywrightTimeout):
                await seen_by.wait_for_function(is_at_end, timeout=1000)
                return


async def test_two_people_type_in_the_same_paragraph_and_every_letter_keeps_its_place(ann: Page, bob: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("[middle]")
    await expect(body(bob)).to_contain_text("[middle]")
    await ann.keyboard.press("Home")
    await body(bob).click()
    await puts_caret_at_end(bob, seen_by=ann)
    await asyncio.gather(
        ann.keyboard.type(string.ascii_uppercase, delay=25),
        bob.keyboard.type(string.ascii_lowercase, delay=31),
    )
    wanted = f"{string.ascii_uppercase}[middle]{string.ascii_lowercase}"
    for page in (ann, bob):
        await is_saved(page)
        await shows(page, wanted)


# The page's socket, so that a test can say when a message of the server is taken.
NOTE_SOCKET = """(() => {
    window.WebSocket = new Proxy(WebSocket, {
        construct: (Real, given) => (window.socket = new Real(...given)),
    });
})()"""
HOLD_MESSAGES = """() => {
    window.take = socket.onmessage;
    window.held = [];
    socket.onmessage = (event) => held.push(event);
}"""
# What the End key does: the caret moves at once, and the browser tells the page of it in a later task.
END_THEN_MESSAGES = """() => {
    getSelection().modify("move", "forward", "lineboundary");
    for (const event of held) take.call(socket, event);
    socket.onmessage = take;
}"""
HOLDS_WORD_OF_ANN = """() => held.some(({ data }) => new TextDecoder().decode(data).includes('"name":"Ann"'))"""
IS_CARET_IN_FRONT = "() => document.querySelector('.ProseMirror .caret')?.nextSibling?.nodeName === '#text'"
# The carets of others are drawn on a timer of 0 ms: the key is pressed right before it rings. Which message sets it,
# and whether at once or a frame later, is left open: Bob's own caret comes back to him too, and may be ahead of Ann's.
MESSAGES_THEN_END = (
    "() => new Promise((done) => { const isInFront = "
    + IS_CARET_IN_FRONT
    + """;
    const later = window.setTimeout;
    window.setTimeout = (ring, ms) => {
        if (ms !== 0) return later(ring, ms);
        window.setTimeout = later;
        return later(() => {
            const wasInFront = isInFront();
            getSelection().modify("move", "forward", "lineboundary");
            ring();
            done(!wasInFront && isInFront());
        }, ms);
    };
    for (const event of held) take.call(socket, event);
    socket.onmessage = take;
})"""
)


async def holds_messages(page: Page) -> None:
    """From here on, what the server says waits."""
    await page.add_init_script(NOTE_SOCKET)
    await page.reload()
    await is_saved(page)
    await body(page).click()
    await page.keyboard.press("Home")
    await page.evaluate(HOLD_MESSAGES)


async def test_an_end_key_that_is_overtaken_by_an_edit_of_another_person_still_counts(ann: Page, bob: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("[middle]")
    await is_saved(ann)
    await ann.keyboard.press("Home")
    await holds_messages(bob)
    await ann.keyboard.type("ann")
    await bob.wait_for_function("() => held.length > 2")
    await bob.evaluate(END_THEN_MESSAGES)
    await bob.keyboard.type("bob")
    for page in (ann, bob):
        await shows(page, "ann[middle]bob")


async def test_an_end_key_that_is_overtaken_by_the_caret_of_another_person_still_counts(ann: Page, bob: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("[middle]")
    await is_saved(ann)
    await holds_messages(bob)
    await ann.keyboard.press("Home")
    await bob.wait_for_function(HOLDS_WORD_OF_ANN)
    assert await bob.evaluate(MESSAGES_THEN_END), "what was drawn right after the key did not move Ann's caret"
    await bob.keyboard.type("bob")
    for page in (ann, bob):
        await shows(page, "[middle]bob")


async def test_home_and_end_work_where_the_caret_of_another_person_stands(ann: Page, bob: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("[middle]")
    await ann.keyboard.press("Home")
    await expect(body(bob)).to_contain_text("[middle]")
    await bob.wait_for_function(IS_CARET_IN_FRONT)
    await body(bob).click()
    for key in ("Home", "End"):
        await bob.keyboard.press(key)
    await bob.keyboard.type("!")
    await shows(bob, "[middle]!")


async def test_undo_takes_back_only_my_own_words(ann: Page, bob: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("ann ")
    await expect(body(bob)).to_contain_text("ann")
    await body(bob).click()
    await bob.keyboard.press("End")
    await bob.keyboard.type("bob")
    await expect(body(ann)).to_contain_text("bob")
    await ann.keyboard.press("Control+z")
    await expect(body(bob)).not_to_contain_text("ann")
    await shows(bob, "bob")


async def test_both_write_offline_and_come_back_merged(ann: Page, bob: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("start")
    await expect(body(bob)).to_contain_text("start")
    for page in (ann, bob):
        await page.context.set_offline(True)
    await ann.keyboard.press("Home")
    await ann.keyboard.type("A ")
    await body(bob).click()
    await bob.keyboard.press("End")
    await bob.keyboard.type(" B")
    await expect(chip(ann)).to_contain_text("Offline")
    await expect(chip(ann)).to_contain_text("kept on this device")
    for page in (ann, bob):
        await page.context.set_offline(False)
    for page in (ann, bob):
        await is_saved(page)
        await shows(page, "A start B")


@contextlib.asynccontextmanager
async def proxy_in_front_of_nothing(port: int) -> AsyncIterator[None]:
    """What a proxy says of a server that is away, unless a real one stands there already."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Gateway")
        await writer.drain()
        writer.close()

    try:
        proxy = await asyncio.start_server(answers, "127.0.0.1", port)
    except OSError:
        yield
        return
    async with proxy:
        yield


async def test_words_survive_a_reload_while_the_server_is_down(ann: Page, server: Server) -> None:
    await body(ann).click()
    await ann.keyboard.type("online ")
    await is_saved(ann)
    async with asyncio.timeout(15):
        await ann.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await ann.reload()
    await is_saved(ann)
    await asyncio.to_thread(server.kill9)
    await expect(chip(ann)).to_contain_text("Offline")
    await body(ann).click()
    await ann.keyboard.press("End")
    await ann.keyboard.type("offline")
    await expect(chip(ann)).to_contain_text(re.compile("kept on this device"))
    ann.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await ann.reload()
    await expect(body(ann)).to_have_text("online offline")
    await expect(chip(ann)).to_contain_text("kept on this device")
    async with proxy_in_front_of_nothing(server.port):
        await ann.reload()
        await expect(body(ann)).to_have_text("online offline")
    await asyncio.to_thread(server.start)
    await is_saved(ann)
    assert "online offline" in log_of(server, ann.url)


async def test_g1_kill_9_while_saved_is_shown_loses_nothing(ann: Page, server: Server) -> None:
    await body(ann).click()
    await ann.keyboard.type("kept for ever")
    await is_saved(ann)
    await asyncio.to_thread(server.kill9)
    assert "kept for ever" in log_of(server, ann.url)
    await asyncio.to_thread(server.start)
    await is_saved(ann)
    await expect(body(ann)).to_have_text("kept for ever")


class Probe:
    """Types words as Ann, and looks every 50 ms whether the chip claims more than the database holds."""

    def __init__(self, page: Page, server: Server) -> None:
        self.typed: list[str] = []
        self.lies: list[str] = []
        self.looks = 0
        self._page = page
        self._server = server
        self._watching = asyncio.create_task(self._watch())

    async def types(self, *words: str) -> None:
        for word in words:
            await self._page.keyboard.type(word, delay=8)
            self.typed.append(word)

    async def ends(self) -> None:
        self._watching.cancel()
        await asyncio.wait([self._watching])

    async def _watch(self) -> None:
        while True:
            # The chip first and the log right after it: what comes between the two can only help.
            before = len(self.typed)
            if await chip(self._page).inner_text() == "Saved":
                self.looks += 1
                log = await asyncio.to_thread(log_of, self._server, self._page.url)
                self.lies.extend(word for word in self.typed[:before] if word not in log)
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def without_network(page: Page, server: Server) -> AsyncIterator[None]:
    await page.context.set_offline(True)
    yield
    await page.context.set_offline(False)


@contextlib.asynccontextmanager
async def killed(page: Page, server: Server) -> AsyncIterator[None]:
    await asyncio.to_thread(server.kill9)
    yield
    await asyncio.to_thread(server.start)


@contextlib.asynccontextmanager
async def frozen(page: Page, server: Server) -> AsyncIterator[None]:
    """The server hangs: its sockets stay open, and nothing is answered."""
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


async def test_g2_the_chip_never_says_saved_while_a_word_is_missing_in_the_database(ann: Page, server: Server) -> None:
    await body(ann).click()
    probe = Probe(ann, server)
    for number, trouble in enumerate((without_network, killed, frozen, without_network, frozen, killed)):
        await probe.types(*[f"w{number}x{word}." for word in range(8)])
        async with trouble(ann, server):
            await probe.types(*[f"t{number}x{word}." for word in range(4)])
            await expect(chip(ann)).not_to_have_text("Saved")
            await probe.types(f"u{number}.")
            await expect(chip(ann)).not_to_have_text("Saved")
        await probe.types(f"v{number}.")
        await is_saved(ann)
    await probe.ends()
    assert probe.lies == []
    assert probe.looks > 0, "the chip was never looked at while it said Saved"
    log = log_of(server, ann.url)
    assert [word for word in probe.typed if word not in log] == []
    await shows(ann, "".join(probe.typed))


def _note_sent(socket: WebSocket, sent: list[bytes]) -> None:
    if "/sync/" in socket.url:  # what is said about the document, and not around it
        socket.on("framesent", lambda frame: sent.append(frame if isinstance(frame, bytes) else frame.encode()))


async def test_an_older_bundle_opens_read_only_and_sends_nothing(ann: Page, bob: Page, server: Server) -> None:
    await body(ann).click()
    await ann.keyboard.type("from a newer page")
    await is_saved(ann)
    await bob.evaluate("sessionStorage.setItem('quillroom:schema', '0')")
    sent: list[bytes] = []
    bob.on("websocket", lambda socket: _note_sent(socket, sent))
    await bob.reload()
    await expect(chip(bob)).to_have_text("New version: reload")
    await expect(body(bob)).to_contain_text("from a newer page")
    await expect(body(bob)).to_have_attribute("contenteditable", "false")
    await body(bob).click()
    await bob.keyboard.type("not from an old one")
    await ann.keyboard.type(".")
    await expect(body(bob)).to_contain_text("from a newer page.")
    said = [message for frame in sent for message in frames.read_messages(frame)]
    assert [message.step for message in said if message.kind == frames.SYNC] == [frames.STEP1]
    assert "not from an old one" not in log_of(server, ann.url)


async def test_the_title_is_shared_and_listed(ann: Page, bob: Page) -> None:
    await ann.get_by_role("textbox", name="Title").fill("Harbour plans")
    await expect(bob.get_by_role("textbox", name="Title")).to_have_value("Harbour plans")
    await is_saved(ann)
    await ann.get_by_role("link", name="Home").click()
    await expect(ann.get_by_role("main").get_by_role("link", name="Harbour plans")).to_be_visible()


async def test_a_script_replaces_the_content_and_the_open_page_shows_it(ann: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("old words")
    await is_saved(ann)
    document = ann.url.rsplit("/", 1)[1]
    status = await ann.evaluate(
        """(id) => fetch(`/api/documents/${id}/content`, {method: "PUT",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({markdown: "## New\\n\\n- [x] done"})}).then((r) => r.status)""",
        document,
    )
    assert status == 200
    await expect(body(ann).get_by_role("heading", name="New")).to_be_visible()
    await expect(body(ann)).not_to_contain_text("old words")
