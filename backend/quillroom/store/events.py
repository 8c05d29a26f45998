"""The log of everything that is no edit: a gap-free sequence per topic, written with what it tells of."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, select

from quillroom.store.locks import take_turns
from quillroom.store.statements import add_all, table
from quillroom.store.tables import EventRow

_EVENT = table(EventRow)
_COLUMNS = ("topic", "seq", "name", "actor", "at", "data")
_HEAD = select(func.max(_EVENT.c.seq)).where(_EVENT.c.topic == bindparam("topic"))
_KEPT, _HEADS = "quillroom_events", "quillroom_event_heads"


@dataclass(frozen=True, slots=True)
class Event:
    """One row, as it was committed. `data` names what happened to what; it never holds what people wrote.

    `told` is what connections are told of it. It goes with the commit to whoever is here and is not kept: who comes
    later is told from the rows as they are then, so that what was recalled is nowhere.
    """

    topic: str
    seq: int
    name: str
    actor: str | None
    at: float
    data: dict[str, object]
    told: dict[str, object] | None = None


def append(
    connection: Connection,
    *,
    topic: str,
    name: str,
    actor: str | None,
    data: dict[str, object],
    told: dict[str, object] | None = None,
    seq: int | None = None,
) -> Event:
    """Log an event in the transaction of a writer's job; it is told to everyone when that is committed.

    `seq`, where `next_seq` was asked before, because the row that it tells of holds it too.
    """
    place = next_seq(connection, topic) if seq is None else seq
    event = Event(topic, place, name, actor, time.time(), data, told)
    append_all(connection, [event])
    return event


def append_all(connection: Connection, events: Sequence[Event]) -> None:
    """The same for events whose places are those that `next_seq` gave, and the ones behind them."""
    columns = [(e.topic, e.seq, e.name, e.actor, e.at, json.dumps(e.data, ensure_ascii=False)) for e in events]
    add_all(connection, _EVENT, _COLUMNS, columns)
    connection.info.setdefault(_KEPT, []).extend(events)
    known: dict[str, int] | None = connection.info.get(_HEADS)
    if known is not None:
        known |= {event.topic: event.seq for event in events}


def remember_heads(connection: Connection, heads: Mapping[str, int] | None) -> None:
    """The places of the newest events of topics whose turns a round has: asked once, and by nobody else moved on.

    {} when it is not certain any more, None when the round has ended.
    """
    if heads is None:
        connection.info.pop(_HEADS, None)
    else:
        connection.info[_HEADS] = dict(heads)


def next_seq(connection: Connection, topic: str) -> int:
    """The place of the next event; until this transaction ends, it is this transaction's."""
    take_turns(connection, topic)
    known: dict[str, int] | None = connection.info.get(_HEADS)
    if known is None:
        return head(connection, topic) + 1
    if topic not in known:
        known[topic] = head(connection, topic)
    return known[topic] + 1


def head(connection: Connection, topic: str) -> int:
    """The place of the newest event; 0 when there is none."""
    return connection.execute(_HEAD, {"topic": topic}).scalar() or 0


def since(connection: Connection, topic: str, after: int, limit: int) -> list[Event]:
    """The first so many events behind a place, in order, without what they told."""
    found = connection.execute(
        select(_EVENT.c.seq, _EVENT.c.name, _EVENT.c.actor, _EVENT.c.at, _EVENT.c.data)
        .where(_EVENT.c.topic == topic, _EVENT.c.seq > after)
        .order_by(_EVENT.c.seq)
        .limit(limit)
    )
    return [Event(topic, seq, name, actor, at, json.loads(data)) for seq, name, actor, at, data in found]


def forget(connection: Connection, topic: str, up_to: int) -> None:
    """Nobody asks any more for what is that old."""
    connection.execute(delete(_EVENT).where(_EVENT.c.topic == topic, _EVENT.c.seq <= up_to))


def taken(connection: Connection) -> list[Event]:
    """The events that were appended on this connection since this was last asked."""
    events: list[Event] = connection.info.pop(_KEPT, [])
    return events
