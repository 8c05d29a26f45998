"""Whoever cannot see, or uses no mouse, reaches everything: axe finds nothing grave, every menu keeps its promises."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.line import Line
from e2e.page import begins, body, chip, comes_in, is_saved
from playwright.async_api import Browser, Page, expect

from quillroom.protocol import frames
from quillroom.protocol.closes import Close
from support.server import Server
from support.servers import a_server

MARKDOWN = """Every **word** is *kept*, see [the plan](https://example.org/plan), `make serve`, ==marked==.

## Before we ship

- [x] Kill the server a hundred times
- [ ] Ask Jonas

1. first
2. second

> Nothing is lost.

```python
def serve(port: int = 8000) -> None:
    # one command
    print("listening", port)
```

| What | Who |
| --- | --- |
| Dredging | Ann |

![A quay](https://example.invalid/quay.png)
"""
OTHERWISE_ON_A_PHONE = ("home", "document", "bubble menu", "drawer", "not saving")


@pytest.mark.parametrize(
    ("scheme", "width", "height"), [("light", 1440, 900), ("dark", 1440, 900), ("light", 390, 844)]
)
async def test_axe_finds_nothing_grave_on_any_page_or_in_any_state(
    browser: Browser, server: Server, scheme: Literal["light", "dark"], width: int, height: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    await context.route("https://example.invalid/**", lambda route: route.abort())
    faults: dict[str, list[str]] = {}

    async def look(page: Page, name: str) -> None:
        if width < 768 and name not in OTHERWISE_ON_A_PHONE:
            return
        # The rules that look at the structure find the same in the dark.
        for fault in await grave_faults(page, only="color-contrast" if scheme == "dark" else None):
            faults.setdefault(fault, []).append(name)

    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(server.url)
    await page.get_by_label("Your name").wait_for()
    await look(page, "welcome")
    await page.close()
    page = await comes_in(context, server, "Ann")
    await look(page, "home, empty")
    made = await context.request.post(
        f"{server.url}/api/documents",
        data={"title": "Plan", "markdown": MARKDOWN},
        headers={"Origin": server.url},
    )
    url = f"{server.url}/d/{(await made.json())['document']['id']}"
    await page.reload()
    await page.get_by_role("main").get_by_role("link", name="Plan").first.wait_for()
    await look(page, "home")
    line = await Line().watch(page)
    await page.goto(url)
    await is_saved(page)
    await look(page, "document")

    await body(page).get_by_text("word").dblclick()
    await page.get_by_role("toolbar", name="Formatting").wait_for()
    await look(page, "bubble menu")
    await page.get_by_role("button", name="Block type").click()
    await page.get_by_role("menu").wait_for()
    await look(page, "block types")
    await page.keyboard.press("Escape")
    await page.get_by_role("toolbar", name="Formatting").get_by_role("button", name="Link").click()
    await page.get_by_label("Address of the link").wait_for()
    await look(page, "link")
    await page.keyboard.press("Escape")
    await body(page).get_by_text("Dredging").click()
    await page.get_by_role("toolbar", name="Table").wait_for()
    await look(page, "table")
    await body(page).get_by_text("second").click()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await page.keyboard.type("/")
    await page.get_by_role("listbox").wait_for()
    await look(page, "slash menu")
    await page.keyboard.type("image")
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog", name="Image").wait_for()
    await look(page, "image")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+/")
    await page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    await look(page, "shortcuts")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menu").wait_for()
    await look(page, "menu")
    await page.keyboard.press("Escape")
    if width < 768:
        await page.get_by_role("button", name="Toggle sidebar").click()
        await page.get_by_role("dialog", name="Sidebar").wait_for()
        await look(page, "drawer")
        await page.keyboard.press("Escape")

    await context.set_offline(True)
    await body(page).get_by_text("word").click()
    await page.keyboard.type("x")
    await expect(chip(page)).to_contain_text("Offline")
    await look(page, "offline")
    await context.set_offline(False)
    await is_saved(page)
    line.say(frames.control("storage", {"saving": "The server's disk is full."}))
    await expect(chip(page)).to_contain_text("Not saving")
    await look(page, "not saving")
    for code in (Close.SIGNED_OUT, Close.SCHEMA_TOO_OLD):
        await page.goto(url)
        await is_saved(page)
        await line.close(code)
        await page.get_by_role("alert").wait_for()
        await look(page, code.name)
    await page.goto(f"{server.url}/nowhere")
    await page.get_by_role("heading", name="There is nothing here").wait_for()
    await look(page, "missing")
    await context.close()
    assert not faults, "\n".join(f"{fault}: {places}" for fault, places in faults.items())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that is looked at here."""
    running = a_server(tmp_path_factory.mktemp("reach"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """Ann with a phone."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield await comes_in(context, server, "Ann")
    await context.close()


async def test_the_drawer_of_a_phone_holds_the_focus_and_gives_it_back(phone: Page) -> None:
    toggle = phone.get_by_role("button", name="Toggle sidebar")
    await expect(toggle).to_have_attribute("aria-expanded", "false")
    await toggle.focus()
    await phone.keyboard.press("Enter")
    drawer = phone.get_by_role("dialog", name="Sidebar")
    await drawer.wait_for()
    for _ in range(12):
        await phone.keyboard.press("Tab")
        assert await drawer.evaluate("(drawer) => drawer.contains(document.activeElement)")
    await phone.keyboard.press("Escape")
    await expect(drawer).to_have_count(0)
    await expect(toggle).to_be_focused()
    # A page that is chosen closes it.
    await toggle.tap()
    await drawer.get_by_role("button", name="New page", exact=True).tap()
    await body(phone).wait_for()
    await expect(drawer).to_have_count(0)


SMALL = """(least) => [...document.querySelectorAll("button, input, a.row, a.button, .documents a")]
    .filter((e) => e.checkVisibility())
    .map((e) => {
        const own = e.getBoundingClientRect();
        const more = getComputedStyle(e, "::after");
        const wider = (side) => (more.content === "none" ? 0 : -parseFloat(more[side]) || 0);
        return {name: e.ariaLabel || e.innerText, width: own.width + wider("left") + wider("right"),
                height: own.height + wider("top") + wider("bottom"), isFace: e.matches(".face")};
    })
    .filter((e) => Math.round(e.height) < least || Math.round(e.width) < (e.isFace ? 32 : least))"""


@pytest.mark.parametrize("least", [32, 44])
async def test_everything_is_large_enough_to_hit(browser: Browser, server: Server, least: int) -> None:
    """44 px for a finger, 32 px for a mouse; faces stand close together, so they are narrower."""
    is_touch = least == 44
    context = await browser.new_context(
        viewport={"width": 390 if is_touch else 1440, "height": 844}, has_touch=is_touch, is_mobile=is_touch
    )
    page = await comes_in(context, server, "Ann")
    assert await page.evaluate(SMALL, least) == []
    if is_touch:
        await page.get_by_role("button", name="Toggle sidebar").tap()
    assert await page.evaluate(SMALL, least) == []
    await begins(page)
    await is_saved(page)
    assert await page.evaluate(SMALL, least) == []
    await context.close()


async def test_dialogs_hold_the_focus_and_give_it_back(ann: Page) -> None:
    await body(ann).click()
    await ann.keyboard.press("Control+/")
    dialog = ann.get_by_role("dialog", name="Keyboard shortcuts")
    await dialog.wait_for()
    for _ in range(3):
        await ann.keyboard.press("Tab")
        assert await dialog.evaluate("(dialog) => dialog.contains(document.activeElement)")
    await ann.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(body(ann)).to_be_focused()

    more = ann.get_by_role("button", name="More")
    await more.focus()
    await ann.keyboard.press("Enter")
    await expect(ann.get_by_role("menuitem", name="Copy link")).to_be_focused()
    await ann.keyboard.press("ArrowDown")
    await expect(ann.get_by_role("menuitem", name="Copy as Markdown")).to_be_focused()
    await ann.keyboard.press("Escape")
    await expect(more).to_be_focused()


async def test_the_formatting_bar_is_used_without_a_mouse(ann: Page) -> None:
    await body(ann).click()
    await ann.keyboard.type("a plain line")
    await ann.keyboard.press("Shift+Home")
    toolbar = ann.get_by_role("toolbar", name="Formatting")
    await toolbar.wait_for()
    await ann.keyboard.press("Escape")
    await expect(toolbar).to_have_count(0)
    await ann.keyboard.press("Shift+ArrowRight")
    await toolbar.wait_for()
    await ann.keyboard.press("Alt+F10")
    await expect(toolbar.get_by_role("button", name=re.compile("^Block type"))).to_be_focused()
    await ann.keyboard.press("ArrowRight")
    bold = toolbar.get_by_role("button", name="Bold")
    await expect(bold).to_be_focused()
    outline = await bold.evaluate("(button) => getComputedStyle(button).outlineStyle")
    assert outline == "solid"
    await ann.keyboard.press("Enter")
    await expect(body(ann).locator("strong")).to_have_text(" plain line")
    await ann.keyboard.press("Alt+F10")
    await ann.keyboard.press("Enter")
    await ann.get_by_role("menuitemcheckbox", name="Heading 2").focus()
    await ann.keyboard.press("Enter")
    await expect(body(ann).get_by_role("heading", level=2)).to_have_text("a plain line")
    await expect(body(ann)).to_be_focused()


async def test_who_wants_calm_gets_no_motion(browser: Browser, server: Server) -> None:
    context = await browser.new_context(reduced_motion="reduce")
    page = await comes_in(context, server, "Ann")
    await begins(page)
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
        const style = getComputedStyle(e);
        return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
    }).length"""
    assert await page.evaluate(moving) == 0
    await context.close()


async def test_nothing_jumps_when_the_document_comes(browser: Browser, server: Server) -> None:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await comes_in(context, server, "Ann")
    await begins(page)
    await page.add_init_script("""
        window.jumped = 0;
        new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) window.jumped += shift.value;
        }).observe({type: "layout-shift", buffered: true});
    """)
    await page.goto(page.url)
    await is_saved(page)
    assert await page.evaluate("window.jumped") < 0.02
    await context.close()
