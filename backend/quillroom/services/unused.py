"""What nobody needs any more goes: bytes without a file, files that nobody sent, uploads that nobody finished."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from quillroom.services.leases import AGAIN_SECONDS, Leases
from quillroom.services.people import committed
from quillroom.store import files as rows
from quillroom.store.blobs import Blobs, Pieces
from quillroom.store.database import Database
from quillroom.store.events import Event
from quillroom.store.writer import Writer

_log = logging.getLogger(__name__)

NAMES = ("message.recalled", "page.purged")
UNSENT_SECONDS = 24 * 3600.0
LOOK_SECONDS = 3600.0
RETRY_SECONDS = 5.0
AT_ONCE = 100
HELD_AT_ONCE = 10
LISTED = 1000


class UnusedBytes:
    """Used from the event loop's thread only; `run` is a task of the server's."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        blobs: Blobs,
        uploads: Path,
        leases: Leases | None = None,
        pieces: Pieces | None = None,
    ) -> None:
        self._database = database
        self._writer = writer
        self._blobs = blobs
        self._uploads = uploads
        self._pieces = pieces
        self._leases = leases or Leases(database)
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._looked_at = float("-inf")

    async def follow(self, events: Sequence[Event]) -> None:
        """Something was recalled or purged."""
        self.wake()

    def wake(self) -> None:
        """There may be something to remove."""
        self._wake.set()

    async def run(self) -> None:
        """At start, whenever woken, and all of it once an hour, for ever."""
        while True:
            self._wake.clear()
            try:
                async with self._leases.hold("unused bytes") as is_mine:
                    if is_mine and time.monotonic() - self._looked_at >= LOOK_SECONDS:
                        await self.look()
                        self._looked_at = time.monotonic()
                    if is_mine:
                        await self.remove()
                await asyncio.to_thread(self._clear_uploads)
            except Exception:  # whatever it is, it is tried again: the rows are gone already, so nobody sees the bytes
                _log.warning("Bytes that nobody needs could not be removed", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS if is_mine else AGAIN_SECONDS):
                    await self._wake.wait()

    async def remove(self) -> None:
        """Remove the bytes that wait for it.

        The list is written in the transaction in which the last row that named them went, and an upload of the same
        bytes waits until they are off it: so nothing is removed that somebody has just kept. Of several servers each
        removes those that no other one is at.
        """
        if not self._database.is_sqlite:
            while await asyncio.to_thread(self._remove_held):
                pass
            return
        async with self._turn:
            while hashes := await asyncio.to_thread(self._database.read, lambda c: rows.doomed(c, AT_ONCE)):
                for hash in hashes:
                    await asyncio.to_thread(self._blobs.remove, hash)
                await committed(self._writer.attempt(lambda c, gone=hashes: rows.removed(c, gone)))  # type: ignore[misc]

    def _remove_held(self) -> bool:
        """Whether there were any. While they go, their rows are held: whoever comes late must not remove what was kept
        meanwhile."""
        with self._database.engine.begin() as connection:
            hashes = rows.hold_doomed(connection, HELD_AT_ONCE)
            for hash in hashes:
                self._blobs.remove(hash)
            rows.removed(connection, hashes)
        return bool(hashes)

    async def look(self) -> None:
        """Find what was never sent or finished, and what a crash or a restored database left behind."""
        before = time.time() - UNSENT_SECONDS
        while await committed(self._writer.attempt(lambda c: rows.erase_unsent(c, before, AT_ONCE))):
            pass
        # Rows come before bytes and go before them; what was listed first and has no row then needs none.
        kept = await asyncio.to_thread(lambda: list(self._blobs.every()))
        named = await asyncio.to_thread(self._database.read, rows.every_hash)
        stray = [hash for hash in kept if hash not in named]
        for at in range(0, len(stray), AT_ONCE):
            some = stray[at : at + AT_ONCE]
            await committed(self._writer.attempt(lambda c, some=some: rows.doom(c, some)))  # type: ignore[misc]
        if self._pieces is not None:
            await asyncio.to_thread(self._clear_pieces, self._pieces, before)

    def _clear_pieces(self, pieces: Pieces, before: float) -> None:
        """Their names say when they came: a fresh one may not have its row yet."""
        kept = [name for name in pieces.every_piece() if int(name.split("-")[-2]) < before]
        wanted = self._database.read(rows.every_piece) if kept else set()
        for name in kept:
            if name not in wanted:
                pieces.remove_piece(name)

    def _clear_uploads(self) -> None:
        if not self._uploads.is_dir():
            return
        paths = sorted(self._uploads.iterdir())
        ids = {path.name.partition(".")[0] for path in paths}
        wanted = self._database.read(lambda c: rows.uploading(c, ids))
        for path in paths:
            if path.name.partition(".")[0] not in wanted:
                path.unlink(missing_ok=True)
