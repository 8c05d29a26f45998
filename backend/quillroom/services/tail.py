"""A look at the log, now and then: what the bus did not bring is found there, and without a bus this is the way.

So a server need not announce how far its logs are: a lost last message is found by the next look, also where what
announced it would have been lost with it.
"""

import asyncio
import contextlib
import logging

from sqlalchemy.exc import DBAPIError

from quillroom.services.lines import Lines
from quillroom.services.relay import Relay
from quillroom.services.room_relay import RoomRelay
from quillroom.services.rooms import Rooms
from quillroom.store.database import Database
from quillroom.store.heads import heads

ALONE_SECONDS = 0.5
CONNECTED_SECONDS = 4.0
TELLING_SECONDS = 0.05  # what was just committed here is told by then
_log = logging.getLogger(__name__)


class Tail:
    """Used from the event loop's thread only; `run` is a task of the server's, where others may write the same logs."""

    def __init__(self, database: Database, relay: Relay, rooms: Rooms, room_relay: RoomRelay, lines: Lines) -> None:
        self._database = database
        self._relay = relay
        self._rooms = rooms
        self._room_relay = room_relay
        self._lines = lines
        self._woken = asyncio.Event()
        relay.on_mode(lambda is_connected: self._woken.set())

    async def run(self) -> None:
        """For ever."""
        is_blind = False
        while True:
            self._woken.clear()
            try:
                await self.look()
                is_blind = False
            except DBAPIError:
                if not is_blind:  # said once, not twice a second for as long as the database is away
                    _log.warning("How far the logs are cannot be read now", exc_info=True)
                is_blind = True
            seconds = CONNECTED_SECONDS if self._relay.is_connected else ALONE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()

    async def look(self) -> None:
        """Have everything read that is behind its log."""
        documents, topics = self._rooms.places(), self._lines.places()
        if not documents and not topics:
            return
        rows_at, events_at = await asyncio.to_thread(self._database.read, lambda c: heads(c, documents, topics))
        await asyncio.sleep(TELLING_SECONDS)
        for document, place in self._rooms.places().items():
            if place < rows_at.get(document, 0):
                self._room_relay.catch_up(document)
        for topic, place in self._lines.places().items():
            if place < events_at.get(topic, 0):
                self._lines.catch_up(topic, events_at[topic])
