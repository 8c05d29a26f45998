"""Removing documents for good: at once for everyone, then their rows, a few at a time."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select, update

from quillroom.store import files, message_search, messages
from quillroom.store.statements import table
from quillroom.store.tables import (
    AccessRequestRow,
    ChatCursorRow,
    ChatReadRow,
    CheckpointRow,
    ClientRow,
    DocumentRow,
    EventRow,
    FavouriteRow,
    GrantRow,
    LinkVisitRow,
    NotificationRow,
    SetAsideRow,
    ShareLinkRow,
    UpdateRow,
    VisitRow,
    WatchRow,
)

_DOCUMENT = table(DocumentRow)
_EVENT = table(EventRow)
_UPDATE = table(UpdateRow)
# What is said about a document goes with it at once, what it consists of afterwards: that can be much.
_ABOUT = [
    table(each)
    for each in (
        GrantRow,
        ShareLinkRow,
        LinkVisitRow,
        AccessRequestRow,
        FavouriteRow,
        VisitRow,
        ChatReadRow,
        ChatCursorRow,
        WatchRow,
        NotificationRow,
    )
]
_PARTS = [table(each) for each in (ClientRow, CheckpointRow, SetAsideRow)]
_GONE = "quillroom_gone"
_AT_ONCE = 500


def doom(connection: Connection, documents: Collection[str], now: float) -> None:
    """From this commit on they are gone: nobody has a role on them, and nothing more is written to them."""
    ids = sorted(documents)
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        files.erase_documents(connection, some)
        for rows in _ABOUT:
            connection.execute(delete(rows).where(rows.c.document.in_(some)))
        connection.execute(delete(_EVENT).where(_EVENT.c.topic.in_([f"doc:{id}" for id in some])))
        connection.execute(
            update(_DOCUMENT)
            .where(_DOCUMENT.c.id.in_(some))
            .values(
                purged_at=now,
                trashed_at=now,
                parent=None,
                title="",
                access=None,
                access_role=None,
                link_role=None,
                link_password_hash=None,
            )
        )
    connection.info.setdefault(_GONE, []).extend(ids)


def gone(connection: Connection) -> list[str]:
    """What was doomed on this connection since this was last asked; in doubt too much."""
    found: list[str] = connection.info.pop(_GONE, [])
    return found


def alive(connection: Connection, documents: Collection[str]) -> set[str]:
    """Of these, the ones that were not doomed."""
    query = select(_DOCUMENT.c.id).where(_DOCUMENT.c.id.in_(documents), _DOCUMENT.c.purged_at.is_(None))
    return set(connection.execute(query).scalars())


def doomed(connection: Connection, limit: int) -> list[str]:
    """Documents whose rows wait to be removed."""
    query = select(_DOCUMENT.c.id).where(_DOCUMENT.c.purged_at.is_not(None)).order_by(_DOCUMENT.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def remove_some(connection: Connection, document: str, limit: int) -> bool:
    """Remove at most so many entries of a doomed document's log, or of its chat; True when it is gone altogether."""
    key = _UPDATE.c.document == document
    seqs = list(connection.execute(select(_UPDATE.c.seq).where(key).order_by(_UPDATE.c.seq).limit(limit)).scalars())
    if seqs:
        connection.execute(delete(_UPDATE).where(key, _UPDATE.c.seq <= seqs[-1]))
    if len(seqs) == limit or not message_search.drop_document(connection, document, limit):
        return False
    if not messages.remove_some(connection, document, limit):
        return False
    for rows in _PARTS:
        connection.execute(delete(rows).where(rows.c.document == document))
    connection.execute(delete(_DOCUMENT).where(_DOCUMENT.c.id == document, _DOCUMENT.c.purged_at.is_not(None)))
    return True
