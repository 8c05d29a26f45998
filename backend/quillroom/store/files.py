"""The rows of files: what was uploaded, by whom, to which message it belongs; and which bytes nobody needs any more."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    union,
    update,
)

from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import DoomedBytesRow, FileRow, UploadPieceRow

UPLOADING, READY = "uploading", "ready"

_FILE = table(FileRow)
_DOOMED = table(DoomedBytesRow)
_PIECE = table(UploadPieceRow)
_AT_ONCE = 500
_BY_ID = select(_FILE)
_MESSAGES: BindParameter[str] = bindparam("messages", expanding=True)
_OF_MESSAGES = _BY_ID.where(_FILE.c.message.in_(_MESSAGES)).order_by(_FILE.c.message, _FILE.c.position)
_UNSENT = select(func.count(), func.coalesce(func.sum(_FILE.c.size), 0)).where(_FILE.c.message.is_(None))
_SIZE = select(func.coalesce(func.sum(_FILE.c.size), 0))


def add(connection: Connection, file: FileRow) -> None:
    """A new upload."""
    connection.execute(insert(_FILE).values(**file.model_dump()))


def get(connection: Connection, id: str) -> FileRow | None:
    """The file, whoever asks."""
    found = connection.execute(_BY_ID.where(_FILE.c.id == id)).first()
    return None if found is None else _row(found)


def unsent(connection: Connection, uploader: str) -> tuple[int, int]:
    """How many files, and how many bytes, somebody uploaded or announced and did not send yet."""
    count, size = connection.execute(_UNSENT.where(_FILE.c.uploader == uploader)).one()
    return count, int(size)


def uploaded_bytes(connection: Connection, uploader: str) -> int:
    """Of all that somebody uploaded or announced and that is still there, sent or not."""
    return int(connection.execute(_SIZE.where(_FILE.c.uploader == uploader)).scalar_one())


def change(connection: Connection, id: str, **values: object) -> bool:
    """Set columns of a file; False when it is gone."""
    changed: int = connection.execute(update(_FILE).where(_FILE.c.id == id).values(**values)).rowcount
    return changed > 0


def of_messages(connection: Connection, ids: Collection[str]) -> dict[str, list[dict[str, object]]]:
    """The files of these messages as everybody is told of them, in their order; nothing for those without."""
    found: dict[str, list[dict[str, object]]] = {}
    for some in _portions(ids):
        for row in map(_row, connection.execute(_OF_MESSAGES, {"messages": some})):
            found.setdefault(row.message or "", []).append(told(row))
    return found


def told(file: FileRow) -> dict[str, object]:
    """A file as everybody is told of it."""
    return {
        "id": file.id,
        "kind": file.kind,
        "name": file.name,
        "type": file.type,
        "size": file.size,
        "width": file.width,
        "height": file.height,
        "duration": file.duration,
        "waveform": None if file.waveform is None else json.loads(file.waveform),
        "alt": file.alt,
        "has_thumbnail": file.thumbnail is not None,
    }


# -- what goes


def erase(connection: Connection, message: str) -> None:
    """A message's files go with this commit; their bytes after it, where no other file has the same."""
    _erase(connection, _FILE.c.message == message)


def erase_one(connection: Connection, id: str) -> None:
    """The same of one file."""
    _erase(connection, _FILE.c.id == id)


def erase_documents(connection: Connection, documents: Collection[str]) -> None:
    """The same of everything that was ever uploaded to these documents."""
    for some in _portions(documents):
        _erase(connection, _FILE.c.document.in_(some))


def erase_unsent(connection: Connection, before: float, limit: int) -> int:
    """The same of so many that nobody sent since then; answers how many there were."""
    query = select(_FILE.c.id).where(_FILE.c.message.is_(None), _FILE.c.created_at < before).limit(limit)
    ids = list(connection.execute(query).scalars())
    if ids:
        _erase(connection, _FILE.c.id.in_(ids))
    return len(ids)


def _erase(connection: Connection, which: ColumnElement[bool]) -> None:
    hashes = union(select(_FILE.c.hash).where(which), select(_FILE.c.thumbnail).where(which))
    gone = [hash for hash in connection.execute(hashes).scalars() if hash is not None]
    connection.execute(delete(_FILE).where(which))
    doom(connection, gone)


# -- bytes


def is_kept(connection: Connection, hash: str) -> bool:
    """Whether some file has these bytes, or is about to."""
    query = select(_FILE.c.id).where(or_(_FILE.c.hash == hash, _FILE.c.thumbnail == hash)).limit(1)
    return connection.execute(query).first() is not None


def doom(connection: Connection, hashes: Iterable[str]) -> None:
    """From this commit on these bytes wait to be removed, but for those that some file still has."""
    for hash in sorted(set(hashes)):
        hold(connection, hash)
        if not is_kept(connection, hash) and not is_doomed(connection, hash):
            connection.execute(insert(_DOOMED).values(hash=hash))


def hold(connection: Connection, hash: str) -> None:
    """Until this transaction ends, no other server decides whether somebody has these bytes."""
    take_turns(connection, f"bytes {hash}")


def is_doomed(connection: Connection, hash: str) -> bool:
    """Whether these bytes may be removed at any moment."""
    return connection.execute(select(_DOOMED.c.hash).where(_DOOMED.c.hash == hash)).first() is not None


def doomed(connection: Connection, limit: int) -> list[str]:
    """Bytes that wait to be removed."""
    return list(connection.execute(select(_DOOMED.c.hash).order_by(_DOOMED.c.hash).limit(limit)).scalars())


def hold_doomed(connection: Connection, limit: int) -> list[str]:
    """The same, but for those that another server is removing; until this transaction ends they are ours alone."""
    query = select(_DOOMED.c.hash).order_by(_DOOMED.c.hash).limit(limit).with_for_update(skip_locked=True)
    return list(connection.execute(query).scalars())


def removed(connection: Connection, hashes: Collection[str]) -> None:
    """They are gone: whoever has the same again may keep them."""
    connection.execute(delete(_DOOMED).where(_DOOMED.c.hash.in_(list(hashes))))


def every_hash(connection: Connection) -> set[str]:
    """Of all bytes that some file has."""
    hashes = union(select(_FILE.c.hash), select(_FILE.c.thumbnail))
    return {hash for hash in connection.execute(hashes).scalars() if hash is not None}


# -- pieces of uploads, where they lie in a bucket


def add_piece(connection: Connection, piece: UploadPieceRow) -> bool:
    """The upload goes on behind it; False when it does already, by another request at another server."""
    here = (_FILE.c.id == piece.file) & (_FILE.c.received == piece.offset) & (_FILE.c.state == UPLOADING)
    moved = connection.execute(update(_FILE).where(here).values(received=piece.offset + piece.size)).rowcount
    if moved:
        connection.execute(insert(_PIECE).values(**piece.model_dump()))
    return bool(moved)


def pieces(connection: Connection, file: str) -> list[UploadPieceRow]:
    """Of one upload, in their order."""
    found = connection.execute(select(_PIECE).where(_PIECE.c.file == file).order_by(_PIECE.c.offset))
    return [UploadPieceRow(**row) for row in found.mappings()]


def forget_pieces(connection: Connection, file: str) -> None:
    """It is whole."""
    connection.execute(delete(_PIECE).where(_PIECE.c.file == file))


def every_piece(connection: Connection) -> set[str]:
    """The names of all that are still needed."""
    return set(connection.execute(select(_PIECE.c.name)).scalars())


def ready_hashes(connection: Connection) -> dict[str, list[str]]:
    """The bytes that must be there, and the files that have them."""
    found: dict[str, list[str]] = {}
    query = select(_FILE.c.id, _FILE.c.hash, _FILE.c.thumbnail).where(_FILE.c.state == READY)
    for id, *hashes in connection.execute(query.order_by(_FILE.c.id)):
        for hash in hashes:
            if hash is not None:
                found.setdefault(hash, []).append(id)
    return found


def erase_unfinished(connection: Connection) -> None:
    """Uploads that are not ready, in a copy of the database that goes elsewhere."""
    _erase(connection, _FILE.c.state == UPLOADING)
    connection.execute(delete(_DOOMED))


def uploading(connection: Connection, ids: Collection[str]) -> set[str]:
    """Which of these are still being uploaded."""
    found: set[str] = set()
    for some in _portions(ids):
        query = select(_FILE.c.id).where(_FILE.c.id.in_(some), _FILE.c.state == UPLOADING)
        found.update(connection.execute(query).scalars())
    return found


def _row(found: Row[Any]) -> FileRow:
    return FileRow(**found._mapping)


def _portions(ids: Collection[str]) -> Iterable[list[str]]:
    every = list(ids)
    return (every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE))
