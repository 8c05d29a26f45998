"""What a person does with their inbox."""

import asyncio
import re
from dataclasses import dataclass

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.core.notify import DIRECT
from quillroom.services.access import Access
from quillroom.services.errors import Invalid
from quillroom.services.inboxes import TOLD_AT_ONCE, read
from quillroom.services.notification_wire import Wire, lines
from quillroom.services.people import committed, somebody
from quillroom.store import events, people
from quillroom.store import notifications as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.notifications import Place
from quillroom.store.writer import Writer

PAGE, PAGE_AT_MOST = 30, 100
FILTERS = ("all", "direct")
TOLD = ("notification.added", "notification.changed", "notification.withdrawn")
_PLACE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)~([A-Za-z0-9_-]{1,64})\Z")


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of an inbox, newest first; `seq` is the place of its topic at that moment, `next` where more begins."""

    lines: list[Wire]
    unread: int
    seq: int
    next: str | None


class Notifications:
    """The use cases of an inbox."""

    def __init__(self, database: Database, writer: Writer, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._access = access

    async def look(self, person: Person | None, filter: str, before: str | None, limit: int) -> Listing:
        """Raises Invalid, NotSignedIn."""
        known = self._access.demand_in_workspace(person, Action.LIST)
        if filter not in FILTERS:
            raise Invalid(f"`filter` must be one of {', '.join(FILTERS)}.")
        kinds, place = DIRECT if filter == "direct" else None, _place(before)

        def load(connection: Connection) -> Listing:
            id = known.id or ""
            found = rows.page(connection, id, kinds=kinds, before=place, limit=limit + 1)
            shown, more = found[:limit], found[limit:]
            return Listing(
                lines(connection, known, shown, is_open=self._access.is_open),
                rows.unread(connection, [id])[id],
                events.head(connection, f"user:{id}"),
                f"{shown[-1].at!r}~{shown[-1].id}" if more else None,
            )

        # One moment: what the events behind `seq` tell is not in the lines, and the other way round.
        return await asyncio.to_thread(self._database.snapshot, load)

    async def read(self, person: Person | None, ids: object, all: object, document: object) -> None:
        """These, or all, or all of a page. Idempotent. Raises Invalid."""
        known = self._access.demand_in_workspace(person, Action.STAR)
        id, wanted, page = known.id or "", _ids(ids), _document(document)
        if all not in (None, True) or (wanted is not None) + (all is not None) + (page is not None) != 1:
            raise Invalid("One of `ids`, `all`: true, `document` was expected.")

        def write(connection: Connection) -> None:
            read(connection, id, rows.unread_ids(connection, id, ids=wanted, document=page))

        await committed(self._writer.execute(write))

    def told(self, connection: Connection, events: list[Event]) -> list[Wire | None]:
        """What events of inboxes tell who comes later: of what is gone by now, nothing."""
        by_id: dict[str, Wire] = {}
        whose = {_whose(event) for event in events}
        unread = rows.unread(connection, whose)
        for person in whose:
            row = people.get_person(connection, person)
            if row is not None:
                reader = somebody(row, is_claimed=people.is_claimed(connection))
                found = rows.by_ids(connection, [each for event in events for each in _added(event)], person)
                shown = lines(connection, reader, found, is_open=self._access.is_open)
                by_id |= {str(each["id"]): each for each in shown}
        return [_told(event, by_id, unread[_whose(event)]) for event in events]


def _told(event: Event, by_id: dict[str, Wire], unread: int) -> Wire | None:
    if event.name != "notification.added":
        return event.data | {"unread": unread}
    found = by_id.get(str(event.data["notification"]))
    return None if found is None else {"notification": found, "unread": unread}


def _whose(event: Event) -> str:
    return event.topic.removeprefix("user:")


def _added(event: Event) -> list[str]:
    return [str(event.data["notification"])] if event.name == "notification.added" else []


def limit_of(said: str | None) -> int:
    """How many lines are wanted. Raises Invalid."""
    if said is None:
        return PAGE
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:6]) <= PAGE_AT_MOST):
        raise Invalid(f"`limit` must be a number from 1 to {PAGE_AT_MOST}.")
    return int(said)


def _place(before: str | None) -> Place | None:
    if before is None:
        return None
    found = _PLACE.match(before)
    if found is None:
        raise Invalid("`before` must be what `next` said.")
    return float(found[1]), found[2]


def _ids(ids: object) -> list[str] | None:
    if ids is None:
        return None
    if not isinstance(ids, list) or len(ids) > TOLD_AT_ONCE or not all(isinstance(each, str) for each in ids):
        raise Invalid(f"`ids` must be at most {TOLD_AT_ONCE} ids of notifications.")
    return [each[:64] for each in ids]


def _document(document: object) -> str | None:
    if document is not None and not isinstance(document, str):
        raise Invalid("`document` must be the id of a page.")
    return document
