"""Two people talk beside a page: every message once, in order, with what became of it; offline and over a crash too."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.chat import chooses, field, hears, holds, message, messages, opens_chat, says, visits, waiting
from e2e.page import signs_out
from e2e.people import asks, joins, makes, who_is
from playwright.async_api import Browser, FilePayload, Page, expect

from support.server import Server
from support.servers import a_server
from support.uploader import photograph

KEPT = """async (wanted) => {
    const found = [];
    for (const {name} of await indexedDB.databases()) {
        if (!name.endsWith("/chat")) continue;
        const database = await new Promise((done) => {
            const asked = indexedDB.open(name);
            asked.onsuccess = () => done(asked.result);
        });
        const rows = await new Promise((done) => {
            const asked = database.transaction("chats").objectStore("chats").getAll();
            asked.onsuccess = () => done(asked.result);
        });
        database.close();
        found.push(JSON.stringify(rows));
    }
    return found.join().includes(wanted);
}"""


NOTHING_KEPT = """async () => {
    const all = await indexedDB.databases();
    return !all.some(({name}) => name.includes("/") || name.includes("uploads"));
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who talk here."""
    running = a_server(tmp_path_factory.mktemp("chat"), is_open=False).start()
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


async def together(ann: Page, bob: Page, server: Server, markdown: str = "One two three") -> str:
    """Both open the same new page with its chat: its address."""
    url = f"{server.url}/d/{await makes(ann, 'Harbour plan', markdown=markdown)}"
    await visits(ann, url)
    await visits(bob, url)
    return url


async def test_two_people_talk_and_see_what_became_of_what_they_said(ann: Page, bob: Page, server: Server) -> None:
    await together(ann, bob, server)
    await says(ann, "Hello **Bob**, see https://example.org/plan.")
    await expect(message(bob, "Hello Bob")).to_be_visible()
    link = message(bob, "Hello").get_by_role("link", name="https://example.org/plan", exact=True)
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(message(bob, "Hello").locator("strong")).to_have_text("Bob")
    await expect(message(ann, "Hello").get_by_role("button", name="Seen by Bob")).to_be_visible()
    await bob.keyboard.press("Escape")
    await field(bob).click()
    await bob.keyboard.type("I w")
    await expect(ann.get_by_text("Bob is typing…")).to_be_visible()
    await bob.keyboard.type("ill")
    await bob.keyboard.press("Shift+Enter")
    await bob.keyboard.type("look")
    await bob.keyboard.press("Enter")
    await hears(ann, "Hello Bob, see https://example.org/plan.", "I will\nlook")
    await expect(ann.get_by_text("Bob is typing…")).to_have_count(0)
    assert not await grave_faults(ann)


async def test_what_is_said_offline_waits_over_a_reload_and_arrives_once_and_in_order(
    ann: Page, bob: Page, server: Server
) -> None:
    await together(ann, bob, server)
    await says(ann, "before")
    await hears(bob, "before")
    await ann.context.set_offline(True)
    for text in ("one", "two", "three"):
        await says(ann, text)
    await says(bob, "meanwhile")
    await expect(waiting(ann)).to_have_count(3)
    await expect(waiting(ann).first).to_contain_text("Waiting for the connection")
    await ann.context.set_offline(False)
    await hears(bob, "before", "meanwhile", "one", "two", "three")
    await hears(ann, "before", "meanwhile", "one", "two", "three")
    await expect(waiting(ann)).to_have_count(0)


async def test_whoever_was_offline_finds_text_picture_file_and_voice_in_order_and_is_seen_to(
    ann: Page, bob: Page, server: Server
) -> None:
    await together(ann, bob, server)
    await says(ann, "first")
    await hears(bob, "first")
    await bob.context.set_offline(True)
    await says(ann, "second")
    picture = FilePayload(name="quay.jpg", mimeType="image/jpeg", buffer=photograph(size=(640, 480)))
    paper = FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"Dredging in March")
    for file in (picture, paper):
        await ann.locator("input[type=file]").set_input_files([file])
        await ann.get_by_role("list", name="Files to be sent").wait_for()
        await ann.get_by_role("button", name="Send", exact=True).click()
    await ann.context.grant_permissions(["microphone"])
    await ann.get_by_role("button", name="Record a voice message").click()
    await expect(ann.get_by_role("timer")).to_have_text("0:01", timeout=10_000)
    await ann.get_by_role("button", name="Stop").click()
    await ann.get_by_role("button", name="Send the recording").click()
    await expect(messages(ann)).to_have_count(5, timeout=20_000)
    await says(ann, "last")
    await says(bob, "from the tunnel")
    await expect(messages(ann)).to_have_count(6)
    await bob.context.set_offline(False)
    await expect(messages(bob)).to_have_count(7)
    for at, said in enumerate(("first", "second")):
        await expect(messages(bob).nth(at)).to_contain_text(said)
    await expect(messages(bob).nth(2).get_by_role("button", name="Open picture")).to_be_visible()
    await expect(messages(bob).nth(3)).to_contain_text("plan.txt")
    await expect(messages(bob).nth(4).get_by_role("button", name="Play")).to_be_visible()
    await expect(messages(bob).nth(5)).to_contain_text("last")
    await expect(messages(bob).nth(6)).to_contain_text("from the tunnel")
    await expect(messages(ann)).to_have_count(7)
    await expect(messages(ann).nth(5).get_by_role("button", name="Seen by Bob")).to_be_visible()


async def test_a_server_that_dies_while_it_takes_messages_ends_up_with_one_copy_of_each(
    ann: Page, bob: Page, server: Server
) -> None:
    await together(ann, bob, server)
    await says(ann, "0")
    await hears(bob, "0")
    wanted = ["0"]
    for cut in (2, 4):
        for number in range(1, 6):
            text = f"{cut}-{number}"
            wanted.append(text)
            await says(ann, text)
            if number == cut:
                server.kill9()
        await ann.reload()
        await expect(waiting(ann).first).to_be_visible()
        server.start()
        await opens_chat(bob)
        await hears(bob, *wanted)
        await hears(ann, *wanted)
    await expect(waiting(ann)).to_have_count(0)


async def test_edits_reactions_pins_and_recalls_reach_the_other_one_at_once(
    ann: Page, bob: Page, server: Server
) -> None:
    await together(ann, bob, server)
    await says(ann, "the frist one")
    await says(ann, "a secret")
    await says(ann, "the last one")
    await hears(bob, "the frist one", "a secret", "the last one")

    await chooses(ann, "frist", "Edit")
    await ann.keyboard.press("Control+a")
    await ann.keyboard.type("the first one")
    await ann.keyboard.press("Enter")
    await message(bob, "the first one").get_by_role("button", name="Edited").click()
    await expect(bob.get_by_role("dialog").get_by_text("the frist one")).to_be_visible()
    await bob.keyboard.press("Escape")
    await expect(field(ann)).to_be_focused()
    await ann.keyboard.press("ArrowUp")
    await expect(ann.get_by_role("textbox", name="Editing your message")).to_have_value("the last one")
    await ann.keyboard.press("Escape")
    await expect(field(ann)).to_be_focused()

    await chooses(bob, "first", "React")
    await bob.get_by_role("searchbox", name="Find an emoji").fill("thumbs")
    await bob.keyboard.press("Enter")
    mine = message(ann, "first").get_by_role("button", name="thumbs up, 1", exact=True)
    await expect(mine).to_be_visible()
    await mine.click()
    await expect(message(bob, "first").get_by_role("button", name="thumbs up, 2")).to_have_attribute(
        "aria-pressed", "true"
    )
    await chooses(bob, "last one", "Pin")
    await ann.get_by_role("button", name="Pinned messages (1)").click()
    await expect(ann.get_by_role("region", name="Pinned").get_by_text("the last one")).to_be_visible()
    await ann.get_by_role("button", name="Back to the chat").click()

    assert await bob.evaluate(KEPT, "a secret") is True
    await chooses(ann, "a secret", "Recall")
    await ann.get_by_role("dialog").get_by_role("button", name="Recall").click()
    await expect(bob.get_by_text("Ann recalled a message")).to_be_visible(timeout=1000)
    await expect(bob.get_by_text("a secret")).to_have_count(0)
    assert await gone_from_browser(bob, "a secret")


async def gone_from_browser(page: Page, text: str) -> bool:
    """Within a second."""
    for _ in range(10):
        if not await page.evaluate(KEPT, text):
            return True
        await page.wait_for_timeout(100)
    return False


async def test_a_reply_leads_to_what_it_answers(ann: Page, bob: Page, server: Server) -> None:
    document = await makes(ann, "A long talk", markdown="One")
    holds(server, document, await who_is(ann), 130)
    answer: dict[str, object] = {"text": "and this one", "reply_to": f"{document}-0"}
    await asks(ann, "POST", f"/api/documents/{document}/messages", answer)
    for page in (ann, bob):
        await visits(page, f"{server.url}/d/{document}")
    await message(bob, "and this one").get_by_role("button", name="In reply to Ann number 0").click()
    zero = bob.locator(f"[data-message='{document}-0']")
    await expect(zero).to_be_in_viewport()
    await expect(zero).to_be_focused()
    await bob.get_by_role("button", name="Jump to latest").click()
    await expect(message(bob, "and this one")).to_be_in_viewport()

    await chooses(bob, "and this one", "Reply")
    await expect(field(bob)).to_be_focused()
    await bob.keyboard.type("a reply by Bob")
    await bob.keyboard.press("Enter")
    line = message(ann, "a reply by Bob").get_by_role("button", name="In reply to Ann and this one")
    await expect(line).to_be_visible()
    await line.click()
    await expect(messages(ann).and_(ann.locator(".flashed"))).to_be_focused()
    await ann.locator(".flashed").get_by_role("button", name="More").click()
    await ann.get_by_role("menuitem", name="Recall").click()
    await ann.get_by_role("dialog").get_by_role("button", name="Recall").click()
    await expect(message(bob, "a reply by Bob").get_by_text("This message was recalled")).to_be_visible()


async def test_text_of_the_page_is_quoted_and_found_again_after_edits(ann: Page, bob: Page, server: Server) -> None:
    await together(ann, bob, server, "First line\n\nthe migration from the old wiki\n\nLast line")
    written = ann.get_by_role("textbox", name="Document body").get_by_text("migration")
    await written.dblclick(position={"x": 60, "y": 12})
    await ann.get_by_role("button", name="Quote in chat").click()
    await expect(field(ann)).to_be_focused()
    await ann.keyboard.type("Do we import it?")
    await ann.keyboard.press("Enter")
    quote = message(bob, "Do we import it?").get_by_role("button", name="migration")
    await expect(quote).to_be_visible()
    await bob.get_by_role("textbox", name="Document body").get_by_text("First line").click()
    await bob.keyboard.press("Home")
    for _ in range(40):
        await bob.keyboard.press("Enter")
    await bob.get_by_text("the migration from").click()
    await bob.keyboard.press("Home")
    await bob.keyboard.type("About ")
    await bob.locator(".page-scroll").evaluate("(area) => area.scrollTo(0, 0)")
    await quote.click()
    await expect(bob.locator(".quote-flash")).to_have_text("migration")
    await expect(bob.locator(".quote-flash")).to_be_in_viewport()
    await bob.get_by_role("textbox", name="Document body").get_by_text("migration from").click()
    await bob.keyboard.press("Control+a")
    await bob.keyboard.press("Delete")
    await quote.click()
    await expect(message(bob, "Do we import it?").get_by_text("This text is no longer in the page")).to_be_visible()

    await chooses(ann, "Do we import it?", "Turn into a task")
    task = bob.get_by_role("textbox", name="Document body").get_by_role("listitem").filter(has_text="Do we import it?")
    await expect(task).to_be_visible()
    await task.get_by_role("link", name="Link to this message").click()
    await expect(message(bob, "Do we import it?")).to_be_focused()


async def test_whoever_may_comment_quotes_what_they_cannot_edit(ann: Page, bob: Page, server: Server) -> None:
    document = await makes(ann, "To comment", markdown="the migration from the old wiki")
    await asks(ann, "PUT", f"/api/documents/{document}/access", {"general": "workspace", "role": "comment"})
    await visits(bob, f"{server.url}/d/{document}")
    await expect(bob.get_by_text("Read only")).to_be_visible()
    await bob.locator(".prose").get_by_text("migration").dblclick(position={"x": 60, "y": 12})
    await bob.get_by_role("button", name="Quote in chat").click()
    await expect(bob.get_by_text("Quote of the page")).to_be_visible()
    await expect(field(bob)).to_be_focused()
    await bob.keyboard.type("Why?")
    await bob.keyboard.press("Enter")
    await expect(message(bob, "Why?").get_by_role("button", name="migration")).to_be_visible()


async def test_the_tree_says_in_which_chats_something_is_unread(ann: Page, bob: Page, server: Server) -> None:
    url = await together(ann, bob, server)
    await says(bob, "here")
    await hears(ann, "here")
    await ann.goto(server.url)
    await says(bob, "one more")
    await says(bob, "and another")
    row = ann.locator(f'[data-page="{url.rsplit("/", 1)[1]}"]')
    await expect(row.locator(".chat-count")).to_have_attribute("data-count", "2")
    await row.get_by_role("link").click()
    await hears(ann, "here", "one more", "and another")
    await ann.get_by_role("link", name="Home").click()
    await expect(row.locator(".chat-count")).to_have_count(0)


async def test_a_link_to_a_message_opens_the_chat_at_it(ann: Page, bob: Page, server: Server) -> None:
    document = await makes(ann, "A long talk", markdown="One")
    holds(server, document, await who_is(ann), 130)
    await visits(ann, f"{server.url}/d/{document}")
    await chooses(ann, "number 120", "Copy link")
    link = await ann.evaluate("navigator.clipboard.readText()")
    assert link == f"{server.url}/d/{document}?message={document}-120"
    await bob.goto(link.replace("-120", "-7"))
    seventh = messages(bob).filter(has=bob.get_by_text("number 7", exact=True))
    await expect(seventh).to_be_focused()
    await expect(seventh).to_be_in_viewport()
    await bob.goto(link.replace("-120", "-nothing"))
    await expect(bob.get_by_text("This message does not exist, or you may not see it.")).to_be_visible()


async def test_whoever_signs_out_leaves_nothing_of_the_chat_behind(ann: Page, server: Server, browser: Browser) -> None:
    zoe = await joins(browser, server, "Zoe", ann)
    await visits(zoe, f"{server.url}/d/{await makes(zoe, 'Diary', markdown='One')}")
    await says(zoe, "dear diary")
    await hears(zoe, "dear diary")
    await field(zoe).fill("half a tho")
    await zoe.wait_for_function(KEPT, arg="dear diary")
    await signs_out(zoe, "Zoe")
    await zoe.wait_for_function(NOTHING_KEPT)
    await zoe.context.close()


async def test_what_was_begun_survives_a_reload(ann: Page, bob: Page, server: Server) -> None:
    await together(ann, bob, server)
    await says(bob, "a question")
    await chooses(ann, "a question", "Reply")
    await ann.keyboard.type("half an ans")
    await ann.wait_for_timeout(300)
    await ann.reload()
    await expect(field(ann)).to_have_value("half an ans")
    await expect(ann.get_by_text("Replying to Bob")).to_be_visible()
    await field(ann).click()
    await ann.keyboard.press("End")
    await ann.keyboard.type("wer")
    await ann.keyboard.press("Enter")
    line = message(bob, "half an answer").get_by_role("button", name="In reply to Bob a question")
    await expect(line).to_be_visible()
    await ann.reload()
    await expect(field(ann)).to_have_value("")


async def test_badge_and_line_say_what_is_new_and_reading_it_on_one_device_is_enough(
    ann: Page, bob: Page, server: Server, browser: Browser
) -> None:
    url = await together(ann, bob, server)
    await says(ann, "old")
    await hears(bob, "old")
    await bob.get_by_role("complementary", name="Side panel").get_by_role("button", name="Close").click()
    phone = await (await browser.new_context(storage_state=await bob.context.storage_state())).new_page()
    await phone.goto(url)
    await phone.get_by_role("textbox", name="Document body").wait_for()
    await says(ann, "new one")
    await says(ann, "new two")
    for device in (bob, phone):
        await expect(device.get_by_role("button", name="Toggle chat, 2 unread")).to_be_visible()
    await opens_chat(phone)
    await expect(phone.locator(".fresh-line + .message")).to_contain_text("new one")
    await expect(bob.get_by_role("button", name="Toggle chat", exact=True)).to_be_visible()
    await opens_chat(bob)
    await expect(messages(bob)).to_have_count(3)
    await expect(bob.locator(".fresh-line")).to_have_count(0)
    await chooses(bob, "new two", "Mark unread from here")
    await expect(bob.locator(".fresh-line + .message")).to_contain_text("new two")
    await expect(bob.get_by_role("button", name="Toggle chat, 1 unread")).to_be_visible()
    await phone.context.close()


async def test_enter_that_ends_a_composition_sends_nothing(ann: Page, bob: Page, server: Server) -> None:
    await together(ann, bob, server)
    await field(ann).click()
    session = await ann.context.new_cdp_session(ann)
    await session.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    # While it composes, the browser tells of Enter under the code 229.
    await session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229})
    await session.send("Input.insertText", {"text": "你好"})
    await expect(field(ann)).to_have_value("你好")
    assert await messages(ann).count() == 0
    await ann.keyboard.press("Enter")
    await hears(bob, "你好")


async def test_people_and_emoji_are_completed_and_a_mention_is_a_person(ann: Page, bob: Page, server: Server) -> None:
    await together(ann, bob, server)
    await field(ann).click()
    await ann.keyboard.type("@bo")
    await expect(ann.get_by_role("listbox", name="People").get_by_role("option", name="Bob")).to_be_visible()
    await ann.keyboard.press("Enter")
    await ann.keyboard.type("look :rocke")
    await ann.keyboard.press("Tab")
    await ann.keyboard.press("Enter")
    await expect(message(bob, "look 🚀").locator(".mention.mine")).to_have_text("@Bob")


async def test_on_a_phone_the_chat_comes_up_from_below_and_gives_the_focus_back(
    ann: Page, server: Server, browser: Browser
) -> None:
    url = f"{server.url}/d/{await makes(ann, 'On the way', markdown='One')}"
    state = await ann.context.storage_state()
    context = await browser.new_context(
        storage_state=state, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    phone = await context.new_page()
    await phone.goto(url)
    await phone.get_by_role("textbox", name="Document body").wait_for()
    await phone.get_by_role("button", name="Toggle chat").tap()
    sheet = phone.get_by_role("dialog", name="Side panel")
    await sheet.wait_for()
    await says(phone, "from the tram")
    await hears(phone, "from the tram")
    assert not await grave_faults(phone)
    box = await sheet.bounding_box()
    assert box is not None
    assert (box["width"], box["y"] + box["height"]) == (390, 844)
    await phone.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(phone.get_by_role("button", name="Toggle chat")).to_be_focused()
    await context.close()


async def test_the_keys_go_through_the_messages(ann: Page, bob: Page, server: Server) -> None:
    await together(ann, bob, server)
    for text in ("one", "two", "three"):
        await says(ann, text)
    await hears(ann, "one", "two", "three")
    await ann.mouse.move(10, 10)
    # Past who has seen it, which is in the message.
    await message(ann, "three").get_by_role("button", name="Seen by Bob").wait_for()
    await ann.keyboard.press("Shift+Tab")
    await ann.keyboard.press("Shift+Tab")
    await expect(message(ann, "three")).to_be_focused()
    await ann.keyboard.press("ArrowUp")
    await ann.keyboard.press("ArrowUp")
    await expect(message(ann, "one")).to_be_focused()
    await expect(message(ann, "one").get_by_role("toolbar")).to_be_visible()
    await ann.keyboard.press("Tab")
    await expect(message(ann, "one").get_by_role("button", name="React")).to_be_focused()
    await ann.keyboard.press("Escape")
    await expect(field(ann)).to_be_focused()
    await ann.keyboard.press("Control+Shift+Backslash")
    await expect(field(ann)).to_have_count(0)
    await ann.keyboard.press("Control+Shift+Backslash")
    await expect(field(ann)).to_be_focused()


async def test_whoever_may_only_read_is_told_so(ann: Page, bob: Page, server: Server) -> None:
    document = await makes(ann, "To read", markdown="One")
    await asks(ann, "PUT", f"/api/documents/{document}/access", {"general": "workspace", "role": "view"})
    await asks(ann, "POST", f"/api/documents/{document}/messages", {"text": "for all"})
    await bob.goto(f"{server.url}/d/{document}")
    await bob.get_by_role("complementary", name="Side panel").wait_for()
    await hears(bob, "for all")
    await expect(bob.get_by_text("To write, ask for the right to comment.")).to_be_visible()
    await expect(field(bob)).to_have_count(0)
