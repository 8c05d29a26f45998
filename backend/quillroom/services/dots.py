"""Who is at which page, for those who look at the list of pages: in few words, and only of pages that they may read."""

import asyncio
import logging
from collections.abc import Collection, Mapping

from sqlalchemy.exc import DBAPIError

from quillroom.core.member import Member, Person
from quillroom.core.outbox import Priority
from quillroom.services.live import Live

TOLD_SECONDS = 2.0
PAGES_AT_ONCE = 100
_log = logging.getLogger(__name__)
People = list[dict[str, str | None]]


class Dots:
    """Tells once in so long, of at most so many pages; the others come next. Used from the event loop's thread only."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._known: dict[str, People] = {}
        self._due: dict[str, People] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, document: str, people: People) -> None:
        """Some of the people who are at a document now."""
        if self._known.get(document, []) == people:
            return
        if people:
            self._known[document] = people
        else:
            del self._known[document]
        self._due[document] = people
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._tell_all())

    async def _tell_all(self) -> None:
        try:
            while self._due:
                documents = {id: self._due.pop(id) for id in list(self._due)[:PAGES_AT_ONCE]}
                try:
                    await self._tell(documents)
                except DBAPIError:
                    _log.warning("Who may know of whom at pages cannot be read", exc_info=True)
                await asyncio.sleep(TOLD_SECONDS)
        finally:
            self._task = None

    async def _tell(self, documents: Mapping[str, People]) -> None:
        readers = await self._live.news.readers(documents)
        for seen, members in _alike(readers, self._live.hub.everyone()).items():
            data = {"documents": {id: documents[id] for id in seen}}
            self._live.tell(members, "here", data, Priority.CURSOR)


def _alike(
    readers: Mapping[str, Collection[Person]], members: Collection[Member]
) -> dict[tuple[str, ...], list[Member]]:
    """Members by what they may see of this, so that it is written once for all of them."""
    found: dict[tuple[str, ...], list[Member]] = {}
    for member in members:
        seen = tuple(document for document, people in readers.items() if member.person in people)
        if seen:
            found.setdefault(seen, []).append(member)
    return found
