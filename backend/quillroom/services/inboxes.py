"""Inboxes as they are written, inside a writer's job: a line comes, is read, goes, and with it what left the house."""

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from quillroom.core.notify import Channel, Kind
from quillroom.services.notification_wire import Wire, line
from quillroom.services.people import new_id
from quillroom.services.wire import iso
from quillroom.store import clock, deliveries, events
from quillroom.store import notifications as rows
from quillroom.store.database import Connection
from quillroom.store.tables import DeliveryRow, NotificationRow

T = TypeVar("T")

TOLD_AT_ONCE = 200  # ids in one event
MAIL_SECONDS = 300.0  # a mail waits so long for somebody to see the line elsewhere


@dataclass(frozen=True, slots=True)
class News:
    """What happened; `cause` names it, so that nobody hears twice of it."""

    cause: str
    document: str
    actor: Wire | None
    message: Wire | None = None
    data: Mapping[str, object] | None = None


def read_chat(connection: Connection, person: str, document: str, seq: int) -> None:
    """Inside the job by which somebody has read a page's messages up to this one."""
    read(connection, person, rows.unread_up_to(connection, person, document, seq))


def read(connection: Connection, person: str, ids: Collection[str]) -> None:
    """A person has read these, which they had not: on every device, also where they were pushed to."""
    now = time.time()
    for portion in _portions(ids):
        found = rows.by_ids(connection, portion, person)
        some = [row.id for row in found]
        _close(connection, found, "read")
        rows.mark_read(connection, some, now)
        deliveries.withdraw(connection, some)
        shown: list[object] = [row.id for row in found if row.is_shown]
        if shown:
            data: dict[str, object] = {"ids": shown, "read_at": iso(now)}
            unread = rows.unread(connection, [person])[person]
            _tell(connection, person, "notification.changed", data, data | {"unread": unread})


def put(connection: Connection, wanted: Mapping[str, tuple[Kind, Collection[Channel]]], news: News, title: str) -> None:
    """A line for each, and what is to leave the house for it; nothing where they heard of this before."""
    new = [_new(person, kind, Channel.IN_APP in channels, news) for person, (kind, channels) in wanted.items()]
    added = [row for row in new if rows.add(connection, row)]
    unread = rows.unread(connection, [row.person for row in added if row.is_shown])
    document: Wire = {"id": news.document, "title": title}
    for row in added:
        _, channels = wanted[row.person]
        if Channel.PUSH in channels:
            queue(connection, "push", row.person, row.id, {"document": news.document})
        if Channel.MAIL in channels:
            queue(connection, "mail", row.person, row.id, wait_seconds=MAIL_SECONDS)
        if row.is_shown:
            told: Wire = {"notification": line(row, news.actor, document, news.message), "unread": unread[row.person]}
            _tell(connection, row.person, "notification.added", {"notification": row.id}, told)


def _new(person: str, kind: Kind, is_shown: bool, news: News) -> rows.NewRow:
    return rows.NewRow(
        id=new_id(),
        person=person,
        kind=kind.value,
        cause=news.cause,
        is_shown=is_shown,
        document=news.document,
        message=None if news.message is None else str(news.message["id"]),
        actor=None if news.actor is None else str(news.actor["id"]),
        at=time.time(),
        data=json.dumps(news.data or {}),
    )


def withdraw(connection: Connection, found: Collection[NotificationRow]) -> None:
    """These lines go, as if they had never been."""
    _close(connection, found, "recalled")
    shown: dict[str, list[object]] = {}
    for some in _portions(found):
        ids = [row.id for row in some]
        deliveries.withdraw(connection, ids)
        rows.remove(connection, ids)
        for row in some:
            if row.is_shown:
                shown.setdefault(row.person, []).append(row.id)
    unread = rows.unread(connection, shown.keys())
    for person, gone in shown.items():
        for portion in _portions(gone):
            data: dict[str, object] = {"ids": portion}
            _tell(connection, person, "notification.withdrawn", data, data | {"unread": unread[person]})


def _portions(found: Collection[T]) -> Iterable[list[T]]:
    every = list(found)
    return (every[at : at + TOLD_AT_ONCE] for at in range(0, len(every), TOLD_AT_ONCE))


def _close(connection: Connection, found: Iterable[NotificationRow], why: str) -> None:
    """What stands on the screen of a device goes from there, unless something newer of the page is in its place."""
    for row in found:
        if row.pushed_at is None or row.read_at is not None or row.document is None:
            continue
        if rows.last_pushed(connection, row.person, row.document) == row.id:
            close(connection, row.person, row.id, row.document, why)


def close(connection: Connection, person: str, id: str, document: str, why: str) -> None:
    """Take it from the screens that it was pushed to; `why`: "read", "recalled"."""
    queue(connection, "close", person, id, {"document": document, "why": why})


def queue(
    connection: Connection,
    channel: str,
    person: str,
    notification: str,
    data: Mapping[str, object] | None = None,
    *,
    wait_seconds: float = 0.0,
) -> None:
    """Something is to be done for somebody; whoever does it is told, unless it has time."""
    now = clock.now(connection)
    task = DeliveryRow(
        id=new_id(), channel=channel, person=person, notification=notification,
        due_at=now + wait_seconds, created_at=now, data=json.dumps(data or {}),
    )  # fmt: skip
    deliveries.queue(connection, task)
    if wait_seconds == 0.0:
        _tell(connection, person, "delivery.queued", {"channel": channel}, None)


def _tell(
    connection: Connection, person: str, name: str, data: dict[str, object], told: dict[str, object] | None
) -> None:
    """How many are unread is told with all that changes it: who was away hears of what is gone only that it is."""
    events.append(connection, topic=f"user:{person}", name=name, actor=None, data=data, told=told)
