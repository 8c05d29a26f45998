"""Who administers sees every server: who is here, and who was killed."""

import asyncio
from typing import Any

import httpx

from quillroom import __version__
from several.conftest import Base
from support.members import Account, signs_up
from support.person import Person
from support.server import Server
from support.uploader import becomes_true

WAIT_SECONDS = 30.0


async def sees(ann: Account, expected: Any) -> list[dict[str, Any]]:
    """Wait until `expected(instances)`; TimeoutError otherwise."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            found: list[dict[str, Any]] = (await ann.get("/api/instances"))["instances"]
            if expected(found):
                return found
            await asyncio.sleep(0.1)


async def test_an_operator_sees_who_is_here_and_that_one_was_killed_and_one_stopped(
    ann: Account, three: list[Server], base: Base
) -> None:
    found = await sees(ann, lambda them: len(them) == 3)
    assert len({each["id"] for each in found}) == 3
    assert {each["pid"] for each in found} >= {server.pid for server in three}
    assert all(each["is_here"] and each["mode"] == "normal" and each["version"] == __version__ for each in found)
    assert [each["is_this"] for each in found].count(True) == 1
    assert found == sorted(found, key=lambda each: each["started_at"])

    page = await ann.makes_page("Plan")
    person = await Person(three[0].sync, page, headers=ann.headers).joins()
    first = three[0].pid
    await sees(ann, lambda them: [each["rooms"] for each in them if each["pid"] == first] == [1])
    [here] = [each for each in (await ann.get("/api/instances"))["instances"] if each["pid"] == first]
    assert here["connections"] == {"sync": 1, "live": 0}
    assert here["rss_mb"] > 10
    await person.leaves()

    killed, stopped = three[1].pid, three[2].pid
    three[2].stop()
    three[1].kill9()
    # Twenty seconds pass in the database, not here.
    base.asks("UPDATE instance SET seen_at = seen_at - 20 WHERE pid = %s", killed)
    ann.web = httpx.AsyncClient(base_url=three[0].url)
    found = await sees(ann, lambda them: [each["is_here"] for each in them if each["pid"] == killed] == [False])
    assert stopped not in {each["pid"] for each in found}
    assert [each["is_here"] for each in found if each["pid"] == first] == [True]

    async def counts_itself_only() -> bool:
        numbers = (await ann.web.get("/metrics")).text
        assert 'quillroom_mode{mode="normal"} 1' in numbers
        return "quillroom_instances 1\n" in numbers

    await becomes_true(counts_itself_only)

    base.asks("UPDATE instance SET seen_at = seen_at - 600 WHERE pid = %s", killed)
    await sees(ann, lambda them: {each["pid"] for each in them} == {first})
    await ann.web.aclose()


async def test_nobody_else_sees_the_servers(ann: Account, web: httpx.AsyncClient, three: list[Server]) -> None:
    await ann.request("PATCH", "/api/settings", json={"sign_up": "open"})
    bob = await signs_up(web, "Bob")
    assert (await bob.request("GET", "/api/instances")).status_code == 403
    assert (await web.get("/api/instances")).status_code == 401
    assert len((await ann.get("/api/instances"))["instances"]) == 3


async def test_a_server_whose_database_is_read_only_says_that_it_is_not_ready(
    ann: Account, three: list[Server], base: Base
) -> None:
    async with httpx.AsyncClient(base_url=three[1].url) as web:
        assert (await web.get("/health/ready")).json() == {"status": "ok", "mode": "normal", "why": None}

        async def is_ready() -> bool:
            return (await web.get("/health/ready")).status_code == 200

        async def is_not_ready() -> bool:
            return not await is_ready()

        base.takes_no_writes(True)
        await becomes_true(is_not_ready, WAIT_SECONDS)
        answer = (await web.get("/health/ready")).json()
        assert (answer["status"], answer["mode"]) == ("not ready", "degraded")
        assert answer["why"]
        base.takes_no_writes(False)
        await becomes_true(is_ready, WAIT_SECONDS)
