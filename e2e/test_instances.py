"""Who administers sees the servers; everybody is told when the way between them is lost, and when it is back."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.axe import grave_faults
from e2e.page import PASSWORD
from playwright.async_api import Browser, Page, expect

from store.cluster import BINARIES, Cluster
from support.redis_server import RedisServer
from support.server import Server

SLOW = "what others write may show up a moment later than usual."
SHOTS = os.environ.get("QUILLROOM_SHOTS")  # a folder, for whoever wants to look


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    if not RedisServer.is_installed() or not BINARIES:
        pytest.skip("Redis or PostgreSQL is not installed")
    with RedisServer() as running:
        yield running


@pytest.fixture
def two(tmp_path: Path, redis: RedisServer) -> Iterator[list[Server]]:
    cluster = Cluster().start()
    options = ("--database", cluster.create_database(), "--redis", redis.url)
    servers = [Server(tmp_path, is_open=False, options=options).start() for _ in range(2)]
    yield servers
    for server in servers:
        server.stop()
    cluster.remove()


async def administers(browser: Browser, server: Server) -> Page:
    """Ann, who came first."""
    context = await browser.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    who = {"name": "Ann", "email": "ann@example.org", "password": PASSWORD}
    made = await context.request.post(f"{server.url}/api/accounts", data=who, headers={"Origin": server.url})
    assert made.status == 201, await made.text()
    page = await context.new_page()
    await page.goto(f"{server.url}/admin/workspace")
    await page.get_by_role("link", name="Servers").click()
    return page


async def shot(page: Page, name: str) -> None:
    if SHOTS is not None:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def test_an_operator_watches_the_servers_while_redis_goes_and_comes_back(
    browser: Browser, two: list[Server], redis: RedisServer
) -> None:
    page = await administers(browser, two[0])
    rows = page.get_by_role("region", name="Servers").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.filter(has_text=f"process {two[0].pid}")).to_contain_text("answers you")
    await expect(rows.filter(has_text=f"process {two[1].pid}")).to_contain_text("Normal")
    banner = page.get_by_role("status").filter(has_text=SLOW)
    await expect(banner).to_have_count(0)
    assert await grave_faults(page) == []
    await shot(page, "normal")

    redis.kill9()
    await expect(banner).to_be_visible()
    await expect(page.get_by_text("Degraded")).to_have_count(2)
    assert await grave_faults(page) == []
    await shot(page, "degraded")
    await page.reload()  # who comes now is told too
    await expect(banner).to_be_visible()
    await expect(rows).to_have_count(3)
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 390, "height": 844})
    await shot(page, "degraded-dark-phone")
    await page.goto(f"{two[0].url}/")
    await page.get_by_role("link", name="Welcome").first.click()
    await page.get_by_role("main").wait_for()
    await expect(banner).to_be_visible()
    await shot(page, "degraded-document")
    await page.goto(f"{two[0].url}/admin/instances")

    redis.start()
    await expect(banner).to_have_count(0)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await expect(page.get_by_text("Normal")).to_have_count(2)
    two[1].stop()
    await expect(rows).to_have_count(2)
    await shot(page, "dark")


@pytest.mark.one_process("what one says that has no others beside it")
async def test_a_server_that_is_alone_says_so(browser: Browser, server: Server) -> None:
    page = await administers(browser, server)
    await expect(page.get_by_role("region", name="Servers").get_by_role("row")).to_have_count(2)
    await expect(page.get_by_text("One server does everything.")).to_be_visible()
    assert await grave_faults(page) == []
    await shot(page, "alone")
