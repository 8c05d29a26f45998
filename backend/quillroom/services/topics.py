"""Who follows which topic: asked whether they may, told what they missed, then everything as it is committed.

What changes access to documents holds their topics until everybody there was judged anew (`revocation.py`): whoever
lost access hears nothing that was committed behind that.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from quillroom.core.access import Acl, Action, standing
from quillroom.core.member import Member
from quillroom.core.meters import TopicCounters
from quillroom.core.topic import Arrival, Said, Topic, deliver
from quillroom.protocol.live import said
from quillroom.services.access import Access
from quillroom.services.backlog import LEAST_EVENTS, Backlog, Data, Load, text_of
from quillroom.services.errors import Invalid, NotFound
from quillroom.services.lines import Lines
from quillroom.store import events as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event

_log = logging.getLogger(__name__)

RESET_EVENTS = 20_000
TOPICS_OF_ONE = 200
HOLD_SECONDS = 1.0  # when that long nobody could be judged, G7 still gives a second
PATIENCE_SECONDS = 30.0  # for a peer that does not read what it asked for
FLEETING_SECONDS = 0.1  # what is only worth something now is gathered for so long
DOCUMENT, PERSON, OPERATORS = "doc:", "user:", "ops"
OF_ACCESS = ("access.changed", "page.moved", "page.trashed", "page.purged")  # change who may hear of a page


class Gone(Exception):
    """Who was about to follow a topic was told meanwhile that it does not."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a topic stands for somebody who follows it now."""

    seq: int
    is_reset: bool


class Topics:
    """Used from the event loop's thread only."""

    def __init__(
        self,
        database: Database,
        access: Access,
        tell: Callable[[Member, str, Data], None],
        until_read: Callable[[Member], Awaitable[None]],
        lines: Lines | None = None,
    ) -> None:
        """`tell(member, event, data)` says something to one connection, behind everything that it was told before;
        `until_read(member)` waits while it does not read. `lines`, where other servers write the same logs.
        """
        self._database = database
        self._access = access
        self._tell = tell
        self._until_read = until_read
        self._lines = lines
        self._backlog = Backlog()
        self._topics: dict[str, Topic] = {}
        self._of: dict[Member, set[str]] = {}
        self._changes = 0  # of access, that were told
        self._judged = 0  # of these, the ones after which everybody concerned was judged, or that were not waited for
        self._cleared = asyncio.Event()
        self._cleared.set()
        self._until_cleared: asyncio.TimerHandle | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}  # of topics that wait to be flushed
        self._fleeting: set[str] = set()  # topics with something that is only worth something now
        self.counters = TopicCounters()
        self.on_left: Callable[[Member, str], None] = lambda member, topic: None
        self.on_changes: Callable[[Sequence[Event]], None] = lambda events: None  # of access, by other servers
        self.is_crowded: Callable[[], bool] = lambda: False  # whether the server has more to do than it can

    def __len__(self) -> int:
        return len(self._topics)

    def told(self, names: Collection[str], load: Load) -> None:
        """`load` finds what is told of such events to those who were away."""
        self._backlog.told(names, load)

    # -- who is where

    def members(self, topic: str) -> Collection[Member]:
        """Everybody who follows it."""
        found = self._topics.get(topic)
        return [] if found is None else found.members()

    def topics_of(self, member: Member) -> Collection[str]:
        """What one connection follows."""
        return self._of.get(member, set())

    def documents(self) -> set[str]:
        """The documents whose topic anybody follows."""
        return {name.removeprefix(DOCUMENT) for name in self._topics if name.startswith(DOCUMENT)}

    def documents_of(self, member: Member) -> set[str]:
        """Of these, the ones that one connection follows."""
        return {name.removeprefix(DOCUMENT) for name in self.topics_of(member) if name.startswith(DOCUMENT)}

    def heads(self, member: Member) -> dict[str, int]:
        """The newest place of each topic, up to which the connection must have been told."""
        places = {name: self._topics[name].place_of(member) for name in self.topics_of(member)}
        return {name: place for name, place in places.items() if place is not None}

    # -- coming and going

    async def follow(self, member: Member, name: str, after: int | None) -> Followed:
        """Send what came behind `after` (None: nothing of it; -1: a place in another log), and everything from then on.

        Raises NotFound, Invalid, Gone.
        """
        if len(self.topics_of(member)) >= TOPICS_OF_ONE and name not in self.topics_of(member):
            raise Invalid(f"One connection follows at most {TOPICS_OF_ONE} topics.")
        topic = self._topics.get(name) or self._open(name)
        self._of.setdefault(member, set()).add(name)
        arrival = topic.arrive(member)
        try:
            is_reset = await self._begin(topic, arrival, after)
            while not arrival.is_settled:
                await self._read_on(topic, arrival)
        except BaseException:
            if not arrival.is_over:
                self.leave(member, name)
            raise
        self.counters.resumes["reset" if is_reset else "complete"] += 1
        return Followed(arrival.sent, is_reset)

    def leave(self, member: Member, name: str) -> bool:
        """Whether it was followed. Idempotent."""
        topic = self._topics.get(name)
        if topic is None or not topic.leave(member):
            return False
        if topic.is_empty:
            self._close(name)
        mine = self._of[member]
        mine.discard(name)
        if not mine:
            del self._of[member]
        self.on_left(member, name)
        return True

    def leave_all(self, member: Member) -> None:
        """The connection is gone, or begins anew."""
        for name in list(self.topics_of(member)):
            self.leave(member, name)

    # -- what happens

    def on_round(self, events: Sequence[Event], now: float) -> None:
        """These were committed here."""
        if self._lines is not None:
            self._lines.on_round(events)
            return
        for event in events:
            self.on_event(event, now)
        self.flush({event.topic for event in events})

    def on_event(self, event: Event, now: float) -> None:
        """Something was committed; it is sent by the next `flush`."""
        topic = self._topics.get(event.topic)
        if topic is None:
            return
        told = event.told if self._backlog.tells(event.name) else None
        try:
            text = text_of(event, told, now)
        except (TypeError, ValueError):  # no JSON: the fault of who told it must not hold up what else was committed
            _log.exception("What was told of %s cannot be said", event.name)
            text, told = text_of(event, None, now), None
        topic.tell(Said(event.seq, text, event.at))
        self.counters.count(event.name if told is not None else "noted", "told")

    def tell(self, name: str, event: str, data: Data, now: float) -> None:
        """The same for what has no place in the log."""
        topic = self._topics.get(name)
        if topic is not None:
            topic.tell(Said(0, said(event, data, now)))

    def show(self, name: str, event: str, kind: str, data: Data, except_: Member | str | None, now: float) -> None:
        """The same for what is only worth something now: the latest of its kind is told in a moment, if at all."""
        topic = self._topics.get(name)
        if topic is None:
            return
        topic.show(kind, said(event, data, now), except_)
        if not self._fleeting:
            asyncio.get_running_loop().call_later(FLEETING_SECONDS, self._flush_fleeting)
        self._fleeting.add(name)

    def flush(self, names: Collection[str]) -> None:
        """Send what these topics have to say: at once, or with what else comes until their next batch may go."""
        loop = asyncio.get_running_loop()
        for name in names:
            topic = self._topics.get(name)
            if topic is None or name in self._timers:
                continue
            wait = topic.spacing.wait(loop.time())
            if wait:
                self._timers[name] = loop.call_later(wait, self._flush, name)
            else:
                self._flush(name)

    # -- permission

    def hold(self, changes: int) -> None:
        """Access to documents changed: their topics are silent until `clear` was called as often."""
        self._changes += changes
        self._cleared.clear()
        if self._until_cleared is None:
            self._until_cleared = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._wait_no_longer)

    def clear(self, changes: int) -> None:
        """Everybody was judged who may have lost something by so many changes."""
        self._judged += changes
        if not self._is_held:
            self._go_on()

    def judge(self, document: str, acl: Acl | None) -> None:
        """Send those away who may not read it any more."""
        topic = self._topics.get(DOCUMENT + document)
        if topic is None:
            return
        now = time.time()
        if acl is None or acl.is_trashed:
            self._drop(topic, topic.members(), "gone")
            return
        for member in topic.members():
            found = standing(member.person, acl, now, is_open=self._access.is_open)
            if found.role is None:
                self._drop(topic, [member], "access_ended")
            else:
                _note_until(topic, member, found.until)

    def judge_person(self, member: Member) -> set[str]:
        """Somebody is someone else now: no operator, perhaps. The documents for which they are to be judged anew."""
        topic = self._topics.get(OPERATORS)
        if topic is not None and not member.person.is_operator and OPERATORS in self.topics_of(member):
            self._drop(topic, [member], "access_ended")
        return self.documents_of(member)

    def due(self, now: float) -> set[str]:
        """Documents that somebody follows by a link that has run out."""
        return {
            name.removeprefix(DOCUMENT)
            for name, topic in self._topics.items()
            if topic.until and min(topic.until.values()) <= now
        }

    # -- what other servers do; see `lines.Listener`

    @property
    def most_behind(self) -> int:
        """Whoever is that far behind asks anew."""
        return RESET_EVENTS

    def warn(self, name: str, events: Sequence[Event]) -> None:
        """Other servers committed these: what changes who may hear of a page is judged before more of it is told."""
        changes = [event for event in events if event.name in OF_ACCESS]
        if changes:
            self.hold(len(changes))
            self.on_changes(changes)

    def tell_next(self, name: str, events: Sequence[Event]) -> None:
        """These are the next ones of the log."""
        now = time.time()
        for event in events:
            self.on_event(event, now)
        self.flush([name])

    def load(self, connection: Connection, events: list[Event]) -> list[Event]:
        """On a thread: with what is told of them, as it is now."""
        return self._backlog.loaded(connection, events)

    def lost(self, name: str) -> None:
        """More is missing than is read: everybody follows it anew."""
        topic = self._topics[name]
        self._drop(topic, topic.members(), "behind")

    # -- details

    def _open(self, name: str) -> Topic:
        topic = self._topics[name] = Topic(name)
        if self._lines is not None:
            # The channel of a person is joined as long as they are connected.
            self._lines.open(name, self, joins=not name.startswith(PERSON))
        return topic

    def _close(self, name: str) -> None:
        del self._topics[name]
        if self._lines is not None:
            self._lines.close(name, leaves=not name.startswith(PERSON))

    def _flush(self, name: str) -> None:
        self._timers.pop(name, None)
        topic = self._topics.get(name)
        if topic is None:
            return
        if self._is_held and name.startswith(DOCUMENT):
            if topic.is_full:
                self._drop(topic, topic.members(), "behind")
            return
        began = time.perf_counter()
        sent = topic.flush()
        took = time.perf_counter() - began
        topic.spacing.sent(asyncio.get_running_loop().time(), took, is_crowded=self.is_crowded())
        now = time.time()
        for each in sent:
            if each.seq:
                self.counters.delivery_seconds.observe(max(0.0, now - each.at))

    def _flush_fleeting(self) -> None:
        names, self._fleeting = self._fleeting, set()
        is_crowded = self.is_crowded()
        for topic in [self._topics[name] for name in names if name in self._topics]:
            if self._is_held and topic.name.startswith(DOCUMENT):
                self._fleeting.add(topic.name)
                continue
            sent, shed = topic.flush_fleeting(is_crowded=is_crowded)
            self.counters.count("fleeting", "told", sent)
            self.counters.count("fleeting", "shed", shed)
            if topic.is_showing:
                self._fleeting.add(topic.name)
        if self._fleeting:
            asyncio.get_running_loop().call_later(FLEETING_SECONDS, self._flush_fleeting)

    def _drop(self, topic: Topic, members: Collection[Member], why: str) -> None:
        for member in members:
            self.leave(member, topic.name)
            self._tell(member, "unfollowed", {"topic": topic.name, "why": why})

    @property
    def _is_held(self) -> bool:
        return self._judged < self._changes

    def _wait_no_longer(self) -> None:
        self._judged = self._changes  # what is judged too late is counted twice: that shortens a later wait, no more
        self._go_on()

    def _go_on(self) -> None:
        if self._until_cleared is not None:
            self._until_cleared.cancel()
            self._until_cleared = None
        self._cleared.set()
        for name in [name for name in self._topics if name.startswith(DOCUMENT)]:
            self._flush(name)

    async def _begin(self, topic: Topic, arrival: Arrival, after: int | None) -> bool:
        """Find out whether it may, and where it begins; whether that is another place than it said."""
        while True:
            changes, is_begun = self._changes, self._is_begun(topic)
            arrival.begin()
            head, until = await asyncio.to_thread(self._database.read, lambda c: self._asked(c, topic, arrival.member))
            if self._lines is not None and not is_begun and not arrival.is_over:
                if self._is_begun(topic):
                    continue  # what was told before that place came neither to this one nor with what it read
                self._lines.begin(topic.name, head)
            if changes == self._changes:
                break  # else who was judged meanwhile was judged without this one
        if not arrival.is_over:
            _note_until(topic, arrival.member, until)
        is_reset = after is not None and (after < 0 or not 0 <= head - after <= RESET_EVENTS)
        arrival.sent = head if after is None or is_reset else after
        if arrival.sent == head:
            await self._until_it_may_be_sent(arrival)
            arrival.settle()
        return is_reset

    def _is_begun(self, topic: Topic) -> bool:
        """Whether everything is told that is behind a place."""
        return self._lines is None or self._lines.place_of(topic.name) is not None

    def _asked(self, connection: Connection, topic: Topic, member: Member) -> tuple[int, float | None]:
        """On a thread: the head of the topic, for whoever may follow it, and until when. Raises NotFound."""
        person, id, until = member.person, topic.name.partition(":")[2], None
        if topic.name.startswith(DOCUMENT):
            until = self._access.check(connection, person, Action.READ, id).until
        elif topic.name != f"{PERSON}{person.id}" and not (topic.name == OPERATORS and person.is_operator):
            raise NotFound(topic.name)
        return rows.head(connection, topic.name), until

    async def _read_on(self, topic: Topic, arrival: Arrival) -> None:
        """One page of what was missed; after the last one the member is told everything from now on."""
        arrival.begin()
        limit = arrival.page_events
        page = await asyncio.to_thread(
            self._database.snapshot, lambda c: self._backlog.page(c, topic.name, arrival.sent, limit)
        )
        await self._until_it_may_be_sent(arrival)
        for frame in page.frames:
            if not arrival.reads:
                # Nothing is kept for who does not read: the rest is read again, in smaller portions.
                arrival.page_events = max(LEAST_EVENTS, 2 * (arrival.sent - page.after))
                return
            deliver(arrival.member, [frame.written])
            self.counters.count("missed", "told", frame.seq - arrival.sent)
            arrival.sent = frame.seq
        arrival.page_events = page.next_limit(limit)
        if page.is_last:
            arrival.settle()

    async def _until_it_may_be_sent(self, arrival: Arrival) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self._cleared.wait()
                await self._until_read(arrival.member)
                if arrival.is_over:
                    raise Gone
                if not self._is_held:
                    return


def _note_until(topic: Topic, member: Member, until: float | None) -> None:
    if until is None:
        topic.until.pop(member, None)
    else:
        topic.until[member] = until
