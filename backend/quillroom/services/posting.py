"""Messages on their way into the log: what came while the last ones were committed goes there together.

A round's statements are as many for one message as for two hundred. Each is decided for itself: one that is refused
does not hold up the others.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from quillroom.core import chat
from quillroom.core.access import Action
from quillroom.core.chat import Draft
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.errors import Conflict, Invalid, TryLater
from quillroom.services.files import claim
from quillroom.services.message_wire import Told, as_told, messages_as_told
from quillroom.services.people import COMMIT_SECONDS, new_id, shown
from quillroom.store import events, files
from quillroom.store import messages as rows
from quillroom.store.database import Connection
from quillroom.store.events import Event
from quillroom.store.messages import Message, Parts
from quillroom.store.writer import Writer

SENT = "message.sent"
AT_ONCE = 200
Posted = tuple[Told, bool]


@dataclass(slots=True, eq=False)
class Post:
    """Somebody says something; `done` is what came of it."""

    person: Person
    document: str
    draft: Draft
    done: "asyncio.Future[Posted]"
    is_given_up: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """A retry has the same."""
        return self.person.id or "", self.draft.client_id

    @property
    def topic(self) -> str:
        """The log it goes into."""
        return f"doc:{self.document}"


class Posting:
    """Used from the event loop's thread only. One portion is under way at a time: each message stays where it came."""

    def __init__(self, writer: Writer, access: Access) -> None:
        self._writer = writer
        self._access = access
        self._waiting: list[Post] = []
        self._writing: asyncio.Task[None] | None = None

    async def post(self, person: Person, document: str, draft: Draft) -> Posted:
        """See `Chat.post`. Whoever does not wait for the answer has said it all the same."""
        loop = asyncio.get_running_loop()
        post = Post(person, document, draft, loop.create_future())
        self._waiting.append(post)
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                return await asyncio.shield(post.done)
        except TimeoutError:
            post.is_given_up = True
            raise TryLater("Nothing can be saved right now. Try again in a moment.") from None

    async def _write(self) -> None:
        some: list[Post] = []
        try:
            while self._waiting:
                some, self._waiting = portion([post for post in self._waiting if not post.is_given_up])
                if some:
                    await self._commit(some)
        finally:
            self._writing = None
            for post in some:  # the writer has stopped
                post.done.cancel()

    async def _commit(self, posts: list[Post]) -> None:
        try:
            for post, came in zip(posts, await self._said(posts), strict=True):
                _settle(post, came)
            return
        except Exception as problem:
            if len(posts) == 1 and not isinstance(problem, IntegrityError):
                _settle(posts[0], problem)
                return
        # What was unforeseen in one is that one's; and what came to another server at the same moment is there now.
        for post in posts:
            try:
                _settle(post, *await self._said([post]))
            except Exception as problem:
                _settle(post, problem)

    async def _said(self, posts: list[Post]) -> "list[Posted | Exception]":
        topics = {post.topic for post in posts}
        return await asyncio.wrap_future(self._writer.execute(lambda c: self._say(c, posts), topics))

    # -- inside the transaction

    def _say(self, connection: Connection, posts: Sequence[Post]) -> "list[Posted | Exception]":
        """What came of each. With more than one, nothing is written that could be refused half-way."""
        refusals = self._access.check_several(connection, Action.COMMENT, [(p.person, p.document) for p in posts])
        places = {topic: events.next_seq(connection, topic) for topic in sorted({post.topic for post in posts})}
        known = rows.find_all(connection, [post.key for post in posts])
        answered = [post.draft.reply_to for post in posts if post.draft.reply_to is not None]
        pages = rows.places(connection, answered) if answered else {}
        results: list[Posted | Exception | None] = []  # None: it is new
        new: list[tuple[Post, Message, list[str]]] = []
        for post, refusal in zip(posts, refusals, strict=True):
            if refusal is None and post.key in known:
                results.append(_original(connection, known[post.key], post))
                continue
            if refusal is None and post.draft.reply_to is not None and pages.get(post.draft.reply_to) != post.document:
                refusal = Invalid("The message that this one answers is not in this chat.")
            if refusal is not None:
                results.append(refusal)
                continue
            row = _row(post, places[post.topic])
            places[post.topic] += 1
            new.append((post, row, mentions_of(self._access, connection, row.document, row.text, row.author)))
            results.append(None)
        told = iter(_add(connection, new))
        return [(next(told), True) if came is None else came for came in results]


def portion(waiting: list[Post]) -> tuple[list[Post], list[Post]]:
    """What is written together, and what comes behind it.

    What has files goes alone: they may be refused when it is written already. And a retry comes after what it repeats.
    """
    keys: set[tuple[str, str]] = set()
    for at, post in enumerate(waiting):
        if at == AT_ONCE or post.key in keys or (at and (post.draft.files or waiting[0].draft.files)):
            return waiting[:at], waiting[at:]
        keys.add(post.key)
    return waiting, []


def mentions_of(access: Access, connection: Connection, document: str, text: str | None, author: str) -> list[str]:
    """Whom a text names, of the others who may see the page; the rest is plain text, as if it were written so."""
    named = [each for each in chat.mentioned(text) if each != author]
    return sorted(access.readers(connection, document, named)) if named else []


def _row(post: Post, seq: int) -> Message:
    draft = post.draft
    quote = None if draft.quote is None else {"text": draft.quote.text, "anchor": draft.quote.anchor}
    return Message(
        id=new_id(),
        document=post.document,
        seq=seq,
        author=post.person.id or "",
        client_id=draft.client_id,
        fingerprint=draft.fingerprint(post.document),
        at=time.time(),
        text=draft.text,
        quote=None if quote is None else json.dumps(quote, ensure_ascii=False),
        reply_to=draft.reply_to,
    )


def _add(connection: Connection, new: Sequence[tuple[Post, Message, list[str]]]) -> list[Told]:
    if not new:
        return []
    rows.add_all(connection, [(row, mentions) for _, row, mentions in new])
    every, appended = list[Told](), list[Event]()
    for post, row, mentions in new:
        attached: list[Told] = []
        if post.draft.files:
            claim(connection, document=row.document, person=row.author, ids=post.draft.files, message=row.id)
            attached = files.of_messages(connection, [row.id])[row.id]
        person = post.person
        me = {row.author: shown(row.author, person.name, person.colour, person.avatar)}
        told = as_told(row, me, Parts(mentions=mentions), attached)
        every.append(told)
        data: dict[str, object] = {"message": row.id}
        appended.append(Event(post.topic, row.seq, SENT, row.author, time.time(), data, {"message": told}))
    events.append_all(connection, appended)
    return every


def _original(connection: Connection, row: Message, post: Post) -> "Posted | Exception":
    """What was sent before; a recalled one has forgotten what it said, and is itself whatever comes under its id."""
    is_same = row.document == post.document and row.fingerprint in (None, post.draft.fingerprint(post.document))
    if not is_same:
        return Conflict("id_reused", "Something else was sent under this `client_id` before.")
    return messages_as_told(connection, [row.id])[row.id], False


def _settle(post: Post, came: "Posted | Exception") -> None:
    if post.done.done():
        return
    if isinstance(came, Exception):
        post.done.set_exception(came)
        post.done.exception()  # who does not wait any more need not look at it
    else:
        post.done.set_result(came)
