"""Inboxes as they are written, inside a writer's job: a line comes, is read, goes, and with it what left the house."""

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from quillroom.core.notify import Channel, Kind
from quillroom.services.notification_wire import Wire, line
from quillroom.services.people import new_id
from quillroom.services.wire import iso
from quillroom.store import deliveries, events
from quillroom.store import notifications as rows
from quillroom.store.database import Connection
from quillroom.store.tables import DeliveryRow, NotificationRow

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
    now, waiting = time.time(), list(ids)
    for at in range(0, len(waiting), TOLD_AT_ONCE):
        found = rows.by_ids(connection, waiting[at : at + TOLD_AT_ONCE], person)
        some = [row.id for row in found]
        _close(connection, found, "read")
        rows.mark_read(connection, some, now)
        deliveries.withdraw(connection, some)
        shown: list[object] = [row.id for row in found if row.is_shown]
        if shown:
            data: dict[str, object] = {"ids": shown, "read_at": iso(now)}
            _tell(connection, person, "notification.changed", data, data)


def put(connection: Connection, person: str, kind: Kind, channels: Collection[Channel], news: News, title: str) -> None:
    """A line for somebody, and what is to leave the house for it; nothing where they heard of this before."""
    now, is_shown = time.time(), Channel.IN_APP in channels
    row = NotificationRow(
        id=new_id(),
        person=person,
        kind=kind.value,
        cause=news.cause,
        is_shown=is_shown,
        document=news.document,
        message=None if news.message is None else str(news.message["id"]),
        actor=None if news.actor is None else str(news.actor["id"]),
        at=now,
        data=json.dumps(news.data or {}),
    )
    if not rows.add(connection, row):
        return
    if Channel.PUSH in channels:
        queue(connection, "push", person, row.id, {"document": news.document})
    if Channel.MAIL in channels:
        queue(connection, "mail", person, row.id, wait_seconds=MAIL_SECONDS)
    if is_shown:
        document: Wire = {"id": news.document, "title": title}
        told: Wire = {"notification": line(row, news.actor, document, news.message)}
        _tell(connection, person, "notification.added", {"notification": row.id}, told)


def withdraw(connection: Connection, found: Collection[NotificationRow]) -> None:
    """These lines go, as if they had never been."""
    ids = [row.id for row in found]
    if not ids:
        return
    _close(connection, found, "recalled")
    deliveries.withdraw(connection, ids)
    rows.remove(connection, ids)
    for row in found:
        if row.is_shown:
            data: dict[str, object] = {"id": row.id}
            _tell(connection, row.person, "notification.withdrawn", data, data)


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
    now = time.time()
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
    """How many are unread comes with all that changes it: who was away hears of what is gone now only that it is."""
    now = None if told is None else told | {"unread": rows.unread(connection, person)}
    events.append(connection, topic=f"user:{person}", name=name, actor=None, data=data, told=now)
