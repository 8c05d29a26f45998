"""Who is a member, and what operators do about them: administer, suspend, hand on their pages."""

import asyncio
import time
from dataclasses import dataclass

from quillroom.core.access import Action
from quillroom.core.member import Person, Role
from quillroom.services.access import Access
from quillroom.services.errors import Conflict, Invalid, NotFound
from quillroom.services.people import committed, device_of
from quillroom.services.sessions import changed, end_sessions
from quillroom.store import access as access_rows
from quillroom.store import audit, events, sharing, tickets, tokens
from quillroom.store import people as rows
from quillroom.store.database import Connection, Database
from quillroom.store.locks import take_turns
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Listed:
    """A member, and when they were last seen (Unix seconds)."""

    row: PersonRow
    seen_at: float | None


class Directory:
    """The use cases of the list of people."""

    def __init__(self, database: Database, writer: Writer, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._access = access

    async def list(self, person: Person | None) -> list[Listed]:
        """Members by name; those who are suspended for operators only. Raises NotAllowed for guests."""
        known = self._access.demand_in_workspace(person, Action.DIRECTORY)

        def read(connection: Connection) -> list[Listed]:
            seen = rows.last_seen(connection)
            return [
                Listed(row, seen.get(row.id))
                for row in rows.members(connection)
                if row.suspended_at is None or known.is_operator
            ]

        return await asyncio.to_thread(self._database.read, read)

    async def change(self, person: Person | None, id: str, wanted: dict[str, object]) -> Listed:
        """`is_operator` and `is_suspended`, either or both. Raises Invalid, NotFound, Conflict."""
        for name in ("is_operator", "is_suspended"):
            if name in wanted and not isinstance(wanted[name], bool):
                raise Invalid(f"`{name}` must be true or false.")
        if not wanted:
            raise Invalid("`is_operator` or `is_suspended` was expected.")

        def write(connection: Connection) -> Listed:
            by = self._access.check_in_workspace(connection, person, Action.ADMINISTER).id
            take_turns(connection, "operators")  # two who demote each other must not both be right
            row = _member(connection, id)
            if "is_suspended" in wanted and wanted["is_suspended"] != (row.suspended_at is not None):
                _suspend(connection, by, id, is_suspended=bool(wanted["is_suspended"]))
            if "is_operator" in wanted and wanted["is_operator"] != row.is_operator:
                _promote(connection, by, id, is_operator=bool(wanted["is_operator"]))
            if not rows.operators(connection):
                raise Conflict("last_operator", "Nobody else administers this workspace: make somebody operator first.")
            return Listed(_member(connection, id), rows.last_seen(connection).get(id))

        return await committed(self._writer.execute(write))

    async def transfer(self, person: Person | None, id: str, to: object) -> int:
        """Hand on what somebody manages; answers how many pages. Raises Invalid, NotFound, Conflict."""
        if not isinstance(to, str) or to == id:
            raise Invalid("`to` must be the id of another member.")

        def write(connection: Connection) -> int:
            by = self._access.check_in_workspace(connection, person, Action.ADMINISTER).id
            _member(connection, id)
            if _member(connection, to).suspended_at is not None:
                raise Conflict("suspended", "This account is suspended.")
            pages = sharing.granted(connection, id, Role.MANAGE.value)
            for page in pages:
                access_rows.revoke(connection, page, id)
                access_rows.grant(
                    connection, document=page, person=to, role=Role.MANAGE.value, granted_by=by, now=time.time()
                )
            audit.append(connection, actor=by, action="person.transferred", object=id, to=to, pages=len(pages))
            if pages:
                data: dict[str, object] = {"documents": pages, "people": [id, to]}
                events.append(connection, topic="pages", name="access.changed", actor=by, data=data)
            return len(pages)

        return await committed(self._writer.execute(write))


def _member(connection: Connection, id: str) -> PersonRow:
    row = rows.get_person(connection, id)
    if row is None or row.kind != "member":
        raise NotFound(id)
    return row


def _suspend(connection: Connection, by: str | None, id: str, *, is_suspended: bool) -> None:
    """Everything by which they could come in ends now, also what they left for others to come in by."""
    rows.change_person(connection, id, suspended_at=time.time() if is_suspended else None)
    audit.append(connection, actor=by, action="person.suspended" if is_suspended else "person.returned", object=id)
    if not is_suspended:
        changed(connection, id, "suspended")
        return
    end_sessions(connection, "suspended", person=id)
    for token in tokens.of_person(connection, id):
        tokens.remove(connection, id, token.id)
        audit.append(connection, actor=by, action="token.revoked", object=token.id, device=device_of(token.token_hash))
    tickets.remove_of_person(connection, "reset", id)
    tickets.remove_made_by(connection, "invite", id)
    changed(connection, id, "suspended", None)


def _promote(connection: Connection, by: str | None, id: str, *, is_operator: bool) -> None:
    rows.change_person(connection, id, is_operator=is_operator)
    audit.append(connection, actor=by, action="person.promoted" if is_operator else "person.demoted", object=id)
    changed(connection, id, "role")
