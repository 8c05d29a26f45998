"""Where pages stand in the tree, and what follows for who may see them; only inside a writer's job.

One move at a time: whoever changes the tree takes turns first, so that two at once never make a circle.
"""

import secrets
import time
from dataclasses import dataclass

from quillroom.content.replace import EMPTY, NOTHING, First
from quillroom.core.access import Acl, Action, standing
from quillroom.core.member import Person, Role
from quillroom.core.position import between, is_position, spread
from quillroom.core.tree import DEPTH_LIMIT
from quillroom.services.access import Access, load_acl
from quillroom.services.errors import Conflict
from quillroom.services.workspace_settings import read_settings
from quillroom.store import documents, events, updates
from quillroom.store import tree as rows
from quillroom.store.access import grant
from quillroom.store.database import Connection
from quillroom.store.locks import take_turns

LONG = 48  # digits of a position; many pages pressed into one gap make them longer


@dataclass(frozen=True, slots=True)
class Place:
    """Below `parent` (None: at the top), in front of `before` or behind `after`; without these, at the end."""

    parent: str | None = None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page to add; `general`: (access, role) as rows have them."""

    id: str
    place: Place
    general: tuple[str | None, str | None]
    first: First = EMPTY


def new_id() -> str:
    """Of a page: 96 random bits."""
    return secrets.token_urlsafe(12).replace("-", "a").replace("_", "b")


def demand_place(connection: Connection, access: Access, person: Person | None, place: Place) -> None:
    """The person may add pages there, and sees those that it names. Takes the tree's turn."""
    take_turns(connection, "tree")
    if place.parent is None:
        access.demand_in_workspace(person, Action.CREATE)
    else:
        access.check(connection, person, Action.ADD_PAGE, place.parent)
    for neighbour in (place.before, place.after):
        if neighbour is not None:
            access.check(connection, person, Action.READ, neighbour)


def demand_depth(connection: Connection, parent: str | None, page: str | None = None) -> None:
    """A new page, or `page` with all below it, may stand there. Raises Conflict."""
    if parent is None:
        return
    acl = load_acl(connection, parent)
    above = [] if acl is None else [level.document for level in acl.levels]
    if page in above:
        raise Conflict("circle", "A page cannot be moved below itself.")
    height = 0 if page is None else max(rows.depths(connection, page).values())
    if len(above) + 1 + height > DEPTH_LIMIT:
        raise Conflict("too_deep", f"Pages can be nested {DEPTH_LIMIT} levels deep, not more.")


def position_at(connection: Connection, place: Place, page: str | None = None) -> str:
    """A position that no sibling has; siblings without room between them get new ones. Raises Conflict."""
    if place.before is None and place.after is None:
        last = rows.last_position(connection, place.parent)
        if last is None or is_position(last):
            return between(last, None)
    row = [(id, position) for id, position in rows.siblings(connection, place.parent) if id != page]
    at = _index([id for id, _ in row], place)
    low, high = row[at - 1][1] if at else None, row[at][1] if at < len(row) else None
    if all(each is None or is_position(each) for each in (low, high)) and (low or "") < (high or "~"):
        found = between(low, high)
        if len(found) <= LONG:
            return found
    fresh = spread(len(row) + 1)
    mine = fresh.pop(at)
    for (id, old), new in zip(row, fresh, strict=True):
        if old != new:
            rows.place(connection, id, place.parent, new)
    return mine


def _index(ids: list[str], place: Place) -> int:
    if place.before in ids:
        at = ids.index(place.before)
        if place.after is None or place.after in ids[:at]:
            return at
    elif place.before is None and (place.after is None or place.after in ids):
        return len(ids) if place.after is None else ids.index(place.after) + 1
    raise Conflict("moved", "The pages between which this was to stand are no longer there. Look again.")


def add_page(connection: Connection, page: NewPage, person: Person) -> None:
    """The row, its creator's role, the beginning of its log, and the event."""
    now = time.time()
    access, role = page.general
    documents.create_document(
        connection,
        id=page.id,
        title=page.first.title,
        created_by=person.id,
        generation=secrets.token_urlsafe(9),
        now=now,
        parent=page.place.parent,
        position=position_at(connection, page.place),
        access=access,
        access_role=role,
    )
    if page.first.update != NOTHING:
        client, update = page.first.client, page.first.update
        who = {"author": person.id, "device": person.device}
        updates.begin(connection, page.id, client=client, update=update, now=now, **who)
    if person.id is not None:
        grant(connection, document=page.id, person=person.id, role="manage", granted_by=None, now=now)
    events.append(connection, topic="pages", name="page.created", actor=person.id, data={"documents": [page.id]})


def default_general(connection: Connection, parent: str | None) -> tuple[str | None, str | None]:
    """Of a new page: as the page above, or at the top as the operators decided."""
    if parent is not None:
        return None, None
    settings = read_settings(connection)
    return settings.default_general, settings.default_role if settings.default_general == "workspace" else None


def said_in_general(acl: Acl | None) -> tuple[str, str | None]:
    """(access, role) that hold for the workspace on a page, wherever they were said."""
    said = None if acl is None else acl.general
    if said is None or said.access != "workspace" or said.access_role is None:
        return "private", None
    return "workspace", said.access_role.value


def settle(connection: Connection, person: Person, page: rows.PageRow, before: Acl, parent: str | None) -> None:
    """What a page that was put below another one (or at the top) says of who may see it.

    At the top it says what held before, so that this tells nobody of the workspace more or less. Below a page it
    follows that one; only "private" stays as it was, and a role of its own below a page that is for all members.
    Whoever moved it manages it afterwards too: what they had from above is gone.
    """
    if parent is None:
        rows.set_general(connection, page.id, *said_in_general(before))
    elif page.access == "workspace":
        access, role = said_in_general(load_acl(connection, parent))
        if access != "workspace" or role == page.access_role:
            rows.set_general(connection, page.id, None, None)
    acl = load_acl(connection, page.id, person.id)
    assert acl is not None
    now = time.time()
    if person.id is not None and standing(person, acl, now).role is not Role.MANAGE:
        grant(connection, document=page.id, person=person.id, role="manage", granted_by=person.id, now=now)
