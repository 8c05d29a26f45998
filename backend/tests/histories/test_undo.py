"""Attributes changed again and again, and undone: what real Yjs then writes (several values of a key in one struct, all
of them deleted) passes everywhere, and the log says what Yjs says. More of them: QUILLROOM_HISTORIES=N.
"""

import asyncio
import json
import os
import random
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import NamedTuple

import pytest
from pycrdt import merge_updates

from histories.yjs import Yjs
from protocol.structs import take_apart
from quillroom.content.hash import content_hash
from quillroom.core.known import Known, News
from quillroom.core.replica import Replica
from quillroom.protocol.inspector import ANY, inspect
from support.person import Person
from support.server import Server

SCRIPT = Path(__file__).with_name("undo.mjs")
SEEDS = int(os.environ.get("QUILLROOM_HISTORIES", "40"))


class Told(NamedTuple):
    """What people sent, and the whole document as each would send it."""

    messages: list[bytes]
    states: list[bytes]


def told(first: int, last: int) -> list[Told]:
    run = subprocess.run(["node", str(SCRIPT), str(first), str(last)], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return [Told(*(list(map(b64decode, each[name])) for name in ("messages", "states"))) for each in lines]


@pytest.fixture(scope="module")
def histories() -> list[Told]:
    return told(1, SEEDS + 1)


def has_several_values(update: bytes) -> bool:
    return any(s.kind == ANY and s.length > 1 for _, structs in take_apart(update).sections.values() for s in structs)


def accepted(updates: list[bytes]) -> Replica:
    """As a room takes them in and a log gives them back."""
    known = Known()
    for update in updates:
        inspection = inspect(update)
        assert known.judge(inspection) in (News.FRESH, News.NOTHING), update.hex()
        known.add(inspection)
    return Replica(list(updates))


def test_yjs_writes_several_values_in_one_struct(histories: list[Told]) -> None:
    """The premise."""
    assert sum(any(map(has_several_values, each.states)) for each in histories) > SEEDS / 10


def test_whatever_people_undo_is_accepted_in_every_shape_and_shows_what_yjs_shows(
    histories: list[Told], yjs: Yjs
) -> None:
    chance = random.Random(1)
    for messages, states in histories:
        shown = yjs.shows(messages).hash
        rows = list[bytes]()
        rest = messages
        while rest:
            size = chance.choice((1, 1, 5, 20))
            rows.append(merge_updates(*rest[:size]))
            rest = rest[size:]
        for shape in (messages, rows, *([state] for state in states)):
            assert content_hash(accepted(shape).state()) == shown


async def test_a_level_changed_again_and_again_is_undone_through_the_server(server: Server, yjs: Yjs) -> None:
    [(messages, [state])] = told(0, 1)
    assert has_several_values(state)
    ann = await Person(server.sync, "d").joins()
    for update in (state, *messages):
        await ann.sends_update(update)
    await ann.is_saved()
    assert [event for event in ann.events if event["event"] == "refused"] == []
    await ann.leaves()
    shown = yjs.content([state, *messages])
    assert shown == {"default": [[["heading", {"level": 2}, []], {}]]}
    await asyncio.to_thread(server.stop)
    server.start()
    bob = await Person(server.sync, "d").joins()
    assert content_hash(bob.doc) == yjs.shows([state, *messages]).hash
    await bob.leaves()
    log = [row[0] for row in server.sql('SELECT "update" FROM document_update ORDER BY seq')]
    assert yjs.content(log) == shown
