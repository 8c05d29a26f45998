"""What inboxes hold because of an event, written in its transaction.

Whoever may not read the page hears nothing, and nobody hears of their own deeds. A page that more than AT_ONCE people
watch does not make its writer wait: they are told by jobs of AT_ONCE people each, which are queued with the message.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from quillroom.core.access import Action, authorize
from quillroom.core.member import Role
from quillroom.core.notify import DIRECT, Channel, Kind, Level, hearers, preview
from quillroom.services.access import load_acl
from quillroom.services.inboxes import News, put, queue, read, withdraw
from quillroom.services.notification_wire import Wire, face
from quillroom.services.people import somebody
from quillroom.services.preferences import preferences_of
from quillroom.store import clock, deliveries, people, tree
from quillroom.store import notifications as rows
from quillroom.store.database import Connection
from quillroom.store.events import Event
from quillroom.store.statements import table
from quillroom.store.tables import DeliveryRow, MessageRow, PersonRow

AT_ONCE = 50
SENT = "message.sent"
_MESSAGE = table(MessageRow)


@dataclass(frozen=True, slots=True)
class _Said:
    """A message, as far as inboxes need it."""

    id: str
    seq: int
    document: str
    author: Wire
    text: str | None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()


class Notices:
    """A projection; runs on the writer's thread."""

    def __init__(self, *, is_open: bool, has_mail: bool) -> None:
        self._is_open = is_open
        self._has_mail = has_mail
        self._about: dict[str, Callable[[Connection, Event], None]] = {
            "message.edited": self._edited,
            "message.recalled": self._recalled,
            "access.requested": self._requested,
            "access.declined": self._declined,
            "access.changed": self._changed,
            "person.changed": _end_subscriptions,
        }

    @property
    def names(self) -> Collection[str]:
        """The events from which something follows."""
        return (SENT, *self._about)

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write what follows."""
        said = [_said(event) for event in events if event.name == SENT]
        if said:
            self._sent(connection, said)
        for event in events:
            if event.name != SENT:
                self._about[event.name](connection, event)

    # -- messages

    def _sent(self, connection: Connection, said: Sequence["_Said"]) -> None:
        """Most messages concern no inbox: one statement says so of all of them."""
        watched = rows.watched(connection, {each.document for each in said})
        for each in said:
            if each.document in watched or each.mentions or each.reply_to is not None:
                self._concerns(connection, each, is_watched=each.document in watched)

    def _concerns(self, connection: Connection, said: "_Said", *, is_watched: bool) -> None:
        author = str(said.author["id"])
        watching = rows.watchers(connection, said.document, AT_ONCE + 1) if is_watched else []
        if len(watching) > AT_ONCE:
            queue(connection, "inbox", author, said.id)
            watching = []
        replied_to = None if said.reply_to is None else _author(connection, said.reply_to)
        concerned = hearers(author, mentioned=said.mentions, replied_to=replied_to, watching=watching)
        self._notify_of(connection, said, concerned)

    def _edited(self, connection: Connection, event: Event) -> None:
        """Whom an edit names for the first time hears of it as if they had been named at once."""
        said = _said(event)
        if not said.mentions:
            return
        earlier = {row.person: row for row in rows.of_message(connection, said.id, said.mentions)}
        told = {person for person, row in earlier.items() if row.kind != Kind.MESSAGE}
        new = hearers(str(said.author["id"]), mentioned=set(said.mentions) - told)
        withdraw(connection, [earlier[person] for person in new if person in earlier])
        self._notify_of(connection, said, new)

    def _recalled(self, connection: Connection, event: Event) -> None:
        message = str(event.data["message"])
        deliveries.withdraw(connection, [message])  # those who were not told yet
        withdraw(connection, rows.of_message(connection, message))

    def spread(self, connection: Connection, task: DeliveryRow) -> None:
        """Tell the next of the many who watch a page of a message, inside a writer's job."""
        said, after = _kept(connection, task.notification), str(json.loads(task.data).get("after", ""))
        watching = [] if said is None else rows.watchers(connection, said.document, AT_ONCE, after)
        if said is None or not watching:
            deliveries.done(connection, [task.id])
            return
        self._notify_of(connection, said, hearers(task.person, watching=watching))
        deliveries.go_on(connection, task.id, json.dumps({"after": watching[-1]}), clock.now(connection))

    def _notify_of(self, connection: Connection, said: "_Said", concerned: Mapping[str, Kind]) -> None:
        if not concerned:
            return
        levels = rows.levels(connection, said.document, concerned.keys())
        wanted = {person: kind for person, kind in concerned.items() if levels.get(person) != Level.MUTE}
        message: Wire = {"id": said.id, "seq": said.seq, "preview": preview(said.text)}
        self._notify(connection, wanted, News(f"message:{said.id}", said.document, said.author, message))

    # -- access

    def _requested(self, connection: Connection, event: Event) -> None:
        document = event.topic.removeprefix("doc:")
        acl, actor = load_acl(connection, document), people.get_person(connection, event.actor or "")
        if acl is None or actor is None:
            return
        managers = {who for level in acl.levels for who, role in (level.grants or {}).items() if role is Role.MANAGE}
        withdraw(connection, rows.of_access(connection, Kind.ACCESS_REQUESTED, document, actor.id))
        concerned = dict.fromkeys(managers - {actor.id}, Kind.ACCESS_REQUESTED)
        self._notify(connection, concerned, News(_cause(event), document, face(actor)), Action.SHARE)

    def _declined(self, connection: Connection, event: Event) -> None:
        self._settle(connection, event.topic.removeprefix("doc:"), str(event.data["person"]))

    def _settle(self, connection: Connection, document: str, who: str) -> None:
        """Who manages the page need not look at this request any more, whichever of them settled it."""
        for row in rows.of_access(connection, Kind.ACCESS_REQUESTED, document, who):
            read(connection, row.person, [row.id])

    def _changed(self, connection: Connection, event: Event) -> None:
        """Of access, only what somebody was given is news to them; what they asked for is settled with it."""
        role, given, named = event.data.get("role"), event.data.get("people"), event.data.get("documents")
        if role is None or not isinstance(given, list) or not isinstance(named, list):
            return
        document = str(named[0])
        for who in given:
            self._settle(connection, document, who)
        earlier = rows.of_access(connection, Kind.ACCESS_GIVEN, document)
        withdraw(connection, [row for row in earlier if row.person in given])
        actor = people.get_person(connection, event.actor or "")
        kind = Kind.INVITED if event.data.get("is_invited") else Kind.ACCESS_GIVEN
        concerned = dict.fromkeys((who for who in given if who != event.actor), kind)
        by = None if actor is None else face(actor)
        self._notify(connection, concerned, News(_cause(event), document, by, data={"role": role}))

    # -- everything

    def _notify(
        self, connection: Connection, concerned: Mapping[str, Kind], news: News, action: Action = Action.READ
    ) -> None:
        """A line, and what leaves the house, for each who may know of it and wants to."""
        found = self._who_may(connection, action, news.document, concerned.keys()) if concerned else []
        if not found:
            return
        wishes = preferences_of(connection, [person.id for person in found])
        reached = deliveries.reached(connection, [person.id for person in found])
        title = tree.titles(connection, [news.document]).get(news.document, "")
        wanted = {}
        for person in found:
            kind = concerned[person.id]
            channels = set(wishes[person.id].by(kind))
            if person.id not in reached:
                channels.discard(Channel.PUSH)
            if not self._has_mail or person.email is None or kind not in DIRECT:
                channels.discard(Channel.MAIL)
            if channels:
                wanted[person.id] = (kind, channels)
        put(connection, wanted, news, title)

    def _who_may(self, connection: Connection, action: Action, document: str, ids: Iterable[str]) -> list[PersonRow]:
        acl = load_acl(connection, document)
        if acl is None:
            return []
        now, is_claimed = time.time(), people.is_claimed(connection)
        return [
            row
            for row in people.by_ids(connection, ids)
            if row.suspended_at is None
            and authorize(somebody(row, is_claimed=is_claimed), action, acl, now, is_open=self._is_open)
        ]


def _said(event: Event) -> _Said:
    """The message that an event tells of."""
    told = event.told or {}
    message: Any = told["message"]
    return _Said(
        message["id"],
        message["seq"],
        message["document"],
        message["author"],
        message["text"],
        message["reply_to"],
        tuple(message["mentions"]),
    )


def _kept(connection: Connection, id: str) -> _Said | None:
    """A message as it is now; None: it was recalled."""
    message = connection.execute(select(_MESSAGE).where(_MESSAGE.c.id == id)).first()
    if message is None or message.recalled_at is not None:
        return None
    author = people.get_person(connection, message.author)
    if author is None:
        return None
    return _Said(id, message.seq, message.document, face(author), message.text)


def _author(connection: Connection, message: str) -> str | None:
    found: str | None = connection.execute(select(_MESSAGE.c.author).where(_MESSAGE.c.id == message)).scalar()
    return found


def _end_subscriptions(connection: Connection, event: Event) -> None:
    deliveries.end_subscriptions(connection, event.topic.removeprefix("user:"))


def _cause(event: Event) -> str:
    return f"{event.topic}:{event.seq}"
