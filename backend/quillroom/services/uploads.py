"""How a file comes in: piece by piece onto the disk, looked at by a process of its own, kept under its hash.

What was told to be here is on the disk before it is told, and the row says how much that is: whoever died in the
middle, browser or server, goes on from there. Each request may reach another server: those on one machine share the
folder and hold the part while they write it; servers on several put pieces into the bucket, and a row says which.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from quillroom.core.member import Person
from quillroom.services.errors import Conflict, Invalid, NotFound, TryLater, Unfit
from quillroom.services.files import Files
from quillroom.services.media import Claimed, Found, examine
from quillroom.services.people import committed
from quillroom.services.unused import UnusedBytes
from quillroom.services.workers import WorkerDied, Workers
from quillroom.settings import FileLimits
from quillroom.store import files as rows
from quillroom.store.blobs import Blobs, Pieces, demand_room
from quillroom.store.database import Connection
from quillroom.store.tables import FileRow, UploadPieceRow
from quillroom.store.writer import GivenUp, Writer

T = TypeVar("T")

PIECE_BYTES = 1024 * 1024
REST_SECONDS = 60.0  # after which the process that looked at the last one is let go
DOOMED_TRIES = 5
DOOMED_REST_SECONDS = 0.1
PIECES_AT_MOST = 1000


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
        pieces: Pieces | None = None,
    ) -> None:
        """`workers`: of its own, so that nobody's edit waits behind a picture. `pieces`: where parts lie that servers
        on other machines go on with; None: in the folder."""
        self._writer = writer
        self._files = files
        self._blobs = blobs
        self._unused = unused
        self._workers = workers
        self._folder = folder
        self._limits = limits
        self._pieces = pieces
        self._turn = asyncio.Semaphore(1)
        self._rest: asyncio.TimerHandle | None = None

    async def append(
        self, person: Person | None, id: str, offset: int, length: int | None, body: AsyncIterator[bytes]
    ) -> FileRow:
        """The next bytes of one's own upload; answers the row as it is then. With the last ones it becomes ready.

        Raises WrongOffset, Conflict, Invalid (also when it is refused for what it is: then it is gone), NotFound,
        TryLater (what was told to be here still is).
        """
        row = await self._files.own(person, id)
        if row.state == rows.READY:
            return await self._append(row, offset, length, body, -1)
        with _told():
            handle = await asyncio.to_thread(_hold, self._path(id))
        try:  # as it is by now: whoever held it before has moved it
            return await self._append(await self._files.own(person, id), offset, length, body, handle)
        finally:
            await asyncio.to_thread(self._let_go, id, handle)

    async def _append(
        self, row: FileRow, offset: int, length: int | None, body: AsyncIterator[bytes], handle: int
    ) -> FileRow:
        if offset != row.received:
            raise WrongOffset(row.received)
        left = row.size - row.received
        if length is not None and length > left:
            raise Invalid(f"At most {left} more bytes were expected, {length} were announced.")
        if row.state == rows.READY:
            return row
        with _told():
            if left > 0:
                await self._take(row, handle, body)
            return row if row.received < row.size else await self._finish(row)

    # -- bytes onto the disk

    async def _take(self, row: FileRow, handle: int, body: AsyncIterator[bytes]) -> None:
        if self._pieces is None:
            try:
                await asyncio.to_thread(_cut_at, handle, self._folder, row.received, row.size)
            except WrongOffset as problem:  # somebody cleared the folder, or brought a database without it
                await self._change(row.id, received=problem.offset)
                raise
        await self._take_pieces(row, handle, body)

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
        if self._pieces is not None:
            await self._put(self._pieces, row, bytes(piece))
            return
        await asyncio.to_thread(_write_synced, handle, row.received, piece)
        received = row.received + len(piece)
        await self._change(row.id, received=received)
        row.received = received

    async def _put(self, pieces: Pieces, row: FileRow, data: bytes) -> None:
        """A piece of its own, whoever else puts one at the same place: the row says which of them counts."""
        name = f"{row.id}/{row.received}-{int(time.time())}-{secrets.token_hex(8)}"
        piece = UploadPieceRow(file=row.id, offset=row.received, size=len(data), name=name)

        def write(connection: Connection) -> None:
            if len(rows.pieces(connection, row.id)) >= PIECES_AT_MOST:
                raise Conflict("too_many_pieces", "The file came in too many small pieces. Begin anew.")
            if not rows.add_piece(connection, piece):
                raise WrongOffset(_there(connection, row.id).received)

        await asyncio.to_thread(pieces.put_piece, name, data)
        try:
            await self._commit(write)
        except (Conflict, NotFound):
            await asyncio.to_thread(pieces.remove_piece, name)
            raise
        row.received += len(data)

    async def _gather(self, pieces: Pieces, row: FileRow) -> list[str]:
        """All of it in one file here; the names of what it was put together from."""
        found = await self._commit(lambda c: rows.pieces(c, row.id))
        await asyncio.to_thread(_joined, pieces, found, self._path(row.id), row.size)
        return [each.name for each in found]

    # -- what it is

    async def _finish(self, row: FileRow) -> FileRow:
        if self._pieces is None:
            return await self._finish_here(row)
        try:
            names = await self._gather(self._pieces, row)
        except FileNotFoundError:  # another server, asked the same, has finished meanwhile
            now = await self._commit(lambda c: _there(c, row.id))
            if now.state == rows.READY:
                return now
            raise
        try:
            return await self._finish_here(row)
        finally:
            if (await self._commit(lambda c: rows.get(c, row.id)) or row).state == rows.READY:
                await self._commit(lambda c: rows.forget_pieces(c, row.id))
                await asyncio.to_thread(_remove, self._pieces, names)

    async def _finish_here(self, row: FileRow) -> FileRow:
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
                raise Unfit(f"{row.name} cannot be looked at: it is damaged, or made to harm.", "damaged") from None
            finally:
                self._rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._workers.close)

    async def _intend(self, id: str, hashes: list[str]) -> None:
        """The row names the bytes before they are kept, so that no bytes are ever without a row."""

        def write(connection: Connection) -> bool:
            for hash in sorted(hashes):
                rows.hold(connection, hash)
            if any(rows.is_doomed(connection, hash) for hash in hashes):
                return False
            if not rows.change(connection, id, hash=hashes[0], thumbnail=hashes[1] if hashes[1:] else None):
                raise NotFound(id)
            return True

        for _ in range(DOOMED_TRIES):
            if await self._commit(write):
                return
            await self._unused.remove()  # somebody recalled the same bytes: they go first
            await asyncio.sleep(DOOMED_REST_SECONDS)  # perhaps another server is at it
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

    def _let_go(self, id: str, handle: int) -> None:
        if self._pieces is not None:  # nothing of it stays here
            self._clear(id)
        os.close(handle)

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


def _hold(path: Path) -> int:
    """The part itself, for this request alone, among all processes that see the folder; it ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Conflict("upload_busy", "Another request is uploading this file right now.") from None
    except BaseException:
        os.close(handle)
        raise
    return handle


def _cut_at(handle: int, folder: Path, received: int, size: int) -> None:
    """Behind what was told to be here: what came after that is sent again."""
    demand_room(folder, size - received)
    here = os.fstat(handle).st_size
    if here < received:
        raise WrongOffset(here)
    os.ftruncate(handle, received)


def _joined(pieces: Pieces, found: Sequence[UploadPieceRow], path: Path, size: int) -> None:
    demand_room(path.parent, size)
    with path.open("wb") as file:
        for piece in found:
            for part in pieces.read_piece(piece.name):
                file.write(part)
            if file.tell() != piece.offset + piece.size:
                raise OSError(f"The piece {piece.name} is not what was put there.")


def _remove(pieces: Pieces, names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(OSError):  # the hourly look finds it
            pieces.remove_piece(name)


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
