"""Bytes by their SHA-256, on disk: the same bytes once, complete under their name or not there at all."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from quillroom.settings import Settings

READ_BYTES = 256 * 1024
# A keystroke must still fit when uploads no longer do.
RESERVE_BYTES = 64 * 1024 * 1024
PART_SECONDS = 3600.0  # nobody is still writing it then
_HASH = re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """A place for bytes. Every call blocks: make it in a thread. What goes wrong is an OSError."""

    def put(self, source: Path, hash: str) -> None:
        """Keep what is in `source`, whose hash that is; when this returns, it survives a crash. Idempotent."""

    def size(self, hash: str) -> int | None:
        """In bytes; None when it is not here."""

    def read(self, hash: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in pieces. Raises FileNotFoundError."""

    def remove(self, hash: str) -> None:
        """Idempotent."""

    def every(self) -> Iterator[str]:
        """The hashes of all that is here."""

    def close(self) -> None:
        """Let go of connections."""


class Pieces(Protocol):
    """A place for parts of uploads that every server reaches. As Blobs; names are those of `UploadPieceRow`."""

    def put_piece(self, name: str, data: bytes) -> None:
        """Keep it; when this returns, it survives a crash."""

    def read_piece(self, name: str) -> Iterator[bytes]:
        """All of it. Raises FileNotFoundError."""

    def remove_piece(self, name: str) -> None:
        """Idempotent."""

    def every_piece(self) -> Iterator[str]:
        """The names of all that are here."""


class Disk:
    """Below one folder, in 256 folders by the first two digits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, source: Path, hash: str) -> None:
        """See Blobs. `source` stays where it is."""
        target = self._path(hash)
        if target.exists():
            return
        if not target.parent.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(target.parent.parent)
        _sync(source)
        part = target.with_name(f".{hash}.{secrets.token_hex(4)}.part")  # another process may keep the same right now
        try:
            try:
                os.link(source, part)
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
                    raise
                shutil.copyfile(source, part)
                _sync(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync(target.parent)

    def size(self, hash: str) -> int | None:
        """See Blobs."""
        try:
            return self._path(hash).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, hash: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See Blobs."""
        with self._path(hash).open("rb") as file:
            file.seek(start)
            left = file.seek(0, os.SEEK_END) - start if end is None else end - start
            file.seek(start)
            while left > 0 and (piece := file.read(min(READ_BYTES, left))):
                left -= len(piece)
                yield piece

    def remove(self, hash: str) -> None:
        """See Blobs."""
        self._path(hash).unlink(missing_ok=True)

    def every(self) -> Iterator[str]:
        """See Blobs; what a crash left half written is cleared away on the way."""
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if _HASH.fullmatch(path.name):
                    yield path.name
                elif path.name.endswith(".part") and _is_old(path):
                    path.unlink(missing_ok=True)

    def close(self) -> None:
        """See Blobs; there is nothing to let go of."""

    def _path(self, hash: str) -> Path:
        assert _HASH.fullmatch(hash), "only hashes reach the file system"
        return self._folder / hash[:2] / hash


def open_blobs(settings: Settings) -> Blobs:
    """Where the bytes of files are kept."""
    if settings.bucket is None:
        return Disk(settings.data / "files")
    from quillroom.store.s3 import S3  # its HTTP client is loaded only where there is a bucket

    return S3(settings.bucket)


def open_pieces(settings: Settings, blobs: Blobs) -> Pieces | None:
    """Where parts of uploads lie instead of in the data folder, which servers on other machines do not see."""
    if settings.bucket is None:
        return None
    from quillroom.store.s3 import S3

    assert isinstance(blobs, S3)
    return blobs


def demand_room(folder: Path, size: int) -> None:
    """Raises OSError (ENOSPC) where so many bytes would leave too little for everything else."""
    disk = shutil.disk_usage(folder)
    if disk.free - size < min(RESERVE_BYTES, disk.total // 10):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_old(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > PART_SECONDS
    return False


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
