"""The title of each document as lists show it; the text itself lives in the document's Y.Text "title"."""

import asyncio
import contextlib
from itertools import islice

from quillroom.content.errors import ContentError
from quillroom.content.title import read_title
from quillroom.core.replica import BrokenDocument
from quillroom.core.room import Room
from quillroom.services.errors import TryLater
from quillroom.services.people import committed
from quillroom.store.database import Connection
from quillroom.store.documents import set_title
from quillroom.store.events import append
from quillroom.store.writer import Writer

DELAY_SECONDS = 1.0
LOOKS = 20  # at one time: the list shows an open document's title from its room, whatever its row says


class Titles:
    """Looks at some changed documents each second and writes the titles that differ."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._changed: dict[Room, None] = {}  # in the order in which they changed
        self._known: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    def changed(self, room: Room) -> None:
        """A commit changed this document."""
        self._changed[room] = None
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._later())

    async def flush(self) -> None:
        """Write all that differs, now."""
        while self._changed:
            await self._look()

    async def _later(self) -> None:
        while self._changed:
            await asyncio.sleep(DELAY_SECONDS)
            await self._look()

    async def _look(self) -> None:
        for room in list(islice(self._changed, LOOKS)):
            del self._changed[room]
            with contextlib.suppress(BrokenDocument, ContentError, TryLater):
                await self._write(room)

    async def _write(self, room: Room) -> None:
        title = read_title(room.replica.doc())
        if self._known.get(room.document) == title:
            return
        if title or room.document in self._known:
            seq = room.seq
            job = self._writer.execute(lambda c: rename(c, room.document, title, seq), ("pages",), (room.document,))
            await committed(job)
        self._known[room.document] = title


def rename(connection: Connection, document: str, title: str, seq: int) -> None:
    """Let lists show this title, inside a writer's job; `seq`: the last edit that it takes into account."""
    if set_title(connection, document, title, seq):
        append(connection, topic="pages", name="page.renamed", actor=None, data={"documents": [document]})
