"""A topic and those who follow it: each event once, in order, encoded once for all. Nothing here reads or waits.

Somebody who comes has missed something, which is read from the log while new events come in. So an arrival first keeps
what is told meanwhile. What was committed before the read began is in it, so of what was kept exactly that is sent
which has a higher place than the last one read: no gap, and nothing twice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from quillroom.core.member import Member
from quillroom.core.outbox import Priority
from quillroom.core.spacing import Spacing
from quillroom.protocol.live import frames_of

PAGE_EVENTS = 64
KEPT_EVENTS = 1024
KEPT_BYTES = 256 * 1024
BATCH_BYTES = 1024 * 1024
MOST_DELAYS = 10
STATES = frozenset(("presence",))  # of what is fleeting: all of something, as it is now


class Said(NamedTuple):
    """An event as JSON; `seq` is 0 where it has no place in the log, `at` when it was made, in Unix seconds."""

    seq: int
    text: bytes
    at: float = 0.0


class Arrival:
    """A member on the way in."""

    __slots__ = ("_bytes", "_has_lost", "_kept", "is_over", "is_settled", "member", "page_events", "sent")

    def __init__(self, member: Member) -> None:
        self.member = member
        self.sent = 0  # the place of the last event that was sent, or that need not be
        self.is_settled = False  # up to `sent` everything is sent, and what comes behind it is in the topic's batch
        self.is_over = False  # it left, or was sent away
        self.page_events = PAGE_EVENTS  # so much is read for it at once
        self._has_lost = False  # more came during one read than can be kept: read again
        self._kept: list[Said] = []
        self._bytes = 0

    @property
    def reads(self) -> bool:
        """Whether its peer takes what it is sent."""
        outbox = self.member.outbox
        return outbox is not None and outbox.paused_at is None

    def begin(self) -> None:
        """A read begins: it will hold everything that was told before this moment."""
        self._kept, self._bytes, self._has_lost = [], 0, False

    def keep(self, said: Said) -> None:
        """Told meanwhile."""
        if self.is_settled or self._has_lost:
            return
        self._kept.append(said)
        self._bytes += len(said.text)
        if len(self._kept) > KEPT_EVENTS or self._bytes > KEPT_BYTES:
            self._kept, self._has_lost = [], True

    def settle(self) -> None:
        """Everything up to `sent` was read and sent: send what was kept behind it, if that is all. Else read on."""
        if not self._has_lost:
            kept, self._kept = self._kept, []
            self.is_settled = True
            self.take(kept)

    def take(self, batch: Collection[Said]) -> None:
        """Send what is new of it, and what has no place."""
        new = [said for said in batch if said.seq == 0 or said.seq > self.sent]
        deliver(self.member, frames_of([said.text for said in new]))
        self.sent = max(self.sent, *(said.seq for said in new), 0)


@dataclass(slots=True)
class Fleeting:
    """What is only worth something now: the latest of its kind, and who need not hear it: a connection, a person."""

    text: bytes
    except_: Member | str | None

    def is_for(self, member: Member) -> bool:
        """Whether this connection hears it."""
        return self.except_ is None or (self.except_ is not member and self.except_ != member.person.id)


class Topic:
    """Used from the event loop's thread only."""

    __slots__ = (
        "_arriving",
        "_batch",
        "_batch_bytes",
        "_delays",
        "_fleeting",
        "_here",
        "head",
        "name",
        "spacing",
        "until",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.head = 0  # the newest place that was sent to those who are here
        self.until: dict[Member, float] = {}  # when somebody's permission must be asked for again, in Unix seconds
        self.spacing = Spacing()
        self._here: set[Member] = set()
        self._arriving: dict[Member, Arrival] = {}
        self._batch: list[Said] = []
        self._batch_bytes = 0
        self._fleeting: dict[str, Fleeting] = {}
        self._delays = 0  # how often what is fleeting had to wait in a row

    @property
    def is_empty(self) -> bool:
        """Whether nobody follows it."""
        return not self._here and not self._arriving

    def members(self) -> Collection[Member]:
        """Everybody who follows it, and those who are about to."""
        return [*self._here, *self._arriving]

    def place_of(self, member: Member) -> int | None:
        """Up to where this one has been told; None while it is on its way in."""
        arrival = self._arriving.get(member)
        if arrival is None:
            return self.head
        return max(arrival.sent, self.head) if arrival.is_settled else None

    def arrive(self, member: Member) -> Arrival:
        """Somebody comes; whoever comes again starts anew."""
        self.leave(member)
        arrival = self._arriving[member] = Arrival(member)
        return arrival

    def leave(self, member: Member) -> bool:
        """Whether it was here at all."""
        self.until.pop(member, None)
        arrival = self._arriving.pop(member, None)
        if arrival is not None:
            arrival.is_over = True
            return True
        was_here = member in self._here
        self._here.discard(member)
        return was_here

    def tell(self, said: Said) -> None:
        """Something was committed (or happens without a place): into the batch that `flush` sends."""
        self._batch.append(said)
        self._batch_bytes += len(said.text)
        if said.seq:
            for arrival in self._arriving.values():
                arrival.keep(said)

    def show(self, kind: str, text: bytes, except_: Member | str | None) -> None:
        """Something that is only worth something now, in place of the last one of its kind."""
        self._fleeting[kind] = Fleeting(text, except_)

    @property
    def is_showing(self) -> bool:
        """Whether something that is only worth something now still waits."""
        return bool(self._fleeting)

    @property
    def is_full(self) -> bool:
        """Whether more waits than may."""
        return self._batch_bytes > BATCH_BYTES

    def flush(self) -> Collection[Said]:
        """Send what waits; who has arrived and misses nothing is here from now on. Answers what was sent."""
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        if not batch:
            return batch
        written = b"".join(frames_of([said.text for said in batch]))
        for member in self._here:
            if member.outbox is not None:
                member.outbox.deliver(written)
        self.head = max(self.head, *(said.seq for said in batch))
        for arrival in [each for each in self._arriving.values() if each.is_settled]:
            arrival.take(batch)
            if arrival.sent <= self.head:
                del self._arriving[arrival.member]
                self._here.add(arrival.member)
        return batch

    def flush_fleeting(self, *, is_crowded: bool) -> tuple[int, int]:
        """Send what is only worth something now; how much was sent, and how much given up.

        What is crowded out is lost for good, except for what stands for a state: that waits, but not for ever.
        """
        fleeting, shed = self._fleeting, 0
        if is_crowded:
            states = {kind: each for kind, each in fleeting.items() if kind in STATES}
            shed = len(fleeting) - len(states)
            self._delays += 1
            if self._delays < MOST_DELAYS:
                self._fleeting = states
                return 0, shed
            fleeting = states
        self._fleeting, self._delays = {}, 0
        written = b"".join(frames_of([each.text for each in fleeting.values()]))
        some = [each for each in fleeting.values() if each.except_ is not None]
        for member in [*self._here, *(a.member for a in self._arriving.values() if a.is_settled)]:
            mine = written
            if not all(each.is_for(member) for each in some):
                mine = b"".join(frames_of([each.text for each in fleeting.values() if each.is_for(member)]))
            if mine and member.outbox is not None:
                member.outbox.send(mine, Priority.CURSOR)
        return len(fleeting), shed


def deliver(member: Member, frames: Collection[bytes]) -> None:
    """Send frames of events in their order."""
    if member.outbox is not None:
        for frame in frames:
            member.outbox.deliver(frame)
