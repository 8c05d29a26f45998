"""The workspace as a tree of pages: made, moved, starred, copied and thrown away, live for everyone."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.page import body, chip, is_saved
from e2e.people import asks, joins, makes
from playwright.async_api import Browser, Locator, Page, expect

from support.server import Server
from support.servers import a_server

A_SECOND_MS = 1_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One workspace for all tests here."""
    running = a_server(tmp_path_factory.mktemp("tree"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ann(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """Ann, the first one here."""
    page = await joins(browser, server, "Ann")
    yield page
    await page.context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bob(browser: Browser, server: Server, ann: Page) -> AsyncIterator[Page]:
    """Bob, another member."""
    page = await joins(browser, server, "Bob", ann)
    yield page
    await page.context.close()


def row(page: Page, title: str) -> Locator:
    """A page's row in the sidebar, whoever is there."""
    return page.get_by_role("treeitem", name=re.compile(f"^{re.escape(title)}(, .* is here)?$"))


async def unfolds(page: Page, title: str) -> None:
    """Show what is inside a page, when it is not shown yet."""
    await expect(row(page, title)).to_have_attribute("aria-expanded", re.compile("true|false"))
    await row(page, title).focus()
    if await row(page, title).get_attribute("aria-expanded") == "false":
        await page.keyboard.press("ArrowRight")


async def order(page: Page, *titles: str) -> list[str]:
    """How these pages stand in the sidebar, from top to bottom, a dash for each step inward."""
    rows = await page.get_by_role("tree").evaluate(
        "tree => [...tree.querySelectorAll('[role=treeitem]')]"
        ".map((row) => ['-'.repeat(row.ariaLevel - 1), row.querySelector('.name').textContent])"
    )
    return [dashes + title for dashes, title in rows if title in titles]


async def becomes(page: Page, *wanted: str) -> None:
    """Wait until these pages stand like that."""
    titles = [each.lstrip("-") for each in wanted]
    for _ in range(100):
        if await order(page, *titles) == list(wanted):
            return
        await page.wait_for_timeout(50)
    assert await order(page, *titles) == list(wanted)


async def drags(page: Page, title: str, onto: str, height: float) -> None:
    """With the mouse, to a height of another row: 0 is its top edge, 1 its bottom."""
    start, end = await row(page, title).bounding_box(), await row(page, onto).bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 60, start["y"] + 16)
    await page.mouse.down()
    # A drag begins with the first steps, and only then hears what is under it.
    await page.mouse.move(start["x"] + 70, start["y"] + 22, steps=4)
    await page.mouse.move(end["x"] + 70, end["y"] + end["height"] * height, steps=6)


async def choose(page: Page, title: str, item: str) -> None:
    """From the menu of a row."""
    await row(page, title).hover()
    await row(page, title).get_by_role("button", name=f"More of {title}").click()
    await page.get_by_role("menuitem", name=item, exact=True).click()


async def nested(page: Page, ids: dict[str, str], one: str, other: str) -> tuple[str, str]:
    """Wait until one of the two stands in the other: the outer and the inner one."""
    for _ in range(100):
        parents = {each["id"]: each["parent"] for each in (await asks(page, "GET", "/api/tree"))["pages"]}
        for outer, inner in ((one, other), (other, one)):
            if parents[ids[inner]] == ids[outer]:
                assert parents[ids[outer]] is None
                return outer, inner
        await page.wait_for_timeout(50)
    raise AssertionError("neither move arrived")


async def test_a_page_that_ann_makes_appears_for_bob_within_a_second(ann: Page, bob: Page) -> None:
    await ann.get_by_role("navigation").get_by_role("button", name="New page", exact=True).click()
    title = ann.get_by_role("textbox", name="Title")
    await expect(title).to_be_focused()
    await expect(row(bob, "Untitled")).to_be_visible(timeout=A_SECOND_MS)
    await title.fill("Harbour news")
    await expect(row(ann, "Harbour news")).to_be_visible(timeout=A_SECOND_MS)
    await is_saved(ann)
    await expect(bob.get_by_role("treeitem", name="Harbour news, Ann is here")).to_be_visible()
    await row(bob, "Harbour news").click()
    await body(bob).wait_for()
    await expect(bob.get_by_role("navigation", name="Breadcrumb")).to_contain_text("Harbour news")


async def test_a_dragged_page_lands_where_the_line_is_and_inside_where_a_row_is_marked(ann: Page, bob: Page) -> None:
    for title in ("Dock", "Ebb", "Flood"):
        await makes(ann, title)
    await becomes(ann, "Dock", "Ebb", "Flood")
    await drags(ann, "Flood", "Dock", 0.1)
    await ann.mouse.up()
    await becomes(ann, "Flood", "Dock", "Ebb")
    await becomes(bob, "Flood", "Dock", "Ebb")

    await drags(ann, "Ebb", "Flood", 0.5)
    await ann.mouse.up()
    await becomes(ann, "Flood", "-Ebb", "Dock")
    await bob.reload()
    await becomes(bob, "Flood", "Dock")
    await unfolds(bob, "Flood")
    await becomes(bob, "Flood", "-Ebb", "Dock")

    # Escape lets go where it was.
    await drags(ann, "Dock", "Ebb", 0.5)
    await ann.keyboard.press("Escape")
    await ann.mouse.up()
    await becomes(ann, "Flood", "-Ebb", "Dock")


async def test_the_tree_is_walked_and_changed_by_keyboard_alone(ann: Page, bob: Page) -> None:
    for title in ("Kelp", "Limpet", "Mussel"):
        await makes(ann, title)
    await becomes(ann, "Kelp", "Limpet", "Mussel")
    await row(ann, "Kelp").focus()
    await ann.keyboard.press("ArrowDown")
    await expect(row(ann, "Limpet")).to_be_focused()
    await ann.keyboard.type("mu")
    await expect(row(ann, "Mussel")).to_be_focused()
    await ann.keyboard.press("Alt+ArrowUp")
    await becomes(ann, "Kelp", "Mussel", "Limpet")
    await expect(row(ann, "Mussel")).to_be_focused()
    await ann.keyboard.press("Alt+ArrowRight")
    await becomes(ann, "Kelp", "-Mussel", "Limpet")
    await expect(row(ann, "Mussel")).to_be_focused()
    await ann.keyboard.press("ArrowLeft")
    await expect(row(ann, "Kelp")).to_be_focused()
    await ann.keyboard.press("ArrowLeft")
    await expect(row(ann, "Kelp")).to_have_attribute("aria-expanded", "false")
    await expect(row(ann, "Mussel")).to_have_count(0)
    await ann.keyboard.press("End")
    await expect(row(ann, "Limpet")).to_be_focused()

    await ann.keyboard.press("F2")
    await ann.keyboard.type("Lighthouse")
    await ann.keyboard.press("Enter")
    await expect(row(ann, "Lighthouse")).to_be_focused()
    await expect(row(bob, "Lighthouse")).to_be_visible()

    await ann.keyboard.press("Shift+F10")
    await ann.get_by_role("menuitem", name="Move to…").press("Enter")
    await expect(ann.get_by_role("combobox", name="Into which page?")).to_be_focused()
    assert not await grave_faults(ann)
    await ann.keyboard.type("kel")
    await ann.keyboard.press("Enter")
    await becomes(ann, "Kelp", "-Mussel", "-Lighthouse")
    await expect(row(ann, "Lighthouse")).to_be_focused()


async def test_two_who_move_at_once_see_the_same_tree(ann: Page, bob: Page) -> None:
    ids = {title: await makes(ann, title) for title in ("North", "East", "South", "West")}
    for page in (ann, bob):
        await becomes(page, "North", "East", "South", "West")
    # Each into the other's page: one of them cannot be, and is told so.
    for page, (title, into) in ((ann, ("North", "East")), (bob, ("East", "North"))):
        await drags(page, title, into, 0.5)
    await asyncio.gather(ann.mouse.up(), bob.mouse.up())
    outer, inner = await nested(ann, ids, "North", "East")
    for page in (ann, bob):
        await unfolds(page, outer)
        await becomes(page, outer, f"-{inner}", "South", "West")


async def test_a_page_in_the_trash_says_so_where_it_is_open_and_comes_back(ann: Page, bob: Page) -> None:
    wreck = await makes(ann, "Wreck", markdown="Forty fathoms")
    await makes(ann, "Cargo", parent=wreck)
    await row(bob, "Wreck").click()
    await expect(body(bob)).to_contain_text("Forty fathoms")
    await expect(chip(bob)).to_have_text("Saved")
    await choose(ann, "Wreck", "Move to trash")
    await expect(row(ann, "Wreck")).to_have_count(0)
    await bob.get_by_role("alert").get_by_text("in the trash").wait_for(timeout=2_000)
    await expect(body(bob)).to_have_attribute("contenteditable", "false")
    await expect(row(bob, "Wreck")).to_have_count(0)

    await ann.get_by_role("button", name="Undo").click()
    await expect(row(bob, "Wreck")).to_be_visible()
    # It opens again where he was, and he may write again.
    await expect(body(bob)).to_have_attribute("contenteditable", "true")
    await expect(bob.get_by_role("alert")).to_have_count(0)

    await asks(ann, "DELETE", f"/api/documents/{wreck}")
    await ann.get_by_role("link", name="Trash").click()
    await ann.get_by_role("heading", name="Trash").wait_for()
    assert not await grave_faults(ann)
    await ann.get_by_role("button", name="Delete for ever: Wreck").click()
    confirm = ann.get_by_role("dialog", name="Delete for ever")
    await expect(confirm.get_by_role("button", name="Delete for ever")).to_be_disabled()
    await confirm.get_by_role("textbox").fill("delete")
    await ann.keyboard.press("Enter")
    await ann.get_by_role("heading", name="The trash is empty").wait_for()


async def test_favourites_copies_and_templates(ann: Page, bob: Page, server: Server) -> None:
    menu = await makes(ann, "Menu of the week", markdown="Fish on Friday")
    await ann.goto(f"{server.url}/d/{menu}")
    await is_saved(ann)
    star = ann.get_by_role("banner").get_by_role("button", name="Add to favourites")
    await star.click()
    await expect(star).to_have_attribute("aria-pressed", "true")
    await expect(
        ann.get_by_role("region", name="Favourites").get_by_role("link", name="Menu of the week")
    ).to_be_visible()
    await expect(bob.get_by_role("region", name="Favourites")).to_have_count(0)

    await ann.get_by_role("banner").get_by_role("button", name="More").click()
    await ann.get_by_role("menuitem", name="Duplicate", exact=True).click()
    await expect(ann).not_to_have_url(f"{server.url}/d/{menu}")
    await expect(body(ann)).to_contain_text("Fish on Friday")

    await ann.goto(f"{server.url}/d/{menu}")
    await is_saved(ann)
    await ann.get_by_role("banner").get_by_role("button", name="More").click()
    await ann.get_by_role("menuitem", name="Make template").click()
    await ann.get_by_text("It is in Templates now.").wait_for()
    await bob.get_by_role("link", name="Templates").click()
    await bob.get_by_role("button", name="Use Menu of the week").click()
    await expect(body(bob)).to_contain_text("Fish on Friday")
    assert menu not in bob.url
