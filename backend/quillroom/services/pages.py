"""Pages as parts of the tree: move, mark as a template."""

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access, load_acl
from quillroom.services.documents import check_name
from quillroom.services.errors import NotFound
from quillroom.services.people import committed
from quillroom.services.placing import Place, demand_depth, demand_place, position_at, settle
from quillroom.store import audit, events
from quillroom.store import tree as rows
from quillroom.store.database import Connection
from quillroom.store.writer import Writer


class Pages:
    """The use cases around one page's place; everything is decided inside the job that writes it."""

    def __init__(self, writer: Writer, access: Access) -> None:
        self._writer = writer
        self._access = access

    async def move(self, person: Person | None, id: str, place: Place) -> None:
        """Put a page and all below it elsewhere. Raises Conflict where that would be a circle or too deep.

        To another parent takes who manages the page; another order among the same siblings, who may edit it.
        """
        for each in (id, place.parent, place.before, place.after):
            if each is not None:
                check_name(each)
        await committed(self._writer.execute(lambda c: _move(c, self._access, person, id, place)))

    async def mark(self, person: Person | None, id: str, is_template: bool) -> None:
        """Whether new pages may begin as a copy of it. Idempotent."""
        check_name(id)

        def write(connection: Connection) -> None:
            self._access.check(connection, person, Action.WRITE, id)
            rows.set_template(connection, id, is_template)
            tell(connection, "page.changed", person, [id])

        await committed(self._writer.execute(write))


def tell(connection: Connection, name: str, person: Person | None, documents: list[str]) -> None:
    """The event, inside a writer's job."""
    actor = None if person is None else person.id
    events.append(connection, topic="pages", name=name, actor=actor, data={"documents": list(documents)})


def _move(connection: Connection, access: Access, person: Person | None, id: str, place: Place) -> None:
    access.check(connection, person, Action.READ, id)
    demand_place(connection, access, person, place)
    # Read behind the turn that `demand_place` took: it is where the page stands until this is committed.
    page, acl = rows.get_page(connection, id), load_acl(connection, id)
    if page is None or acl is None or person is None:
        raise NotFound(id)
    is_elsewhere = page.parent != place.parent
    access.check(connection, person, Action.MOVE if is_elsewhere else Action.WRITE, id)
    if is_elsewhere:
        demand_depth(connection, place.parent, id)
    rows.place(connection, id, place.parent, position_at(connection, place, id))
    if is_elsewhere:
        settle(connection, person, page, acl, place.parent)
        audit.append(
            connection, actor=person.id, action="page.moved", object=id, before=page.parent, after=place.parent
        )
    tell(connection, "page.moved", person, [id])
