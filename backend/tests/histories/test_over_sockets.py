"""A few whole histories with a real server process, real sockets and kill -9; the seed is the test's name."""

import asyncio
import os
from contextlib import suppress
from random import Random

import httpx
import pytest
from pycrdt import Text

from histories import edits
from histories.people import holds
from histories.world import replayed, tidied_hash, vector_of
from histories.yjs import Yjs
from quillroom.core.known import Known
from quillroom.protocol.inspector import Inspection, inspect
from support.person import Person
from support.server import Server

SEEDS = max(2, int(os.environ.get("QUILLROOM_HISTORIES", "0")) // 100)
TURNS = 120


class Wanderer(Person):
    """Edits whether there is a network or not, and knows what was called saved."""

    def __init__(self, server: Server, document: str, token: str, number: int) -> None:
        super().__init__(server.sync, document, headers={"Authorization": f"Bearer {token}"})
        self.number = number
        self.edits: list[Inspection] = []
        self.said: list[str] = []
        self.safe = 0  # of `edits`, so many were acknowledged

    @property
    def is_here(self) -> bool:
        return self._socket is not None and self.close_code is None

    async def comes(self) -> None:
        """Join, if not here."""
        if not self.is_here:
            await self.leaves()
            self.close_code = None
            await self.joins()

    async def says(self, chance: Random) -> None:
        word = f"⟨{self.number}:{len(self.said)}⟩"
        self.said.append(word)
        await self.does(edits.say(word), chance)

    async def does(self, edit: edits.Edit, chance: Random) -> None:
        update = edits.do(self.doc, edit, chance)
        if update is not None:
            self.edits.append(inspect(update))
            if self.is_here:
                await self.sends_update(update)

    async def loses_network(self) -> None:
        """Both directions at once, with whatever is in flight."""
        if self._socket is not None:
            self._socket.transport.abort()
            await self.leaves()

    def looks(self) -> None:
        """What does the page say now?"""
        if self.is_here and self.is_synced and self.saved >= self.sent:
            self.safe = len(self.edits)


def log_of(server: Server, document: str) -> list[bytes]:
    query = 'SELECT "update" FROM document_update WHERE document = ? ORDER BY seq'
    return [update for (update,) in server.sql(query, document)]


async def guests(server: Server, count: int) -> tuple[str, list[str]]:
    """A new document, and so many people's tokens."""
    async with httpx.AsyncClient(base_url=server.url) as web:
        tokens: list[str] = []
        for number in range(count):
            web.cookies.clear()
            made = await web.post("/api/session/guest", json={"name": f"Guest {number}", "token": True})
            tokens.append(made.json()["token"])
        made = await web.post("/api/documents", json={}, headers={"Authorization": f"Bearer {tokens[0]}"})
        return made.json()["document"]["id"], tokens


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_happens_to_a_real_server_everybody_ends_with_the_same_document(
    closed_server: Server, seed: int
) -> None:
    chance = Random(seed)
    server = closed_server
    document, tokens = await guests(server, 3)
    people = [Wanderer(server, document, token, number) for number, token in enumerate(tokens)]
    kills = chance.sample(range(20, TURNS), 2)
    for turn in range(TURNS):
        if turn in kills:
            await _dies(server, document, people)
        person = chance.choice(people)
        match chance.random():
            case luck if luck < 0.5:
                await person.does(chance.choice(edits.EDITS), chance)
            case luck if luck < 0.7:
                await person.says(chance)
            case luck if luck < 0.9:
                await person.comes()
            case _:
                await person.loses_network()
        await asyncio.sleep(0)
        for each in people:
            each.looks()
    await _agree(server, document, people)
    assert all(person.safe == len(person.edits) for person in people)


async def _dies(server: Server, document: str, people: list[Wanderer]) -> None:
    """kill -9; what somebody was shown as saved before is in the file that is left."""
    for person in people:
        person.looks()
    server.kill9()
    logged = Known()
    for update in log_of(server, document):
        logged.add(inspect(update))
    for person in people:
        for edit in person.edits[: person.safe]:
            assert holds(logged, edit), "an edit that was called saved is lost"
        await person.leaves()
    await asyncio.to_thread(server.start)


async def _agree(server: Server, document: str, people: list[Wanderer]) -> None:
    for person in people:
        await person.comes()
        await person.is_saved()
        person.looks()
    log = log_of(server, document)
    newcomer = await Person(server.sync, document, headers=people[0]._headers).joins()
    with Yjs() as yjs:
        expected = yjs.shows(log)
    for each in (*people, newcomer):
        with suppress(TimeoutError):
            await each.waits(lambda: vector_of(each.doc) == expected.vector)  # noqa: B023
        assert vector_of(each.doc) == expected.vector
        assert tidied_hash(each.doc, expected) == expected.hash
        assert not [event for event in each.events if event["event"] == "refused"]
    assert tidied_hash(replayed(log), expected) == expected.hash
    said = str(newcomer.doc.get("said", type=Text))
    words = [word for person in people for word in person.said]
    assert sorted(words) == sorted(f"{word}⟩" for word in said.split("⟩")[:-1]), "a word is lost or doubled"
    for each in (*people, newcomer):
        await each.leaves()
