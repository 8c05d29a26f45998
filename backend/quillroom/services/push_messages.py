"""What a push message says, asked when it is sent: whether the line is still there and unread, and may be seen.

It says who wrote where; what was written only to those who want that on their screens.
"""

import json
from dataclasses import dataclass

from quillroom.core.notify import Channel, Kind, Level
from quillroom.services.notification_wire import Wire, lines
from quillroom.services.people import somebody
from quillroom.services.preferences import preferences_of
from quillroom.store import notifications as rows
from quillroom.store import people
from quillroom.store.database import Connection
from quillroom.store.tables import DeliveryRow, NotificationRow

TITLE_LENGTH = 120
_URGENT = (Kind.MENTION, Kind.REPLY)


@dataclass(frozen=True, slots=True)
class PushMessage:
    """For a service worker (public/sw.js); of one `document` the newest counts."""

    payload: Wire
    document: str
    is_urgent: bool = False


def news(connection: Connection, task: DeliveryRow, *, is_open: bool) -> PushMessage | None:
    """What there is to say; None: nothing any more."""
    found = rows.by_ids(connection, [task.notification], task.person)
    reader = people.get_person(connection, task.person)
    if not found or found[0].read_at is not None or reader is None or reader.suspended_at is not None:
        return None
    row, wishes = found[0], preferences_of(connection, [reader.id])[reader.id]
    if Channel.PUSH not in wishes.by(Kind(row.kind)) or is_muted(connection, row):
        return None
    who = somebody(reader, is_claimed=people.is_claimed(connection))
    (line,) = lines(connection, who, [row], is_open=is_open)
    if line["document"] is None or row.document is None:
        return None
    payload = _said(line, shows_preview=wishes.shows_preview) | {
        "tag": tag(row.document),
        "language": reader.language,
        "unread": rows.unread(connection, [reader.id])[reader.id],
    }
    return PushMessage(payload, row.document, Kind(row.kind) in _URGENT)


def farewell(connection: Connection, task: DeliveryRow) -> PushMessage:
    """What takes a message from a screen again: it was read elsewhere, or recalled."""
    about = json.loads(task.data)
    reader = people.get_person(connection, task.person)
    payload: Wire = {
        "kind": "close",
        "id": task.notification,
        "why": about["why"],
        "tag": tag(about["document"]),
        "language": None if reader is None else reader.language,
        "unread": rows.unread(connection, [task.person])[task.person],
    }
    return PushMessage(payload, about["document"])


def tag(document: str) -> str:
    """Of all that is shown of a page: the newest takes the place of what stood there."""
    return f"page:{document}"


def is_muted(connection: Connection, row: NotificationRow) -> bool:
    """Whether it comes from the chat of a page of which its reader wants to hear nothing any more."""
    return row.message is not None and rows.level(connection, row.person, row.document or "") == Level.MUTE


def _said(line: Wire, *, shows_preview: bool) -> Wire:
    actor, document, message = line["actor"], line["document"], line["message"]
    assert isinstance(document, dict)
    return {
        "kind": line["kind"],
        "id": line["id"],
        "actor": actor["name"] if isinstance(actor, dict) else None,
        "document": document["id"],
        "title": document["title"][:TITLE_LENGTH],
        "message": message["id"] if isinstance(message, dict) else None,
        "preview": message["preview"] if isinstance(message, dict) and shows_preview else None,
    }
