"""Keystrokes, far faster than anyone types, into a document that a browser has open."""

import os
from functools import partial
from pathlib import Path

import pytest
from bench.keystrokes import Keystrokes, made_up, read
from bench.paper import TURN, Running, measure
from playwright.async_api import Browser

from support.server import Server
from support.servers import Servers

SEED = 7


async def types(server: Server, browser: Browser, strokes: Keystrokes, *, turn: int) -> None:
    """Type everything; `measure` compares the page, two clients, HTTP and the page after a reload with the text."""
    each = server.each if isinstance(server, Servers) else [server]
    running = Running(server.port, [one.pid for one in each], partial(log_of, server))
    result = await measure(running, browser, strokes, turn)
    print(result)
    assert result["edits"] == len(strokes.keys)
    assert 0 < int(str(result["log rows"])) <= len(strokes.keys) + 1


def log_of(server: Server, document: str) -> tuple[int, int]:
    query = 'SELECT count(*), coalesce(sum(length("update")), 0) FROM document_update WHERE document = ?'
    [(rows, size)] = server.sql(query, document)
    return int(rows), int(size)


async def test_everyone_holds_exactly_what_was_typed_key_by_key(server: Server, browser: Browser) -> None:
    await types(server, browser, made_up(SEED, 1200), turn=1)


async def test_everyone_holds_exactly_what_came_in_floods(server: Server, browser: Browser) -> None:
    await types(server, browser, made_up(SEED, 20_000), turn=TURN)


@pytest.mark.skipif("QUILLROOM_PAPER" not in os.environ, reason="QUILLROOM_PAPER names no editing trace")
async def test_everyone_holds_exactly_the_real_paper(server: Server, browser: Browser) -> None:
    await types(server, browser, read(Path(os.environ["QUILLROOM_PAPER"])), turn=TURN)
