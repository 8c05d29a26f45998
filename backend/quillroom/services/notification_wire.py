"""Lines of inboxes as JSON. What was said is read from where it stands, as far as who reads the line may see it now."""

import json
import time
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select

from quillroom.core.access import Action, authorize
from quillroom.core.member import Person
from quillroom.core.notify import preview
from quillroom.services.access import load_acl
from quillroom.services.people import colour_of, shown
from quillroom.services.wire import iso
from quillroom.store import people, tree
from quillroom.store.database import Connection
from quillroom.store.notifications import NewRow
from quillroom.store.statements import table
from quillroom.store.tables import MessageRow, NotificationRow, PersonRow

Wire = dict[str, object]
_MESSAGE = table(MessageRow)


def face(row: PersonRow) -> Wire:
    """A person as others see them."""
    return dict(shown(row.id, row.name, row.colour or colour_of(row.id), row.avatar))


def line(row: NotificationRow | NewRow, actor: Wire | None, document: Wire | None, message: Wire | None) -> Wire:
    """One line; None: it is gone, or hidden from who reads this."""
    return {
        "id": row.id,
        "kind": row.kind,
        "at": iso(row.at),
        "read_at": iso(row.read_at),
        "actor": actor,
        "document": document,
        "message": message,
        "data": json.loads(row.data),
    }


def lines(connection: Connection, person: Person, rows: Collection[NotificationRow], *, is_open: bool) -> list[Wire]:
    """Lines of one person's inbox."""
    seen = _seen(connection, person, {row.document for row in rows if row.document is not None}, is_open=is_open)
    titles = tree.titles(connection, seen)
    faces = {
        each.id: face(each) for each in people.by_ids(connection, {row.actor for row in rows if row.actor is not None})
    }
    messages = _messages(connection, [row.message for row in rows if row.message is not None and row.document in seen])
    return [
        line(
            row,
            faces.get(row.actor or ""),
            {"id": row.document, "title": titles.get(row.document, "")} if row.document in seen else None,
            messages.get(row.message or "") if row.document in seen else None,
        )
        for row in rows
    ]


def _seen(connection: Connection, person: Person, documents: Iterable[str], *, is_open: bool) -> set[str]:
    now, found = time.time(), set()
    for document in documents:
        acl = load_acl(connection, document, person.id)
        if acl is not None and authorize(person, Action.READ, acl, now, is_open=is_open):
            found.add(document)
    return found


def _messages(connection: Connection, ids: Collection[str]) -> Mapping[str, Wire]:
    query = select(_MESSAGE.c.id, _MESSAGE.c.seq, _MESSAGE.c.text).where(_MESSAGE.c.id.in_(list(ids)))
    return {row.id: {"id": row.id, "seq": row.seq, "preview": preview(row.text)} for row in connection.execute(query)}
