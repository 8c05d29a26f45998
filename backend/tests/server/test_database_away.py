"""The database goes away, comes back as another, or only reads, while people use a server (F8): whoever was told that
something is saved finds it again, once, and nobody waits without an answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest_asyncio
from sqlalchemy import make_url

from store.cluster import Cluster
from support.members import Account, client, signs_up
from support.server import Server

RECOVERY_SECONDS = 10.0


class Away:
    """A server on PostgreSQL with Alice, a page, and a way to its database."""

    def __init__(self, cluster: Cluster, name: str, alice: Account, page: str) -> None:
        self.cluster = cluster
        self.name = name
        self.alice = alice
        self.page = page
        self.path = f"/api/documents/{page}/messages"

    async def says(self, text: str, id: str) -> httpx.Response:
        return await self.alice.request("POST", self.path, json={"client_id": id, "text": text})

    async def writes(self, markdown: str) -> httpx.Response:
        return await self.alice.request("PUT", f"/api/documents/{self.page}/content", json={"markdown": markdown})

    async def chat(self) -> list[str]:
        return [message["text"] for message in (await self.alice.get(self.path))["messages"]]

    async def text(self) -> str:
        answer = await self.alice.request("GET", f"/api/documents/{self.page}?format=markdown")
        assert answer.status_code == 200
        return answer.text


@pytest_asyncio.fixture
async def away(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Away]:
    url = cluster.create_database()
    server = Server(tmp_path, is_open=False, options=("--database", url)).start()
    try:
        async with client(server) as web:
            alice = await signs_up(web, "Alice")
            yield Away(cluster, str(make_url(url).database), alice, await alice.makes_page("Plans"))
    finally:
        server.stop()


async def until_it_works(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The first answer that is none of "not now"; each comes within a bounded time."""
    begun_at = time.monotonic()
    while True:
        answer = await ask()
        if answer.status_code != 503:
            assert time.monotonic() - begun_at < RECOVERY_SECONDS
            return answer
        assert answer.json()["error"]["code"] == "try_later"
        await asyncio.sleep(0.1)


async def test_the_database_restarts_while_alice_writes_and_chats(away: Away) -> None:
    assert (await away.says("before", "message-before")).status_code == 201
    away.cluster.stop()
    try:
        waiting = asyncio.create_task(away.says("during", "message-during"))
        reading = await away.alice.request("GET", "/api/documents")
        assert (reading.status_code, reading.json()["error"]["code"]) == (503, "try_later")
        assert reading.json()["error"]["message"] == "The database does not answer. Try again in a moment."
        assert "Retry-After" in reading.headers
    finally:
        away.cluster.start()
    assert (await until_it_works(lambda: away.says("during", "message-during"))).status_code in (200, 201)
    assert (await waiting).status_code in (200, 201, 503)  # by whether it still knew who Alice is
    assert (await until_it_works(lambda: away.writes("# Plans\n\nafter"))).status_code == 200
    assert await away.chat() == ["before", "during"]
    assert "after" in await away.text()


async def test_sessions_are_cut_again_and_again(away: Away) -> None:
    said = [f"word {number}" for number in range(20)]
    for number, text in enumerate(said):
        if number % 4 == 0:
            away.cluster.cut_sessions(away.name)
        answer = await until_it_works(lambda n=number, t=text: away.says(t, f"message-{n:04}"))  # type: ignore[misc]
        assert answer.status_code in (200, 201)
    assert (await until_it_works(lambda: away.alice.request("GET", away.path))).status_code == 200
    assert await away.chat() == said


async def test_after_a_failover_to_a_copy_that_only_reads_people_read_and_nothing_is_called_saved(away: Away) -> None:
    assert (await away.says("before", "message-before")).status_code == 201
    away.cluster.execute(f"ALTER DATABASE {away.name} SET default_transaction_read_only = on")
    away.cluster.cut_sessions(away.name)
    waiting = asyncio.create_task(away.says("during", "message-during"))
    assert (await until_it_works(lambda: away.alice.request("GET", away.path))).status_code == 200
    assert await away.chat() == ["before"]
    assert not waiting.done()
    away.cluster.execute(f"ALTER DATABASE {away.name} RESET default_transaction_read_only")
    away.cluster.cut_sessions(away.name)
    assert (await until_it_works(lambda: away.says("during", "message-during"))).status_code in (200, 201)
    assert (await waiting).status_code in (200, 201)
    assert await away.chat() == ["before", "during"]
