"""Open documents that other servers write, too: their edits are told here in the order of the log, ours are told there.

A room tells the rows of its log strictly by seq. What was committed here before something came that another server
committed earlier waits for it; what does not come by the bus is read from the log. Cursors are nowhere but on the bus.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from quillroom.core.member import Owner
from quillroom.core.replica import BrokenDocument
from quillroom.core.room import Followed, Room
from quillroom.protocol.bus import Cursor, Edits, Kind, Row, read_cursors, read_edits, write_cursors, write_edits
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed
from quillroom.services.relay import Relay
from quillroom.services.rooms import Batch, Rooms, is_large
from quillroom.store import updates
from quillroom.store.database import Database

CHANNEL = "sync:"
CARRIED_BYTES = 64 * 1024  # more is read from the log by whoever needs it
GRACE_SECONDS = 0.02  # the other server's message may be on its way
RETRY_SECONDS = 0.5
PAGE_ROWS, PAGE_BYTES = 500, 1024 * 1024
AHEAD_AT_MOST = 1000
MISSES = 5
_log = logging.getLogger(__name__)


class _Ahead(NamedTuple):
    """Rows of a log that cannot be told before others are, and how they will be."""

    first: int
    last: int
    tell: Callable[[], None]
    is_elsewhere: bool


class RoomRelay:
    """Used from the event loop's thread only."""

    def __init__(self, rooms: Rooms, relay: Relay, database: Database) -> None:
        self.healed = 0  # rows that were read from the log
        self._rooms = rooms
        self._relay = relay
        self._database = database
        self._joined: set[str] = set()  # documents of which nothing is missed that is told from now on
        self._ahead: dict[str, list[_Ahead]] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # somebody said that there is more, while the log was being read
        relay.on(Kind.EDITS, self._edits)
        relay.on(Kind.CURSORS, self._cursors)
        relay.on(Kind.ASK, self._asked)
        relay.on_joined(CHANNEL, self._has_joined)
        relay.on_gone(self._gone)
        relay.on_mode(self._mode)

    # -- what happens here

    def opening(self, document: str) -> None:
        """A document is about to be read: hear first what is told of it."""
        self._relay.join(CHANNEL + document)

    def opened(self, room: Room) -> None:
        """It was read; what was told meanwhile is missing."""
        room.awareness.is_shared = self._relay.is_shared
        if room.document in self._joined:
            self._has_joined(room.document)

    def closed(self, document: str) -> None:
        """Nobody here has it open."""
        self._joined.discard(document)
        self._relay.leave(CHANNEL + document)
        self._again.discard(document)
        reading = self._reading.pop(document, None)
        if reading is not None:
            reading.cancel()
        for ahead in self._ahead.pop(document, []):
            if not ahead.is_elsewhere:
                ahead.tell()

    def committed(self, room: Room, first: int, last: int, batch: Batch) -> None:
        """This server committed these rows."""
        is_next = first <= room.seq + 1 or self._rooms.opened(room.document) is not room
        if is_next:
            self._tell(room, last, batch)
        self._publish(room, first, last, batch)
        if is_next:
            self._go_on(room)
        else:
            self._wait(room, _Ahead(first, last, lambda: self._tell(room, last, batch), False))

    def _tell(self, room: Room, last: int, batch: Batch) -> None:
        """They may have been read from the log before this."""
        self._rooms.commit(room, last, batch, is_told=last <= room.seq)

    def _publish(self, room: Room, first: int, last: int, batch: Batch) -> None:
        if not self._relay.is_shared:
            return
        people = [receipt.member.person for receipt, _ in batch]
        rows = [Row(who.id, who.device, update) for who, (_, update) in zip(people, batch, strict=True)]
        if sum(len(row.update) for row in rows) > CARRIED_BYTES:
            rows = []
        edits = Edits(first, last, rows, room.awareness.take_moved())
        self._relay.publish(CHANNEL + room.document, Kind.EDITS, write_edits(edits))

    def moved(self, room: Room) -> None:
        """Cursors of people here moved."""
        cursors = room.awareness.take_moved()
        if cursors:
            self._relay.publish(CHANNEL + room.document, Kind.CURSORS, write_cursors(cursors))

    def catch_up(self, document: str) -> None:
        """Read what the log has, and this server has not."""
        room = self._rooms.opened(document)
        if room is not None:
            self._relay.counters["gaps"]["document"] += 1
            self._read(room)

    # -- what happens elsewhere

    def _edits(self, channel: str, instance: str, payload: bytes) -> None:
        room = self._rooms.opened(channel.removeprefix(CHANNEL))
        if room is None:
            return
        edits = read_edits(payload)
        if edits.cursors:
            self._follow_cursors(room, instance, list(edits.cursors))
        if edits.last <= room.seq:
            return
        if not edits.rows or any(is_large(row.update) for row in edits.rows):
            self._read(room)  # walked in a thread, not here
        elif edits.first <= room.seq + 1:
            self._follow(room, edits)
            self._go_on(room)
        elif len(self._ahead.get(room.document, ())) < AHEAD_AT_MOST:
            self._wait(room, _Ahead(edits.first, edits.last, lambda: self._follow(room, edits), True))

    def _follow(self, room: Room, edits: Edits) -> None:
        if edits.last <= room.seq:
            return
        rows = [Followed(_owner(row.author, row.device), row.update, inspect(row.update)) for row in edits.rows]
        if not _guarded(room, rows, edits.last):  # whatever is wrong with it, the log is the truth
            self._read(room)

    def _cursors(self, channel: str, instance: str, payload: bytes) -> None:
        room = self._rooms.opened(channel.removeprefix(CHANNEL))
        if room is not None:
            self._follow_cursors(room, instance, read_cursors(payload))

    def _follow_cursors(self, room: Room, instance: str, cursors: list[Cursor]) -> None:
        if room.awareness.follow(instance, cursors):
            self._rooms.cursors_changed(room)

    def _asked(self, channel: str, instance: str, payload: bytes) -> None:
        room = self._rooms.opened(channel.removeprefix(CHANNEL))
        cursors = [] if room is None else room.awareness.here()
        if cursors:
            self._relay.publish(channel, Kind.CURSORS, write_cursors(cursors))

    def _has_joined(self, document: str) -> None:
        self._joined.add(document)
        room = self._rooms.opened(document)
        if room is not None:
            self._read(room)
            self._relay.publish(CHANNEL + document, Kind.ASK, b"")

    def _gone(self, instance: str) -> None:
        for document in self._rooms.places():
            room = self._rooms.opened(document)
            if room is not None and room.awareness.forget(instance):
                self._rooms.cursors_changed(room)

    def _mode(self, is_connected: bool) -> None:
        if not is_connected:
            self._joined.clear()

    # -- order

    def _wait(self, room: Room, ahead: _Ahead) -> None:
        waiting = self._ahead.setdefault(room.document, [])
        waiting.append(ahead)
        waiting.sort(key=lambda each: each.first)
        self._read(room, GRACE_SECONDS if self._relay.is_connected else 0.0)

    def _go_on(self, room: Room) -> None:
        """Tell what waited for what was just told."""
        waiting = self._ahead.get(room.document)
        while waiting and waiting[0].first <= room.seq + 1:
            ahead = waiting.pop(0)
            ahead.tell()
        if not waiting:
            self._ahead.pop(room.document, None)

    def _read(self, room: Room, wait: float = 0.0) -> None:
        if room.document in self._reading:
            self._again.add(room.document)  # what is being read may be from before
        else:
            task = asyncio.get_running_loop().create_task(self._read_on(room, wait))
            self._reading[room.document] = task
            task.add_done_callback(partial(self._has_read, room.document))

    def _has_read(self, document: str, task: asyncio.Task[None]) -> None:
        if self._reading.get(document) is task:
            del self._reading[document]
        if not task.cancelled() and task.exception() is not None:
            _log.error("The log of %s was not read to its end", document, exc_info=task.exception())

    async def _read_on(self, room: Room, wait: float) -> None:
        if wait:
            await asyncio.sleep(wait)
            if not self._is_missing(room):
                return
        is_all, misses = False, 0
        while self._rooms.opened(room.document) is room and (not is_all or self._is_missing(room)):
            self._again.discard(room.document)
            try:
                rows, is_all = await asyncio.to_thread(self._page, room.document, room.seq)
            except DBAPIError:
                _log.warning("The log of %s cannot be read now", room.document, exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._take(room, rows)
            self._go_on(room)
            if is_all and not rows and room.document in self._ahead:
                misses += 1
                if misses == MISSES:  # nobody can have committed what nobody can read
                    _log.error("The log of %s ends at %d, more was told", room.document, room.seq)
                    self._force(room)
                await asyncio.sleep(GRACE_SECONDS)

    def _is_missing(self, room: Room) -> bool:
        return room.document in self._ahead or room.document in self._again

    def _page(self, document: str, after: int) -> "tuple[list[_Read], bool]":
        """On a thread."""
        rows, is_all = self._database.read(
            lambda c: updates.piece(c, document, after, limit_rows=PAGE_ROWS, limit_bytes=PAGE_BYTES)
        )
        return [_Read(row.seq, _looked_at(row)) for row in rows], is_all

    def _take(self, room: Room, rows: "list[_Read]") -> None:
        """Rows of the log; what cannot be taken in makes the document one that can only be read."""
        new = [row for row in rows if row.seq > room.seq]
        if not new:
            return
        self.healed += len(new)
        good = [row.row for row in new if row.row is not None]
        if not _guarded(room, good, new[-1].seq) or len(good) < len(new):
            room.broken = "This document needs repair: its log holds an edit that cannot be taken in."
            room.seq = new[-1].seq

    def _force(self, room: Room) -> None:
        for ahead in self._ahead.pop(room.document, []):
            if not ahead.is_elsewhere:
                ahead.tell()


class _Read(NamedTuple):
    """A row of the log; None where nobody can read it."""

    seq: int
    row: Followed | None


def _looked_at(row: updates.Row) -> Followed | None:
    try:
        return Followed(_owner(row.author, row.device), row.update, inspect(row.update))
    except Malformed:
        return None


def _guarded(room: Room, rows: Sequence[Followed], seq: int) -> bool:
    try:
        return room.follow(rows, seq)
    except BrokenDocument as error:  # as of an own edit: the bytes are kept, and no more are taken
        room.broken = f"This document needs repair: {error}"
        return True


def _owner(author: str | None, device: str | None) -> Owner | None:
    return None if author is None or device is None else (author, device)
