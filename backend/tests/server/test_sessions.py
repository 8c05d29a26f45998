"""A socket lives no longer than the session it was opened with."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from quillroom.protocol.closes import Close
from support.person import Person
from support.server import Server


class Device:
    """A browser or script of one person: a token, and what it opens."""

    def __init__(self, web: httpx.AsyncClient, token: str) -> None:
        self.web = web
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"}

    async def makes_document(self) -> str:
        made = await self.web.post("/api/documents", json={"title": "T"}, headers=self.headers)
        id: str = made.json()["document"]["id"]
        return id

    async def signs_out(self) -> httpx.Response:
        return await self.web.delete("/api/session", headers=self.headers)

    async def asks_who_it_is(self) -> int:
        return (await self.web.get("/api/session", headers=self.headers)).status_code


@pytest.fixture
async def web(closed_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=closed_server.url, timeout=20) as client:
        yield client


async def signs_in(web: httpx.AsyncClient, name: str) -> Device:
    guest = (await web.post("/api/session/guest", json={"name": name, "token": True})).json()
    web.cookies.clear()
    return Device(web, guest["token"])


async def is_closed(*people: Person) -> None:
    for person in people:
        await _is_closed(person)


async def _is_closed(person: Person) -> None:
    await person.waits(lambda: person.close_code is not None)


async def test_signing_out_closes_every_socket_of_that_session_and_no_other(
    closed_server: Server, web: httpx.AsyncClient
) -> None:
    ann, bob = await signs_in(web, "Ann"), await signs_in(web, "Bob")
    first, second = await ann.makes_document(), await ann.makes_document()
    hers = [await Person(closed_server.sync, id, headers=ann.headers).joins() for id in (first, second)]
    his = await Person(closed_server.sync, first, headers=bob.headers).joins()
    assert (await ann.signs_out()).status_code == 204
    async with asyncio.timeout(2):
        await is_closed(*hers)
    assert [person.close_code for person in hers] == [Close.SIGNED_OUT] * 2
    await his.types("still here")
    await his.is_saved()
    assert (await ann.asks_who_it_is(), await bob.asks_who_it_is()) == (401, 200)
    assert (await ann.signs_out()).status_code == 204
    for person in (*hers, his):
        await person.leaves()


async def test_what_was_saved_before_signing_out_stays_and_nothing_comes_after(
    closed_server: Server, web: httpx.AsyncClient
) -> None:
    ann, bob = await signs_in(web, "Ann"), await signs_in(web, "Bob")
    id = await ann.makes_document()
    here = closed_server.each[0]  # where she signs out it holds at once; elsewhere within two seconds
    hers = await Person(here.sync, id, headers=ann.headers).joins()
    await hers.types("before")
    await hers.is_saved()
    async with httpx.AsyncClient(base_url=here.url) as near:
        await Device(near, ann.token).signs_out()
    await hers.types(" after")
    await is_closed(hers)
    his = await Person(closed_server.sync, id, headers=bob.headers).joins()
    await his.sees("before")
    await hers.leaves()
    await his.leaves()


async def test_a_session_that_runs_out_closes_its_sockets(closed_server: Server, web: httpx.AsyncClient) -> None:
    ann, bob = await signs_in(web, "Ann"), await signs_in(web, "Bob")
    id = await ann.makes_document()
    _expires(closed_server, "Ann", time.time() + 3)
    hers = await Person(closed_server.sync, id, headers=ann.headers).joins()
    his = await Person(closed_server.sync, id, headers=bob.headers).joins()
    await is_closed(hers)
    assert hers.close_code == Close.SIGNED_OUT
    assert his.close_code is None
    assert await ann.asks_who_it_is() == 401
    await hers.leaves()
    await his.leaves()


def _expires(server: Server, name: str, at: float) -> None:
    whose = "person = (SELECT id FROM person WHERE name = ?)"
    changed = server.sql(f"UPDATE session SET expires_at = ? WHERE {whose} RETURNING person", at, name)
    assert len(changed) == 1
