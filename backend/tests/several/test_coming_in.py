"""Coming in takes several requests, and each may reach another server."""

import asyncio
import time

import httpx
import pyotp
import pytest

from several.conftest import Base, Open
from support.members import PASSWORD, Account, client, signs_in, signs_up
from support.ports import free_port
from support.provider import SignInProvider, signs_in_by_provider
from support.server import Server
from support.spread import browser


async def guesses(web: httpx.AsyncClient, name: str = "ann") -> int:
    body = {"email": f"{name}@example.org", "password": "a wrong guess"}
    return (await web.post("/api/session", json=body)).status_code


async def test_three_servers_do_not_let_anybody_guess_three_times_as_often(
    ann: Account, web: httpx.AsyncClient, opens: Open, base: Base
) -> None:
    at_once = await asyncio.gather(*(guesses(web) for _ in range(24)))
    assert sorted(at_once) == [401] * 10 + [429] * 14
    refused = await web.post("/api/session", json={"email": "ann@example.org", "password": PASSWORD})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    # Whose address it is, and from where it was tried, is in no row.
    assert all(len(bytes(key)) == 32 for (key,) in base.asks("SELECT key FROM attempt"))

    base.asks("UPDATE attempt SET full_at = full_at - 31")  # half a minute later
    [*_, fourth] = opens(ports=[0])  # which told nobody to wait
    async with client(fourth) as other:
        assert [await guesses(other), await guesses(other)] == [401, 429]
        base.asks("UPDATE attempt SET full_at = full_at - 31")
    [*_, fifth] = opens(ports=[0])
    async with client(fifth) as other:
        await signs_in(other, "Ann")  # so she may err again
        assert [await guesses(other) for _ in range(3)] == [401] * 3


async def test_one_signs_in_by_a_provider_over_three_servers(opens: Open) -> None:
    port = free_port()
    provider = SignInProvider(port).start()
    try:
        servers = opens(*provider.options, ports=[port, 0, 0])
        async with browser(servers) as web:
            for _ in range(3):  # so that each server has begun one, and ended one
                await signs_in_by_provider(web, "zoe")
                session = (await web.get("/api/session")).json()
                assert session["user"]["name"] == "Zoe"
                web.cookies.clear()
    finally:
        provider.stop()


async def test_a_code_of_the_second_factor_counts_once_at_whichever_server(
    ann: Account, web: httpx.AsyncClient, three: list[Server]
) -> None:
    secret = (await ann.request("POST", "/api/me/totp", json={"password": PASSWORD})).json()["secret"]
    totp = pyotp.TOTP(secret)
    now = time.time()
    confirmed = await ann.request("POST", "/api/me/totp/confirm", json={"code": totp.at(now - 30)})
    assert confirmed.status_code == 200, confirmed.text
    body = {"email": "ann@example.org", "password": PASSWORD, "code": totp.at(now)}

    async def tries(server: Server) -> int:
        async with client(server) as opened:
            return (await opened.post("/api/session", json=body)).status_code

    assert sorted(await asyncio.gather(*map(tries, three))) == [201, 401, 401]


async def test_who_was_invited_comes_in_and_a_secret_is_good_once(
    ann: Account, web: httpx.AsyncClient, three: list[Server]
) -> None:
    made = (await ann.request("POST", "/api/invitations", json={"email": "bob@example.org"})).json()
    secret = made["url"].rpartition("#")[2]
    assert (await web.post("/api/invitations/look", json={"secret": secret})).status_code == 200
    bob = await signs_up(web, "Bob", invitation=secret)
    assert (await web.post("/api/invitations/look", json={"secret": secret})).status_code == 404
    reset = (await ann.request("POST", f"/api/people/{bob.id}/reset")).json()["url"].rpartition("#")[2]

    async def completes(server: Server, password: str) -> int:
        async with client(server) as opened:
            new = {"secret": reset, "password": password}
            return (await opened.post("/api/password-reset/complete", json=new)).status_code

    passwords = [f"{PASSWORD} {n}" for n in range(3)]
    done = await asyncio.gather(*map(completes, three, passwords))
    assert sorted(done) == [204, 400, 400]
    await signs_in(web, "Bob", passwords[done.index(204)])


async def test_a_sign_in_that_meets_a_suspension_leaves_no_session(
    ann: Account, web: httpx.AsyncClient, three: list[Server]
) -> None:
    await ann.request("PATCH", "/api/settings", json={"sign_up": "open"})
    bob = await signs_up(web, "Bob")

    async def comes(server: Server) -> httpx.Response:
        async with client(server) as opened:
            body = {"email": "bob@example.org", "password": PASSWORD, "token": True}
            return await opened.post("/api/session", json=body)

    async def suspends() -> None:
        answer = await ann.request("PATCH", f"/api/people/{bob.id}", json={"is_suspended": True})
        assert answer.status_code == 200

    came = await asyncio.gather(*(comes(server) for server in three), suspends(), comes(three[1]), comes(three[2]))
    for answer in came:
        if answer is not None and answer.status_code == 201:
            headers = {"Authorization": f"Bearer {answer.json()['token']}"}
            assert (await web.get("/api/session", headers=headers)).status_code == 401


async def test_servers_that_start_together_have_one_key_for_push_services_and_one_epoch(
    ann: Account, three: list[Server], base: Base
) -> None:
    async def key(server: Server) -> str:
        async with client(server) as opened:
            answer = await opened.get("/api/push/key", headers=ann.headers)
            found: str = answer.json()["key"]
            return found

    assert len(set(await asyncio.gather(*map(key, three)))) == 1
    for name in ("push_secret", "epoch"):
        assert base.asks("SELECT count(*) FROM setting WHERE name = %s", name) == [(1,)]


@pytest.mark.parametrize("name", ["workspace", "trash_days"])
async def test_two_operators_who_set_the_same_at_once_get_one_of_both(
    ann: Account, three: list[Server], name: str
) -> None:
    values = ["One", "Two", "Three"] if name == "workspace" else [1, 2, 3]

    async def sets(server: Server, value: object) -> int:
        async with client(server) as opened:
            answer = await opened.patch("/api/settings", json={name: value}, headers=ann.headers)
            return answer.status_code

    assert await asyncio.gather(*map(sets, three, values)) == [200] * 3
    assert (await ann.get("/api/settings"))[name] in values
