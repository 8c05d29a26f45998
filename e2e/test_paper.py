"""Keystrokes, far faster than anyone types, into a document that a browser has open."""

import os
from pathlib import Path

import pytest
from bench.keystrokes import Keystrokes, made_up, read
from bench.paper import TURN, Running, measure
from playwright.async_api import Browser

from support.server import Server

SEED = 7


async def types(server: Server, browser: Browser, strokes: Keystrokes, *, turn: int) -> None:
    """Type everything; `measure` compares the page, two clients, HTTP and the page after a reload with the text."""
    running = Running(server.port, [server.pid], server.database)
    result = await measure(running, browser, strokes, turn)
    print(result)
    assert result["edits"] == len(strokes.keys)
    assert 0 < int(str(result["log rows"])) <= len(strokes.keys) + 1


@pytest.mark.one_process("its log is read as a file")
async def test_everyone_holds_exactly_what_was_typed_key_by_key(server: Server, browser: Browser) -> None:
    await types(server, browser, made_up(SEED, 1200), turn=1)


@pytest.mark.one_process("its log is read as a file")
async def test_everyone_holds_exactly_what_came_in_floods(server: Server, browser: Browser) -> None:
    await types(server, browser, made_up(SEED, 20_000), turn=TURN)


@pytest.mark.one_process("its log is read as a file")
@pytest.mark.skipif("QUILLROOM_PAPER" not in os.environ, reason="QUILLROOM_PAPER names no editing trace")
async def test_everyone_holds_exactly_the_real_paper(server: Server, browser: Browser) -> None:
    await types(server, browser, read(Path(os.environ["QUILLROOM_PAPER"])), turn=TURN)
