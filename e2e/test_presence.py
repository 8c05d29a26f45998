"""Who is here, what they do, and following somebody, as the people see it."""

import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.page import body
from e2e.people import asks, joins, makes
from playwright.async_api import Browser, Locator, Page, expect

from support.redis_server import RedisServer
from support.server import Server
from support.servers import Servers, a_server, ground

TOLD_WITHIN_MS = 4_000
GRACE_MS = 15_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all who are here."""
    running = a_server(tmp_path_factory.mktemp("presence"), is_open=False).start()
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


async def opens(page: Page, server: Server, document: str) -> None:
    await page.goto(f"{server.url}/d/{document}")
    await body(page).wait_for()


def faces(page: Page) -> Locator:
    return page.get_by_role("group", name="People here")


def face(page: Page, name: str) -> Locator:
    """A face in the header; its title says what that person does."""
    return faces(page).locator(f"[title^='{name}:']")


async def test_a_face_comes_says_what_its_person_does_and_goes(ann: Page, bob: Page, server: Server) -> None:
    page = await makes(ann, "Harbour")
    await opens(ann, server, page)
    await expect(face(ann, "Ann")).to_have_count(1)
    await opens(bob, server, page)
    await expect(face(ann, "Bob")).to_have_attribute("title", "Bob: Viewing, 1 device", timeout=TOLD_WITHIN_MS)
    await body(bob).click()
    await bob.keyboard.type("Boats")
    await expect(face(ann, "Bob")).to_have_attribute("title", "Bob: Editing, 1 device", timeout=TOLD_WITHIN_MS)
    await bob.get_by_role("link", name="Home").click()
    # Bob is still connected: who says to be elsewhere is gone from here at once.
    await expect(face(ann, "Bob")).to_have_count(0, timeout=TOLD_WITHIN_MS)


async def test_a_reload_does_not_flicker_and_a_closed_tab_is_gone_after_the_grace(
    ann: Page, bob: Page, server: Server
) -> None:
    page = await makes(ann, "Pier")
    await opens(ann, server, page)
    tab = await bob.context.new_page()
    await opens(tab, server, page)
    await expect(face(ann, "Bob")).to_have_count(1, timeout=TOLD_WITHIN_MS)
    seen = await ann.evaluate_handle(
        """() => {
            const seen = { least: 9 };
            const look = () => {
                const faces = document.querySelectorAll('.faces [title^="Bob:"]');
                seen.least = Math.min(seen.least, faces.length);
            };
            new MutationObserver(look).observe(document.querySelector(".topbar"), { childList: true, subtree: true });
            look();
            return seen;
        }"""
    )
    await tab.reload()
    await body(tab).wait_for()
    await expect(face(ann, "Bob")).to_have_count(1)
    assert (await seen.json_value())["least"] >= 1
    closed_at = time.monotonic()
    await tab.close()
    await expect(face(ann, "Bob")).to_have_count(0, timeout=GRACE_MS)
    assert time.monotonic() - closed_at > 5


async def test_who_signs_out_is_gone_at_once(ann: Page, browser: Browser, server: Server) -> None:
    page = await makes(ann, "Slipway")
    await opens(ann, server, page)
    cat = await joins(browser, server, "Cat", ann)
    await opens(cat, server, page)
    await expect(face(ann, "Cat")).to_have_count(1, timeout=TOLD_WITHIN_MS)
    await asks(cat, "DELETE", "/api/session")
    await expect(face(ann, "Cat")).to_have_count(0, timeout=TOLD_WITHIN_MS)
    await cat.context.close()


async def test_following_keeps_the_others_cursor_in_sight_until_one_goes_ones_own_way(
    ann: Page, bob: Page, server: Server
) -> None:
    page = await makes(ann, "Long", markdown="\n\n".join(f"Paragraph {n}" for n in range(150)))
    await opens(ann, server, page)
    await opens(bob, server, page)
    await body(bob).get_by_text("Paragraph 140", exact=True).click()
    caret = ann.locator(".caret")
    await expect(caret).to_have_count(1, timeout=TOLD_WITHIN_MS)
    await expect(caret).not_to_be_in_viewport()
    await face(ann, "Bob").click()
    await expect(ann.get_by_text("Following Bob")).to_be_visible()
    await expect(caret).to_be_in_viewport(timeout=TOLD_WITHIN_MS)
    await body(bob).get_by_text("Paragraph 3", exact=True).click()
    await expect(caret).to_be_in_viewport(timeout=TOLD_WITHIN_MS)
    await body(ann).hover()
    await ann.mouse.wheel(0, 200)
    await expect(ann.get_by_text("Following Bob")).to_have_count(0)
    await body(bob).get_by_text("Paragraph 120", exact=True).click()
    await expect(caret).not_to_be_in_viewport()
    await ann.get_by_role("button", name="Everyone here").click()
    await ann.get_by_role("button", name="Follow Bob", exact=True).press("Enter")
    await expect(caret).to_be_in_viewport(timeout=TOLD_WITHIN_MS)
    await bob.get_by_role("link", name="Home").click()
    await expect(ann.get_by_text("Bob has left")).to_be_visible(timeout=TOLD_WITHIN_MS)
    await expect(ann.get_by_text("Following Bob")).to_have_count(0)


async def test_a_dot_in_the_sidebar_says_where_somebody_is_and_axe_finds_nothing_grave(
    ann: Page, bob: Page, server: Server
) -> None:
    page = await makes(ann, "Lighthouse")
    await ann.goto(server.url)
    await opens(bob, server, page)
    await expect(ann.get_by_role("treeitem", name="Lighthouse, Bob is here")).to_be_visible(timeout=8_000)
    await opens(ann, server, page)
    await ann.get_by_role("button", name="Everyone here").click()
    await expect(ann.get_by_text("Ann (you)")).to_be_visible()
    assert await grave_faults(ann) == []
    await ann.keyboard.press("Escape")
    await expect(ann.get_by_role("button", name="Everyone here")).to_be_focused()


async def test_people_on_two_servers_see_each_other_and_are_told_when_the_servers_cannot(
    browser: Browser, tmp_path: Path
) -> None:
    redis = RedisServer().start()
    place = ground().place()._replace(redis=redis.url)
    servers = Servers(tmp_path, [place] * 2, is_open=False, is_behind_nginx=False).start()
    try:
        ann = await joins(browser, servers[0], "Ann")
        bob = await joins(browser, servers[1], "Bob", ann)
        page = await makes(ann, "Harbour")
        await opens(ann, servers[0], page)
        await opens(bob, servers[1], page)
        await expect(face(bob, "Ann")).to_have_attribute("title", "Ann: Viewing, 1 device", timeout=TOLD_WITHIN_MS)
        await body(bob).click()
        await bob.keyboard.type("Boats")
        await expect(face(ann, "Bob")).to_have_attribute("title", "Bob: Editing, 1 device", timeout=TOLD_WITHIN_MS)
        await expect(ann.locator(".caret")).to_contain_text("Bob", timeout=TOLD_WITHIN_MS)
        redis.kill9()
        alone = re.compile("^Ann: .*Others may be here, too", re.DOTALL)
        await expect(face(ann, "Ann")).to_have_attribute("title", alone, timeout=10_000)
        redis.start()
        await expect(face(ann, "Ann")).to_have_attribute("title", "Ann: Viewing, 1 device", timeout=GRACE_MS)
        await expect(face(ann, "Bob")).to_have_count(1, timeout=GRACE_MS)
        for each in (ann, bob):
            await each.context.close()
    finally:
        servers.goes()
        redis.remove()
