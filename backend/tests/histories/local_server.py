"""The whole pipeline of a server without its process: sockets on wires, rooms, the writer, a real SQLite file.

Rounds of the writer happen when the test says so, and the clock can be moved on, so that a history always goes the same
way. Everything else is what runs in production.
"""

import asyncio
from typing import Any

from histories.wire import Wire
from quillroom.api.socket import Socket, Sweeper
from quillroom.api.sync import SyncConnection
from quillroom.api.turn import Turn
from quillroom.core.member import Person, Role
from quillroom.core.meters import SocketCounters
from quillroom.services.rooms import Rooms
from quillroom.services.workers import Workers
from quillroom.store.database import Database, open_database
from quillroom.store.writer import Round, Writer

FRAME_BYTES = 4 * 1024 * 1024
OUTBOX_BYTES = 100  # small, so that a reader who stops soon needs a resync


class PatientLoop(asyncio.SelectorEventLoop):
    """A loop on which hours pass at a word."""

    skipped_seconds = 0.0

    def time(self) -> float:
        return super().time() + self.skipped_seconds


class SteppedWriter(Writer):
    """The writer without its thread: one round, here and now."""

    def round(self) -> None:
        """Commit what waits, and tell."""
        batch = self._take()
        if batch.entries or batch.jobs:
            assert self._commit(batch)

    def dies(self) -> None:
        """As the process would: what waits is gone, and no transaction is left open."""
        self._disconnect()


class LocalServer:
    """`opens`, `connects`, `round`, `dies`; begin another one on the same file to start again."""

    def __init__(self, url: str) -> None:
        self.database: Database = open_database(url)
        self.rounds: list[Round] = []
        self.writer = SteppedWriter(self.database, self.rounds.append, lambda trouble: None)
        self.rooms = Rooms(self.database, self.writer, Workers())
        self._sweeper = Sweeper()
        self._turn = Turn(asyncio.get_running_loop(), float("inf"))  # wall time decides nothing here
        self._sockets: set[Any] = set()

    async def connects(self, document: str, person: Person, *, is_ours: bool) -> Wire:
        """What `api.sync` does after the handshake."""
        room = await self.rooms.open(document)
        wire = Wire()
        connection = SyncConnection(
            self.rooms, SocketCounters(), self._turn, room, person, Role.EDIT, is_ours, is_open=False
        )
        socket = Socket(wire, connection, FRAME_BYTES, self._sockets, self._sweeper)
        wire.peer = socket
        connection.open(socket, OUTBOX_BYTES)
        if is_ours:
            connection.greet(None, FRAME_BYTES)
        self.rooms.enter(room, connection.member)
        return wire

    def commits(self) -> None:
        """One round of the writer; the loop hears of it later, as from a thread."""
        self.writer.round()

    def tells(self) -> None:
        """The loop hears of what is committed."""
        while self.rounds:
            self.rooms.on_round(self.rounds.pop(0))

    def round(self) -> None:
        """One round of the writer, told to everyone."""
        self.commits()
        self.tells()

    def dies(self, *, after_commit: bool) -> None:
        """kill -9, just before the next commit or between it and the first word about it."""
        if after_commit:
            self.writer.round()
        self.writer.dies()
        self.database.close()
