"""Who may come to a page: people, the workspace, requests. Links are in `links.py`.

Every change is one job of the writer: permission is asked inside it, its event and audit entry are committed with it.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from quillroom.core.access import Acl, Action, standing
from quillroom.core.member import Person, Role
from quillroom.services.access import Access, load_acl
from quillroom.services.accounts import check_email
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Conflict, Invalid, NotFound
from quillroom.services.invitations import invite
from quillroom.services.people import committed
from quillroom.store import access as access_rows
from quillroom.store import audit, documents, events
from quillroom.store import people as people_rows
from quillroom.store import sharing as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import PersonRow, TicketRow
from quillroom.store.writer import Writer

T = TypeVar("T")

WHO_AT_MOST = 50
MESSAGE_LENGTH = 500
REQUESTS_OF_A_PAGE = 50
REQUESTS_OF_A_PERSON = 20
# What the workspace or a link may give; only a person manages.
GENERAL_ROLES = (Role.VIEW, Role.COMMENT, Role.EDIT)


@dataclass(frozen=True, slots=True)
class Added:
    """Who was given a role, and the invitations of those who have no account, each with its secret."""

    people: list[PersonRow]
    invitations: list[tuple[TicketRow, str]]


@dataclass(frozen=True, slots=True)
class Sharing:
    """All that is said about access to a page, as far as the asker may know it."""

    role: Role
    acl: Acl
    titles: dict[str, str]
    people: list[tuple[PersonRow, str, str]]  # person, document, role
    invitations: list[TicketRow]
    requests: list[tuple[PersonRow, str, float]]
    links: int
    has_password: bool


class Shares:
    """The use cases of the share dialog."""

    def __init__(self, database: Database, writer: Writer, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._asking = Attempts(database, "access asked for", 10, 60)

    async def look(self, person: Person | None, document: str) -> Sharing:
        """Guests see nobody but themselves; only who manages sees who asks and who is invited."""

        def read(connection: Connection) -> Sharing:
            found = self._access.check(connection, person, Action.READ, document)
            return _look(connection, person, document, found.role)

        return await asyncio.to_thread(self._database.read, read)

    async def add(self, person: Person | None, document: str, who: object, role: object) -> Added:
        """Give a role to members (by id or e-mail) and invite those who have no account. Raises Invalid, NotFound."""
        wanted, given = _who(who), check_role(role, tuple(Role))
        known = self._access.demand_in_workspace(person, Action.DIRECTORY)

        def write(connection: Connection) -> Added:
            added = Added([], [])
            for each in wanted:
                found = _member(connection, each)
                if found is None:
                    added.invitations.append(invite(connection, known, each, document, given))
                    continue
                if given is not Role.MANAGE:
                    _demand_other_manager(connection, document, found.id)
                _give(connection, known, document, found.id, given)
                added.people.append(found)
            return added

        return await self._change(person, Action.SHARE, document, write)

    async def change_role(self, person: Person | None, document: str, who: str, role: object) -> None:
        """Of somebody who has one here or above. Raises NotFound, Conflict."""
        given = check_role(role, tuple(Role))

        def write(connection: Connection) -> None:
            acl = load_acl(connection, document, who)
            if acl is None or not any(level.grants for level in acl.levels):
                raise NotFound(who)
            if given is not Role.MANAGE:
                _demand_other_manager(connection, document, who)
            _give(connection, person, document, who, given)

        await self._change(person, Action.SHARE, document, write)

    async def remove(self, person: Person | None, document: str, who: str) -> None:
        """Take somebody's role on this page away; oneself: leave. Raises NotFound, Conflict."""
        is_leaving = person is not None and person.id == who
        actor = None if person is None else person.id
        if is_leaving:
            self._access.demand_in_workspace(person, Action.COME_AND_GO)

        def write(connection: Connection) -> None:
            acl = load_acl(connection, document, who)
            own = None if acl is None else acl.levels[0]
            if own is None or not (own.grants or own.visitors):
                if acl is not None and any(level.grants or level.visitors for level in acl.levels):
                    raise Conflict("inherited", "The role comes from a page above: change it there.")
                raise NotFound(who)
            _demand_other_manager(connection, document, who)
            access_rows.revoke(connection, document, who)
            rows.end_visits(connection, document, who)
            audit.append(
                connection, actor=actor, action="access.left" if is_leaving else "access.removed",
                object=document, person=who,
            )  # fmt: skip
            note_change(connection, actor, document, [who])

        await self._change(person, Action.READ if is_leaving else Action.SHARE, document, write)

    async def ask(self, person: Person | None, document: str, message: object) -> None:
        """Ask to be let in. Says nothing about whether there is such a page. Raises Invalid, Throttled."""
        known = self._access.demand_in_workspace(person, Action.COME_AND_GO)
        assert known.id is not None
        id, clean = known.id, _message(message)
        await self._asking.spend(id)

        def write(connection: Connection) -> None:
            acl = load_acl(connection, document, id)
            if acl is None or acl.is_trashed or standing(known, acl, time.time()).role is not None:
                return
            if rows.count_requests(connection, document=document) >= REQUESTS_OF_A_PAGE:
                return
            if rows.count_requests(connection, person=id) >= REQUESTS_OF_A_PERSON:
                return
            rows.request(connection, document=document, person=id, message=clean, now=time.time())
            audit.append(connection, actor=id, action="access.requested", object=document)
            events.append(
                connection, topic=f"doc:{document}", name="access.requested", actor=id, data={"documents": [document]}
            )

        await committed(self._writer.execute(write))

    async def decline(self, person: Person | None, document: str, who: str) -> None:
        """Raises NotFound where nobody asked."""
        actor = None if person is None else person.id

        def write(connection: Connection) -> None:
            if not rows.end_request(connection, document, who):
                raise NotFound(who)
            audit.append(connection, actor=actor, action="access.declined", object=document, person=who)
            events.append(
                connection, topic=f"doc:{document}", name="access.declined", actor=actor, data={"person": who}
            )

        await self._change(person, Action.SHARE, document, write)

    async def _change(
        self, person: Person | None, action: Action, document: str, change: Callable[[Connection], T]
    ) -> T:
        def write(connection: Connection) -> T:
            self._access.check(connection, person, action, document)
            return change(connection)

        # In turn with other servers: of two managers who remove each other at once, the second is one no more.
        return await committed(self._writer.execute(write, (f"doc:{document}",)))


def check_role(role: object, allowed: tuple[Role, ...]) -> Role:
    """Raises Invalid unless it is one of these."""
    if role not in [each.value for each in allowed]:
        raise Invalid(f"A role of {', '.join(allowed)} was expected.")
    return Role(str(role))


def note_change(
    connection: Connection,
    actor: str | None,
    document: str,
    people: list[str] | None = None,
    role: Role | None = None,
) -> None:
    """Say inside a writer's job that access to a page and those below it changed; `people` were given `role`."""
    data: dict[str, object] = {"documents": [document], "people": people}
    if role is not None:
        data["role"] = role.value
    events.append(connection, topic=f"doc:{document}", name="access.changed", actor=actor, data=data)


def _look(connection: Connection, person: Person | None, document: str, role: Role | None) -> Sharing:
    acl = load_acl(connection, document)
    if acl is None or role is None:
        raise NotFound(document)
    chain = [level.document for level in acl.levels]
    people = rows.grants(connection, chain)
    is_member = person is not None and person.is_member
    is_manager = role is Role.MANAGE
    if not is_member:
        people = [each for each in people if person is not None and each[0].id == person.id]
    link = None if acl.link is None else acl.link.document
    row = None if link is None else documents.get_document(connection, link)
    return Sharing(
        role,
        acl,
        rows.titles(connection, chain),
        people,
        rows.invitations(connection, document, time.time()) if is_manager else [],
        rows.requests(connection, document) if is_manager else [],
        0 if link is None else rows.count_links(connection, link),
        row is not None and row.link_password_hash is not None,
    )


def _give(connection: Connection, actor: Person | None, document: str, who: str, role: Role) -> None:
    by = None if actor is None else actor.id
    access_rows.grant(connection, document=document, person=who, role=role.value, granted_by=by, now=time.time())
    rows.end_request(connection, document, who)
    audit.append(connection, actor=by, action="access.given", object=document, person=who, role=role.value)
    note_change(connection, by, document, [who], role)


def _demand_other_manager(connection: Connection, document: str, who: str) -> None:
    """Raises Conflict where `who`, and nobody else who can still sign in, manages the page."""
    chain = [level.document for level in access_rows.levels(connection, document)]
    found = [
        (person.id, where)
        for person, where, role in rows.grants(connection, chain)
        if role == Role.MANAGE.value and person.suspended_at is None
    ]
    if (who, document) in found and not [each for each in found if each != (who, document)]:
        raise Conflict("last_manager", "Nobody else manages this page: give somebody that role first.")


def _member(connection: Connection, who: str) -> PersonRow | None:
    """A member by id or e-mail; None: an address that nobody has. Raises NotFound for an id."""
    found = people_rows.find_by_email(connection, who) if "@" in who else people_rows.get_person(connection, who)
    if found is not None and found.suspended_at is None and (found.kind == "member" or "@" not in who):
        return found
    if "@" not in who:
        raise NotFound(who)
    if found is not None:
        raise Conflict("suspended", "This account is suspended.")
    return None


def _who(who: object) -> list[str]:
    if not isinstance(who, list) or not 1 <= len(who) <= WHO_AT_MOST or not all(isinstance(each, str) for each in who):
        raise Invalid(f"`who` must be 1 to {WHO_AT_MOST} ids of members or e-mail addresses.")
    return list(dict.fromkeys(check_email(each) if "@" in each else each[:64] for each in who))


def _message(message: object) -> str:
    if message is not None and not isinstance(message, str):
        raise Invalid("`message` must be a text.")
    shown = "".join(c if c.isprintable() else " " for c in message or "")
    clean = " ".join(shown.split())
    if len(clean) > MESSAGE_LENGTH:
        raise Invalid(f"A message of at most {MESSAGE_LENGTH} characters was expected.")
    return clean
