"""A newcomer makes everything a document can hold, with keys and clicks, and the server has it as Markdown."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from e2e.page import begins, body, comes_in, is_saved, shows
from playwright.async_api import Browser, Page, expect

from support.server import Server
from support.servers import a_server

TAGS = {"Bold": "strong", "Italic": "em", "Underline": "u", "Strikethrough": "s", "Code": "code", "Highlight": "mark"}
PIXEL = (
    b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='40' height='20' fill='teal'/></svg>"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server, and one window of Ann's, for all that is written here."""
    running = a_server(tmp_path_factory.mktemp("editor"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def window(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """Ann's window."""
    context = await browser.new_context()
    yield await comes_in(context, server, "Ann")
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ann(window: Page) -> Page:
    """Ann, with a new document open."""
    before = window.url
    await begins(window)
    await window.wait_for_url(lambda url: url != before)
    await expect(window.get_by_role("textbox", name="Title")).to_be_focused()
    return window


async def markdown_of(page: Page) -> str:
    """What the server has, once the page says that everything is saved."""
    await is_saved(page)
    id = page.url.rsplit("/", 1)[1]
    answer = await page.context.request.get(f"{page.url.split('/d/')[0]}/api/documents/{id}?format=markdown")
    return await answer.text()


async def starts(page: Page) -> None:
    """Put the caret into the empty text."""
    await body(page).click()
    await expect(body(page)).to_be_focused()


async def chooses(page: Page, command: str) -> None:
    """Type "/" and the name, see it chosen, press Enter."""
    await page.keyboard.type(f"/{command}")
    menu = page.get_by_role("listbox", name="Commands")
    await expect(menu.get_by_role("option", selected=True)).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(menu).to_have_count(0)


async def selects_back(page: Page, letters: int) -> None:
    """Hold Shift and go back over the last letters; the bubble menu appears."""
    for _ in range(letters):
        await page.keyboard.press("Shift+ArrowLeft")
    await page.get_by_role("toolbar", name="Formatting").wait_for()


@pytest.mark.parametrize(
    ("command", "typed", "markdown", "selector"),
    [
        ("heading 1", "Plan", "# Plan", "h1"),
        ("h6", "Plan", "###### Plan", "h6"),
        ("bullet", "one", "- one", "ul > li"),
        ("numbered", "one", "1. one", "ol > li"),
        ("todo", "one", "- [ ] one", "ul[data-type=taskList] p"),
        ("quote", "said", "> said", "blockquote"),
        ("code", "x = 1", "```\nx = 1\n```", "pre"),
        ("text", "plain", "plain", "p"),
    ],
)
async def test_a_block_from_the_slash_menu(ann: Page, command: str, typed: str, markdown: str, selector: str) -> None:
    await starts(ann)
    await chooses(ann, command)
    await ann.keyboard.type(typed)
    await expect(body(ann).locator(selector).first).to_have_text(typed)
    assert (await markdown_of(ann)).strip() == markdown


async def test_a_divider_a_table_and_an_image_from_the_slash_menu(ann: Page) -> None:
    await ann.route("https://example.org/quay.svg", lambda r: r.fulfill(body=PIXEL, content_type="image/svg+xml"))
    await starts(ann)
    await chooses(ann, "divider")
    await chooses(ann, "picture")
    dialog = ann.get_by_role("dialog", name="Image")
    address = dialog.get_by_label("Address of the image")
    await expect(address).to_be_focused()
    await ann.keyboard.type("javascript:alert(1)")
    await ann.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("Use an http or https address.")
    await address.fill("https://example.org/quay.svg")
    await dialog.get_by_label("Description").fill("A quay")
    await ann.keyboard.press("Enter")
    picture = body(ann).get_by_role("img", name="A quay")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.naturalWidth") == 40
    # A picture that is chosen is not typed over: Enter goes on below it.
    await ann.keyboard.press("Enter")
    await chooses(ann, "table")
    for cell in ("What", "Who", "When"):
        await ann.keyboard.type(cell)
        await ann.keyboard.press("Tab")
    await ann.keyboard.type("Dredging")
    markdown = await markdown_of(ann)
    assert markdown.startswith("---\n\n![A quay](https://example.org/quay.svg)\n")
    assert "| What | Who | When |\n| --- | --- | --- |\n| Dredging |" in markdown


async def test_a_table_grows_and_shrinks_by_its_bar(ann: Page) -> None:
    await starts(ann)
    await chooses(ann, "grid")
    rows, cells = body(ann).locator("tr"), body(ann).locator("tr").first.locator("th, td")
    await expect(rows).to_have_count(3)
    await expect(cells).to_have_count(3)
    bar = ann.get_by_role("toolbar", name="Table")
    for name, rows_then, cells_then in [
        ("Add row below", 4, 3),
        ("Add row above", 5, 3),
        ("Delete row", 4, 3),
        ("Add column right", 4, 4),
        ("Add column left", 4, 5),
        ("Delete column", 4, 4),
    ]:
        await bar.get_by_role("button", name=name).click()
        await expect(rows).to_have_count(rows_then)
        await expect(cells).to_have_count(cells_then)
    await bar.get_by_role("button", name="Delete table").click()
    await expect(rows).to_have_count(0)


async def test_what_people_type_becomes_what_they_mean(ann: Page) -> None:
    await starts(ann)
    for line in (
        "## Plan",
        "- one",
        "two",
        "",
        "1. first",
        "",
        "[] open",
        "",
        "> said",
        "",
        "```python",
        "x = 1",
    ):
        await ann.keyboard.type(line)
        await ann.keyboard.press("Enter")
    assert (await markdown_of(ann)).strip() == (
        "## Plan\n\n- one\n- two\n\n1. first\n\n- [ ] open\n\n> said\n\n```python\nx = 1\n\n```"
    )
    code = body(ann).locator("pre code")
    await expect(code).to_have_text(re.compile(r"^x = 1"))
    await expect(code.locator(".hljs-number")).to_have_text("1")


async def test_marks_by_typing_and_by_keys(ann: Page) -> None:
    await starts(ann)
    await ann.keyboard.type("**bold** _slanted_ ~~gone~~ `code` ==marked== ")
    for key, word in (("b", "B"), ("i", "I"), ("e", "E")):
        await ann.keyboard.press(f"Control+{key}")
        await ann.keyboard.type(word)
        await ann.keyboard.press(f"Control+{key}")
        await ann.keyboard.type(" ")
    assert (await markdown_of(ann)).strip() == "**bold** *slanted* ~~gone~~ `code` ==marked== **B** *I* `E`"


@pytest.mark.parametrize(
    ("button", "markdown"),
    [
        ("Bold", "a **word**"),
        ("Italic", "a *word*"),
        ("Underline", "a word"),
        ("Strikethrough", "a ~~word~~"),
        ("Code", "a `word`"),
        ("Highlight", "a ==word=="),
    ],
)
async def test_a_mark_from_the_bubble_menu(ann: Page, button: str, markdown: str) -> None:
    await starts(ann)
    await ann.keyboard.type("a word")
    await selects_back(ann, 4)
    mark = ann.get_by_role("toolbar", name="Formatting").get_by_role("button", name=button)
    await mark.click()
    await expect(mark).to_have_attribute("aria-pressed", "true")
    # Markdown knows no underline.
    await expect(body(ann).locator(TAGS[button])).to_have_text("word")
    assert (await markdown_of(ann)).strip() == markdown


async def test_a_click_into_the_text_from_elsewhere_replaces_nothing_that_was_selected(ann: Page) -> None:
    await starts(ann)
    await ann.keyboard.type("keep these words")
    await ann.keyboard.press("Enter")
    await ann.keyboard.press("Enter")
    await ann.keyboard.type("below")
    await body(ann).get_by_text("keep these words").click(click_count=3)
    await ann.get_by_role("textbox", name="Title").click()
    await expect(body(ann).locator(".kept-selection")).to_have_text("keep these words")
    await body(ann).get_by_text("below").click()
    await ann.keyboard.press("End")
    await ann.keyboard.type(" here")
    await expect(body(ann).get_by_text("below here")).to_be_visible()
    await expect(body(ann).get_by_text("keep these words", exact=True)).to_be_visible()


async def test_a_link_is_made_changed_and_taken_off(ann: Page) -> None:
    await starts(ann)
    await ann.keyboard.type("a word")
    await selects_back(ann, 4)
    await ann.keyboard.press("Control+k")
    address = ann.get_by_label("Address of the link")
    await expect(address).to_be_focused()
    # What is to be linked stays in sight.
    await expect(body(ann).locator(".kept-selection")).to_have_text("word")
    await ann.keyboard.type("javascript:alert(1)")
    await ann.keyboard.press("Enter")
    await expect(ann.get_by_role("alert")).to_have_text("Use http, https, mailto or tel")
    await address.fill("example.org/plan")
    await ann.keyboard.press("Enter")
    await expect(body(ann).get_by_role("link", name="word")).to_have_attribute("href", "https://example.org/plan")
    await expect(body(ann)).to_be_focused()
    assert (await markdown_of(ann)).strip() == "a [word](https://example.org/plan)"
    await ann.keyboard.press("Control+k")
    await expect(address).to_have_value("https://example.org/plan")
    await ann.get_by_role("button", name="Remove").click()
    await expect(body(ann).get_by_role("link")).to_have_count(0)


async def test_a_selection_is_turned_into_another_kind_of_block(ann: Page) -> None:
    await starts(ann)
    await ann.keyboard.type("a word")
    kinds = ("Heading 2", "Bullet list", "Heading 3", "Task list", "Text", "Quote", "Text", "Numbered list")
    for kind in kinds:
        await ann.keyboard.press("End")
        await selects_back(ann, 4)
        await ann.get_by_role("button", name="Block type").click()
        await ann.get_by_role("menuitemcheckbox", name=kind, exact=True).click()
        await expect(ann.get_by_role("button", name=f"Block type: {kind}")).to_be_visible()
    assert (await markdown_of(ann)).strip() == "1. a word"


async def test_the_slash_menu_is_grouped_shows_eight_rows_and_answers_to_keys(ann: Page) -> None:
    await starts(ann)
    await ann.keyboard.type("/")
    menu = ann.get_by_role("listbox", name="Commands")
    options = menu.get_by_role("option")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    assert await menu.locator(".menu-label").all_inner_texts() == ["Text", "Lists", "More"]
    seen = """(menu) => [...menu.querySelectorAll('[role=option]')].filter((row) =>
        row.getBoundingClientRect().bottom <= menu.getBoundingClientRect().bottom).length"""
    assert await menu.evaluate(seen) == 8
    chosen = menu.get_by_role("option", selected=True)
    await ann.keyboard.press("ArrowDown")
    await expect(chosen).to_have_text("Heading 1")
    await ann.keyboard.press("ArrowUp")
    await ann.keyboard.press("ArrowUp")
    await expect(chosen).to_have_text("Divider")
    await expect(chosen).to_be_in_viewport()
    await ann.keyboard.type("check")
    await expect(options).to_have_text(["Task list"])
    await ann.keyboard.type("ers")
    await expect(menu).to_contain_text("No command of that name")
    await ann.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await expect(body(ann)).to_be_focused()
    # A slash in a sentence is no command.
    await ann.keyboard.type(" this / b")
    await ann.keyboard.press("Enter")
    await ann.keyboard.type("done")
    await expect(menu).to_have_count(0)
    await shows(ann, "/checkers this / b", "done")


async def test_a_task_is_ticked_by_mouse_and_by_keys(ann: Page) -> None:
    await starts(ann)
    await ann.keyboard.type("[] ask Jonas")
    tick = ann.get_by_role("checkbox", name="Done: ask Jonas")
    await tick.check()
    await expect(tick).to_be_checked()
    assert (await markdown_of(ann)).strip() == "- [x] ask Jonas"
    await body(ann).get_by_text("ask Jonas", exact=True).click()
    await ann.keyboard.press("Control+Enter")
    await expect(tick).not_to_be_checked()
    assert (await markdown_of(ann)).strip() == "- [ ] ask Jonas"


async def test_the_empty_page_says_what_to_do_and_a_new_document_begins_with_its_title(ann: Page) -> None:
    title = ann.get_by_role("textbox", name="Title")
    await expect(title).to_be_focused()
    await expect(title).to_have_attribute("placeholder", "Untitled")
    placeholder = body(ann).locator(".is-editor-empty")
    await expect(placeholder).to_have_attribute("data-placeholder", "Write, or type / for commands")
    await ann.keyboard.type("Harbour")
    await ann.keyboard.press("Enter")
    await expect(body(ann)).to_be_focused()
    await ann.keyboard.type("first words")
    await expect(title).to_have_value("Harbour")
    await expect(body(ann)).to_have_text("first words")


async def test_what_an_input_method_composes_in_the_title_is_written_when_it_is_done(ann: Page, bob: Page) -> None:
    seen = """() => {
        const title = document.querySelector("textarea.title");
        window.titles = [title.value];
        const own = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
        Object.defineProperty(title, "value", {...own, set(next) {
            window.titles.push(next);
            own.set.call(this, next);
        }});
    }"""
    await bob.evaluate(seen)
    title = ann.get_by_role("textbox", name="Title")
    await title.click()
    keys = await ann.context.new_cdp_session(ann)
    for half in ("n", "ni", "ni h", "ni hao"):
        await keys.send(
            "Input.imeSetComposition", {"text": half, "selectionStart": len(half), "selectionEnd": len(half)}
        )
        await expect(title).to_have_value(half)
    # Someone else goes on meanwhile; what is composed is added to it.
    await bob.get_by_role("textbox", name="Title").fill("B: ")
    await is_saved(bob)
    await expect(title).to_have_value("ni hao")
    await keys.send("Input.insertText", {"text": "你好"})
    for page in (ann, bob):
        await expect(page.get_by_role("textbox", name="Title")).to_have_value(re.compile("^(B: 你好|你好B: )$"))
    titles: list[str] = await bob.evaluate("window.titles")
    assert not [each for each in titles if "n" in each], titles
