"""How far a chat has come: on which devices it is, and who has read it.

Cursors come from everybody for every message, so they are written together: whatever came while the last commit ran
goes into the next one, in one job. `read` and `unread` answer when they are committed. `delivered`, of a place that
this server itself has told, answers at once and is committed within a quarter of a second: a server that dies in
between forgets it, and the device says it again when it comes back.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from quillroom.core.access import Action, standing
from quillroom.core.member import Member, Person
from quillroom.core.outbox import Priority
from quillroom.services.access import Access, load_acl
from quillroom.services.errors import Invalid, NotFound
from quillroom.services.inboxes import read_chat
from quillroom.services.live import Live
from quillroom.services.message_wire import Told
from quillroom.services.people import committed
from quillroom.services.preferences import Privacy, privacy_of
from quillroom.services.topics import DOCUMENT
from quillroom.services.transcript import RECEIPTS_AT_MOST, receipts_as_told
from quillroom.services.unread import Unreads
from quillroom.store import events
from quillroom.store import receipts as rows
from quillroom.store.database import Connection, Database
from quillroom.store.receipts import Receipt
from quillroom.store.writer import Writer

_log = logging.getLogger(__name__)
DELIVERED_SECONDS = 0.25
TELL_SECONDS = 0.25
FOLLOWERS_AT_ONCE = 40  # of more, each is told less often: what all of them say goes to all of them
REMEMBERED = 50_000
DELIVERED, READ, UNREAD = "delivered", "read", "unread"


@dataclass(frozen=True, slots=True)
class Mark:
    """A person says how far they are."""

    kind: str
    document: str
    person: Person
    seq: int


Waiting = tuple[Mark, "asyncio.Future[None] | None"]


class Receipts:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, writer: Writer, access: Access, live: Live, unreads: Unreads) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._live = live
        self._unreads = unreads
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_due = False
        self._changed: dict[str, set[str]] = {}  # people by document, to be told
        self._elsewhere: dict[str, set[str]] = {}  # the same of what other servers noted
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._told: dict[tuple[str, str], Receipt] = {}
        self.on_changed: Callable[[str, Collection[str]], None] = lambda document, people: None

    async def delivered(self, member: Member, document: str, seq: int) -> None:
        """A device has everything up to there. Raises NotFound, Invalid."""
        self._access.demand_in_workspace(member.person, Action.STAR)
        mark = Mark(DELIVERED, document, member.person, seq)
        if seq > self._live.topics.heads(member).get(DOCUMENT + document, 0):
            await self._commit(mark)
            return
        self._waiting.append((mark, None))
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(DELIVERED_SECONDS, self._write_soon)

    async def read(self, person: Person | None, document: str, seq: int) -> Told:
        """A person has read everything up to there; answers what is unread for them. Raises NotFound, Invalid."""
        return await self._mark(READ, person, document, seq)

    async def unread(self, person: Person | None, document: str, seq: int) -> Told:
        """They want to read it again from there. Raises NotFound, Invalid."""
        return await self._mark(UNREAD, person, document, seq)

    async def greet(self, member: Member, topic: str) -> None:
        """Somebody follows a chat from now on: how far the others are."""
        document, reader = topic.removeprefix(DOCUMENT), member.person.id
        if topic == document or reader is None:
            return
        found = await asyncio.to_thread(self._database.read, lambda c: receipts_as_told(c, document, reader))
        self._live.tell([member], "receipts", {"document": document, "receipts": found}, Priority.CURSOR)

    # -- writing

    async def _mark(self, kind: str, person: Person | None, document: str, seq: int) -> Told:
        known = self._access.demand_in_workspace(person, Action.STAR)
        await self._commit(Mark(kind, document, known, seq))
        return await self._unreads.tell(document, known)

    async def _commit(self, mark: Mark) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((mark, done))
        self._write_soon()
        await done

    def _write_soon(self) -> None:
        self._is_due = False
        if self._waiting and self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                marks = [mark for mark, _ in waiting]
                results: Sequence[Exception | None]
                try:
                    results = await committed(self._writer.execute(lambda c: self._apply(c, marks)))  # noqa: B023
                except Exception as problem:
                    results = [problem] * len(marks)
                for (mark, done), result in zip(waiting, results, strict=True):
                    self._settle(mark, done, result)
        finally:
            self._writing = None

    def _settle(self, mark: Mark, done: "asyncio.Future[None] | None", problem: Exception | None) -> None:
        if problem is None and mark.kind != UNREAD:
            self._changed.setdefault(mark.document, set()).add(mark.person.id or "")
            self._tell_soon(mark.document)
        if done is None or done.done():
            return
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)

    def _apply(self, connection: Connection, marks: Sequence[Mark]) -> list[Exception | None]:
        """Inside the transaction: what decides about a page is read once for all who say something of it."""
        results: dict[int, Exception | None] = {}
        now = time.time()
        by_document: dict[str, list[tuple[int, Mark]]] = {}
        for at, mark in enumerate(marks):
            by_document.setdefault(mark.document, []).append((at, mark))
        for document, some in sorted(by_document.items()):
            acl, head = load_acl(connection, document), events.head(connection, DOCUMENT + document)
            devices: dict[tuple[str, str], int] = {}
            # Everywhere in this order, so that two servers do not wait for each other's rows.
            for at, mark in sorted(some, key=lambda each: each[1].person.id or ""):
                person = mark.person
                is_here = acl is not None and not acl.is_trashed
                if not is_here or acl is None or standing(person, acl, now, is_open=self._access.is_open).role is None:
                    results[at] = NotFound(document)
                elif mark.seq > head:
                    results[at] = Invalid(f"`seq` must be at most {head}: nothing comes behind that yet.")
                else:
                    results[at] = None
                    _put(connection, mark, devices, now)
            rows.reached(connection, document, [(*key, seq) for key, seq in sorted(devices.items())], now)
        return [results[at] for at in range(len(marks))]

    # -- telling

    def changed(self, document: str, people: Collection[str]) -> None:
        """Another server noted how far these are."""
        if self._live.followers(DOCUMENT + document):
            self._elsewhere.setdefault(document, set()).update(people)
            self._tell_soon(document)

    def _tell_soon(self, document: str) -> None:
        if document not in self._telling:
            self._telling[document] = asyncio.get_running_loop().create_task(self._tell(document))

    async def _tell(self, document: str) -> None:
        followers = self._live.followers(DOCUMENT + document)
        await asyncio.sleep(TELL_SECONDS * max(1.0, len(followers) / FOLLOWERS_AT_ONCE))
        del self._telling[document]  # what changes from here on is told by the next
        changed = self._changed.pop(document, set())
        if changed:
            self.on_changed(document, changed)
        changed |= self._elsewhere.pop(document, set())
        followers = self._live.followers(DOCUMENT + document)
        people = {member.person.id for member in followers if member.person.id is not None}
        try:
            found, privacy = await asyncio.to_thread(self._database.read, lambda c: _load(c, document, changed, people))
        except DBAPIError:
            _log.warning("How far a chat has come cannot be read: nobody is told", exc_info=True)
            return
        news = [each for each in found if privacy[each.person].receipts and self._is_news(document, each)]
        if news:
            self._tell_all(document, news[:RECEIPTS_AT_MOST], [m for m in followers if _hears(m, privacy)])

    def _tell_all(self, document: str, news: list[Receipt], members: Collection[Member]) -> None:
        """Whose own cursor it is needs no receipt; everyone else gets the same frame."""
        told = {each.person: {"person": each.person, "delivered": each.delivered, "read": each.read} for each in news}
        others = [member for member in members if member.person.id not in told]
        self._live.tell(others, "receipts", {"document": document, "receipts": list(told.values())}, Priority.CURSOR)
        for person in told:
            mine = [member for member in members if member.person.id == person]
            rest = [each for who, each in told.items() if who != person]
            if mine and rest:
                self._live.tell(mine, "receipts", {"document": document, "receipts": rest}, Priority.CURSOR)

    def _is_news(self, document: str, receipt: Receipt) -> bool:
        key = (document, receipt.person)
        if self._told.get(key) == receipt:
            return False
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[key] = receipt
        return True


def _put(connection: Connection, mark: Mark, devices: dict[tuple[str, str], int], now: float) -> None:
    person = mark.person.id or ""
    if mark.kind == DELIVERED:
        key = (person, mark.person.device or "")
        devices[key] = max(mark.seq, devices.get(key, 0))
    elif mark.kind == READ:
        rows.mark_read(connection, mark.document, person, mark.seq, now)
        read_chat(connection, person, mark.document, mark.seq)
    else:
        rows.mark_unread(connection, mark.document, person, max(mark.seq, 1), now)


def _load(
    connection: Connection, document: str, changed: Collection[str], followers: Iterable[str]
) -> tuple[list[Receipt], dict[str, Privacy]]:
    found = rows.receipts_of(connection, document, changed)
    return found, privacy_of(connection, {*changed, *followers})


def _hears(member: Member, privacy: dict[str, Privacy]) -> bool:
    mine = privacy.get(member.person.id or "")
    return mine is not None and mine.receipts
