"""Finding what was said, in one chat or in all that a person may read; and keeping the index of it."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.documents import check_name
from quillroom.services.errors import Invalid, TryLater
from quillroom.services.leases import AGAIN_SECONDS, Leases
from quillroom.services.message_wire import Told, messages_as_told
from quillroom.services.people import committed
from quillroom.services.readable import Readable
from quillroom.services.throttle import Throttle
from quillroom.store import message_search as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.message_search import Hit
from quillroom.store.messages import get
from quillroom.store.words import grams, highlights, words
from quillroom.store.writer import Writer

_log = logging.getLogger(__name__)

SAYING = ("message.sent", "message.edited", "message.recalled")
LEAVING = ("message.recalled", "page.purged")
RESULTS, RESULTS_AT_MOST = 20, 50
QUERY_LENGTH, WORDS_AT_MOST = 200, 8
SEARCHES_AT_ONCE, SECONDS_EACH = 30, 0.3
FIRST_CANDIDATES, CANDIDATES_AT_ONCE = 64, 4096
LOOKED_THROUGH = 20_000  # newest messages, where no word of a query is long enough for the index
FEW_DOCUMENTS = 1000
FILLED_AT_ONCE = 200
REST_SECONDS, RETRY_SECONDS = 0.02, 5.0
MERGED_SECONDS = 2.0  # what is recalled in this time is forgotten together: each time wears the index
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Found:
    """Results, the newest first, and from where to go on; None: there are no more."""

    results: list[dict[str, object]]
    next: str | None


class MessageSearch:
    """The use case of whoever looks for a message, and the task that keeps the index whole."""

    def __init__(self, database: Database, writer: Writer, access: Access, leases: Leases | None = None) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._leases = leases or Leases(database)
        self._pace = Throttle(SEARCHES_AT_ONCE, SECONDS_EACH)
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def search(
        self, person: Person | None, query: str, document: str | None, before: str | None, limit: int
    ) -> Found:
        """Messages with all these words, in any order and also within other words.

        Raises Invalid, NotSignedIn, NotFound (of the document), Throttled.
        """
        known = self._access.demand_in_workspace(person, Action.LIST)
        asked = _asked(query)
        if document is not None:
            check_name(document)
        if before is not None and _ID.match(before) is None:
            raise Invalid("`before` must be the `next` of an earlier answer.")
        self._pace.spend(known.id or "")
        look = _Look(self._access, known, asked, document, before, limit)
        try:
            with rows.told_damage():
                return await asyncio.to_thread(self._database.snapshot, look.find)
        except rows.Damaged:
            await committed(self._writer.attempt(rows.give_up))
            self._wake.set()
            raise TryLater("What was said is being sorted anew. Try again in a moment.") from None

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Messages were sent, edited or recalled: the index says so in the same transaction.

        It is made of what is kept elsewhere: if it is damaged, what people say is saved all the same.
        """
        try:
            with rows.told_damage():
                self._note(connection, events)
        except rows.Damaged:
            _log.exception("The index of messages is damaged, and will be made anew")
            rows.give_up(connection)
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # it is closed: the next start makes it anew
                    self._loop.call_soon_threadsafe(self._wake.set)

    def _note(self, connection: Connection, events: Sequence[Event]) -> None:
        new: list[tuple[str, str, str]] = []
        for event in events:
            id = str(event.data["message"])
            document, text = event.topic.removeprefix("doc:"), _text(connection, event)
            if not text:
                rows.drop(connection, id)
            elif event.name == "message.sent":
                new.append((id, document, text))
            else:
                rows.put(connection, id, document, text)
        if new:
            rows.add(connection, new)

    async def follow(self, events: Sequence[Event]) -> None:
        """Something was recalled or purged."""
        self._wake.set()

    async def run(self) -> None:
        """Make the index where there is none, and forget what was dropped from it, for ever."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            try:
                if not await self._fill():
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                await self._forget()
                await self._fill()  # what was merged often enough is made anew
            except Exception:  # whatever it is, it is tried again
                _log.warning("The index of messages could not be kept", exc_info=True)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_SECONDS):
                        await self._wake.wait()
                continue
            await asyncio.sleep(MERGED_SECONDS)
            await self._wake.wait()

    async def _fill(self) -> bool:
        """Whether the index is whole; not while another server makes it."""
        if await asyncio.to_thread(self._database.read, rows.is_complete):
            return True
        async with self._leases.hold("message search") as is_mine:
            if is_mine and not await asyncio.to_thread(self._database.read, rows.is_complete):
                await self._make()
            return is_mine

    async def _make(self) -> None:
        waiting = await committed(self._writer.attempt(rows.begin_anew))
        for at in range(0, len(waiting), FILLED_AT_ONCE):
            some = waiting[at : at + FILLED_AT_ONCE]
            await committed(self._writer.attempt(lambda c, some=some: rows.fill(c, some)))  # type: ignore[misc]
            await asyncio.sleep(REST_SECONDS)
        await committed(self._writer.attempt(rows.completed))

    async def _forget(self) -> None:
        if not await asyncio.to_thread(self._database.read, rows.forgets):
            return
        is_forgotten = False
        while not is_forgotten:
            is_forgotten = await committed(self._writer.attempt(_forget_some))
            await asyncio.sleep(REST_SECONDS)  # whoever writes meanwhile is not held up


def _forget_some(connection: Connection) -> bool:
    try:
        with rows.told_damage():
            return rows.forget_some(connection)
    except rows.Damaged:
        rows.give_up(connection)
        return True


@dataclass(frozen=True, slots=True)
class _Look:
    """One search, in one read of the database."""

    access: Access
    person: Person
    words: list[str]
    document: str | None
    before: str | None
    limit: int

    def find(self, connection: Connection) -> Found:
        """The newest first. Looks at no more than it must to fill one answer."""
        if self.document is not None:
            self.access.check(connection, self.person, Action.READ, self.document)
        readable = Readable(connection, self.person)
        hits: list[Hit] = []
        for hit in self._readable_hits(connection, readable, self._place(connection, readable)):
            if all(word in hit.text for word in self.words):
                hits.append(hit)
            if len(hits) > self.limit:
                break
        shown = hits[: self.limit]
        told = messages_as_told(connection, [hit.message for hit in shown])
        results = [_result(told[hit.message], readable.title(hit.document), self.words) for hit in shown]
        return Found(results, shown[-1].message if len(hits) > self.limit else None)

    def _place(self, connection: Connection, readable: Readable) -> int:
        if self.before is None:
            return rows.AFTER_ALL
        place = rows.place(connection, self.before)
        if place is None or not self._is_readable(readable, place[1]):
            raise Invalid("`before` must be the `next` of an earlier answer.")
        return place[0]

    def _is_readable(self, readable: Readable, document: str) -> bool:
        return document == self.document or bool(readable.of([document]))

    def _readable_hits(self, connection: Connection, readable: Readable, before: int) -> Iterator[Hit]:
        pieces = frozenset().union(*map(grams, self.words))
        documents: Collection[str] | None = None if self.document is None else [self.document]
        limit, looked_at, is_whole = FIRST_CANDIDATES, 0, documents is None
        floor = -1 if pieces else rows.floor(connection, LOOKED_THROUGH)
        while True:
            if pieces or documents is not None:
                hits = rows.with_grams(connection, pieces, documents, before, limit)
            else:
                hits = rows.with_text(connection, self.words[0], floor, before, limit)
            seen = readable.of({hit.document for hit in hits})
            mine = [hit for hit in hits if hit.document == self.document or hit.document in seen]
            yield from mine
            looked_at += len(hits)
            if len(hits) < limit or (not pieces and looked_at >= LOOKED_THROUGH):
                return
            before, limit = hits[-1].id, min(2 * limit, CANDIDATES_AT_ONCE)
            if is_whole and len(mine) < len(hits) / 2:
                # Most of what there is, is not for this person: where they may see little, only that is looked at.
                every, is_whole = readable.all(), False
                if not every:
                    return
                documents = every if len(every) <= FEW_DOCUMENTS else None


def _text(connection: Connection, event: Event) -> str | None:
    """What a message says now; most events tell it."""
    told = None if event.told is None else event.told.get("message")
    if isinstance(told, dict):
        return cast(str | None, told["text"])
    row = get(connection, str(event.data["message"]))
    return None if row is None else row.text


def _asked(query: str) -> list[str]:
    if len(query) > QUERY_LENGTH:
        raise Invalid(f"At most {QUERY_LENGTH} characters to look for were expected.")
    found = [] if "\0" in query else words(query)
    if not 1 <= len(found) <= WORDS_AT_MOST:
        raise Invalid(f"1 to {WORDS_AT_MOST} words to look for were expected in `q`.")
    return found


def _result(told: Told, title: str, asked: list[str]) -> dict[str, object]:
    return {
        "message": told,
        "document": {"id": told["document"], "title": title},
        "highlights": [list(each) for each in highlights(str(told["text"]), asked)],
    }
