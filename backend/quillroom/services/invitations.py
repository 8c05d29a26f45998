"""Invitations to the workspace: a secret that is good for one account, with a role on a page if one is named."""

import asyncio
import time
from dataclasses import dataclass

from quillroom.core.access import Action
from quillroom.core.member import Person, Role
from quillroom.services import letters
from quillroom.services.access import Access
from quillroom.services.accounts import check_email
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Conflict, Invalid, NotAllowed, NotFound, Throttled
from quillroom.services.mail import Mail
from quillroom.services.people import committed
from quillroom.services.throttle import address_key
from quillroom.services.tickets import look, make
from quillroom.services.workspace_settings import read_settings
from quillroom.store import audit, people
from quillroom.store import tickets as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import PersonRow, TicketRow
from quillroom.store.writer import Writer

INVITATION_SECONDS = 14 * 24 * 3600.0
OPEN_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, and who made it (None: they are gone)."""

    ticket: TicketRow
    by: PersonRow | None


class Invitations:
    """The use cases of inviting and being invited."""

    def __init__(self, database: Database, writer: Writer, access: Access, mail: Mail) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._mail = mail
        self._looking = Attempts(database, "invitations looked at", 30, 2)
        self._mails = Attempts(database, "invitations mailed", 60, 30)

    async def create(self, person: Person | None, email: object, document: object, role: object) -> tuple[Invited, str]:
        """(the invitation, its secret). One for the same address and page takes the place of the one before.

        Raises Invalid, NotAllowed, NotFound (the page), Conflict.
        """
        address = None if email is None else check_email(email)
        page, given = _page(document, role)

        def write(connection: Connection) -> tuple[Invited, str]:
            known = self._access.check_in_workspace(connection, person, Action.INVITE)
            if page is not None:
                self._access.check(connection, person, Action.SHARE, page)
            if address is not None and people.find_by_email(connection, address) is not None:
                raise Conflict("taken", "There is an account with this e-mail address already.")
            ticket, secret = invite(connection, known, address, page, given)
            return _invited(connection, ticket), secret

        return await committed(self._writer.execute(write))

    async def list(self, person: Person | None) -> list[Invited]:
        """Those that are open: one's own, for operators all. Newest first."""
        known = self._access.demand_in_workspace(person, Action.DIRECTORY)

        def read(connection: Connection) -> list[Invited]:
            found = rows.of_kind(connection, "invite", time.time())
            return [_invited(connection, each) for each in found if known.is_operator or each.created_by == known.id]

        return await asyncio.to_thread(self._database.read, read)

    async def revoke(self, person: Person | None, id: str) -> None:
        """One's own, for operators any. Raises NotFound."""

        def write(connection: Connection) -> None:
            known = self._access.check_in_workspace(connection, person, Action.INVITE)
            found = rows.get(connection, "invite", id)
            if found is None or not (known.is_operator or found.created_by == known.id):
                raise NotFound(id)
            rows.remove(connection, id)
            audit.append(connection, actor=known.id, action="invitation.revoked", object=id)

        await committed(self._writer.execute(write))

    async def look(self, secret: object, address: str | None) -> tuple[Invited, str]:
        """(an invitation, the workspace's name) for who holds its secret. Raises NotFound, Throttled."""
        await self._looking.spend(address_key(address))

        def read(connection: Connection) -> tuple[Invited, str]:
            ticket = look(connection, "invite", secret)
            if ticket is None:
                raise NotFound("invitation")
            return _invited(connection, ticket), read_settings(connection).workspace

        return await asyncio.to_thread(self._database.read, read)

    async def send(self, person: Person | None, email: str | None, url: str) -> bool:
        """Mail the address of an invitation; whether it is under way (not: no server for it, or too many at once)."""
        if email is None or person is None or person.id is None or not self._mail.is_on:
            return False
        id = person.id
        try:
            await self._mails.spend(id)
        except Throttled:
            return False
        row, settings = await asyncio.to_thread(
            self._database.read, lambda c: (people.get_person(c, id), read_settings(c))
        )
        language = None if row is None else row.language
        return self._mail.post(
            letters.invitation(email, language, inviter=person.name, workspace=settings.workspace, url=url)
        )


def invite(
    connection: Connection, actor: Person, email: str | None, document: str | None = None, role: Role | None = None
) -> tuple[TicketRow, str]:
    """An invitation inside a writer's job; the caller has asked about the page. Raises NotAllowed, Conflict."""
    settings = read_settings(connection)
    if not (actor.is_operator or settings.members_invite):
        raise NotAllowed("Only operators invite people to this workspace.")
    if settings.sign_up == "closed":
        raise Conflict("sign_up_closed", "Nobody can join this workspace now: its operators have closed it.")
    if email is not None:
        rows.remove_same(connection, "invite", email, document)
    if rows.count_made_by(connection, "invite", actor.id or "", time.time()) >= OPEN_AT_MOST:
        raise Conflict("too_many", f"You have {OPEN_AT_MOST} open invitations. Revoke one first.")
    ticket, secret = make(
        connection, "invite", INVITATION_SECONDS,
        email=email, document=document, role=role, created_by=actor.id,
    )  # fmt: skip
    audit.append(connection, actor=actor.id, action="person.invited", object=document, email=email, role=role)
    return ticket, secret


def _page(document: object, role: object) -> tuple[str | None, Role | None]:
    if document is None and role is None:
        return None, None
    if not isinstance(document, str) or role not in list(Role):
        raise Invalid(f"`document` and `role` go together: an id, and one of {', '.join(Role)}.")
    return document, Role(str(role))


def _invited(connection: Connection, ticket: TicketRow) -> Invited:
    return Invited(ticket, None if ticket.created_by is None else people.get_person(connection, ticket.created_by))
