"""What a log holds for those who were away: its events with what is told of them now, in portions."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from quillroom.protocol.live import portions_of, said
from quillroom.store import events as rows
from quillroom.store.database import Connection
from quillroom.store.events import Event

LEAST_EVENTS, MOST_EVENTS = 16, 500
PAGE_BYTES = 512 * 1024

Data = Mapping[str, object]
Load = Callable[[Connection, list[Event]], Sequence[Data | None]]


@dataclass(frozen=True, slots=True)
class Frame:
    """As it is written to a transport."""

    written: bytes
    seq: int  # of its last event


@dataclass(frozen=True, slots=True)
class Page:
    """The events behind a place."""

    frames: list[Frame]
    after: int
    is_last: bool

    def next_limit(self, limit: int) -> int:
        """How many events the next page may have, for it to be of a good size if they are as large as these."""
        written = sum(len(frame.written) for frame in self.frames)
        return max(LEAST_EVENTS, min(MOST_EVENTS, 4 * limit, limit * PAGE_BYTES // max(1, written)))


class Backlog:
    """Knows what is told of which event; `loaded` and `page` run on a thread."""

    def __init__(self) -> None:
        self._loads: dict[str, Load] = {}

    def told(self, names: Collection[str], load: Load) -> None:
        """`load` finds what is told of such events."""
        self._loads |= dict.fromkeys(names, load)

    def tells(self, name: str) -> bool:
        """Whether of such an event anything is told but that it was."""
        return name in self._loads

    def loaded(self, connection: Connection, events: list[Event]) -> list[Event]:
        """Events that were read from the log, with what is told of them."""
        told = self._found(connection, events)
        return [replace(event, told=dict(told[event.seq])) if event.seq in told else event for event in events]

    def page(self, connection: Connection, topic: str, after: int, limit: int) -> Page:
        """The next events behind a place, as they are told to whoever was away."""
        found = rows.since(connection, topic, after, limit)
        told = self._found(connection, found)
        now, frames, at = time.time(), list[Frame](), 0
        for written, count in portions_of([text_of(event, told.get(event.seq), now) for event in found]):
            at += count
            frames.append(Frame(written, found[at - 1].seq))
        return Page(frames, after, len(found) < limit)

    def _found(self, connection: Connection, events: list[Event]) -> dict[int, Data]:
        told: dict[int, Data] = {}
        for load in set(self._loads.values()):
            mine = [event for event in events if self._loads.get(event.name) is load]
            if mine:
                told |= {e.seq: data for e, data in zip(mine, load(connection, mine), strict=True) if data is not None}
        return told


def text_of(event: Event, told: Data | None, now: float) -> bytes:
    """What is told of an event; of one that nothing is known of, that it was."""
    name, data = ("noted", {}) if told is None else (event.name, told)
    return said(name, data, now, topic=event.topic, seq=event.seq)
