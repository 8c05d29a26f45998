"""Accounts: who gets in, by what, and for how long."""

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pyotp
import pytest
from PIL import Image

from quillroom.protocol.closes import Close
from server.walk_accounts import picture
from support.members import PASSWORD, Account, client, is_guest, signs_in, signs_up
from support.person import Person
from support.server import Server


@pytest.fixture
async def web(closed_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client(closed_server) as opened:
        yield opened


def change(server: Server, statement: str, *values: object) -> None:
    """What an operator would do with a file and a shell."""
    server.sql(statement, *values)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def opens_sign_up(server: Server) -> None:
    change(server, "INSERT INTO setting (name, value) VALUES ('sign_up', '\"open\"')")


# -- coming in


async def test_the_first_account_administers_and_finds_a_page_that_says_hello(web: httpx.AsyncClient) -> None:
    assert (await web.get("/api/setup")).json()["claimed"] is False
    ann = await signs_up(web, "Ann")
    assert ann.session["is_operator"]
    assert (await web.get("/api/setup")).json()["claimed"] is True
    page = await ann.request("GET", f"/api/documents/{ann.session['welcome']}?format=markdown")
    assert "- [ ]" in page.text


async def test_of_two_first_accounts_at_the_same_instant_one_administers(web: httpx.AsyncClient) -> None:
    bodies = [{"email": f"p{n}@example.org", "password": PASSWORD, "name": f"P{n}"} for n in range(2)]
    answers = await asyncio.gather(*(web.post("/api/accounts", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 403]


async def test_one_joins_by_invitation_only_until_an_operator_opens_the_door(
    web: httpx.AsyncClient, closed_server: Server
) -> None:
    await signs_up(web, "Ann")
    bob = {"email": "bob@example.org", "password": PASSWORD, "name": "Bob"}
    assert code_of(await web.post("/api/accounts", json=bob)) == (403, "not_allowed")
    assert code_of(await web.post("/api/accounts", json={**bob, "invitation": "guess"})) == (403, "not_allowed")
    await opens_sign_up(closed_server)
    joined = await signs_up(web, "Bob")
    assert not joined.session["is_operator"]
    change(closed_server, "INSERT INTO setting (name, value) VALUES ('allowed_domains', '[\"example.com\"]')")
    carol = {"email": "carol@example.org", "password": PASSWORD, "name": "Carol"}
    assert code_of(await web.post("/api/accounts", json=carol)) == (403, "not_allowed")


async def test_one_address_is_one_account_however_it_is_written(web: httpx.AsyncClient, closed_server: Server) -> None:
    await signs_up(web, "Ann")
    await opens_sign_up(closed_server)
    again = {"email": " ANN@Example.org ", "password": PASSWORD, "name": "Other"}
    assert code_of(await web.post("/api/accounts", json=again)) == (409, "taken")
    answer = await web.post("/api/session", json={"email": "Ann@EXAMPLE.org", "password": PASSWORD})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "email",
    ["", "ann", "ann@", "@example.org", "a b@example.org", "ann@exa mple.org", "аnn@example.org", "ann@example..org",
     "ann@example.org\r\nBcc: all@example.org", "<ann@example.org>", "x" * 65 + "@example.org", 5, None],
)  # fmt: skip
async def test_what_is_no_address_is_refused(web: httpx.AsyncClient, email: object) -> None:
    body = {"email": email, "password": PASSWORD, "name": "Ann"}
    assert code_of(await web.post("/api/accounts", json=body)) == (400, "invalid")
    assert (await web.get("/api/setup")).json()["claimed"] is False


@pytest.mark.parametrize(
    "password", ["", "short", "password1", "ANN@example.org", "aaaaaaaaaaaa", "x" * 257, 12345678, None, ["a" * 9]]
)
async def test_a_password_that_anybody_would_guess_is_refused(web: httpx.AsyncClient, password: object) -> None:
    body = {"email": "ann@example.org", "password": password, "name": "Ann"}
    assert code_of(await web.post("/api/accounts", json=body)) == (400, "invalid")


async def test_a_guest_who_joins_keeps_what_they_wrote_and_nobody_else_keeps_their_session(
    closed_server: Server,
) -> None:
    async with client(closed_server) as browser:
        guest = (await browser.post("/api/session/guest", json={"name": "Ann", "token": True})).json()
        made = (await browser.post("/api/documents", json={"title": "Mine"})).json()["document"]["id"]
        joined = await browser.post("/api/accounts", json={"email": "a@b.org", "password": PASSWORD, "name": "Ann"})
        assert joined.json()["user"]["id"] == guest["user"]["id"]
        assert (await browser.get(f"/api/documents/{made}")).status_code == 200
        browser.cookies.clear()
        headers = {"Authorization": f"Bearer {guest['token']}"}
        assert (await browser.get("/api/session", headers=headers)).status_code == 401


async def test_guests_are_members_only_while_nobody_has_an_account(
    web: httpx.AsyncClient, closed_server: Server
) -> None:
    guest = await is_guest(web, "Gus")
    page = await guest.makes_page()
    socket = await Person(closed_server.sync, page, headers=guest.headers).joins()
    other = await is_guest(web)
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", other.session["user"]["name"])
    watching = await Person(closed_server.sync, page, headers=other.headers).joins()
    await signs_up(web, "Ann")
    assert code_of(await other.request("POST", "/api/documents", json={})) == (403, "not_allowed")
    assert code_of(await other.request("GET", f"/api/documents/{page}")) == (404, "not_found")
    await watching.waits(lambda: watching.close_code == Close.ACCESS_ENDED)
    await socket.types("still mine")
    await socket.is_saved()
    await socket.leaves()


async def test_signing_in_says_nothing_about_what_was_wrong(web: httpx.AsyncClient) -> None:
    await signs_up(web, "Ann")
    wrong = await web.post("/api/session", json={"email": "ann@example.org", "password": "three green cats"})
    nobody = await web.post("/api/session", json={"email": "bob@example.org", "password": PASSWORD})
    nothing = await web.post("/api/session", json={})
    for answer in (wrong, nobody, nothing):
        assert code_of(answer) == (401, "wrong_credentials")
        assert answer.content == wrong.content
        assert "set-cookie" not in answer.headers


async def test_who_tries_too_often_waits_and_others_do_not(web: httpx.AsyncClient, closed_server: Server) -> None:
    await signs_up(web, "Ann")
    await opens_sign_up(closed_server)
    await signs_up(web, "Bob")
    body = {"email": "ann@example.org", "password": "wrong guess"}
    answers = [await web.post("/api/session", json=body) for _ in range(12)]
    assert [answer.status_code for answer in answers][:10] == [401] * 10
    assert code_of(answers[-1]) == (429, "throttled")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    right = await web.post("/api/session", json={"email": "ann@example.org", "password": PASSWORD})
    assert right.status_code == 429  # else the wait would tell which guess was right
    await signs_in(web, "Bob")


# -- sessions


async def test_signing_in_gives_another_session_and_ends_the_one_before(closed_server: Server) -> None:
    async with client(closed_server) as browser:
        await signs_up(browser, "Ann")
        await browser.post("/api/session", json={"email": "ann@example.org", "password": PASSWORD})
        first = browser.cookies["quillroom_session"]
        await browser.post("/api/session", json={"email": "ann@example.org", "password": PASSWORD})
        assert browser.cookies["quillroom_session"] != first
        assert (await browser.get("/api/session")).status_code == 200
        browser.cookies.clear()
        headers = {"Authorization": f"Bearer {first}"}
        assert (await browser.get("/api/session", headers=headers)).status_code == 401


async def test_a_session_that_somebody_made_up_or_fixed_is_none(web: httpx.AsyncClient) -> None:
    await signs_up(web, "Ann")
    for token in ("x", "a" * 43, "qr_" + "a" * 43, "é" * 5):
        headers = {b"Authorization": b"Bearer " + token.encode()}
        assert (await web.get("/api/session", headers=headers)).status_code == 401
    fixed = {"Cookie": "quillroom_session=" + "f" * 43}
    body = {"email": "ann@example.org", "password": PASSWORD}
    answer = await web.post("/api/session", json=body, headers=fixed)
    assert answer.status_code == 201
    assert "f" * 43 not in answer.headers["set-cookie"]


async def test_everyone_sees_their_own_sessions_and_ends_them(web: httpx.AsyncClient, closed_server: Server) -> None:
    laptop = await signs_up(web, "Ann")
    phone, tablet = await signs_in(web, "Ann"), await signs_in(web, "Ann")
    await opens_sign_up(closed_server)
    bob = await signs_up(web, "Bob")
    listed = (await phone.get("/api/sessions"))["sessions"]
    assert [each["is_current"] for each in listed].count(True) == 1
    assert len(listed) == 3
    [current] = [each["id"] for each in listed if each["is_current"]]
    assert code_of(await bob.request("DELETE", f"/api/sessions/{current}")) == (404, "not_found")
    [tablets] = [each["id"] for each in (await tablet.get("/api/sessions"))["sessions"] if each["is_current"]]
    assert (await phone.request("DELETE", f"/api/sessions/{tablets}")).status_code == 204
    assert (await tablet.request("GET", "/api/session")).status_code == 401
    assert (await phone.request("DELETE", "/api/sessions?others=1")).status_code == 204
    assert [(await each.request("GET", "/api/session")).status_code for each in (phone, laptop, bob)] == [200, 401, 200]
    assert (await phone.request("DELETE", "/api/sessions")).status_code == 204
    assert (await phone.request("GET", "/api/session")).status_code == 401


@pytest.mark.parametrize("column", ["expires_at", "seen_at"])
async def test_a_session_ends_by_age_and_when_it_is_not_used(
    web: httpx.AsyncClient, closed_server: Server, column: str
) -> None:
    ann = await signs_up(web, "Ann")
    assert (await ann.request("GET", "/api/session")).status_code == 200
    change(closed_server, f"UPDATE session SET {column} = ?", time.time() - 31 * 24 * 3600)
    assert (await ann.request("GET", "/api/session")).status_code == 401


async def test_a_new_password_ends_all_other_sessions_and_their_sockets(
    web: httpx.AsyncClient, closed_server: Server
) -> None:
    here = await signs_up(web, "Ann")
    there = await signs_in(web, "Ann")
    page = await here.makes_page()
    sockets = [await Person(closed_server.sync, page, headers=each.headers).joins() for each in (here, there)]
    wrong = await here.request("PUT", "/api/me/password", json={"current": "no", "new": "four red badgers"})
    assert code_of(wrong) == (401, "wrong_credentials")
    weak = await here.request("PUT", "/api/me/password", json={"current": PASSWORD, "new": "password1"})
    assert code_of(weak) == (400, "invalid")
    started = time.monotonic()
    changed = await here.request("PUT", "/api/me/password", json={"current": PASSWORD, "new": "four red badgers"})
    assert changed.status_code == 204
    await sockets[1].waits(lambda: sockets[1].close_code == Close.SIGNED_OUT)
    assert time.monotonic() - started < 2
    assert (await there.request("GET", "/api/session")).status_code == 401
    await sockets[0].types("still here")
    await sockets[0].is_saved()
    assert (await web.post("/api/session", json={"email": "ann@example.org", "password": PASSWORD})).status_code == 401
    await signs_in(web, "Ann", "four red badgers")
    await sockets[0].leaves()


# -- the second factor


async def turns_on(ann: Account) -> tuple[str, list[str]]:
    prepared = (await ann.request("POST", "/api/me/totp", json={"password": PASSWORD})).json()
    before = {"code": pyotp.TOTP(prepared["secret"]).at(time.time() - 30)}
    codes = (await ann.request("POST", "/api/me/totp/confirm", json=before)).json()["recovery_codes"]
    return prepared["secret"], codes


async def test_a_code_is_asked_for_and_counts_once(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    secret, _ = await turns_on(ann)
    body: dict[str, Any] = {"email": "ann@example.org", "password": PASSWORD}
    assert code_of(await web.post("/api/session", json=body)) == (401, "code_needed")
    assert (
        code_of(await web.post("/api/session", json={**body, "password": "no", "code": "1"}))[1] == "wrong_credentials"
    )
    for code in ("000000", "1", "²²²²²²", "12345678", 5, pyotp.TOTP(secret).at(time.time() + 120)):
        assert code_of(await web.post("/api/session", json={**body, "code": code}))[0] == 401
    now = {**body, "code": pyotp.TOTP(secret).now()}
    assert (await web.post("/api/session", json=now)).status_code == 201
    web.cookies.clear()
    assert code_of(await web.post("/api/session", json=now)) == (401, "wrong_code")


async def test_a_recovery_code_opens_the_door_once(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    _, codes = await turns_on(ann)
    assert len(set(codes)) == 10
    await signs_in(web, "Ann", code=codes[3].upper().replace("-", " "))
    body = {"email": "ann@example.org", "password": PASSWORD, "code": codes[3]}
    assert code_of(await web.post("/api/session", json=body)) == (401, "wrong_code")
    off = await ann.request("DELETE", "/api/me/totp", json={"password": PASSWORD, "code": codes[4]})
    assert off.status_code == 204
    await signs_in(web, "Ann")


async def test_nothing_is_asked_for_until_a_code_was_confirmed(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    assert code_of(await ann.request("POST", "/api/me/totp", json={"password": "no"})) == (401, "wrong_credentials")
    await ann.request("POST", "/api/me/totp", json={"password": PASSWORD})
    assert code_of(await ann.request("POST", "/api/me/totp/confirm", json={"code": "123456"})) == (401, "wrong_code")
    await signs_in(web, "Ann")


# -- tokens


async def test_a_token_may_what_its_scopes_say_and_nothing_of_the_account(
    web: httpx.AsyncClient, closed_server: Server
) -> None:
    ann = await signs_up(web, "Ann")
    page = await ann.makes_page()
    made = (await ann.request("POST", "/api/me/tokens", json={"name": "reader", "scopes": ["read"]})).json()
    reader = Account(web, made["secret"], ann.session)
    assert (await reader.request("GET", f"/api/documents/{page}")).status_code == 200
    for method, path, body in (
        ("POST", "/api/documents", {}),
        ("PUT", f"/api/documents/{page}/content", {"markdown": "x"}),
        ("PATCH", "/api/me", {"name": "Eve"}),
        ("PUT", "/api/me/password", {"current": PASSWORD, "new": "four red badgers"}),
        ("POST", "/api/me/tokens", {"name": "more", "scopes": ["admin"]}),
        ("POST", "/api/me/totp", {"password": PASSWORD}),
        ("GET", "/api/sessions", None),
        ("DELETE", "/api/sessions", None),
    ):
        answer = await reader.request(method, path, **({} if body is None else {"json": body}))
        assert code_of(answer) == (403, "not_allowed"), path
    socket = await Person(closed_server.sync, page, headers=reader.headers).joins()
    assert socket.hello["role"] == "view"
    assert (await ann.request("DELETE", f"/api/me/tokens/{made['token']['id']}")).status_code == 204
    await socket.waits(lambda: socket.close_code == Close.SIGNED_OUT)
    assert (await reader.request("GET", f"/api/documents/{page}")).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": [["read"]]},
        {"name": "x", "scopes": "read"},
        {"name": "x" * 65, "scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"},
        {"name": "x", "scopes": ["read"], "expires_at": "soon"},
        {"name": "x", "scopes": ["read"], "expires_at": 5},
    ],
)
async def test_a_token_that_makes_no_sense_is_refused(web: httpx.AsyncClient, body: dict[str, object]) -> None:
    ann = await signs_up(web, "Ann")
    assert code_of(await ann.request("POST", "/api/me/tokens", json=body)) == (400, "invalid")


# -- profile


async def test_a_picture_is_made_small_and_tells_nothing_else(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG", exif=exif)
    me = (await ann.request("PUT", "/api/me/avatar", content=out.getvalue())).json()
    answer = await ann.request("GET", me["user"]["avatar"])
    assert answer.headers["content-type"] == "image/webp"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert b"Secret" not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
    assert (await web.get(me["user"]["avatar"])).status_code == 401


@pytest.mark.parametrize(
    "image", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, picture()[:-20] * 2]
)
async def test_what_is_no_picture_is_refused(web: httpx.AsyncClient, image: bytes) -> None:
    ann = await signs_up(web, "Ann")
    answer = await ann.request("PUT", "/api/me/avatar", content=image)
    assert answer.status_code in (200, 400)
    assert (await ann.request("GET", "/api/session")).status_code == 200


async def test_a_picture_of_many_pixels_is_refused_before_it_is_decoded(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert code_of(await ann.request("PUT", "/api/me/avatar", content=out.getvalue())) == (400, "invalid")
    assert (await ann.request("PUT", "/api/me/avatar", content=b"x" * (3 << 20))).status_code == 413


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": "x" * 65}, {"colour": "#ffffff"}, {"colour": "red;}"}, {"language": "xx"},
     {"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}, {"kind": "operator"}, {"is_operator": True}],
)  # fmt: skip
async def test_what_a_profile_cannot_be_is_refused(web: httpx.AsyncClient, body: dict[str, object]) -> None:
    ann = await signs_up(web, "Ann")
    assert code_of(await ann.request("PATCH", "/api/me", json=body)) == (400, "invalid")


async def test_a_new_name_and_colour_are_what_others_see_on_open_sockets(
    web: httpx.AsyncClient, closed_server: Server
) -> None:
    ann = await signs_up(web, "Ann")
    page = await ann.makes_page()
    socket = await Person(closed_server.sync, page, headers=ann.headers).joins()
    answer = await ann.request("PATCH", "/api/me", json={"name": "Ann B.", "colour": "#1B7340"})
    assert answer.json()["user"]["name"] == "Ann B."
    listed = await ann.get(f"/api/documents/{page}")
    async with asyncio.timeout(5):
        while [each["name"] for each in listed["document"]["here"]] != ["Ann B."]:
            listed = await ann.get(f"/api/documents/{page}")
    await socket.leaves()


# -- a flood


@pytest.mark.alone
async def test_a_flood_of_sign_ins_disturbs_nobody_who_writes(web: httpx.AsyncClient, closed_server: Server) -> None:
    ann = await signs_up(web, "Ann")
    page = await ann.makes_page()
    socket = await Person(closed_server.sync, page, headers=ann.headers).joins()
    lag_before = await loop_lag(web)
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=closed_server.url, timeout=60, limits=limits) as crowd:
        bodies = [{"email": f"p{n}@example.org", "password": "wrong guess"} for n in range(200)]
        flood = asyncio.gather(*(crowd.post("/api/session", json=body) for body in bodies))
        while not flood.done():
            await socket.types("x")
            await socket.is_saved()
            await asyncio.sleep(0.05)
        answers = await flood
    assert {answer.status_code for answer in answers} <= {401, 429}
    assert [answer.status_code for answer in answers].count(401) >= 30  # these cost a hash each
    assert max(lag_before, await loop_lag(web)) < 0.1
    await socket.leaves()


async def loop_lag(web: httpx.AsyncClient) -> float:
    numbers = (await web.get("/metrics")).text
    [line] = [line for line in numbers.splitlines() if line.startswith("app_loop_lag_max_seconds ")]
    return float(line.split()[1])
