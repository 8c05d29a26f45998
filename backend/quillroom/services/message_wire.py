"""How messages look in JSON, over HTTP and on `/live`: one shape, of the rows as they are now."""

import json
from collections.abc import Iterable, Mapping

from quillroom.services.people import colour_of, shown
from quillroom.services.wire import iso
from quillroom.store import files, people
from quillroom.store import messages as rows
from quillroom.store.database import Connection
from quillroom.store.messages import Message, Parts
from quillroom.store.tables import PersonRow

Told = dict[str, object]
Shown = dict[str, str | None]


def messages_as_told(connection: Connection, ids: Iterable[str]) -> dict[str, Told]:
    """Each of these that there is, in five statements however many they are."""
    found = rows.many(connection, ids)
    hanging = rows.parts(connection, found)
    authors = people_as_shown(connection, _named(found.values()))
    attached = files.of_messages(connection, found)
    return {id: as_told(row, authors, hanging[id], attached.get(id, [])) for id, row in found.items()}


def as_told(row: Message, people: Mapping[str, Shown], parts: Parts, files: list[Told]) -> Told:
    """One message; `people` holds whoever did something to it."""
    return {
        "id": row.id,
        "document": row.document,
        "seq": row.seq,
        "client_id": row.client_id,
        "author": people[row.author],
        "at": iso(row.at),
        "text": row.text,
        "quote": None if row.quote is None else json.loads(row.quote),
        "reply_to": row.reply_to,
        "files": files,
        "reactions": [{"emoji": emoji, "people": who} for emoji, who in parts.reactions.items()],
        "mentions": parts.mentions,
        "revision": row.revision,
        "edited_at": iso(row.edited_at),
        "recalled": _deed(row.recalled_at, row.recalled_by, people),
        "pinned": _deed(row.pinned_at, row.pinned_by, people),
    }


def people_as_shown(connection: Connection, ids: Iterable[str]) -> dict[str, Shown]:
    """People as others see them, by id."""
    return {id: person_as_shown(row) for id, row in people.many(connection, ids).items()}


def person_as_shown(row: PersonRow) -> Shown:
    """One of them."""
    return shown(row.id, row.name, row.colour or colour_of(row.id), row.avatar)


def _deed(at: float | None, by: str | None, people: Mapping[str, Shown]) -> Told | None:
    return None if at is None or by is None else {"at": iso(at), "by": people[by]}


def _named(messages: Iterable[Message]) -> set[str]:
    named = {person for row in messages for person in (row.author, row.recalled_by, row.pinned_by)}
    return {person for person in named if person is not None}
