"""Whether the bytes of all files are there, and how they go into a backup and out of it; for the command line."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from quillroom.store import files as rows
from quillroom.store.blobs import Blobs
from quillroom.store.database import Connection, open_database

T = TypeVar("T")

PIECE_BYTES = 1024 * 1024
# In the file of a backup only: the bytes of files, in pieces that fit into memory.
_TABLE = "CREATE TABLE backup_bytes (hash TEXT, number INTEGER, bytes BLOB, PRIMARY KEY (hash, number)) WITHOUT ROWID"


class Damaged(Exception):
    """Bytes are not what their hash says."""


def verify_files(url: str, blobs: Blobs) -> list[str]:
    """What is wrong with the bytes of files that are ready; each is read."""
    database = open_database(url)
    try:
        named = database.read(rows.ready_hashes)
        problems = {hash: problem for hash in named if (problem := _problem(blobs, hash))}
        # What was recalled while this was looked at is no problem.
        gone = {hash for hash in problems if not database.read(lambda c, hash=hash: rows.is_kept(c, hash))}  # type: ignore[misc]
    finally:
        database.close()
    return [
        f"file {id}: {problems[hash]}"
        for hash, ids in sorted(named.items())
        if hash in problems and hash not in gone
        for id in ids
    ]


def _problem(blobs: Blobs, hash: str) -> str | None:
    try:
        digest = hashlib.sha256()
        for piece in blobs.read(hash):
            digest.update(piece)
    except FileNotFoundError:
        return "its bytes are missing"
    return None if digest.hexdigest() == hash else "its bytes are damaged"


def pack(copy: Path, url: str, blobs: Blobs) -> int:
    """Put the bytes of all files into the copy of a database; answers how many there are. Raises Damaged.

    What was recalled since the copy was made is recalled in it too, and uploads that are not finished are left out.
    """
    _write(copy, rows.erase_unfinished)
    named = _read(copy, rows.ready_hashes)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(_TABLE)
        for hash in named:
            try:
                with connection:
                    for number, piece in enumerate(_checked(blobs.read(hash), hash)):
                        connection.execute("INSERT INTO backup_bytes VALUES (?, ?, ?)", (hash, number, piece))
            except FileNotFoundError:
                if _read_url(url, lambda c, hash=hash: rows.is_kept(c, hash)):  # type: ignore[misc]
                    raise Damaged(f"The bytes of file {named[hash][0]} are missing.") from None
                with connection:
                    connection.execute("DELETE FROM file WHERE hash = ? OR thumbnail = ?", (hash, hash))
    return len(named)


def unpack(copy: Path, blobs: Blobs, folder: Path) -> int:
    """Keep the bytes that a backup holds, and take them out of it; answers how many there were. Raises Damaged."""
    with closing(sqlite3.connect(copy)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_bytes'").fetchone() is None:
            return 0
        hashes = [hash for (hash,) in connection.execute("SELECT DISTINCT hash FROM backup_bytes")]
        for hash in hashes:
            _keep(blobs, hash, _pieces(connection, hash), folder / "restored.part")
        connection.execute("DROP TABLE backup_bytes")
        connection.commit()
        connection.execute("VACUUM")
    missing = set(_read(copy, rows.ready_hashes)) - set(hashes)
    if missing:
        raise Damaged(f"{len(missing)} files of the backup have no bytes.")
    return len(hashes)


def _keep(blobs: Blobs, hash: str, pieces: Iterator[bytes], part: Path) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            for piece in _checked(pieces, hash):
                file.write(piece)
        blobs.put(part, hash)
    finally:
        part.unlink(missing_ok=True)


def _pieces(connection: sqlite3.Connection, hash: str) -> Iterator[bytes]:
    query = "SELECT bytes FROM backup_bytes WHERE hash = ? ORDER BY number"
    return (piece for (piece,) in connection.execute(query, (hash,)))


def _checked(pieces: Iterator[bytes], hash: str) -> Iterator[bytes]:
    """The same bytes in larger pieces; Damaged at their end when they are not what the hash says."""
    digest, piece = hashlib.sha256(), bytearray()
    for each in pieces:
        digest.update(each)
        piece += each
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
    if digest.hexdigest() != hash:
        raise Damaged(f"The bytes {hash} are damaged.")


def _read(copy: Path, query: Callable[[Connection], T]) -> T:
    return _read_url(f"sqlite:///{copy.resolve()}", query)


def _read_url(url: str, query: Callable[[Connection], T]) -> T:
    database = open_database(url)
    try:
        return database.read(query)
    finally:
        database.close()


def _write(copy: Path, job: Callable[[Connection], None]) -> None:
    database = open_database(f"sqlite:///{copy.resolve()}")
    try:
        with database.engine.begin() as connection:
            job(connection)
    finally:
        database.close()
