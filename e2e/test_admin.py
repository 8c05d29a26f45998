"""What operators see and do: people who come by invitation, settings of the workspace, the audit log."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.page import PASSWORD, begins, body, chip, is_saved, opens_own_menu, signs_in
from playwright.async_api import Browser, BrowserContext, Page, expect

from support.server import Server
from support.servers import a_server

OTHER_PASSWORD = "another 4 quays"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that is looked at here; Ann administers it."""
    running = a_server(tmp_path_factory.mktemp("admin"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ann(browser: Browser, server: Server) -> AsyncIterator[BrowserContext]:
    """The operator's browser."""
    opened = await browser.new_context(reduced_motion="reduce")
    opened.set_default_timeout(15_000)
    who = {"name": "Ann", "email": "ann@example.org", "password": PASSWORD}
    made = await opened.request.post(f"{server.url}/api/accounts", data=who, headers={"Origin": server.url})
    assert made.status == 201, await made.text()
    yield opened
    await opened.close()


async def opens(context: BrowserContext, address: str) -> Page:
    """A page of the administration, with what it shows."""
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("main").get_by_role("heading", level=2).first.wait_for()
    await expect(page.get_by_role("main").get_by_role("status", name="Loading")).to_have_count(0)
    return page


async def is_invited(browser: Browser, ann: BrowserContext, server: Server, name: str) -> Page:
    """From the invitation by e-mail address to the first page of the one who joins."""
    email = f"{name.lower()}@example.org"
    people = await opens(ann, f"{server.url}/admin/people")
    await people.get_by_label("E-mail address").fill(email)
    await people.get_by_role("button", name="Invite", exact=True).click()
    url = await people.get_by_label("Give them this link").input_value()
    await expect(people.get_by_role("list", name="Open invitations")).to_contain_text(email)
    await people.close()
    context = await browser.new_context()
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.goto(url)
    await expect(page.get_by_role("heading", name=re.compile("You are invited to"))).to_be_visible()
    await expect(page.get_by_text("Ann would like to write with you.")).to_be_visible()
    await expect(page.get_by_label("E-mail address")).to_have_value(email)
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    assert page.url == f"{server.url}/"
    again = await context.browser.new_context() if context.browser else None
    assert again is not None
    used = await again.new_page()
    await used.goto(url)
    await expect(used.get_by_role("heading", name="This invitation has been used, or has run out")).to_be_visible()
    await again.close()
    return page


async def chooses(page: Page, name: str, action: str) -> None:
    """From the menu beside somebody."""
    await page.get_by_role("button", name=f"Actions for {name}").click()
    await page.get_by_role("menuitem", name=action).click()


async def test_who_was_invited_joins_writes_and_is_suspended_and_reinstated(
    browser: Browser, ann: BrowserContext, server: Server
) -> None:
    bob = await is_invited(browser, ann, server, "Bob")
    await begins(bob)
    await is_saved(bob)
    home = await bob.context.new_page()
    await home.goto(server.url)
    await home.get_by_role("heading", name="Home").wait_for()
    people = await opens(ann, f"{server.url}/admin/people")
    await chooses(people, "Bob", "Suspend…")
    await people.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    await expect(people.get_by_role("listitem").filter(has_text="Bob")).to_contain_text("Suspended")

    await expect(chip(bob)).to_have_text("Signed out: sign in to go on")
    await expect(body(bob)).to_have_attribute("contenteditable", "false")
    await expect(home.get_by_role("heading", name=re.compile("^Sign in to"))).to_be_visible()
    await signs_in(home, "bob@example.org")
    await expect(home.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    await chooses(people, "Bob", "Reinstate")
    await expect(people.get_by_role("listitem").filter(has_text="Bob")).not_to_contain_text("Suspended")
    await home.get_by_role("button", name="Sign in").click()
    await expect(home.get_by_role("button", name="Bob menu")).to_be_visible()
    await people.close()
    await bob.context.close()


async def test_who_forgot_the_password_gets_a_link_from_the_operator(
    browser: Browser, ann: BrowserContext, server: Server
) -> None:
    cleo = await is_invited(browser, ann, server, "Cleo")
    await opens_own_menu(cleo, "Cleo")
    await expect(cleo.get_by_role("menuitem", name="Administration")).to_have_count(0)
    await cleo.goto(f"{server.url}/admin/people")
    await expect(cleo.get_by_role("heading", name="Only operators see this")).to_be_visible()
    people = await opens(ann, f"{server.url}/admin/people")
    await chooses(people, "Cleo", "Link for a new password")
    url = await people.get_by_label("Link", exact=True).input_value()
    await people.close()
    page = await (await browser.new_context()).new_page()
    await page.goto(server.url)
    await page.get_by_role("button", name="Forgot the password?").click()
    await expect(page.get_by_text("This server sends no e-mail.")).to_be_visible()
    await page.goto(url)
    await page.get_by_label("New password", exact=True).fill(OTHER_PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await page.get_by_role("link", name="Sign in").click()
    await signs_in(page, "cleo@example.org", OTHER_PASSWORD)
    await expect(page.get_by_role("button", name="Cleo menu")).to_be_visible()
    await page.goto("about:blank")
    await page.goto(url)
    await page.get_by_label("New password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_role("alert")).to_contain_text("has been used, or has run out")
    await page.context.close()
    await cleo.context.close()


async def test_the_last_operator_stays_one_and_is_told_why(ann: BrowserContext, server: Server) -> None:
    people = await opens(ann, f"{server.url}/admin/people")
    await chooses(people, "Ann", "Make ordinary member")
    await expect(people.get_by_role("status").filter(has_text="Somebody has to administer")).to_be_visible()
    await expect(people.get_by_role("listitem").filter(has_text="Ann")).to_contain_text("Operator")
    await people.get_by_label("Find people").fill("nobody like that")
    await expect(people.get_by_text("Nobody of that name")).to_be_visible()
    await people.close()


async def test_settings_of_the_workspace_hold_for_who_comes_next(
    browser: Browser, ann: BrowserContext, server: Server
) -> None:
    page = await opens(ann, f"{server.url}/admin/workspace")
    await page.get_by_label("Name of the workspace").fill("Harbour")
    await page.get_by_label("Who can make an account").select_option("Anybody")
    await page.get_by_label("Only with e-mail addresses of").fill("harbour.example")
    await page.get_by_label("Days in the trash").fill("0")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Days in the trash")).to_be_focused()
    await page.get_by_label("Days in the trash").fill("7")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("navigation", name="Quillroom").get_by_text("Harbour")).to_be_visible()

    newcomer = await (await browser.new_context()).new_page()
    await newcomer.goto(server.url)
    await expect(newcomer.get_by_role("heading", name="Sign in to Harbour")).to_be_visible()
    await newcomer.get_by_role("button", name="Create an account").click()
    await newcomer.get_by_label("Your name").fill("Dan")
    await newcomer.get_by_label("Password", exact=True).fill(PASSWORD)
    await newcomer.get_by_label("E-mail address").fill("dan@elsewhere.example")
    await newcomer.get_by_role("button", name="Create an account").click()
    await expect(newcomer.get_by_role("alert")).to_be_visible()
    await newcomer.get_by_label("E-mail address").fill("dan@harbour.example")
    await newcomer.get_by_role("button", name="Create an account").click()
    await expect(newcomer.get_by_role("button", name="Dan menu")).to_be_visible()
    await newcomer.context.close()
    await page.close()


async def test_the_audit_log_tells_who_did_what_and_is_taken_along(ann: BrowserContext, server: Server) -> None:
    page = await opens(ann, f"{server.url}/admin/audit")
    await expect(page.get_by_text("The chain is intact")).to_be_visible()
    await expect(page.get_by_role("row").nth(1)).to_contain_text(re.compile(r"Ann|Dan"))
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Export").click()
    lines = (await (await waiting.value).path()).read_text().splitlines()
    assert all(json.loads(line) for line in lines)
    assert len(lines) >= 2
    await page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
async def test_axe_finds_nothing_grave_at_the_door_and_in_the_administration(
    browser: Browser, ann: BrowserContext, server: Server, scheme: Literal["light", "dark"], width: int
) -> None:
    context = await browser.new_context(
        storage_state=await ann.storage_state(),
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    stranger = await browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    only = "color-contrast" if scheme == "dark" else None
    faults: dict[str, list[str]] = {}
    for name in ("workspace", "people", "audit"):
        page = await opens(context, f"{server.url}/admin/{name}")
        if found := await grave_faults(page, only):
            faults[name] = found
        await page.close()
    page = await stranger.new_page()
    for name in ("signin", "join#nothing", "reset#nothing", "s#nothing"):
        await page.goto("about:blank")
        await page.goto(f"{server.url}/{name}")
        await page.get_by_role("heading", level=1).wait_for()
        await expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        if found := await grave_faults(page, only):
            faults[name] = found
    await context.close()
    await stranger.close()
    assert not faults, json.dumps(faults, indent=1)
