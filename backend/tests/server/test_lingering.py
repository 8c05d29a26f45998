"""Whoever connects and does not get to the point is let go, and costs nobody anything."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.raw import Raw
from support.server import Server
from support.servers import a_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One that is asked directly: nginx would wait for it instead."""
    running = a_server(tmp_path).start()
    yield running.each[0]
    running.goes()


@pytest.mark.parametrize("said", [b"", b"GET /sync/d HTTP/1.1\r\nHost: x\r\nUpgr", b"POST /api/doc"])
async def test_a_connection_that_does_not_say_what_it_wants_is_ended_after_five_seconds(
    server: Server, said: bytes
) -> None:
    raw = await Raw(server.port).connects()
    await raw.writes(said)
    before = time.monotonic()
    assert await raw.is_cut(9)
    assert time.monotonic() - before > 4  # but it had time to
    raw.leaves()


async def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for(server: Server) -> None:
    raw = await Raw(server.port).connects()
    head = b"GET /sync/d HTTP/1.1\r\nHost: x\r\n" * 4
    assert await raw.is_refused(bytes([byte]) for byte in head)
    raw.leaves()


async def test_a_head_without_end_is_not_collected(server: Server) -> None:
    raw = await Raw(server.port).connects()
    await raw.writes(b"GET / HTTP/1.1\r\n")
    before = time.monotonic()
    assert await raw.is_refused((b"X-%d: " % n + b"x" * 1000 + b"\r\n" for n in range(10_000)), pause_seconds=0)
    assert time.monotonic() - before < 4
    raw.leaves()


async def test_a_connection_that_is_used_again_later_is_kept_for_a_moment_and_served(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as web:
        for _ in range(3):
            assert (await web.get("/health/live")).status_code == 200
            await asyncio.sleep(0)
