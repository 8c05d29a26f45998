"""How far the logs are: of many documents and topics at once."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, select

from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, EventRow

_DOCUMENT = table(DocumentRow)
_EVENT = table(EventRow)
_DOCUMENTS = select(_DOCUMENT.c.id, _DOCUMENT.c.head).where(_DOCUMENT.c.id.in_(bindparam("documents", expanding=True)))
_TOPICS = (
    select(_EVENT.c.topic, func.max(_EVENT.c.seq))
    .where(_EVENT.c.topic.in_(bindparam("topics", expanding=True)))
    .group_by(_EVENT.c.topic)
)
_BOTH = _DOCUMENTS.union_all(_TOPICS)


def heads(connection: Connection, documents: Collection[str], topics: Collection[str]) -> dict[str, int]:
    """The newest place of each log that has one; a topic's name holds a colon, a document's id none.

    PostgreSQL only: on SQLite the row of a document follows its log later.
    """
    found = connection.execute(_BOTH, {"documents": list(documents), "topics": list(topics)})
    return {row[0]: row[1] for row in found}
