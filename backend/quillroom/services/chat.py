"""Saying something beside a document, and changing what was said.

Every change is one job of the writer: permission is asked inside it, and its event, which carries the whole message to
whoever is connected, is committed with it. The log itself keeps ids only.
"""

import json
import time
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError

from quillroom.core import chat
from quillroom.core.access import Action
from quillroom.core.chat import Draft
from quillroom.core.member import Person, Role
from quillroom.services.access import Access
from quillroom.services.chat_input import read_text
from quillroom.services.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from quillroom.services.files import claim
from quillroom.services.message_wire import Told, as_told, messages_as_told
from quillroom.services.people import committed, new_id, shown
from quillroom.services.throttle import Throttle
from quillroom.services.workspace_settings import read_settings
from quillroom.store import audit, events, files
from quillroom.store import messages as rows
from quillroom.store.database import Connection
from quillroom.store.messages import Message, Parts
from quillroom.store.writer import Writer

SENT, EDITED, RECALLED = "message.sent", "message.edited", "message.recalled"
REACTED, PINNED, UNPINNED = "message.reacted", "message.pinned", "message.unpinned"
NAMES = (SENT, EDITED, RECALLED, REACTED, PINNED, UNPINNED)
MESSAGES_AT_ONCE, SECONDS_EACH = 20, 0.5
CHANGES_AT_ONCE, SECONDS_EACH_CHANGE = 100, 0.1  # each is told to everybody there

# What became of a message: the name of the event, or None where nothing changed.
Change = Callable[[Connection, Message, Role], str | None]


class Chat:
    """The use cases of whoever says something. In open mode too, only who has a name does."""

    def __init__(self, writer: Writer, access: Access) -> None:
        self._writer = writer
        self._access = access
        self._sending = Throttle(MESSAGES_AT_ONCE, SECONDS_EACH)
        self._changing = Throttle(CHANGES_AT_ONCE, SECONDS_EACH_CHANGE)

    async def post(self, person: Person | None, document: str, draft: Draft) -> tuple[Told, bool]:
        """Send a message; False with the one that was sent under this client id before, as it is now.

        Raises Conflict where that said something else, Invalid, Throttled.
        """
        known, author = _named(person)
        if not self._access.is_open:
            self._sending.spend(author)

        def write(connection: Connection) -> tuple[Told, bool]:
            self._access.check(connection, known, Action.COMMENT, document)
            topic = f"doc:{document}"
            seq = events.next_seq(connection, topic)
            again = rows.find(connection, author, draft.client_id)
            if again is not None:
                return _original(connection, again, document, draft), False
            return self._add(connection, known, topic, seq, draft), True

        topics = (f"doc:{document}",)
        try:
            return await committed(self._writer.execute(write, topics))
        except IntegrityError:  # the same id came to another server at the same moment: it is there now
            return await committed(self._writer.execute(write, topics))

    async def edit(self, person: Person | None, message: str, revision: int, text: object) -> Told:
        """Say it otherwise. Raises NotAllowed unless it is one's own, Conflict when it is not at that revision."""
        _, author = _named(person)

        def change(connection: Connection, row: Message, role: Role) -> str | None:
            if row.author != author:
                raise self._refusal(person, "edit", row, "Only who wrote a message can edit it.")
            _demand_there(row)
            if row.revision != revision:
                raise _changed(connection, row)
            has_files = bool(files.of_messages(connection, [message]))
            clean = read_text(text, may_be_empty=has_files)
            if clean == row.text:
                return None
            mentions = self._mentions(connection, row.document, clean, author)
            rows.edit(connection, row, clean, mentions, time.time())
            return EDITED

        return await self._change(person, Action.COMMENT, message, change)

    async def recall(self, person: Person | None, message: str) -> Told:
        """Take it back: nothing of what it said is left. One's own for a while, any for who manages the page.

        Idempotent. Raises NotAllowed, Conflict.
        """
        _, by = _named(person)

        def change(connection: Connection, row: Message, role: Role) -> str | None:
            if row.author != by and role is not Role.MANAGE:
                sentence = "Only who wrote a message, or manages the page, can recall it."
                raise self._refusal(person, "recall", row, sentence)
            if row.recalled_at is not None:
                return None
            now = time.time()
            if role is not Role.MANAGE:
                _demand_in_time(connection, row, now)
            rows.wipe(connection, row.id, by, now)
            files.erase(connection, row.id)
            if row.author != by:
                audit.append(
                    connection, actor=by, action=RECALLED, object=row.document, message=row.id, author=row.author
                )
            return RECALLED

        return await self._change(person, Action.COMMENT, message, change)

    async def react(self, person: Person | None, message: str, emoji: str, *, is_on: bool) -> Told:
        """Give an emoji or take it away. Idempotent. Raises Conflict where there are too many."""
        _, by = _named(person)

        def change(connection: Connection, row: Message, role: Role) -> str | None:
            _demand_there(row)
            given = rows.parts(connection, [row.id])[row.id].reactions
            if is_on == (by in given.get(emoji, ())):
                return None
            if not is_on:
                rows.unreact(connection, row.id, emoji, by)
                return REACTED
            if emoji not in given and len(given) >= chat.REACTIONS_AT_MOST:
                raise Conflict("too_many", f"A message takes {chat.REACTIONS_AT_MOST} different emoji.")
            rows.react(connection, row.id, emoji, by, time.time())
            return REACTED

        return await self._change(person, Action.COMMENT, message, change)

    async def pin(self, person: Person | None, message: str, *, is_on: bool) -> Told:
        """Keep it in sight of everyone, or no more. Idempotent. What another one pinned only who manages unpins."""
        _, by = _named(person)

        def change(connection: Connection, row: Message, role: Role) -> str | None:
            _demand_there(row)
            if is_on == (row.pinned_at is not None):
                return None
            if not is_on:
                if row.pinned_by != by and role is not Role.MANAGE:
                    sentence = "Only who pinned a message, or manages the page, can unpin it."
                    raise self._refusal(person, "unpin", row, sentence)
                rows.change(connection, row.id, pinned_at=None, pinned_by=None)
                return UNPINNED
            if rows.count_pinned(connection, row.document) >= chat.PINS_AT_MOST:
                raise Conflict("too_many", f"A page has at most {chat.PINS_AT_MOST} pinned messages.")
            rows.change(connection, row.id, pinned_at=time.time(), pinned_by=by)
            return PINNED

        return await self._change(person, Action.WRITE, message, change)

    # -- inside the transaction

    def _add(self, connection: Connection, person: Person, topic: str, seq: int, draft: Draft) -> Told:
        document, author = topic.removeprefix("doc:"), person.id or ""
        if draft.reply_to is not None and (rows.place(connection, draft.reply_to) or ("", 0))[0] != document:
            raise Invalid("The message that this one answers is not in this chat.")
        quote = None if draft.quote is None else {"text": draft.quote.text, "anchor": draft.quote.anchor}
        row = Message(
            id=new_id(),
            document=document,
            seq=seq,
            author=author,
            client_id=draft.client_id,
            fingerprint=draft.fingerprint(document),
            at=time.time(),
            text=draft.text,
            quote=None if quote is None else json.dumps(quote, ensure_ascii=False),
            reply_to=draft.reply_to,
        )
        mentions = self._mentions(connection, document, draft.text, author)
        rows.add(connection, row, mentions)
        attached: list[Told] = []
        if draft.files:
            claim(connection, document=document, person=author, ids=draft.files, message=row.id)
            attached = files.of_messages(connection, [row.id])[row.id]
        me = {author: shown(author, person.name, person.colour, person.avatar)}
        told = as_told(row, me, Parts(mentions=mentions), attached)
        data: dict[str, object] = {"message": row.id}
        events.append(connection, topic=topic, name=SENT, actor=author, data=data, told={"message": told}, seq=seq)
        return told

    def _mentions(self, connection: Connection, document: str, text: str | None, author: str) -> list[str]:
        """Whom a text names, of the others who may see the page; the rest is plain text, as if it were written so."""
        named = [each for each in chat.mentioned(text) if each != author]
        return sorted(self._access.readers(connection, document, named)) if named else []

    def _refusal(self, person: Person | None, what: str, row: Message, sentence: str) -> NotAllowed:
        self._access.on_refused(person, f"{what} a message", row.document)
        return NotAllowed(sentence)

    async def _change(self, person: Person | None, action: Action, message: str, change: Change) -> Told:
        known, actor = _named(person)
        if not self._access.is_open:
            self._changing.spend(actor)

        def write(connection: Connection) -> Told:
            place = rows.place(connection, message)
            if place is None:
                raise NotFound(message)
            role = self._access.check(connection, known, action, place[0]).role
            topic = f"doc:{place[0]}"
            seq = events.next_seq(connection, topic)  # before the row is read: from here on nobody else changes it
            row = rows.get(connection, message)
            if row is None or role is None:
                raise NotFound(message)
            name = change(connection, row, role)
            told = messages_as_told(connection, [message])[message]
            if name is not None:
                data: dict[str, object] = {"message": message}
                wire: dict[str, object] = {"message": told}
                events.append(connection, topic=topic, name=name, actor=actor, data=data, told=wire, seq=seq)
            return told

        return await committed(self._writer.execute(write))


def _named(person: Person | None) -> tuple[Person, str]:
    if person is None or person.id is None:
        raise NotSignedIn
    return person, person.id


def _original(connection: Connection, row: Message, document: str, draft: Draft) -> Told:
    """What was sent before; a recalled one has forgotten what it said, and is itself whatever comes under its id."""
    is_same = row.document == document and row.fingerprint in (None, draft.fingerprint(document))
    if not is_same:
        raise Conflict("id_reused", "Something else was sent under this `client_id` before.")
    return messages_as_told(connection, [row.id])[row.id]


def _demand_there(row: Message) -> None:
    if row.recalled_at is not None:
        raise Conflict("recalled", "This message was recalled.")


def _demand_in_time(connection: Connection, row: Message, now: float) -> None:
    seconds = read_settings(connection).recall_seconds
    if not chat.may_still_recall(row.at, seconds, now):
        said = f"within {seconds} seconds" if seconds else "by who manages the page only"
        raise Conflict("too_late", f"A message can be recalled {said}.")


def _changed(connection: Connection, row: Message) -> Conflict:
    present = messages_as_told(connection, [row.id])[row.id]
    return Conflict("changed", f"The message is at revision {row.revision} by now.", {"message": present})
