"""Who is writing a message right now: told to those who have the page open, kept nowhere."""

import asyncio

from quillroom.core.access import Action
from quillroom.core.member import Member
from quillroom.core.outbox import Priority
from quillroom.services.access import Access
from quillroom.services.live import Live
from quillroom.services.people import shown
from quillroom.services.topics import DOCUMENT

SHOWN_SECONDS = 6.0
AGAIN_SECONDS = 1.0
SHOWN_AT_MOST = 5  # of a page: nobody reads more names, and each is told to everybody there
Key = tuple[str, Member]


class Typists:
    """Used from the event loop's thread only."""

    def __init__(self, access: Access, live: Live) -> None:
        self._access = access
        self._live = live
        self._ends: dict[Key, asyncio.TimerHandle] = {}
        self._said_at: dict[Key, float] = {}
        self._elsewhere: dict[tuple[str, str], float] = {}  # who writes on another server, and until when that is so

    async def types(self, member: Member, document: str, *, is_typing: bool) -> None:
        """Somebody writes, or ceased to. Raises NotFound, NotAllowed: who may not write does not appear."""
        key = (document, member)
        if not is_typing:
            self._end(key)
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._said_at.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        await self._access.demand(member.person, Action.COMMENT, document)
        self._said_at[key] = loop.time()
        if DOCUMENT + document not in self._live.topics.topics_of(member):
            return  # who does not have the page open may be gone by now
        was_shown = self._ends.pop(key, None)
        if was_shown is not None:
            was_shown.cancel()
        elif self._shown(document) >= SHOWN_AT_MOST:
            return
        self._ends[key] = loop.call_later(SHOWN_SECONDS, self._end, key)
        self._tell(key, is_typing=True)

    def leave(self, member: Member, topic: str) -> None:
        """The page was closed there."""
        self._end((topic.removeprefix(DOCUMENT), member))

    def gone(self, member: Member) -> None:
        """The connection has ended."""
        for key in [key for key in self._said_at if key[1] is member]:
            self._end(key)
            self._said_at.pop(key, None)

    def elsewhere(self, topic: str, person: str, *, is_typing: bool) -> bool:
        """Somebody writes on another server, or ceased to; whether that is to be shown here."""
        key, now = (topic.removeprefix(DOCUMENT), person), asyncio.get_running_loop().time()
        self._elsewhere = {each: until for each, until in self._elsewhere.items() if until > now}
        was_shown = self._elsewhere.pop(key, None) is not None
        if is_typing and (was_shown or self._shown(key[0]) < SHOWN_AT_MOST):
            self._elsewhere[key] = now + SHOWN_SECONDS
        return was_shown or key in self._elsewhere

    def _shown(self, document: str) -> int:
        return sum(each == document for each, _ in (*self._ends, *self._elsewhere))

    def _end(self, key: Key) -> None:
        ends = self._ends.pop(key, None)
        if ends is not None:
            ends.cancel()
            self._tell(key, is_typing=False)

    def _tell(self, key: Key, *, is_typing: bool) -> None:
        """To the others: on one's own devices one knows."""
        document, member = key
        person = member.person
        who = shown(person.id or "", person.name, person.colour, person.avatar)
        said = {"document": document, "person": who, "is_typing": is_typing}
        topic, kind = DOCUMENT + document, f"typing {person.id}"
        self._live.tell_topic(topic, "typing", said, Priority.CURSOR, except_=person.id, kind=kind)
