"""One document, a few people, a server that may die, and a network that may do anything."""

import asyncio
import sqlite3
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, cast

from pycrdt import Doc, Text

from histories.edits import EDITS, add_block, delete_block
from histories.local_server import LocalServer, PatientLoop
from histories.people import Typist, follows, holds
from histories.wire import Wire
from histories.yjs import Shown, Yjs
from quillroom.content.hash import content_hash
from quillroom.core.known import Known
from quillroom.protocol.inspector import inspect
from quillroom.protocol.vectors import read_state_vector
from quillroom.store.database import Connection
from quillroom.store.documents import create_document

# What may happen, and how often in comparison.
HAPPENINGS = (
    "rests", *("edits",) * 8, "deletes", *("says",) * 3, *("up",) * 6, *("down",) * 6, *("flows",) * 2,
    *("round",) * 3, *("commits",) * 2, "tells", "breaks", "walks", "ghost", *("joins",) * 2, *("returns",) * 3,
    "swaps", "doubles", "deaf", "hears", "dies", "dies_untold", "waits", "idles",
)  # fmt: skip


class Step(NamedTuple):
    """Something happens to somebody; the seed decides where in the text."""

    what: str
    who: int
    seed: int


class World:
    """Runs steps, then makes peace and compares everything with everything."""

    def __init__(self, path: Path, document: str, people: int) -> None:
        self.people = [Typist(number, is_ours=number % 3 != 2) for number in range(people)]
        self.path = path
        self.document = document
        self.server = LocalServer(f"sqlite:///{path}")
        self.ghosts: list[Wire] = []  # connections whose client is gone without a word
        self._log: list[bytes] = []
        self._logged = Known()
        self._reader = sqlite3.connect(path)

    async def begins(self) -> None:
        """The document exists, and everybody comes."""
        create = self.server.writer.execute(self._creates)
        self.server.round()
        create.result(0)
        for typist in self.people:
            await self.joins(typist)

    def ends(self) -> None:
        """Let go of the file."""
        self.server.dies(after_commit=False)
        self._reader.close()

    def _creates(self, connection: Connection) -> None:
        create_document(connection, id=self.document, title="", created_by=None, generation="g", now=0.0)

    # -- what happens

    async def happens(self, step: Step) -> None:
        """One step; whatever was acknowledged by now must be in the log by now."""
        typist, chance = self.people[step.who % len(self.people)], Random(step.seed)
        match step.what:
            case "edits":
                typist.edits_as(chance.choice(EDITS), chance)
            case "adds":
                typist.edits_as(add_block, chance)
            case "deletes":
                typist.edits_as(delete_block, chance)
            case "says":
                typist.says(chance)
            case "up" if typist.wire is not None:
                typist.wire.deliver_up()
            case "down":
                typist.reads()
            case "round":
                self.server.round()
            case "commits":
                self.server.commits()
            case "tells":
                self.server.tells()
            case "flows":
                self._flows(typist)
            case "breaks":
                typist.loses_network()
            case "walks":
                self._ghosted(typist.walks_away())
            case "ghost" if self.ghosts:
                self._haunts(chance)
            case "joins":
                await self.joins(typist)
            case "returns":  # a short cut: the network is gone and back before anyone notices
                typist.loses_network()
                await self.joins(typist)
                self._flows(typist)
            case "swaps":
                typist.swaps(chance)
            case "doubles":
                typist.doubles(chance)
            case "deaf" if typist.wire is not None:
                typist.wire.fill()
            case "hears" if typist.wire is not None:
                typist.wire.drain()
            case "dies" | "dies_untold":
                await self.restarts(after_commit=step.what == "dies_untold")
            case "waits":
                await self._passes(3.0)
            case "idles":
                await self._passes(31.0)
        self.what_was_saved_is_logged()

    async def joins(self, typist: Typist) -> None:
        """Come (back), unless there is a connection already."""
        if not typist.is_connected:
            wire = await self.server.connects(self.document, typist.person, is_ours=typist.is_ours)
            typist.meets(wire)

    async def restarts(self, *, after_commit: bool) -> None:
        """kill -9, and a new process on the same file."""
        self.server.dies(after_commit=after_commit)
        for typist in self.people:
            typist.loses_network()
        self.ghosts.clear()
        self.server = LocalServer(f"sqlite:///{self.path}")

    def _flows(self, typist: Typist) -> None:
        for _ in range(6):
            if typist.wire is not None:
                typist.wire.deliver_up()
            typist.reads()

    def _ghosted(self, wire: Wire | None) -> None:
        if wire is not None:
            self.ghosts.append(wire)

    def _haunts(self, chance: Random) -> None:
        """What a dead connection still had in flight arrives, or the server notices at last."""
        ghost = chance.choice(self.ghosts)
        if ghost.up and chance.random() < 0.9:
            ghost.deliver_up()
        else:
            self.ghosts.remove(ghost)
            ghost.lose()

    async def _passes(self, seconds: float) -> None:
        cast(PatientLoop, asyncio.get_running_loop()).skipped_seconds += seconds
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    # -- peace

    async def makes_peace(self) -> None:
        """Everybody has an honest connection again, and everything in flight arrives."""
        for typist in self.people:
            if not typist.is_honest:
                typist.loses_network()
        for _ in range(50):
            for typist in self.people:
                await self.joins(typist)
                if typist.wire is not None:
                    typist.wire.drain()
            while self._delivers_all():
                pass
            self.server.round()
            if not self._in_flight() and all(typist.is_connected for typist in self.people):
                break
        else:
            raise AssertionError("it does not come to rest")
        self.what_was_saved_is_logged()

    def _delivers_all(self) -> bool:
        moved = False
        for typist in self.people:
            while typist.wire is not None and typist.wire.up:
                typist.wire.deliver_up()
                moved = True
            while typist.wire is not None and typist.wire.down:
                typist.reads()
                moved = True
        return moved

    def _in_flight(self) -> bool:
        return any(typist.wire is not None and (typist.wire.up or typist.wire.down) for typist in self.people)

    # -- what must be true

    def what_was_saved_is_logged(self) -> None:
        """G1, at every instant: an acknowledged edit stands in the committed log."""
        self._reads_log()
        for typist in self.people:
            for number, edit in enumerate(typist.edits[: typist.saved]):
                assert holds(self._logged, edit), f"edit {number} of {typist.person.name} was called saved too early"

    def log(self) -> list[bytes]:
        """The committed rows in order, read past the product."""
        self._reads_log()
        return self._log

    def _reads_log(self) -> None:
        query = 'SELECT author, "update" FROM document_update WHERE document = ? AND seq > ? ORDER BY seq'
        for author, update in self._reader.execute(query, (self.document, len(self._log))):
            inspection = inspect(update)
            follows(self._logged, inspection)
            for client, _, _ in inspection.ranges:
                assert author == f"person-{client - 1}", "a row says that somebody else wrote it"
            self._logged.add(inspection)
            self._log.append(update)

    async def everybody_agrees(self, yjs: Yjs) -> None:
        """Every replica shows the same, and real Yjs too; every word is there exactly once."""
        log = self.log()
        expected = yjs.shows(log)
        _agrees("the log, replayed", replayed(log), expected)
        for typist in self.people:
            _agrees(f"the copy of {typist.person.name}", typist.doc, expected)
            replay = yjs.shows(typist.journal)  # everything in the order in which this replica took it
            assert replay.vector == expected.vector, f"what {typist.person.name} got differs in Yjs"
            assert tidied_hash(replayed(log), replay) == replay.hash, f"{typist.person.name} would see it else in Yjs"
            assert not typist.refused, f"{typist.person.name} was refused: {typist.refused}"
            # To a stock client whose echo was lost with the old server nobody says it again.
            assert typist.saved == len(typist.edits) or not typist.is_ours, f"{typist.person.name} waits in vain"
        await self._agrees_with_the_room("the room", expected)
        await self.restarts(after_commit=False)
        await self._agrees_with_the_room("the room, loaded again", expected)
        newcomer = await self._a_newcomer()
        _agrees("a newcomer", newcomer, expected)
        assert len(self.log()) == len(log), "coming back wrote something"
        self._every_word_is_there_once(str(newcomer.get("said", type=Text)))

    async def _agrees_with_the_room(self, name: str, expected: Shown) -> None:
        room = await self.server.rooms.open(self.document)
        assert room.known.clocks == expected.vector, f"{name} believes to know something else"
        _agrees(name, replayed([room.replica.state()]), expected)

    def _every_word_is_there_once(self, said: str) -> None:
        words = [word for typist in self.people for word in typist.said]
        assert sorted(words) == sorted(f"{word}⟩" for word in said.split("⟩")[:-1]), "a word is lost or doubled"

    async def _a_newcomer(self) -> Doc[Any]:
        newcomer = Typist(99, is_ours=True)
        self.people.append(newcomer)
        await self.makes_peace()
        self.people.remove(newcomer)
        return newcomer.doc


def replayed(updates: list[bytes]) -> Doc[Any]:
    """The document that these updates give, applied in order."""
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def _agrees(name: str, replica: Doc[Any], expected: Shown) -> None:
    assert vector_of(replica) == expected.vector, f"{name} has another state vector"
    assert tidied_hash(replica, expected) == expected.hash, f"{name} shows something else"


def vector_of(doc: Doc[Any]) -> dict[int, int]:
    return read_state_vector(doc.get_state())


def tidied_hash(doc: Doc[Any], shown: Shown) -> str:
    """What the replica shows when it, too, has dropped the marks that mark nothing."""
    if not shown.tidied:
        return content_hash(doc)
    copy: Doc[Any] = Doc()
    for update in (doc.get_update(), *shown.tidied):
        copy.apply_update(update)
    return content_hash(copy)
