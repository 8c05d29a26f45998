"""The log of everything that is no edit: a gap-free sequence per topic, written with what it tells of."""

import json
import time
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import EventRow

_EVENT = table(EventRow)
_KEPT = "quillroom_events"


@dataclass(frozen=True, slots=True)
class Event:
    """One row, as it was committed."""

    topic: str
    seq: int
    name: str
    actor: str | None
    at: float
    data: dict[str, object]


def append(connection: Connection, *, topic: str, name: str, actor: str | None, data: dict[str, object]) -> Event:
    """Log an event in the transaction of a writer's job; it is told to everyone when that is committed."""
    take_turns(connection, f"event {topic}")
    newest = connection.execute(select(func.max(_EVENT.c.seq)).where(_EVENT.c.topic == topic)).scalar()
    event = Event(topic, (newest or 0) + 1, name, actor, time.time(), data)
    connection.execute(
        insert(_EVENT).values(
            topic=topic, seq=event.seq, name=name, actor=actor, at=event.at, data=json.dumps(data, ensure_ascii=False)
        )
    )
    connection.info.setdefault(_KEPT, []).append(event)
    return event


def taken(connection: Connection) -> list[Event]:
    """The events that were appended on this connection since this was last asked."""
    events: list[Event] = connection.info.pop(_KEPT, [])
    return events
