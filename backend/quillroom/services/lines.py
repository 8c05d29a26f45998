"""The logs of topics that other servers write, too: what they commit comes by the bus, and what does not is read.

A server publishes what its own rounds committed, once for each topic. Everybody tells a log strictly in its order, what
was committed here as well: it may come before something that another server committed earlier.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, cast

from sqlalchemy.exc import DBAPIError

from quillroom.core.line import Line
from quillroom.protocol.bus import EVERYONE, Kind, read_json
from quillroom.protocol.lib0 import Malformed
from quillroom.services.relay import Relay
from quillroom.store import events as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.heads import heads

CARRIED = ("doc:", "user:", "ops", EVERYONE)  # names begin so; nobody follows other logs
CARRIED_BYTES = 256 * 1024  # in one message
GRACE_SECONDS = 0.02  # the other server's message may be on its way
LOOK_SECONDS = 0.05  # channels that were joined in so long are looked at together
RETRY_SECONDS = 0.5
PAGE_EVENTS = 200
_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who follows a log. Everything is called on the loop, except `load`."""

    @property
    def most_behind(self) -> int:
        """Of more events than that, none is read."""

    def warn(self, name: str, events: Sequence[Event]) -> None:
        """Other servers committed these; they are told as soon as everything before them was."""

    def tell_next(self, name: str, events: Sequence[Event]) -> None:
        """These are the next ones of the log."""

    def load(self, connection: Connection, events: list[Event]) -> list[Event]:
        """On a thread: these were read from the log; add what is told of them."""

    def lost(self, name: str) -> None:
        """More is missing than is read: it goes on behind that."""


class _Followed:
    __slots__ = ("is_joined", "line", "listener", "reading")

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.line: Line[Event] = Line()
        self.is_joined = False  # what other servers publish from now on comes here
        self.reading: asyncio.Task[None] | None = None


class Lines:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, relay: Relay) -> None:
        self.healed = 0  # events that were read from the log
        self._database = database
        self._relay = relay
        self._followed: dict[str, _Followed] = {}
        self._to_look_at: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        relay.on(Kind.EVENTS, self._received)
        relay.on_mode(self._mode)
        for each in CARRIED:
            relay.on_joined(each, lambda rest, prefix=each: self._joined(prefix + rest))  # type: ignore[misc]

    # -- who follows

    def open(self, name: str, listener: Listener, *, joins: bool = True) -> None:
        """Somebody follows this log from now on. `joins`: its channel is not joined already for something else."""
        self._followed[name] = _Followed(listener)
        if joins:
            self._relay.join(name)

    def begin(self, name: str, head: int) -> None:
        """Its head was read behind `open`: everything that comes after that is told."""
        followed = self._followed[name]
        self._tell(name, followed, followed.line.begin(head))
        if followed.is_joined:
            self._look(name)  # the head may be from before

    def close(self, name: str, *, leaves: bool = True) -> None:
        """Nobody follows it any more."""
        followed = self._followed.pop(name)
        if followed.reading is not None:
            followed.reading.cancel()
        if leaves:
            self._relay.leave(name)

    def place_of(self, name: str) -> int | None:
        """Up to where it was told; None while that is not known."""
        followed = self._followed.get(name)
        return None if followed is None else followed.line.place

    def places(self) -> dict[str, int]:
        """The same of each log that is followed here."""
        places = {name: followed.line.place for name, followed in self._followed.items()}
        return {name: place for name, place in places.items() if place is not None}

    # -- what happens

    def on_round(self, events: Sequence[Event]) -> None:
        """These were committed here."""
        by_name: dict[str, list[Event]] = {}
        for event in events:
            by_name.setdefault(event.topic, []).append(event)
        # First what concerns everybody: who has lost something is to be judged before more is told.
        for name in sorted(by_name, key=lambda each: each != EVERYONE):
            self._publish(name, by_name[name])
            followed = self._followed.get(name)
            if followed is not None:
                self._take(name, followed, by_name[name])

    def catch_up(self, name: str, head: int) -> None:
        """Somebody saw that the log goes as far as this."""
        followed = self._followed.get(name)
        if followed is None:
            return
        followed.line.expect(head)
        if followed.line.is_behind:
            self._relay.counters["gaps"]["topic"] += 1
            self._read(name, followed)

    def _publish(self, name: str, events: Sequence[Event]) -> None:
        if not self._relay.is_connected or not name.startswith(CARRIED):
            return
        try:
            messages = list(_written(events))
        except (TypeError, ValueError):  # no JSON: its log has what can be said of it
            _log.exception("What was told of %s cannot be carried", name)
            return
        for message in messages:
            self._relay.publish(name, Kind.EVENTS, message)

    def _received(self, name: str, instance: str, payload: bytes) -> None:
        followed = self._followed.get(name)
        if followed is None:
            return
        new = [event for event in _events(name, payload) if event.seq > (followed.line.place or 0)]
        if new:
            followed.listener.warn(name, new)
            self._take(name, followed, new)

    def _take(self, name: str, followed: _Followed, events: Iterable[Event]) -> None:
        line = followed.line
        self._tell(name, followed, [each for event in events for each in line.take(event.seq, event)])
        if line.is_behind:
            self._read(name, followed, GRACE_SECONDS if self._relay.is_connected else 0.0)

    def _tell(self, name: str, followed: _Followed, events: Sequence[Event]) -> None:
        if events:
            followed.listener.tell_next(name, events)

    # -- what is missing

    def _mode(self, is_connected: bool) -> None:
        if not is_connected:
            for followed in self._followed.values():
                followed.is_joined = False

    def _joined(self, name: str) -> None:
        followed = self._followed.get(name)
        if followed is not None:
            followed.is_joined = True
            self._look(name)

    def _look(self, name: str) -> None:
        self._to_look_at.add(name)
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_at_all())

    async def _look_at_all(self) -> None:
        """How far these logs are now, in one query: what came before their channels were joined is missing."""
        await asyncio.sleep(LOOK_SECONDS)
        self._looking = None
        names, self._to_look_at = self._to_look_at, set()
        try:
            _, found = await asyncio.to_thread(self._database.read, lambda c: heads(c, (), names))
        except DBAPIError:
            _log.warning("How far topics are cannot be read now: it is looked at later", exc_info=True)
            return
        for name, head in found.items():
            self.catch_up(name, head)

    def _read(self, name: str, followed: _Followed, wait: float = 0.0) -> None:
        if followed.reading is None:
            followed.reading = asyncio.get_running_loop().create_task(self._read_on(name, followed, wait))

    async def _read_on(self, name: str, followed: _Followed, wait: float) -> None:
        try:
            await asyncio.sleep(wait)
            while followed.line.is_behind and self._followed.get(name) is followed:
                await self._read_page(name, followed)
        finally:
            followed.reading = None

    async def _read_page(self, name: str, followed: _Followed) -> None:
        line, listener = followed.line, followed.listener
        after = line.place or 0
        if line.head - after > listener.most_behind:
            self._skip(name, followed, line.head)
            return
        try:
            page = await asyncio.to_thread(self._database.snapshot, lambda c: _page(c, name, after, listener))
        except DBAPIError:
            _log.warning("The log of %s cannot be read now", name, exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)
            return
        if self._followed.get(name) is not followed:
            return
        if not page:
            line.give_up()
        elif page[0].seq != after + 1:  # what is missing is not kept any more
            self._skip(name, followed, page[0].seq - 1)
        else:
            self.healed += len(page)
            listener.warn(name, page)
            self._take(name, followed, page)

    def _skip(self, name: str, followed: _Followed, place: int) -> None:
        _log.warning("Of %s, more than can be read was missed: %s to %s", name, followed.line.place, place)
        followed.listener.lost(name)
        if self._followed.get(name) is followed:
            self._tell(name, followed, followed.line.begin(place))


def _page(connection: Connection, name: str, after: int, listener: Listener) -> list[Event]:
    return listener.load(connection, rows.since(connection, name, after, PAGE_EVENTS))


def _written(events: Iterable[Event]) -> Iterator[bytes]:
    """As JSON, in messages of a bounded size; one event may be larger."""
    parts, size = list[str](), 0
    for event in events:
        what = {"seq": event.seq, "name": event.name, "actor": event.actor, "at": event.at}
        part = json.dumps({**what, "data": event.data, "told": event.told}, ensure_ascii=False, separators=(",", ":"))
        if parts and size + len(part) > CARRIED_BYTES:
            yield f"[{','.join(parts)}]".encode()
            parts, size = [], 0
        parts.append(part)
        size += len(part)
    yield f"[{','.join(parts)}]".encode()


def _events(name: str, payload: bytes) -> list[Event]:
    """Raises Malformed."""
    found = read_json(payload)
    if not isinstance(found, list):
        raise Malformed("a list of events was expected")
    return [_event(name, each) for each in found]


def _event(name: str, said: object) -> Event:
    if not isinstance(said, dict):
        raise Malformed("an event was expected")
    seq, what, actor, at = said.get("seq"), said.get("name"), said.get("actor"), said.get("at")
    data, told = said.get("data"), said.get("told")
    if not (isinstance(seq, int) and seq > 0 and isinstance(what, str) and isinstance(at, float | int)):
        raise Malformed("an event with a place, a name and a time was expected")
    if not (isinstance(data, dict) and isinstance(told, dict | None) and isinstance(actor, str | None)):
        raise Malformed("an event with its data was expected")
    return Event(name, seq, what, actor, float(at), cast(dict[str, object], data), told)
