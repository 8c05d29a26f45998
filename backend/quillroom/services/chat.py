"""Saying something beside a document, and changing what was said.

Every change is one job of the writer (what is sent shares one: `posting.py`): permission is asked inside it, and its
event, which carries the whole message to whoever is connected, is committed with it. The log itself keeps ids only.
"""

import time
from collections.abc import Callable

from quillroom.core import chat
from quillroom.core.access import Action
from quillroom.core.chat import Draft
from quillroom.core.member import Person, Role
from quillroom.services.access import Access
from quillroom.services.chat_input import read_text
from quillroom.services.errors import Conflict, NotAllowed, NotFound, NotSignedIn
from quillroom.services.message_wire import Told, messages_as_told
from quillroom.services.people import committed
from quillroom.services.posting import SENT, Posting, mentions_of
from quillroom.services.throttle import Throttle
from quillroom.services.workspace_settings import read_settings
from quillroom.store import audit, events, files
from quillroom.store import messages as rows
from quillroom.store.database import Connection
from quillroom.store.messages import Message
from quillroom.store.writer import Writer

EDITED, RECALLED = "message.edited", "message.recalled"
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
        self._posting = Posting(writer, access)
        self._sending = Throttle(MESSAGES_AT_ONCE, SECONDS_EACH)
        self._changing = Throttle(CHANGES_AT_ONCE, SECONDS_EACH_CHANGE)

    async def post(self, person: Person | None, document: str, draft: Draft) -> tuple[Told, bool]:
        """Send a message; False with the one that was sent under this client id before, as it is now.

        Raises Conflict where that said something else, Invalid, Throttled.
        """
        known, author = _named(person)
        if not self._access.is_open:
            self._sending.spend(author)

        return await self._posting.post(known, document, draft)

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
            mentions = mentions_of(self._access, connection, row.document, clean, author)
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
