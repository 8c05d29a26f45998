"""How a file comes in: piece by piece onto the disk, looked at by a process of its own, kept under its hash.

What was told to be here is on the disk before it is told, and the row says how much that is: whoever died in the
middle, browser or server, goes on from there.
"""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

from quillroom.core.member import Person
from quillroom.services.errors import Conflict, Invalid, NotFound, TryLater
from quillroom.services.files import Files
from quillroom.services.media import Claimed, Found, examine
from quillroom.services.people import committed
from quillroom.services.unused import UnusedBytes
from quillroom.services.workers import WorkerDied, Workers
from quillroom.settings import FileLimits
from quillroom.store import files as rows
from quillroom.store.blobs import Blobs, demand_room
from quillroom.store.database import Connection
from quillroom.store.tables import FileRow
from quillroom.store.writer import GivenUp, Writer

T = TypeVar("T")

PIECE_BYTES = 1024 * 1024
REST_SECONDS = 60.0  # after which the process that looked at the last one is let go
DOOMED_TRIES = 5


class WrongOffset(Conflict):
    """The upload goes on somewhere else: `offset` says where."""

    def __init__(self, offset: int) -> None:
        super().__init__("wrong_offset", f"The upload goes on at {offset}.")
        self.offset = offset


class Uploads:
    """Used from the event loop's thread only."""

    def __init__(
        self,
        writer: Writer,
        files: Files,
        blobs: Blobs,
        unused: UnusedBytes,
        workers: Workers,
        folder: Path,
        limits: FileLimits,
    ) -> None:
        """`workers`: of its own, so that nobody's edit waits behind a picture."""
        self._writer = writer
        self._files = files
        self._blobs = blobs
        self._unused = unused
        self._workers = workers
        self._folder = folder
        self._limits = limits
        self._busy: set[str] = set()
        self._turn = asyncio.Semaphore(1)
        self._rest: asyncio.TimerHandle | None = None

    async def append(
        self, person: Person | None, id: str, offset: int, length: int | None, body: AsyncIterator[bytes]
    ) -> FileRow:
        """The next bytes of one's own upload; answers the row as it is then. With the last ones it becomes ready.

        Raises WrongOffset, Conflict, Invalid (also when it is refused for what it is: then it is gone), NotFound,
        TryLater (what was told to be here still is).
        """
        if id in self._busy:
            raise Conflict("upload_busy", "Another request is uploading this file right now.")
        self._busy.add(id)
        try:
            return await self._append(await self._files.own(person, id), offset, length, body)
        finally:
            self._busy.discard(id)

    async def _append(self, row: FileRow, offset: int, length: int | None, body: AsyncIterator[bytes]) -> FileRow:
        if offset != row.received:
            raise WrongOffset(row.received)
        left = row.size - row.received
        if length is not None and length > left:
            raise Invalid(f"At most {left} more bytes were expected, {length} were announced.")
        if row.state == rows.READY:
            return row
        with _told():
            if left > 0:
                await self._take(row, body)
            return row if row.received < row.size else await self._finish(row)

    # -- bytes onto the disk

    async def _take(self, row: FileRow, body: AsyncIterator[bytes]) -> None:
        path = self._path(row.id)
        try:
            handle = await asyncio.to_thread(_open_at, path, row.received, row.size)
        except WrongOffset as problem:  # somebody cleared the folder, or brought a database without it
            await self._change(row.id, received=problem.offset)
            raise
        try:
            await self._take_pieces(row, handle, body)
        finally:
            await asyncio.to_thread(os.close, handle)

    async def _take_pieces(self, row: FileRow, handle: int, body: AsyncIterator[bytes]) -> None:
        piece = bytearray()
        try:
            async for part in body:
                piece += part
                if row.received + len(piece) > row.size:
                    piece.clear()
                    raise Invalid(f"{row.size} bytes were announced, more came.")
                if len(piece) >= PIECE_BYTES:
                    await self._write(row, handle, piece)
                    piece = bytearray()
        finally:  # what came before the line broke need not come again
            if piece:
                await self._write(row, handle, piece)

    async def _write(self, row: FileRow, handle: int, piece: bytearray) -> None:
        await asyncio.to_thread(_write_synced, handle, row.received, piece)
        received = row.received + len(piece)
        await self._change(row.id, received=received)
        row.received = received

    # -- what it is

    async def _finish(self, row: FileRow) -> FileRow:
        try:
            found = await self._examine(row)
        except Invalid:
            await self._commit(lambda c: rows.erase_one(c, row.id))
            self._clear(row.id)
            raise
        await self._intend(row.id, [each for each in (found.hash, found.thumbnail_hash) if each])
        await asyncio.to_thread(self._keep, found)
        values = {
            "kind": found.kind, "type": found.type, "name": found.name, "size": found.size, "received": found.size,
            "width": found.width, "height": found.height, "duration": found.seconds, "state": rows.READY,
        }  # fmt: skip
        try:
            await self._change(row.id, **values)
        except NotFound:  # taken back meanwhile: the bytes may have come after they were removed
            await self._commit(lambda c: rows.doom(c, [each for each in (found.hash, found.thumbnail_hash) if each]))
            self._unused.wake()
            raise
        self._clear(row.id)
        return await self._commit(lambda c: _there(c, row.id))

    async def _examine(self, row: FileRow) -> Found:
        claimed = Claimed(
            row.name, row.kind == "voice", row.duration, self._limits.image_bytes, self._limits.voice_seconds
        )
        async with self._turn:  # so that its time counts, and not that of those before it
            if self._rest is not None:
                self._rest.cancel()
            try:
                return await self._workers.run(examine, self._path(row.id), claimed)
            except WorkerDied:
                raise Invalid(f"{row.name} cannot be looked at: it is damaged, or made to harm.") from None
            finally:
                self._rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._workers.close)

    async def _intend(self, id: str, hashes: list[str]) -> None:
        """The row names the bytes before they are kept, so that no bytes are ever without a row."""

        def write(connection: Connection) -> bool:
            if any(rows.is_doomed(connection, hash) for hash in hashes):
                return False
            if not rows.change(connection, id, hash=hashes[0], thumbnail=hashes[1] if hashes[1:] else None):
                raise NotFound(id)
            return True

        for _ in range(DOOMED_TRIES):
            if await self._commit(write):
                return
            await self._unused.remove()  # somebody recalled the same bytes: they go first
        raise TryLater("These bytes are being removed right now. Try again in a moment.")

    def _keep(self, found: Found) -> None:
        self._blobs.put(found.path, found.hash)
        if found.thumbnail_path is not None and found.thumbnail_hash is not None:
            self._blobs.put(found.thumbnail_path, found.thumbnail_hash)

    # -- small things

    async def _change(self, id: str, **values: object) -> None:
        try:
            if not await self._commit(lambda c: rows.change(c, id, **values)):
                raise NotFound(id)
        except NotFound:
            self._clear(id)
            raise

    async def _commit(self, job: Callable[[Connection], T]) -> T:
        try:
            return await committed(self._writer.attempt(job))
        except GivenUp as error:
            raise TryLater(str(error)) from error

    def _path(self, id: str) -> Path:
        return self._folder / id

    def _clear(self, id: str) -> None:
        for ending in ("", ".out", ".small"):
            self._path(id + ending).unlink(missing_ok=True)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise TryLater("The server's disk is full." if is_full else "The files cannot be kept right now.") from error


def _open_at(path: Path, received: int, size: int) -> int:
    """Behind what was told to be here: what came after that is sent again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    demand_room(path.parent, size - received)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        here = os.fstat(handle).st_size
        if here < received:
            raise WrongOffset(here)
        os.ftruncate(handle, received)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _write_synced(handle: int, offset: int, piece: bytearray) -> None:
    view = memoryview(piece)
    while view:
        written = os.pwrite(handle, view, offset)
        offset, view = offset + written, view[written:]
    os.fsync(handle)


def _there(connection: Connection, id: str) -> FileRow:
    row = rows.get(connection, id)
    if row is None:
        raise NotFound(id)
    return row
