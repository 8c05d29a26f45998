"""Files and voice in a real browser: recorded, uploaded, played, looked at."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.people import asks, joins, makes
from e2e.story import build, tells
from playwright.async_api import Browser, FilePayload, Page, Route, StorageState, expect

from support.server import Server
from support.servers import a_server
from support.uploader import noise, photograph

IS_HEARD = """audio => new Promise((done) => {
    const look = () => (audio.played.length > 0 && audio.played.end(0) > 0.5 ? done(true) : setTimeout(look, 50));
    look();
})"""


@pytest.fixture(scope="session")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("stories"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Server, StorageState]]:
    """One server for all of them, and what the browser of Ann keeps, who has an account there."""
    server = a_server(tmp_path_factory.mktemp("house"), is_open=False).start()
    ann = await joins(browser, server, "Ann")
    state = await ann.context.storage_state()
    await ann.context.close()
    yield server, state
    server.goes()


@pytest_asyncio.fixture(loop_scope="session")
async def story(browser: Browser, house: tuple[Server, StorageState], stories: Path) -> AsyncIterator[Page]:
    """Ann, with the files of a chat before her; whatever the page must not do fails the test."""
    server, state = house
    # The worker that keeps the page for a reload would answer in the story's place.
    context = await browser.new_context(storage_state=state, service_workers="block")
    page = await context.new_page()
    page.set_default_timeout(10_000)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    await tells(page, server.url, stories)
    yield page
    assert refused == []
    await context.close()


async def chooses(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Files of these names, types and bytes."""
    await page.locator("input[type=file]").set_input_files(
        [FilePayload(name=name, mimeType=type, buffer=data) for name, type, data in files]
    )


async def test_a_recording_is_heard_before_it_is_sent_and_played_after(story: Page) -> None:
    await story.get_by_role("button", name="Record a voice message").click()
    recording = story.get_by_role("group", name="Recording")
    await expect(recording.get_by_role("timer")).to_have_text("0:02", timeout=10_000)
    await expect(recording.locator(".bar").nth(5)).to_be_visible()
    assert await grave_faults(story) == []
    await recording.get_by_role("button", name="Stop").click()
    review = story.get_by_role("group", name=re.compile("^Voice message, 0:0[2-4]$"))
    await review.get_by_role("button", name="Play").click()
    await expect(review.get_by_role("button", name="Pause")).to_be_visible()
    assert await grave_faults(story) == []
    await story.get_by_role("button", name="Send the recording").click()
    await story.get_by_role("button", name="Send").click()
    sent = story.locator(".attachments")
    await sent.get_by_role("button", name="Play").click()
    await expect(sent.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile("^0:01 of 0:0[2-4]$"))
    await sent.get_by_role("button", name="Pause").click()
    bars = await sent.locator(".bar").evaluate_all("all => all.map(bar => bar.style.getPropertyValue('--level'))")
    assert len(set(bars)) > 3, "the beeps of the fake microphone can be seen"
    slider = sent.get_by_role("slider")
    await slider.press("Home")
    await expect(slider).to_have_attribute("aria-valuenow", "0")
    box = await slider.bounding_box()
    assert box is not None
    await story.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    await expect(slider).not_to_have_attribute("aria-valuenow", "0")
    place = await sent.locator("audio").evaluate("audio => audio.currentTime / audio.duration")
    assert await grave_faults(story) == []
    assert place == pytest.approx(0.75, abs=0.1)


async def test_escape_cancels_a_recording_and_lets_the_microphone_go(story: Page) -> None:
    record = story.get_by_role("button", name="Record a voice message")
    await record.click()
    await story.get_by_role("group", name="Recording").wait_for()
    await story.keyboard.press("Escape")
    await expect(record).to_be_focused()
    await expect(story.get_by_role("group", name="Recording")).to_have_count(0)
    await expect(story.get_by_role("list", name="Files to be sent")).to_have_count(0)


async def test_a_microphone_that_may_not_be_used_is_said(story: Page) -> None:
    # The flags of this browser allow everything: so it is the page that is refused.
    await story.evaluate("""() => {
        const refuses = () => Promise.reject(new DOMException("no", "NotAllowedError"));
        navigator.mediaDevices.getUserMedia = refuses;
    }""")
    await story.get_by_role("button", name="Record a voice message").click()
    await expect(story.get_by_role("alert")).to_contain_text("The microphone is blocked.")
    await expect(story.get_by_role("button", name="Record a voice message")).to_be_enabled()
    assert await grave_faults(story) == []


async def test_holding_the_button_records_until_it_is_let_go(story: Page) -> None:
    await story.get_by_role("button", name="Record a voice message").hover()
    await story.mouse.down()
    await expect(story.get_by_role("timer")).to_have_text("0:01", timeout=10_000)
    await story.mouse.up()
    await story.get_by_role("group", name=re.compile("^Voice message")).wait_for()


async def test_a_photograph_is_shown_large_and_says_nothing_of_where_it_was_taken(story: Page) -> None:
    await chooses(
        story, ("garden.jpg", "image/jpeg", photograph(size=(1200, 900))), ("sky.png", "image/png", noise(600, 400))
    )
    await story.get_by_label("Describe garden.jpg").fill("A garden with two chairs")
    await story.get_by_label("Describe garden.jpg").blur()
    await story.get_by_role("button", name="Send").click()
    thumb = story.get_by_role("button", name="Open picture: A garden with two chairs")
    await thumb.click()
    lightbox = story.get_by_role("dialog", name="A garden with two chairs")
    large = lightbox.get_by_role("img", name="A garden with two chairs")
    await expect(large).to_have_js_property("naturalWidth", 900)  # upright
    source = await large.get_attribute("src")
    fetched = await story.request.get(f"{await story.evaluate('location.origin')}{source}")
    assert b"GPS" not in await fetched.body()
    assert await grave_faults(story) == []
    await story.keyboard.press("ArrowRight")
    await story.get_by_role("dialog", name="sky.png").get_by_text("Picture 2 of 2").wait_for()
    await story.keyboard.press("Escape")
    await expect(story.get_by_role("dialog")).to_have_count(0)
    await expect(thumb).to_be_focused()


async def test_an_upload_cut_in_the_middle_goes_on_after_a_reload_and_is_one_file(story: Page) -> None:
    data = bytes(range(256)) * 16 * 1024  # 4 MB
    pieces: list[int] = []

    async def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            pieces.append(int(route.request.headers["upload-offset"]))
        await (route.abort() if len(pieces) > 2 else route.continue_())

    await story.route("**/content", cut)
    await chooses(story, ("plan.bin", "application/octet-stream", data))
    await expect(story.get_by_role("progressbar")).to_have_attribute("value", "0.5")
    await expect(story.get_by_text("Waiting for the connection")).to_be_visible()
    assert pieces[:3] == [0, 1 << 20, 2 << 20]
    await story.unroute("**/content")
    await story.reload()
    await expect(story.get_by_role("progressbar")).to_have_count(0)
    await story.get_by_role("button", name="Send").click()
    card = story.get_by_role("link", name=re.compile("^Download plan.bin, BIN, 4.2 MB$"))
    async with story.expect_download() as download:
        await card.click()
    path = await (await download.value).path()
    assert path.read_bytes() == data


async def test_what_is_refused_says_why_and_can_be_removed(story: Page) -> None:
    await chooses(story, ("cat.png", "image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
    await expect(story.get_by_role("alert")).to_have_text("cat.png is called a picture, but its bytes are none.")
    assert await grave_faults(story) == []
    await story.get_by_role("button", name="Remove cat.png").click()
    await expect(story.get_by_role("list", name="Files to be sent")).to_have_count(0)


async def test_taking_a_file_back_while_it_is_uploaded_takes_it_from_the_server_too(story: Page) -> None:

    async def slowly(route: Route) -> None:
        if int(route.request.headers["upload-offset"]) == 0:
            await route.continue_()

    await story.route("**/content", slowly)
    await chooses(story, ("plan.bin", "application/octet-stream", bytes(4 << 20)))
    await expect(story.get_by_role("progressbar")).to_have_attribute("value", "0.25")
    async with story.expect_response(lambda answer: answer.request.method == "DELETE") as removed:
        await story.get_by_role("button", name="Remove plan.bin").click()
    assert (await removed.value).status == 204


async def test_what_ann_sends_bob_sees_and_hears_until_she_recalls_it(ann: Page, bob: Page) -> None:
    """Through the real chat: a picture, a file and a recording."""
    for page in (ann, bob):
        await page.get_by_role("button", name="Toggle chat").click()
    await ann.get_by_role("textbox", name="Message").fill("From the garden")
    await chooses(ann, ("garden.jpg", "image/jpeg", photograph(size=(800, 600))), ("list.txt", "text/plain", b"seeds"))
    await ann.get_by_role("button", name="Send", exact=True).click()
    await bob.get_by_role("button", name="Open picture: garden.jpg").click()
    await expect(bob.get_by_role("dialog").get_by_role("img")).to_have_js_property("naturalWidth", 600)
    await bob.keyboard.press("Escape")
    await bob.get_by_role("link", name="Download list.txt, TXT, 5 B").wait_for()
    await ann.get_by_role("button", name="Record a voice message").click()
    await expect(ann.get_by_role("timer")).to_have_text("0:01", timeout=10_000)
    await ann.get_by_role("button", name="Stop").click()
    await ann.get_by_role("button", name="Send the recording").click()
    voice = bob.get_by_role("group", name=re.compile("^Voice message, 0:0[1-4]$"))
    await voice.get_by_role("button", name="Play").click()
    await voice.locator("audio").evaluate(IS_HEARD)
    source = await voice.locator("audio").get_attribute("src")
    assert source is not None
    played = await bob.request.get(f"{await bob.evaluate('location.origin')}{source}", headers={"Range": "bytes=0-9"})
    assert played.status == 206
    await ann.get_by_role("group", name=re.compile("^Voice message")).hover()
    await ann.get_by_role("toolbar").last.get_by_role("button", name="More").click()
    await ann.get_by_role("menuitem", name="Recall").click()
    await ann.get_by_role("dialog").get_by_role("button", name="Recall").click()
    await expect(bob.get_by_text("Ann recalled a message")).to_be_visible()
    await expect(voice).to_have_count(0)
    gone = await bob.request.get(f"{await bob.evaluate('location.origin')}{source}")
    assert gone.status == 404


async def test_what_was_attached_without_a_connection_arrives_once_when_there_is_one(ann: Page, bob: Page) -> None:
    for page in (ann, bob):
        await page.get_by_role("button", name="Toggle chat").click()
    await ann.get_by_role("textbox", name="Message").wait_for()
    await ann.context.set_offline(True)
    await ann.get_by_role("textbox", name="Message").fill("Written on the train")
    await chooses(ann, ("train.jpg", "image/jpeg", photograph(size=(800, 600))), ("plan.txt", "text/plain", b"plan"))
    await expect(ann.get_by_text("Waiting for the connection").first).to_be_visible()
    await ann.get_by_role("button", name="Send", exact=True).click()
    await ann.get_by_role("textbox", name="Message").fill("And later")
    await ann.keyboard.press("Enter")
    await ann.context.set_offline(False)
    await bob.get_by_text("And later", exact=True).wait_for(timeout=30_000)
    said = bob.get_by_text(re.compile("^(Written on the train|And later)$"))
    await expect(said).to_have_text(["Written on the train", "And later"])
    await expect(bob.get_by_role("button", name="Open picture: train.jpg")).to_have_count(1)
    await expect(bob.get_by_role("link", name=re.compile("^Download plan.txt"))).to_have_count(1)


async def test_a_recording_ends_where_the_operator_says_and_a_refusal_is_told_in_ones_own_language(
    browser: Browser, tmp_path: Path
) -> None:
    server = a_server(tmp_path, is_open=False, options=("--max-voice", "2s")).start()
    page = await joins(browser, server, "Ann")
    await asks(page, "PATCH", "/api/me", {"language": "zh"})
    await page.goto(f"{server.url}/d/{await makes(page, 'Voices')}")
    await page.get_by_role("button", name="显示或隐藏聊天").click()
    await page.get_by_role("button", name="录制语音消息").click()
    await page.get_by_role("group", name="发送前试听").wait_for()  # nobody has stopped it
    await page.get_by_role("button", name="发送录音").click()
    await expect(page.get_by_role("article").get_by_role("button", name="播放")).to_be_visible()

    await chooses(page, ("a.png", "image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
    files = page.get_by_role("list", name="待发送的文件")
    await expect(files.get_by_role("alert")).to_have_text("文件名是图片，但内容不是图片。")
    await page.context.close()
    server.goes()
