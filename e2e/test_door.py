"""Coming in: the first account, signing in and out, and the way of a guest."""

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from e2e.page import PASSWORD, body, is_saved, log_of, opens_own_menu, signs_in, signs_out
from playwright.async_api import Browser, BrowserContext, Page, expect

from support.ports import free_port
from support.provider import SignInProvider
from support.server import Server
from support.servers import a_server

FIRST_RUN_SECONDS = 60


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser of one's own."""
    opened = await browser.new_context()
    opened.set_default_timeout(15_000)
    yield opened
    await opened.close()


async def creates_the_first_account(page: Page, server: Server, name: str = "Ann") -> None:
    """As a newcomer does it, until the page of welcome is there."""
    await page.goto(server.url)
    await fills_in_an_account(page, name)


async def fills_in_an_account(page: Page, name: str) -> None:
    """The form of the first account."""
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("E-mail address").fill(f"{name.lower()}@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.wait_for_url("**/d/*")
    await is_saved(page)


async def test_from_the_command_to_the_first_character_takes_less_than_a_minute(
    context: BrowserContext, tmp_path: Path
) -> None:
    began = time.monotonic()
    server = a_server(tmp_path, is_open=False).start()
    try:
        page = await context.new_page()
        await creates_the_first_account(page, server)
        await body(page).click()
        await page.keyboard.press("End")
        await page.keyboard.type("Here I am. ")
        await is_saved(page)
        took = time.monotonic() - began
        assert "Here I am." in log_of(server, page.url)
        assert took < FIRST_RUN_SECONDS
        await expect(page.get_by_role("textbox", name="Title")).to_have_text("Welcome")
    finally:
        server.goes()


async def test_a_guest_may_look_around_before_anybody_has_an_account_and_make_one_later(
    context: BrowserContext, server: Server
) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    await page.get_by_role("button", name="Just look around first, with only a name").click()
    await expect(page.get_by_label("Your name")).to_be_focused()
    await page.keyboard.type("Ann")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("navigation").first).to_be_visible()
    await opens_own_menu(page, "Ann")
    await page.get_by_role("menuitem", name="Sign in or create an account").click()
    await expect(page.get_by_role("heading", name="Create the first account")).to_be_visible()
    await fills_in_an_account(page, "Ann")
    await opens_own_menu(page, "Ann")
    await expect(page.get_by_role("menuitem", name="Administration")).to_be_visible()


async def test_who_signed_out_signs_in_again_and_gets_where_they_wanted(
    context: BrowserContext, server: Server
) -> None:
    page = await context.new_page()
    await creates_the_first_account(page, server)
    wanted = page.url
    await signs_out(page, "Ann")
    await page.goto(wanted)
    await expect(page.get_by_role("heading", name="Sign in to Quillroom")).to_be_visible()
    await signs_in(page, "ann@example.org")
    await is_saved(page)
    assert page.url == wanted
    await page.goto(f"{server.url}/signin?next=//evil.example/")
    await expect(page).to_have_url(f"{server.url}/")


async def test_a_wrong_password_is_said_at_its_field_and_can_be_typed_again(
    context: BrowserContext, server: Server
) -> None:
    page = await context.new_page()
    await creates_the_first_account(page, server)
    await signs_out(page, "Ann")
    password = page.get_by_label("Password", exact=True)
    await page.get_by_label("E-mail address").fill("ann@example.org")
    await page.get_by_role("button", name="Sign in").click()
    await expect(password).to_be_focused()
    await expect(password).to_have_accessible_description("Fill this in.")
    await password.fill("guessed-it 7")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    await expect(password).to_be_focused()
    await expect(password).to_have_attribute("aria-invalid", "true")
    await password.fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/$"))
    await opens_own_menu(page, "Ann")


async def test_whoever_uses_only_the_keyboard_signs_in(context: BrowserContext, server: Server) -> None:
    page = await context.new_page()
    await creates_the_first_account(page, server)
    await signs_out(page, "Ann")
    await page.goto(f"{server.url}/signin")
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await page.keyboard.type("ann@example.org")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Show password")).to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Ann menu")).to_be_visible()


async def signs_in_there(page: Page, login: str) -> None:
    """On the pages of the other service, which asks who one is and whether we may know."""
    await page.get_by_role("link", name="Continue with Our house").click()
    await page.locator('[name="login"]').fill(login)
    await page.locator('[name="password"]').fill("any")
    await page.locator('[type="submit"]').click()
    await page.locator('[type="submit"]').click()


async def test_the_house_lets_its_people_in_and_who_was_not_invited_is_told(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    provider = SignInProvider(port).start()
    server = a_server(tmp_path, is_open=False, options=provider.options)
    server.port = port
    server.start()
    try:
        ann, bob = [await (await browser.new_context()).new_page() for _ in range(2)]
        await ann.goto(server.url)
        await signs_in_there(ann, "ann")
        await is_saved(ann)
        await expect(ann.get_by_role("textbox", name="Title")).to_have_text("Welcome")
        await bob.goto(server.url)
        await signs_in_there(bob, "bob")
        await expect(bob.get_by_role("alert")).to_have_text("One can join this workspace only by an invitation.")
        await ann.context.close()
        await bob.context.close()
    finally:
        server.goes()
        provider.stop()
