"""What a person starred, and what they opened last."""

import asyncio
import contextlib
import time

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.documents import Documents, Listing, check_name
from quillroom.services.errors import TryLater
from quillroom.services.people import committed
from quillroom.store import events
from quillroom.store import favourites as rows
from quillroom.store.database import Connection
from quillroom.store.writer import GivenUp, Writer

RECENTS = 50
VISIT_SECONDS = 60.0  # a person's visits of a document count once in so long
FLUSH_SECONDS = 1.0


class Favourites:
    """A person's stars."""

    def __init__(self, writer: Writer, documents: Documents, access: Access) -> None:
        self._writer = writer
        self._documents = documents
        self._access = access

    async def list(self, person: Person | None) -> Listing:
        """Those that the person may see, the first starred first."""
        return await self._documents.chosen(person, lambda c, _: rows.of_person(c, _id(person)))

    async def star(self, person: Person | None, id: str) -> None:
        """Idempotent."""
        known = self._access.demand_in_workspace(person, Action.STAR)
        check_name(id)

        def write(connection: Connection) -> None:
            self._access.check(connection, known, Action.READ, id)
            if rows.star(connection, _id(known), id, time.time()):
                _tell(connection, _id(known))

        await committed(self._writer.execute(write))

    async def unstar(self, person: Person | None, id: str) -> None:
        """Idempotent; also where the person may no longer see it."""
        known = self._access.demand_in_workspace(person, Action.STAR)
        check_name(id)

        def write(connection: Connection) -> None:
            if rows.unstar(connection, _id(known), id):
                _tell(connection, _id(known))

        await committed(self._writer.execute(write))


class Recents:
    """When people opened documents. Noted in memory and written in one job a second: no handshake waits for it."""

    def __init__(self, writer: Writer, documents: Documents) -> None:
        self._writer = writer
        self._documents = documents
        self._noted: dict[tuple[str, str], float] = {}  # since they were last written
        self._written: dict[tuple[str, str], float] = {}
        self._task: asyncio.Task[None] | None = None

    def opened(self, person: Person, document: str) -> None:
        """Never waits."""
        if person.id is None:
            return
        key, now = (person.id, document), time.time()
        if now - self._written.get(key, 0.0) < VISIT_SECONDS:
            return
        self._noted[key] = now
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._later())

    async def list(self, person: Person | None) -> Listing:
        """The last opened first."""
        await self.flush()
        return await self._documents.chosen(person, lambda c, _: rows.recent(c, _id(person), RECENTS))

    async def flush(self) -> None:
        """Write what was noted. What cannot be written now is forgotten: it is nobody's work."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        now = time.time()
        self._written = {key: at for key, at in self._written.items() if now - at < VISIT_SECONDS} | noted
        visits = [(person, document, at) for (person, document), at in noted.items()]
        with contextlib.suppress(GivenUp, TryLater):
            await committed(self._writer.attempt(lambda c: rows.opened(c, visits)))

    async def _later(self) -> None:
        while self._noted:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


def _tell(connection: Connection, person: str) -> None:
    events.append(connection, topic=f"user:{person}", name="favourites.changed", actor=person, data={})


def _id(person: Person | None) -> str:
    assert person is not None
    assert person.id is not None
    return person.id
