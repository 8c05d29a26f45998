"""Signing in by a real OpenID Connect provider, as a browser does it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from quillroom.protocol.closes import Close
from quillroom.services.single_sign_on import local
from support.members import PASSWORD, Account, signs_up
from support.person import Person
from support.ports import free_port
from support.provider import (
    SignInProvider,
    goes_to_provider,
    signs_in_by_provider,
    signs_in_there,
)
from support.servers import a_server


class House:
    """Our server and its provider."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.provider = SignInProvider(port).start()
        self.server = a_server(folder, is_open=False, options=self.provider.options)
        self.server.port = port
        self.server.start()

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.server.url, timeout=20)

    def closes(self) -> None:
        self.server.goes()
        self.provider.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.closes()


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.browser() as opened:
        yield opened


@pytest.fixture
async def ann(house: House) -> AsyncIterator[Account]:
    """Administers, by a password."""
    async with house.browser() as opened:
        yield await signs_up(opened, "Ann")


async def who(browser: httpx.AsyncClient) -> str | None:
    answer = await browser.get("/api/session")
    return answer.json()["user"]["name"] if answer.status_code == 200 else None


async def opens_sign_up(ann: Account, **more: object) -> None:
    answer = await ann.request("PATCH", "/api/settings", json={"sign_up": "open", **more})
    assert answer.status_code == 200


async def test_the_first_who_comes_by_the_provider_administers(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/api/setup")).json()["oidc"] == {"name": "Our house"}
    place = await signs_in_by_provider(browser, "zoe")
    assert place.startswith("/d/")
    session = (await browser.get("/api/session")).json()
    assert (session["user"]["name"], session["email"], session["is_operator"]) == ("Zoe", "zoe@example.org", True)
    assert session["has_password"] is False


async def test_bob_comes_back_as_himself_where_he_wanted_to_go_with_another_session(
    ann: Account, house: House, browser: httpx.AsyncClient
) -> None:
    await opens_sign_up(ann)
    assert await signs_in_by_provider(browser, "bob", "/d/page?x=1#y") == "/d/page?x=1#y"
    first = browser.cookies["quillroom_session"]
    id = (await browser.get("/api/session")).json()["user"]["id"]
    assert "quillroom_oidc" not in browser.cookies
    await signs_in_by_provider(browser, "bob")
    assert browser.cookies["quillroom_session"] != first
    async with house.browser() as other:
        await signs_in_by_provider(other, "bob")
        assert (await other.get("/api/session")).json()["user"]["id"] == id
        assert (await other.get("/api/session", headers={"Authorization": f"Bearer {first}"})).status_code == 401
    entries = (await ann.get("/api/audit"))["entries"]
    assert {"how": "oidc"} in [entry["data"] for entry in entries if entry["action"] == "session.signed_in"]


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example", "/api/me", "", "/\tx"])
def test_nobody_is_sent_elsewhere_after_signing_in(next: str) -> None:
    assert local(next) == "/"
    assert local("/d/page") == "/d/page"


async def test_an_answer_is_good_once_in_the_browser_that_asked(
    ann: Account, house: House, browser: httpx.AsyncClient
) -> None:
    await opens_sign_up(ann)
    back = await signs_in_there(browser, await goes_to_provider(browser, "//evil.example"), "bob")
    async with house.browser() as victim:
        assert (await victim.get(back)).headers["location"] == "/signin?error=expired"
        assert await who(victim) is None
    assert (await browser.get(back)).headers["location"] == "/signin?error=expired"

    back = await signs_in_there(browser, await goes_to_provider(browser, "//evil.example"), "bob")
    forged = back.replace(parse_qs(urlsplit(back).query)["state"][0], "guess")
    assert (await browser.get(forged)).headers["location"] == "/signin?error=expired"

    address = await goes_to_provider(browser, "//evil.example")
    key = browser.cookies["quillroom_oidc"]
    back = await signs_in_there(browser, address, "bob")
    assert (await browser.get(back)).headers["location"] == "/"
    assert await who(browser) == "Bob"
    await browser.delete("/api/session", headers={"Origin": house.server.url})
    browser.cookies.set("quillroom_oidc", key)
    assert (await browser.get(back)).headers["location"] == "/signin?error=expired"
    assert await who(browser) is None


async def test_a_code_is_good_once_and_for_the_question_it_answers(
    ann: Account, house: House, browser: httpx.AsyncClient
) -> None:
    """The code of another sign-in, with a state and a key that are good: PKCE and the provider refuse it."""
    await opens_sign_up(ann)
    async with house.browser() as other:
        stolen = parse_qs(urlsplit(await signs_in_there(other, await goes_to_provider(other), "bob")).query)["code"][0]
    back = await signs_in_there(browser, await goes_to_provider(browser), "eve")
    mixed = back.replace(parse_qs(urlsplit(back).query)["code"][0], stolen)
    assert (await browser.get(mixed)).headers["location"] == "/signin?error=invalid"
    assert await who(browser) is None


async def test_another_provider_that_answers_and_a_person_who_says_no_are_refused(
    ann: Account, house: House, browser: httpx.AsyncClient
) -> None:
    state = parse_qs(urlsplit(await goes_to_provider(browser)).query)["state"][0]
    mixed_up = {"state": state, "code": "x", "iss": "https://evil.example"}
    answer = await browser.get("/api/oidc/callback", params=mixed_up)
    assert answer.headers["location"] == "/signin?error=invalid"
    state = parse_qs(urlsplit(await goes_to_provider(browser)).query)["state"][0]
    said_no = {"state": state, "error": "access_denied", "iss": house.provider.issuer}
    answer = await browser.get("/api/oidc/callback", params=said_no)
    assert answer.headers["location"] == "/signin?error=cancelled"


async def test_an_address_counts_only_when_the_provider_says_true(ann: Account, browser: httpx.AsyncClient) -> None:
    await opens_sign_up(ann)
    for login in ("unverified-bob", "claimed-bob", "unverified-ann"):
        assert await signs_in_by_provider(browser, login) == "/signin?error=unverified"
        assert await who(browser) is None
        browser.cookies.clear()
    assert await signs_in_by_provider(browser, "nameless-bob") == "/"
    assert await who(browser) == "bob"


async def test_sign_up_rules_hold_for_the_provider_too(ann: Account, house: House) -> None:
    async def result(login: str) -> str:
        async with house.browser() as browser:
            return await signs_in_by_provider(browser, login)

    assert await result("bob") == "/signin?error=not_invited"
    await opens_sign_up(ann, allowed_domains=["example.com"])
    assert await result("bob") == "/signin?error=not_invited"
    page = await ann.makes_page()
    await ann.request("PUT", f"/api/documents/{page}/access", json={"general": "private"})
    await ann.request("PATCH", "/api/settings", json={"sign_up": "invitation"})
    invited = {"email": "bob@example.org", "document": page, "role": "comment"}
    await ann.request("POST", "/api/invitations", json=invited)
    assert await result("carol") == "/signin?error=not_invited"
    async with house.browser() as bob:
        assert await signs_in_by_provider(bob, "bob") == "/"
        assert (await bob.get(f"/api/documents/{page}/access")).json()["role"] == "comment"
    assert (await ann.get("/api/invitations"))["invitations"] == []
    await ann.request("PATCH", "/api/settings", json={"sign_up": "closed"})
    assert await result("carol") == "/signin?error=not_invited"
    assert await result("bob") == "/"
    [id] = [each["id"] for each in (await ann.get("/api/people"))["people"] if each["name"] == "Bob"]
    await ann.request("PATCH", f"/api/people/{id}", json={"is_suspended": True})
    assert await result("bob") == "/signin?error=suspended"


async def test_an_account_of_that_address_is_taken_over_wholly_by_who_owns_the_address(
    ann: Account, house: House, browser: httpx.AsyncClient
) -> None:
    """Eve made an account with Bob's address before he came: nothing of hers opens it when it is his."""
    await opens_sign_up(ann)
    eve = await signs_up(ann.web, "Bob")
    page = await eve.makes_page()
    made = await eve.request("POST", "/api/me/tokens", json={"name": "kept", "scopes": ["read"]})
    token = {"Authorization": f"Bearer {made.json()['secret']}"}
    sockets = [await Person(house.server.sync, page, headers=headers).joins() for headers in (eve.headers, token)]
    assert await signs_in_by_provider(browser, "bob") == "/"
    session = (await browser.get("/api/session")).json()
    assert (session["user"]["id"], session["has_password"]) == (eve.id, False)
    for socket in sockets:
        async with asyncio.timeout(5):
            await socket.waits(lambda socket=socket: socket.close_code == Close.SIGNED_OUT)  # type: ignore[misc]
    assert (await eve.request("GET", "/api/session")).status_code == 401
    assert (await browser.get("/api/documents", headers=token)).status_code == 401
    async with house.browser() as opened:
        answer = await opened.post("/api/session", json={"email": "bob@example.org", "password": PASSWORD})
        assert answer.status_code == 401
        assert await signs_in_by_provider(opened, "nameless-bob") == "/signin?error=taken"
    cookie = {"Cookie": f"quillroom_session={browser.cookies['quillroom_session']}", "Origin": house.server.url}
    back = await Person(house.server.sync, page, headers=cookie).joins()
    await back.leaves()


async def test_a_provider_that_is_down_and_one_with_new_keys(
    ann: Account, house: House, browser: httpx.AsyncClient
) -> None:
    await opens_sign_up(ann)
    house.provider.stop()
    answer = await browser.get("/api/oidc/start")
    assert answer.headers["location"] == "/signin?error=provider_down"
    house.provider.start()
    assert await signs_in_by_provider(browser, "bob") == "/"
    address = await goes_to_provider(browser)
    house.provider.stop()
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = await browser.get("/api/oidc/callback", params={"state": state, "code": "x"})
    assert answer.headers["location"] == "/signin?error=provider_down"
    assert await who(browser) == "Bob"
    house.provider.start()
    async with house.browser() as other:
        assert await signs_in_by_provider(other, "bob") == "/"
        assert await who(other) == "Bob"
