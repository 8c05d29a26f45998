"""How far the logs are: of many documents and topics at once."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, false, func, select, true

from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, EventRow

_DOCUMENT = table(DocumentRow)
_EVENT = table(EventRow)
_DOCUMENTS = select(_DOCUMENT.c.id, _DOCUMENT.c.head, false()).where(
    _DOCUMENT.c.id.in_(bindparam("documents", expanding=True))
)
_TOPICS = (
    select(_EVENT.c.topic, func.max(_EVENT.c.seq), true())
    .where(_EVENT.c.topic.in_(bindparam("topics", expanding=True)))
    .group_by(_EVENT.c.topic)
)
_BOTH = _DOCUMENTS.union_all(_TOPICS)


def heads(
    connection: Connection, documents: Collection[str], topics: Collection[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """The newest place of each log that has one: of these documents, of these topics.

    PostgreSQL only: on SQLite the row of a document follows its log later.
    """
    found = connection.execute(_BOTH, {"documents": list(documents), "topics": list(topics)}).all()
    return {name: head for name, head, is_topic in found if not is_topic}, {
        name: head for name, head, is_topic in found if is_topic
    }
