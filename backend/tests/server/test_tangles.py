"""Someone with write access sends what made pycrdt read freed memory: the server lives, and nobody else notices."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.structs import put_together
from protocol.tangles import DEADLY, TANGLES, TELLTALE, Mallory
from quillroom.protocol import frames
from support.nursery import Nursery
from support.person import Person
from support.server import Server

HISTORIES = int(os.environ.get("QUILLROOM_TEST_TANGLES", "4000")) // 100
SEED = int(os.environ.get("QUILLROOM_SEED", random.randrange(2**32)))


class BrittleServer(Server):
    """One that dies of reading freed memory."""

    nursery = Nursery()  # the C library reads its settings when a program begins, so it is not forked with the others


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A brittle one."""
    for name, value in TELLTALE.items():
        monkeypatch.setenv(name, value)
    running = BrittleServer(tmp_path).start()
    yield running
    running.stop()


async def test_no_tangle_ends_the_server_and_the_next_room_does_not_notice(server: Server) -> None:
    bystander = await Person(server.sync, "quiet").joins()
    for number, name in enumerate(TANGLES):
        mallory = await Person(server.sync, f"attacked-{number}").joins()
        for update in TANGLES[name]:
            await mallory.sends_update(update)
        await mallory.waits(lambda mallory=mallory: bool(refusals(mallory)))  # type: ignore[misc]
        # A newcomer makes the server encode the document; that is where it died.
        reader = await Person(server.sync, f"attacked-{number}").joins()
        await reader.leaves()
        await mallory.leaves()
        assert server.is_alive(), name
    await bystander.types("undisturbed")
    await bystander.is_saved()
    late = await Person(server.sync, "quiet").joins()
    await late.sees("undisturbed")
    await late.leaves()
    await bystander.leaves()


class Attacker(Person):
    """Counts what the server answers, so that it can be waited for."""

    answers = 0

    async def tries(self, update: bytes) -> bool:
        """Whether the server kept it; and make it encode the document."""
        refused, answered = len(refusals(self)), self.answers
        await self.sends_update(update)
        await self.sends(frames.step1(b"\0"))
        await self.waits(lambda: self.answers > answered)
        return len(refusals(self)) == refused

    async def _take(self, frame: bytes) -> None:
        await super()._take(frame)
        self.answers += frame[:2] == bytes((frames.SYNC, frames.STEP2))


def refusals(person: Person) -> list[str]:
    return [event["data"]["code"] for event in person.events if event["event"] == "refused"]


async def test_what_is_left_of_an_attack_is_replayed_by_the_next_server(server: Server) -> None:
    mallory = await Person(server.sync, "d").joins()
    for update in TANGLES[DEADLY[-1]]:
        await mallory.sends_update(update)
    await mallory.waits(lambda: bool(refusals(mallory)))
    await mallory.leaves()
    await asyncio.to_thread(server.stop)
    server.start()
    reader = await Person(server.sync, "d").joins()
    assert reader.hello["role"] == "edit"
    await reader.types("goes on")
    await reader.is_saved()
    await reader.leaves()


async def test_whatever_an_attacker_makes_up_the_server_lives(server: Server) -> None:
    """Each history in a room of its own, so that what one spoils does not keep the next from being tried."""
    bystander = await Person(server.sync, "quiet").joins()
    for number in range(HISTORIES):
        chance = random.Random(SEED * 1_000_003 + number)
        attacker, mallory = Attacker(server.sync, f"attacked-{number}"), Mallory(chance)
        await attacker.joins()
        for _ in range(15):  # after 20 bad ones the connection would be closed
            made = mallory.makes()
            if await attacker.tries(put_together(made)):
                mallory.keeps(made)
        await attacker.leaves()
        assert server.is_alive(), f"seed {SEED}, history {number}"
    await bystander.types("undisturbed")
    await bystander.is_saved()
    await bystander.leaves()
