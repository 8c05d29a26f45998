"""What a person settles for themselves: profile, password, second factor, sessions, tokens."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import pyotp
import pytest
import pytest_asyncio
from e2e.axe import grave_faults
from e2e.page import PASSWORD, begins, chip, is_saved, signs_in, signs_out
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, expect

from support.members import client
from support.server import Server
from support.servers import a_server

PERIOD_SECONDS = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all; its only account is Ann's."""
    running = a_server(tmp_path_factory.mktemp("settings"), is_open=False).start()
    yield running
    running.goes()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def account(browser: Browser, server: Server) -> str:
    """Ann's address."""
    context = await browser.new_context()
    ann = {"name": "Ann", "email": "ann@example.org", "password": PASSWORD}
    made = await context.request.post(f"{server.url}/api/accounts", data=ann, headers={"Origin": server.url})
    assert made.status == 201, await made.text()
    await context.close()
    return ann["email"]


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, server: Server, account: str) -> AsyncIterator[BrowserContext]:
    """A browser in which Ann is signed in."""
    opened = await browser.new_context(permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce")
    opened.set_default_timeout(15_000)
    await comes_back(opened, server, account)
    yield opened
    await opened.close()


async def comes_back(context: BrowserContext, server: Server, email: str, password: str = PASSWORD) -> None:
    """Signs in, without the form."""
    who = {"email": email, "password": password}
    answer = await context.request.post(f"{server.url}/api/session", data=who, headers={"Origin": server.url})
    assert answer.status == 201, await answer.text()


async def opens(context: BrowserContext, address: str) -> Page:
    """A page of the settings, with its list or form."""
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("main").get_by_role("heading", level=2).first.wait_for()
    return page


async def test_a_profile_shows_at_once_wherever_one_is_shown(
    context: BrowserContext, server: Server, tmp_path: Path
) -> None:
    page = await opens(context, f"{server.url}/settings/profile")
    await page.get_by_label("Name").fill("Ann Abel")
    await page.get_by_role("radio", name="Colour 3", exact=True).check()
    await page.get_by_label("Time zone").select_option("Asia/Shanghai")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Ann Abel menu")).to_be_visible()
    picture = tmp_path / "ann.png"
    Image.new("RGB", (300, 200), "teal").save(picture)
    await page.get_by_label("Choose a picture").last.set_input_files(picture)
    shown = page.get_by_role("main").get_by_role("img", name="Ann Abel").locator("img")
    # A process of its own makes it small, and has to be started first.
    await expect(shown).to_have_js_property("naturalWidth", 256, timeout=15_000)
    await page.reload()
    await expect(page.get_by_label("Time zone")).to_have_value("Asia/Shanghai")
    await expect(page.get_by_role("radio", name="Colour 3", exact=True)).to_be_checked()
    await page.get_by_role("button", name="Remove picture").click()
    await expect(shown).to_have_count(0)
    await page.get_by_label("Name").fill("Ann")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Ann menu")).to_be_visible()


async def test_a_changed_password_signs_out_the_other_window_and_says_so_there(
    browser: Browser, context: BrowserContext, server: Server, account: str
) -> None:
    elsewhere = await browser.new_context()
    await comes_back(elsewhere, server, account)
    other = await elsewhere.new_page()
    await other.goto(server.url)
    await begins(other)
    await is_saved(other)
    page = await opens(context, f"{server.url}/settings/security")
    await page.get_by_label("Current password", exact=True).fill("guessed-it 7")
    await page.get_by_label("New password", exact=True).fill("another 4 quays")
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_role("alert")).to_have_text("This password is wrong.")
    await page.get_by_label("Current password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_role("status").filter(has_text="Your password is changed")).to_be_visible()
    await expect(chip(other)).to_have_text("Signed out: sign in to go on")
    await elsewhere.close()
    # This window goes on.
    await page.get_by_label("Current password", exact=True).fill("another 4 quays")
    await page.get_by_label("New password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_label("New password", exact=True)).to_have_value("")


async def test_a_second_factor_is_asked_for_until_it_is_turned_off(
    browser: Browser, context: BrowserContext, server: Server, account: str
) -> None:
    page = await opens(context, f"{server.url}/settings/security")
    await page.get_by_role("button", name="Turn on").click()
    await page.get_by_role("dialog").get_by_label("Current password", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    app = pyotp.TOTP(await page.get_by_label("Key").input_value())
    assert await grave_faults(page) == []
    await page.get_by_label("Code from your app").fill("000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code from your app")).to_have_accessible_description(re.compile("code is wrong"))
    await page.get_by_label("Code from your app").fill(app.now())
    await page.keyboard.press("Enter")
    shown = page.get_by_role("list", name="Keep these recovery codes").get_by_role("listitem")
    await expect(shown).to_have_count(10)
    codes = await shown.all_inner_texts()
    await page.get_by_role("button", name="Copy", exact=True).click()
    assert codes[9] in await page.evaluate("navigator.clipboard.readText()")
    await page.get_by_role("button", name="I have kept them").click()
    await expect(page.get_by_text("On: signing in takes a code from your app.")).to_be_visible()

    elsewhere = await browser.new_context()
    elsewhere.set_default_timeout(15_000)
    other = await elsewhere.new_page()
    await other.goto(f"{server.url}/settings/sessions")
    await signs_in(other, account)
    await expect(other.get_by_label("Code from your app")).to_be_focused()
    await other.keyboard.type("123456")
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("alert")).to_contain_text("This code is wrong")
    await other.get_by_role("button", name="Use a recovery code").click()
    await other.get_by_label("Recovery code").fill(codes[0])
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("heading", name="Sessions")).to_be_visible()
    await signs_out(other, "Ann")
    await signs_in(other, account)
    await other.get_by_label("Code from your app").fill(await asyncio.to_thread(_next_code, app))
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("button", name="Ann menu")).to_be_visible()
    await elsewhere.close()

    await page.get_by_role("button", name="Turn off").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Current password", exact=True).fill(PASSWORD)
    await dialog.get_by_label("Code from your app").fill(codes[1])
    await dialog.get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Turn on")).to_be_visible()


def _next_code(app: pyotp.TOTP) -> str:
    """One that was not used yet: the server takes each once, and one of the near future too."""
    return app.at(time.time() + PERIOD_SECONDS)


async def test_sessions_are_listed_and_can_be_ended(
    browser: Browser, context: BrowserContext, server: Server, account: str
) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605 Version/26.0 Safari/604.1"
    phone = await browser.new_context(user_agent=agent)
    await comes_back(phone, server, account)
    other = await phone.new_page()
    await other.goto(server.url)
    await other.get_by_role("heading", name="Home").wait_for()
    page = await opens(context, f"{server.url}/settings/sessions")
    await expect(page.get_by_role("listitem").filter(has_text="This one")).to_contain_text("Linux")
    await page.get_by_role("button", name="End session: Safari on iPhone").click()
    await expect(page.get_by_role("listitem").filter(has_text="iPhone")).to_have_count(0)
    await expect(other.get_by_role("heading", name="Sign in to Quillroom")).to_be_visible()
    await phone.close()
    await page.get_by_role("button", name="Sign out everywhere", exact=True).click()
    await expect(page.get_by_role("heading", name="Sign in to Quillroom")).to_be_visible()
    assert (await context.request.get(f"{server.url}/api/session")).status == 401


async def test_a_token_is_shown_once_and_works_until_it_is_revoked(context: BrowserContext, server: Server) -> None:
    page = await opens(context, f"{server.url}/settings/tokens")
    await page.get_by_role("button", name="New token").click()
    await page.get_by_label("What is it for?").fill("Nightly export")
    await page.get_by_label("Read pages").uncheck()
    await expect(page.get_by_role("alert")).to_have_text("Choose at least one.")
    await page.get_by_label("Read pages").check()
    await page.get_by_role("button", name="Create token").click()
    secret = await page.get_by_label("Your new token").last.input_value()
    script = {"Authorization": f"Bearer {secret}"}
    await page.get_by_role("button", name="Done").click()
    assert secret not in await page.content()
    assert await _status(server, script) == 200
    await page.get_by_role("button", name="Revoke Nightly export").click()
    await expect(page.get_by_text("No tokens yet")).to_be_visible()
    assert await _status(server, script) == 401


async def _status(server: Server, headers: dict[str, str]) -> int:
    """What a script without any cookie gets."""
    async with client(server) as web:
        return (await web.get("/api/documents", headers=headers)).status_code


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
async def test_axe_finds_nothing_grave_in_the_settings(
    browser: Browser, server: Server, account: str, scheme: Literal["light", "dark"], width: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    await comes_back(context, server, account)
    faults: dict[str, list[str]] = {}
    for name in ("profile", "security", "sessions", "tokens"):
        page = await opens(context, f"{server.url}/settings/{name}")
        if found := await grave_faults(page, only="color-contrast" if scheme == "dark" else None):
            faults[name] = found
        await page.close()
    await context.close()
    assert not faults, json.dumps(faults, indent=1)
