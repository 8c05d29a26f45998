"""Every state the chip can show, seen in a real browser: what it says, and what one can do then."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Literal, NamedTuple

import pytest
import pytest_asyncio
from e2e.line import Line
from e2e.page import PASSWORD, SAVED_WITHIN_MS, body, chip, comes_in, is_saved, log_of, signs_in, signs_out
from playwright.async_api import Browser, BrowserContext, Dialog, Page, expect

from quillroom.protocol import frames
from quillroom.protocol.closes import Close
from support.server import Server
from support.servers import a_server

Language = Literal["en", "zh"]
LOCALES: dict[Language, str] = {"en": "en-GB", "zh": "zh-CN"}
BODY = ".prose"
COPIES = """async () => (await indexedDB.databases()).map((each) => each.name)
    .filter((name) => name !== "quillroom:probe")"""

WOULD_ASK = """() => {
    const event = new Event("beforeunload", {cancelable: true});
    window.dispatchEvent(event);
    return event.defaultPrevented;
}"""
NOTE_CHIP = """() => {
    const chip = document.querySelector(".chip");
    window.said = [chip.innerText];
    new MutationObserver(() => window.said.push(chip.innerText)).observe(chip, {subtree: true, childList: true,
        characterData: true});
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all the states that need none of its own."""
    running = a_server(tmp_path_factory.mktemp("place"), is_open=False).start()
    yield running
    running.goes()


async def visits(context: BrowserContext, server: Server) -> Page:
    """Someone with a name opens a new document that holds a sentence, in whatever language."""
    ours = {"Origin": server.url}
    await context.request.post(f"{server.url}/api/session/guest", data={"name": "Ann"}, headers=ours)
    return await opens_a_plan(context, server)


async def opens_a_plan(context: BrowserContext, server: Server) -> Page:
    """Whoever is signed in opens a new document that holds a sentence."""
    ours = {"Origin": server.url}
    what = {"title": "Plan", "markdown": "What was there."}
    made = await context.request.post(f"{server.url}/api/documents", data=what, headers=ours)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    return await goes_to(page, f"{server.url}/d/{(await made.json())['document']['id']}")


async def goes_to(page: Page, url: str) -> Page:
    """Open a document and wait for its text."""
    await page.goto(url)
    await page.locator(BODY).wait_for()
    await expect(chip(page)).to_have_class(re.compile(r"\bok\b"))
    return page


async def is_editable(page: Page, *, wanted: bool) -> None:
    """The text takes keys, or does not."""
    await expect(page.locator(BODY)).to_have_attribute("contenteditable", str(wanted).lower())


async def looks_again(page: Page) -> None:
    """Come back to the tab: it does not wait for the next try then."""
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


async def on_a_line(context: BrowserContext, server: Server) -> tuple[Page, Line]:
    """As `visits`, with the connection in our hands."""
    page = await visits(context, server)
    line = await Line().watch(page)
    await goes_to(page, page.url)
    return page, line


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser of one's own that may use the clipboard."""
    opened = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield opened
    await opened.close()


# -- saved, saving, offline


async def test_saved_says_when_and_leaving_asks_nothing(context: BrowserContext, place: Server) -> None:
    page = await visits(context, place)
    await body(page).click()
    await page.keyboard.type("more ")
    await is_saved(page)
    await expect(chip(page)).to_have_class(re.compile(r"\bok\b"))
    await expect(chip(page)).to_have_attribute("title", re.compile(r"^Last saved .*\d"))
    await expect(chip(page)).to_have_attribute("aria-live", "polite")
    assert not await page.evaluate(WOULD_ASK)


async def test_saving_is_said_while_the_server_does_not_answer_and_closing_the_tab_asks(
    context: BrowserContext, server: Server
) -> None:
    page = await visits(context, server)
    server.freeze()
    try:
        await body(page).click()
        await page.keyboard.type("unacknowledged ")
        await expect(chip(page)).to_have_text("Saving…")
        await expect(chip(page)).to_have_class(re.compile(r"\bbusy\b"))
        await is_editable(page, wanted=True)
        asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def stay(dialog: Dialog) -> None:
            asked.set_result(dialog.type)
            await dialog.dismiss()

        page.once("dialog", stay)
        await page.close(run_before_unload=True)
        assert await asyncio.wait_for(asked, 10) == "beforeunload"
        await expect(chip(page)).to_have_text("Saving…")
    finally:
        server.thaw()
    await is_saved(page)
    assert "unacknowledged" in log_of(server, page.url)
    assert not await page.evaluate(WOULD_ASK)


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "Offline · 1 change kept on this device", "Offline · 2 changes kept on this device"),
        ("zh", "离线 · 1 处更改保存在本机", "离线 · 2 处更改保存在本机"),
    ],
)
async def test_offline_counts_the_changes_kept_here(
    browser: Browser, place: Server, language: Language, one: str, two: str
) -> None:
    context = await browser.new_context(locale=LOCALES[language])
    page = await visits(context, place)
    await page.locator(BODY).click()
    await context.set_offline(True)
    await expect(chip(page)).to_have_text("Offline" if language == "en" else "离线")
    for letter, said in (("a", one), ("b", two)):
        await page.keyboard.type(letter)
        await expect(chip(page)).to_have_text(said)
    await expect(chip(page)).to_have_class(re.compile(r"\bwarn\b"))
    await is_editable(page, wanted=True)
    await context.set_offline(False)
    await expect(chip(page)).to_have_class(re.compile(r"\bok\b"))
    await context.close()


async def test_a_server_that_restarts_says_so_and_everything_goes_on_by_itself(
    context: BrowserContext, server: Server
) -> None:
    page = await visits(context, server)
    await page.evaluate(NOTE_CHIP)
    await asyncio.to_thread(server.stop)
    await body(page).click()
    await page.keyboard.type("meanwhile ")
    await is_editable(page, wanted=True)
    await expect(chip(page)).to_have_class(re.compile(r"\bwarn\b"))
    await asyncio.to_thread(server.start)
    await is_saved(page)
    assert "The server is restarting…" in await page.evaluate("window.said")
    assert "meanwhile" in log_of(server, page.url)


# -- what ends


class Ending(NamedTuple):
    """How a connection ends, and what is said then."""

    code: Close
    en: str
    zh: str
    tone: str = "danger"
    takes_along: bool = True


ENDINGS = [
    Ending(Close.SIGNED_OUT, "Signed out: sign in to go on", "已退出：请重新登录"),
    Ending(Close.ACCESS_ENDED, "You no longer have access", "你已没有访问权限"),
    Ending(Close.GONE, "In the trash or gone", "在回收站中或已删除"),
    Ending(Close.DOCUMENT_FULL, "Not saving: this document is too large", "未保存：文档过大"),
    Ending(Close.TOO_BIG, "Not saving: this document is too large", "未保存：文档过大"),
    Ending(Close.SLOW_DOWN, "Not saving: Too many requests.", "未保存：请求过多。"),
    Ending(Close.BAD_FRAME, "Not saving: The server did not accept an edit.", "未保存：服务器未接受一处编辑。"),
    Ending(Close.SCHEMA_TOO_OLD, "New version: reload", "有新版本：请刷新", "warn", takes_along=False),
]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_an_ended_connection_is_told_in_its_own_words_and_does_not_come_back(
    browser: Browser, place: Server, language: Language
) -> None:
    context = await browser.new_context(locale=LOCALES[language])
    page, line = await on_a_line(context, place)
    for ending in ENDINGS:
        await goes_to(page, page.url)
        before = line.connections
        await line.close(ending.code)
        await expect(chip(page), ending.code.name).to_have_text(ending.en if language == "en" else ending.zh)
        await expect(chip(page), ending.code.name).to_have_class(re.compile(rf"\b{ending.tone}\b"))
        await is_editable(page, wanted=False)
        await expect(page.locator(BODY)).to_contain_text("What was there.")
        copy = page.get_by_role("alert").get_by_role(
            "button", name="Copy my text" if language == "en" else "复制我的文字"
        )
        await expect(copy, ending.code.name).to_have_count(1 if ending.takes_along else 0)
        assert not await page.evaluate(WOULD_ASK)
        # It stays so: coming back to the tab asks for a connection only when one is wanted.
        await looks_again(page)
        assert line.connections == before
    await context.close()


async def test_who_is_told_to_reload_can(context: BrowserContext, place: Server) -> None:
    page, line = await on_a_line(context, place)
    await line.close(Close.SCHEMA_TOO_OLD)
    await page.get_by_role("alert").get_by_role("button", name="Reload").click()
    await is_saved(page)
    await is_editable(page, wanted=True)


async def test_what_is_not_saved_can_be_copied_and_downloaded(context: BrowserContext, place: Server) -> None:
    page, line = await on_a_line(context, place)
    line.hold()
    await body(page).click()
    await page.keyboard.press("End")
    await page.keyboard.type(" And more.")
    await line.close(Close.SLOW_DOWN)
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Too many requests.")
    await alert.get_by_role("button", name="Copy my text").click()
    await expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    wanted = "# Plan\n\nWhat was there. And more.\n"
    assert await page.evaluate("navigator.clipboard.readText()") == wanted
    async with page.expect_download() as waiting:
        await alert.get_by_role("button", name="Download .md").click()
    download = await waiting.value
    assert download.suggested_filename == "Plan.md"
    assert (await download.path()).read_text() == wanted


async def test_a_refused_edit_is_told_with_its_reason_until_it_is_accepted(
    context: BrowserContext, place: Server
) -> None:
    page, line = await on_a_line(context, place)
    refusal: dict[str, object] = {"count": 9, "code": "bad_update", "message": "Not accepted: it is too deep."}
    line.say(frames.control("refused", refusal))
    await expect(chip(page)).to_have_text("Not saving: Not accepted: it is too deep.")
    await expect(chip(page)).to_have_class(re.compile(r"\bdanger\b"))
    await expect(page.get_by_role("alert").get_by_role("button", name="Copy my text")).to_be_visible()
    line.say(frames.saved(9))
    await is_saved(page)
    await expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Not saving: The server's disk is full."), ("zh", "未保存：服务器磁盘已满。")]
)
async def test_trouble_with_the_disk_is_told_in_ones_own_language(
    browser: Browser, place: Server, language: Language, said: str
) -> None:
    context = await browser.new_context(locale=LOCALES[language])
    page, line = await on_a_line(context, place)
    line.say(frames.control("storage", {"saving": "The server's disk is full."}))
    await expect(chip(page)).to_have_text(said)
    await is_editable(page, wanted=True)
    line.say(frames.control("storage", {"saving": None}))
    await expect(chip(page)).to_have_class(re.compile(r"\bok\b"))
    await context.close()


async def signs_up(context: BrowserContext, server: Server, name: str) -> None:
    """A member from now on, in this browser: the first one of a workspace."""
    account = {"name": name, "email": f"{name.lower()}@example.org", "password": PASSWORD}
    ours = {"Origin": server.url}
    made = await context.request.post(f"{server.url}/api/accounts", data=account, headers=ours)
    assert made.status == 201, await made.text()


async def test_who_signs_out_in_another_tab_signs_in_here_and_the_unsaved_words_are_sent(
    context: BrowserContext, server: Server
) -> None:
    await signs_up(context, server, "Ann")
    page = await opens_a_plan(context, server)
    line = await Line().watch(page)
    await goes_to(page, page.url)
    await body(page).click()
    await page.keyboard.press("End")
    await page.keyboard.type(" Saved.")
    await is_saved(page)
    line.hold()
    await body(page).click()
    await page.keyboard.press("End")
    await page.keyboard.type(" Not yet saved.")
    other = await context.new_page()
    await other.goto(server.url)
    await signs_out(other, "Ann")
    await other.close()
    await expect(chip(page)).to_have_text("Signed out: sign in to go on")
    await is_editable(page, wanted=False)

    line.let_go()
    url = page.url
    await page.get_by_role("alert").get_by_role("button", name="Sign in").click()
    await signs_in(page, "ann@example.org")
    wanted = "What was there. Saved. Not yet saved."
    await expect(body(page)).to_contain_text(wanted)
    await is_saved(page)
    assert page.url == url
    assert wanted in log_of(server, url)


async def test_on_a_shared_computer_the_next_person_sees_nothing_of_what_the_last_one_could_not_save(
    context: BrowserContext, server: Server
) -> None:
    page, line = await on_a_line(context, server)
    await body(page).click()
    await page.keyboard.press("End")
    await page.keyboard.type(" Saved before.")
    await is_saved(page)
    line.hold()
    await page.keyboard.type(" Never sent.")
    other = await context.new_page()
    await other.goto(server.url)
    await signs_out(other, "Ann")
    await other.close()
    await expect(chip(page)).to_have_text("Signed out: sign in to go on")
    await expect(body(page)).to_contain_text("Never sent.")
    await expect(page.get_by_role("alert").get_by_role("button", name="Copy my text")).to_be_visible()
    line.let_go()
    await page.get_by_role("alert").get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Just look around first, with only a name").click()
    await page.get_by_label("Your name").fill("Bob")
    await page.get_by_role("button", name="Start writing").click()

    await is_saved(page)
    await expect(body(page)).to_have_text("What was there. Saved before.")
    await body(page).click()
    await page.keyboard.press("End")
    await page.keyboard.type(" Bob goes on.")
    await is_saved(page)
    assert "Saved before. Bob goes on." in log_of(server, page.url)
    await page.reload()
    await is_saved(page)
    await expect(body(page)).to_contain_text("Saved before. Bob goes on.")


async def test_nothing_that_was_saved_stays_in_a_browser_that_one_signed_out_of(
    context: BrowserContext, server: Server
) -> None:
    page = await visits(context, server)
    await is_saved(page)
    assert await page.evaluate(COPIES)
    await signs_out(page, "Ann")
    await page.wait_for_function(f"async () => (await ({COPIES})()).length === 0")
    assert "quillroom:session" not in await page.evaluate("Object.keys(localStorage)")


# -- another history, and no right to write


async def test_another_generation_is_never_merged_and_the_words_are_offered(
    context: BrowserContext, server: Server
) -> None:
    page = await visits(context, server)
    await asyncio.to_thread(server.stop)
    await body(page).click()
    await page.keyboard.type("Only here. ")
    await expect(chip(page)).to_contain_text("kept on this device")
    server.sql("UPDATE document SET generation = 'another'")
    await asyncio.to_thread(server.start)
    await looks_again(page)
    await expect(chip(page)).to_have_text("Not saving: this is an older copy", timeout=SAVED_WITHIN_MS)
    await expect(chip(page)).to_have_class(re.compile(r"\bdanger\b"))
    await is_editable(page, wanted=False)
    await expect(body(page)).to_contain_text("Only here.")
    alert = page.get_by_role("alert")
    await alert.get_by_role("button", name="Copy my text").click()
    await expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert "Only here." in await page.evaluate("navigator.clipboard.readText()")

    await alert.get_by_role("button", name="Open the new text").click()
    await is_saved(page)
    await is_editable(page, wanted=True)
    await expect(body(page)).to_have_text("What was there.")
    assert "Only here." not in log_of(server, page.url)


@pytest.mark.parametrize(("language", "said"), [("en", "Read only"), ("zh", "只读")])
async def test_a_document_that_may_only_be_read_takes_no_key(
    browser: Browser, server: Server, language: Language, said: str
) -> None:
    context = await browser.new_context(locale=LOCALES[language])
    page = await visits(context, server)
    await page.goto("about:blank")
    await asyncio.to_thread(server.stop)
    # A row that cannot be applied opens its document read-only.
    [(id, head)] = server.sql("SELECT id, head FROM document")
    insert = 'INSERT INTO document_update (document, seq, first_seq, at, "update") VALUES (?, ?, ?, ?, ?)'
    server.sql(insert, id, head + 1, head + 1, 0.0, b"rubbish")
    server.sql("UPDATE document SET head = ?", head + 1)
    await asyncio.to_thread(server.start)
    await page.goto(f"{server.url}/d/{id}")
    await expect(page.locator(BODY)).to_contain_text("What was there.")
    await expect(chip(page)).to_have_text(said)
    await is_editable(page, wanted=False)
    title = page.get_by_role("textbox").first
    await expect(title).not_to_be_editable()
    await context.close()


async def test_a_missing_document_is_a_page_of_its_own(context: BrowserContext, place: Server) -> None:
    page = await comes_in(context, place, "Ann")
    await page.goto(f"{place.url}/d/nowhere")
    await expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()
    await page.get_by_role("link", name="Go to Home").click()
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
