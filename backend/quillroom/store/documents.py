"""Rows of documents."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update

from quillroom.store.statements import table
from quillroom.store.tables import DocumentRow, PersonRow

_DOCUMENT = table(DocumentRow)
_PERSON = table(PersonRow)
_WITH_CREATOR = select(_DOCUMENT, _PERSON.c.name.label("creator")).join(
    _PERSON, _PERSON.c.id == _DOCUMENT.c.created_by, isouter=True
)


def create_document(
    connection: Connection,
    *,
    id: str,
    title: str,
    created_by: str | None,
    generation: str,
    now: float,
    parent: str | None = None,
    position: str = "",
    access: str | None = None,
    access_role: str | None = None,
) -> None:
    """Add an empty document; IntegrityError when the id is taken."""
    connection.execute(
        insert(_DOCUMENT).values(
            id=id,
            title=title,
            created_at=now,
            created_by=created_by,
            updated_at=now,
            head=0,
            generation=generation,
            parent=parent,
            position=position,
            access=access,
            access_role=access_role,
        )
    )


def get_document(connection: Connection, id: str) -> DocumentRow | None:
    """The row, or None."""
    row = connection.execute(select(_DOCUMENT).where(_DOCUMENT.c.id == id)).mappings().first()
    return None if row is None else DocumentRow(**row)


def list_documents(connection: Connection, ids: Collection[str]) -> list[tuple[DocumentRow, str | None]]:
    """These documents, the most recently edited ones first, each with its creator's name."""
    query = _WITH_CREATOR.where(_DOCUMENT.c.id.in_(ids)).order_by(_DOCUMENT.c.updated_at.desc())
    return [_with_creator(dict(row)) for row in connection.execute(query).mappings()]


def newest(connection: Connection, ids: Collection[str], limit: int) -> list[str]:
    """The most recently edited of these."""
    query = select(_DOCUMENT.c.id).order_by(_DOCUMENT.c.updated_at.desc())
    wanted, found = set(ids), []
    for id in connection.execute(query).scalars():
        if id in wanted:
            found.append(id)
        if len(found) == limit:
            break
    return found


def find(connection: Connection, id: str) -> tuple[DocumentRow, str | None] | None:
    """One document and its creator's name, or None."""
    row = connection.execute(_WITH_CREATOR.where(_DOCUMENT.c.id == id)).mappings().first()
    return None if row is None else _with_creator(dict(row))


def _with_creator(values: dict[str, Any]) -> tuple[DocumentRow, str | None]:
    creator = values.pop("creator")
    return DocumentRow(**values), creator


def set_title(connection: Connection, id: str, title: str, seq: int) -> bool:
    """The title as lists show it; the text itself lives in the document. False where that changes nothing, or where
    a server that has read further has written another one."""
    is_it = (_DOCUMENT.c.id == id) & (_DOCUMENT.c.title != title) & _DOCUMENT.c.purged_at.is_(None)
    is_newer = is_it & (_DOCUMENT.c.title_seq <= seq)
    return connection.execute(update(_DOCUMENT).where(is_newer).values(title=title, title_seq=seq)).rowcount > 0


def every_id(connection: Connection) -> list[str]:
    """All documents, by id; not what is being removed."""
    query = select(_DOCUMENT.c.id).where(_DOCUMENT.c.purged_at.is_(None)).order_by(_DOCUMENT.c.id)
    return list(connection.execute(query).scalars())


def renew_generations(connection: Connection, new: Callable[[], str]) -> None:
    """Another generation for every document: what browsers hold of it becomes a copy."""
    for id in every_id(connection):
        connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == id).values(generation=new()))


def begin_again(connection: Connection, id: str, *, head: int, generation: str) -> None:
    """The log ends at `head` now, and what browsers hold of another generation is not merged into it."""
    values = {"head": head, "generation": generation, "title_seq": 0}
    connection.execute(update(_DOCUMENT).where(_DOCUMENT.c.id == id).values(values))
