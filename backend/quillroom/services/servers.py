"""What every server must hear, whatever is open there: a log of its own, into which such events are copied.

The copy is written in the transaction of the event itself. Each server follows this log from where it was at its start,
and hands on what the others committed; what happened here came by its own round. Whoever missed more than can be read
does not know who lost what: then everybody here is judged anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from quillroom.protocol.bus import EVERYONE
from quillroom.services.lines import Lines
from quillroom.services.topics import OF_ACCESS, Topics
from quillroom.store import events as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

NAME = "server.event"
KEPT_EVENTS = 10_000
TIDY_EVERY = 500
_log = logging.getLogger(__name__)


class Servers:
    """Used from the event loop's thread only, but for `project` and `load`."""

    most_behind = 2000

    def __init__(self, database: Database, lines: Lines, topics: Topics, instance: str) -> None:
        self._database = database
        self._lines = lines
        self._topics = topics
        self._instance = instance
        self.on_events: Callable[[Sequence[Event]], None] = lambda events: None  # of other servers, in order
        self.on_lost: list[Callable[[], Awaitable[None]]] = []  # each judges everybody here anew
        self._lost = 0
        self._judging: asyncio.Task[None] | None = None

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Copy events, inside their transaction."""
        for event in events:
            self._copy(connection, event)

    def _copy(self, connection: Connection, event: Event) -> None:
        what = {"topic": event.topic, "seq": event.seq, "name": event.name, "data": event.data}
        data = {**what, "instance": self._instance}
        copy = rows.append(connection, topic=EVERYONE, name=NAME, actor=event.actor, data=data)
        if copy.seq % TIDY_EVERY == 0:
            rows.forget(connection, EVERYONE, copy.seq - KEPT_EVENTS)

    def say(self, connection: Connection, name: str, data: dict[str, object]) -> None:
        """Log something for all servers that is in no other log, inside a writer's job."""
        what = {"topic": EVERYONE, "seq": 0, "name": name, "data": data, "instance": self._instance}
        rows.append(connection, topic=EVERYONE, name=NAME, actor=None, data=what)

    async def begin(self) -> None:
        """Before anybody is connected: everything that is committed from here on is followed."""
        self._lines.open(EVERYONE, self)
        self._lines.begin(EVERYONE, await asyncio.to_thread(self._database.read, lambda c: rows.head(c, EVERYONE)))

    # -- see `lines.Listener`

    def warn(self, name: str, events: Sequence[Event]) -> None:
        """What they are about waits for those before them."""

    def tell_next(self, name: str, events: Sequence[Event]) -> None:
        """Hand on what other servers committed."""
        found = [_original(event) for event in events if event.data.get("instance") != self._instance]
        changes = sum(event.name in OF_ACCESS for event in found)
        if changes:
            self._topics.hold(changes)
        if found:
            self.on_events(found)

    def load(self, connection: Connection, events: list[Event]) -> list[Event]:
        """There is nothing but what the log has."""
        return events

    def lost(self, name: str) -> None:
        """Judge everybody anew."""
        self._topics.hold(1)
        self._lost += 1
        if self._judging is None:
            self._judging = asyncio.get_running_loop().create_task(self._judge())

    async def _judge(self) -> None:
        try:
            while self._lost:
                lost, self._lost = self._lost, 0
                for call in self.on_lost:
                    await _all_the_same(call)
                self._topics.clear(lost)
        finally:
            self._judging = None


async def _all_the_same(call: Callable[[], Awaitable[None]]) -> None:
    try:
        await call()
    except Exception:  # one that fails must not keep the others from judging
        _log.exception("Not everybody could be judged anew")


def _original(copy: Event) -> Event:
    topic, seq, name, data = (copy.data.get(each) for each in ("topic", "seq", "name", "data"))
    assert isinstance(topic, str)
    assert isinstance(seq, int)
    assert isinstance(name, str)
    assert isinstance(data, dict)
    return Event(topic, seq, name, copy.actor, copy.at, data)
