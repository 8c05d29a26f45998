"""A new password for whoever forgot theirs: by mail, or by an address that an operator hands over."""

import asyncio
import contextlib

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services import letters
from quillroom.services.access import Access
from quillroom.services.accounts import EMAIL_LENGTH
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Conflict, Invalid, NotFound, Throttled, TryLater
from quillroom.services.mail import Mail
from quillroom.services.passwords import Passwords, check_password
from quillroom.services.people import committed
from quillroom.services.sessions import changed, end_sessions
from quillroom.services.throttle import address_key
from quillroom.services.tickets import look, make, take
from quillroom.services.workspace_settings import read_settings
from quillroom.store import audit, tickets
from quillroom.store import people as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Writer

MAIL_SECONDS = 3600.0
HANDED_OVER_SECONDS = 24 * 3600.0
UNDER_WAY_AT_MOST = 100
OVER = "This address has been used, or has run out. Ask for another one."


class Resets:
    """The use cases of a forgotten password."""

    def __init__(self, database: Database, writer: Writer, access: Access, passwords: Passwords, mail: Mail) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._passwords = passwords
        self._mail = mail
        self._asking = Attempts(database, "resets asked for", 40, 10)
        self._completing = Attempts(database, "resets completed", 40, 5)
        self._per_account = Attempts(database, "resets of account", 3, 300)
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, email: object, page: str, address: str | None) -> None:
        """Mail an address on `page` to whose account it is, if there is one. Answers before anything is known of it:
        neither the answer nor the time it takes tells. Raises Throttled."""
        await self._asking.spend(address_key(address))
        clean = email.strip().lower()[:EMAIL_LENGTH] if isinstance(email, str) else ""
        if self._mail.is_on and len(self._under_way) < UNDER_WAY_AT_MOST:
            task = asyncio.create_task(self._send(clean, page))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def hand_over(self, person: Person | None, id: str) -> str:
        """An operator's secret for somebody else's new password. Raises NotFound, Conflict."""

        def write(connection: Connection) -> str:
            by = self._access.check_in_workspace(connection, person, Action.ADMINISTER).id
            row = rows.get_person(connection, id)
            if row is None or row.kind != "member":
                raise NotFound(id)
            if row.suspended_at is not None:
                raise Conflict("suspended", "This account is suspended.")
            return make_secret(connection, id, by)

        return await committed(self._writer.execute(write))

    async def complete(self, secret: object, password: object, address: str | None) -> None:
        """All sessions end. Raises NotFound, Invalid, Throttled."""
        await self._completing.spend(address_key(address))
        row = await asyncio.to_thread(self._database.read, lambda c: _owner(c, secret))
        clean = check_password(password, email=row.email, name=row.name)
        hashed = await self._passwords.hash(clean)

        def write(connection: Connection) -> None:
            owner = _owner(connection, secret)
            if take(connection, "reset", secret) is None:
                raise Invalid(OVER)  # another server was quicker
            tickets.remove_of_person(connection, "reset", owner.id)
            rows.change_person(connection, owner.id, password_hash=hashed)
            audit.append(connection, actor=owner.id, action="password.reset")
            end_sessions(connection, "password", person=owner.id)
            changed(connection, owner.id, "password")

        await committed(self._writer.execute(write))

    async def _send(self, email: str, page: str) -> None:
        with contextlib.suppress(Throttled, TryLater):  # the owner of the address is not to be flooded
            await self._per_account.spend(email)
            await self._send_once(email, page)

    async def _send_once(self, email: str, page: str) -> None:
        row, settings = await asyncio.to_thread(
            self._database.read, lambda c: (rows.find_by_email(c, email), read_settings(c))
        )
        if row is None or row.suspended_at is not None or row.kind != "member":
            return

        def write(connection: Connection) -> str:
            audit.append(connection, actor=None, action="password.reset_asked", object=row.id)
            return make(connection, "reset", MAIL_SECONDS, person=row.id)[1]

        secret = await committed(self._writer.execute(write))
        self._mail.post(letters.reset(email, row.language, workspace=settings.workspace, url=f"{page}#{secret}"))


def make_secret(connection: Connection, person: str, operator: str | None) -> str:
    """A secret for a person's new password, in the place of those before; inside a job. None: from the command line."""
    audit.append(connection, actor=operator, action="password.reset_made", object=person)
    tickets.remove_of_person(connection, "reset", person)
    return make(connection, "reset", HANDED_OVER_SECONDS, person=person, created_by=operator)[1]


def _owner(connection: Connection, secret: object) -> PersonRow:
    ticket = look(connection, "reset", secret)
    row = None if ticket is None or ticket.person is None else rows.get_person(connection, ticket.person)
    if row is None or row.suspended_at is not None:
        raise Invalid(OVER)
    return row
