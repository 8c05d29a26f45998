"""Accounts: making one, signing in with a password, changing it."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from quillroom.core.member import Person
from quillroom.services import second_factor
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Conflict, Invalid, NotAllowed, WrongCredentials
from quillroom.services.passwords import Passwords, check_password
from quillroom.services.people import People, Session, begin_session, check_name, committed, hash_token, new_id
from quillroom.services.profile import check_language, check_time_zone
from quillroom.services.sessions import changed, end_sessions
from quillroom.services.throttle import address_key
from quillroom.services.tickets import look, take
from quillroom.services.workspace_settings import WorkspaceSettings, read_settings
from quillroom.store import access, audit, events, tickets
from quillroom.store import people as rows
from quillroom.store.database import Connection, Database
from quillroom.store.locks import take_turns
from quillroom.store.tables import PersonRow, TicketRow
from quillroom.store.writer import Writer

EMAIL_LENGTH = 254  # RFC 5321 §4.5.3.1
EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z")
WRONG = WrongCredentials("wrong_credentials", "The e-mail address or the password is wrong.")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody says of themselves who signs up; nothing of it is checked yet."""

    email: object
    name: object
    password: object = None
    invitation: object = None
    language: object = None
    time_zone: object = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks: the browser's present session, what it calls itself, and where it comes from."""

    person: Person | None = None
    token: str | None = None
    agent: str | None = None
    address: str | None = None


class Accounts:
    """The use cases of somebody who comes in by name and password."""

    def __init__(self, database: Database, writer: Writer, people: People, passwords: Passwords) -> None:
        self._database = database
        self._writer = writer
        self._people = people
        self._passwords = passwords
        self._per_account = Attempts(database, "account", 10, 30)
        self._per_address = Attempts(database, "accounts of address", 40, 3)

    async def create(self, account: NewAccount, guest: Guest) -> tuple[Session, bool]:
        """(a session, whether it is the first account, an operator). Raises Invalid, NotAllowed, Conflict."""
        await self._per_address.spend(address_key(guest.address))
        name, email = check_name(account.name), check_email(account.email)
        password = check_password(account.password, email=email, name=name)
        language, time_zone = check_language(account.language), check_time_zone(account.time_zone)
        await asyncio.to_thread(self._database.read, lambda c: demand_sign_up(c, email, account.invitation, look))
        hashed = await self._passwords.hash(password)

        def write(connection: Connection) -> tuple[str, bool]:
            take_turns(connection, "accounts")
            ticket = demand_sign_up(connection, email, account.invitation, take)
            person = PersonRow(
                id=id_for(guest), name=name, kind="member", created_at=time.time(), email=email,
                password_hash=hashed, language=language, time_zone=time_zone,
            )  # fmt: skip
            is_first = join(connection, person, ticket, guest)
            return begin_session(connection, person.id, guest.agent), is_first

        token, is_first = await committed(self._writer.execute(write))
        return await self._people.session_of(token), is_first

    async def sign_in(self, email: object, password: object, code: object, guest: Guest) -> Session:
        """A new session; the browser's old one ends. Raises WrongCredentials, Throttled."""
        clean = email.strip().lower() if isinstance(email, str) else ""
        given = password if isinstance(password, str) and len(password) <= 1024 else ""
        account, address = f"account {clean[:EMAIL_LENGTH]}", address_key(guest.address)
        await self._per_address.spend(address)
        await self._per_account.spend(account)
        row = await asyncio.to_thread(self._database.read, lambda c: rows.find_by_email(c, clean))
        hashed = None if row is None or row.suspended_at is not None else row.password_hash
        fits = await self._passwords.fits(given, hashed)
        if row is None or hashed is None or not fits:
            await self._note_failure(None if row is None else row.id, "password")
            raise WRONG
        newer = await self._passwords.hash(given) if self._passwords.is_outdated(hashed) else None

        def write(connection: Connection) -> str:
            person = rows.get_person(connection, row.id, is_held=True)
            if person is None or person.password_hash != hashed or person.suspended_at is not None:
                raise WRONG  # meanwhile it was changed
            second_factor.demand(connection, person, code)
            if newer is not None:
                rows.change_person(connection, row.id, password_hash=newer)
            return sign_in(connection, row.id, guest, "password")

        try:
            token = await committed(self._writer.execute(write))
        except WrongCredentials as problem:
            if problem.code == "wrong_code":
                await self._note_failure(row.id, "code")
            else:
                await self._per_account.forget(account)
            raise
        await self._per_account.forget(account)
        return await self._people.session_of(token)

    async def change_password(self, person: Person, current: object, new: object) -> None:
        """All other sessions end. Raises WrongCredentials, Invalid."""
        row = await self.prove(person, current)
        password = check_password(new, email=row.email, name=row.name)
        await self.set_password(row.id, await self._passwords.hash(password), except_session=person.session)

    async def set_password(self, person: str, hashed: str, *, except_session: str | None) -> None:
        """Of an account, by whoever proved that they may; all sessions but one end."""

        def write(connection: Connection) -> None:
            rows.change_person(connection, person, password_hash=hashed)
            audit.append(connection, actor=person, action="password.changed")
            end_sessions(connection, "password", person=person, except_id=except_session)
            changed(connection, person, "password")

        await committed(self._writer.execute(write))

    async def prove(self, person: Person, password: object) -> PersonRow:
        """The person's row, if this is their password or they have none. Raises WrongCredentials, Throttled."""
        assert person.id is not None
        id = person.id
        row = await asyncio.to_thread(self._database.read, lambda c: rows.get_person(c, id))
        if row is None or row.kind != "member":
            raise NotAllowed("Only an account has a password. Create one first.")
        if row.password_hash is None:
            return row
        key = f"prove {id}"
        await self._per_account.spend(key)
        if not await self._passwords.fits(password if isinstance(password, str) else "", row.password_hash):
            await self._note_failure(id, "proof")
            raise WrongCredentials("wrong_credentials", "The password is wrong.")
        await self._per_account.forget(key)
        return row

    async def setup(self) -> tuple[bool, WorkspaceSettings]:
        """(whether anybody has an account, what operators decided)."""
        return await asyncio.to_thread(self._database.read, lambda c: (rows.is_claimed(c), read_settings(c)))

    async def count_code(self, person: Person) -> None:
        """A code of six digits is guessed after some tries, so they are few. Raises Throttled."""
        await self._per_account.spend(f"code {person.id}")

    async def _note_failure(self, person: str | None, what: str) -> None:
        """Of known people only: the throttle bounds how many, and strangers fill no log."""
        if person is not None:
            await committed(
                self._writer.execute(lambda c: audit.append(c, actor=person, action="session.failed", what=what))
            )


def demand_sign_up(
    connection: Connection,
    email: str,
    invitation: object,
    find: Callable[[Connection, str, object], TicketRow | None],
) -> TicketRow | None:
    """The invitation by which somebody may come, None where none is needed. Raises NotAllowed, Conflict."""
    ticket = None
    if rows.is_claimed(connection):
        ticket = find(connection, "invite", invitation) if invitation is not None else None
        if invitation is not None and ticket is None:
            raise NotAllowed("This invitation has been used, or has run out. Ask for another one.")
        settings = read_settings(connection)
        if settings.sign_up == "closed":
            raise NotAllowed("Nobody can join this workspace now.")
        if ticket is None and not (settings.sign_up == "open" and settings.admits(email)):
            raise NotAllowed("One can join this workspace only by an invitation.")
    if rows.find_by_email(connection, email) is not None:
        raise Conflict("taken", "There is an account with this e-mail address already. Sign in instead.")
    return ticket


def join(connection: Connection, person: PersonRow, ticket: TicketRow | None, guest: Guest) -> bool:
    """Add an account inside a writer's job, with what its invitation gives; whether it is the first."""
    is_first = not rows.is_claimed(connection)
    person.is_operator = is_first
    if guest.person is not None and guest.person.id == person.id:
        # What a guest wrote stays theirs. Whoever else holds that guest's session does not become this account.
        end_sessions(connection, "joined", person=person.id)
    elif guest.token is not None:
        end_sessions(connection, "joined", token_hash=hash_token(guest.token))
    rows.add_member(connection, person)
    audit.append(connection, actor=person.id, action="account.created", object=person.id, is_operator=is_first)
    if ticket is not None:
        give_what_was_promised(connection, person.id, ticket)
    if is_first:
        tickets.remove_made_by(connection, "invite")  # by guests, who may do nothing any more
        events.append(connection, topic="workspace", name="workspace.claimed", actor=person.id, data={})
    events.append(connection, topic="workspace", name="people.changed", actor=person.id, data={"person": person.id})
    return is_first


def sign_in(connection: Connection, person: str, guest: Guest, how: str) -> str:
    """A new session inside a writer's job, in the place of the browser's old one; answers its secret."""
    if guest.token is not None:
        end_sessions(connection, "replaced", token_hash=hash_token(guest.token))
    audit.append(connection, actor=person, action="session.signed_in", how=how)
    return begin_session(connection, person, guest.agent)


def check_email(email: object) -> str:
    """In lower case, as it is kept. Raises Invalid."""
    clean = email.strip().lower() if isinstance(email, str) else ""
    if len(clean) > EMAIL_LENGTH or EMAIL.match(clean) is None or ".." in clean or not clean.isascii():
        raise Invalid("An e-mail address like ann@example.org was expected.")
    return clean


def id_for(guest: Guest) -> str:
    """Of a newcomer: a guest who makes an account stays who they are."""
    if guest.person is not None and guest.person.id is not None and guest.person.kind == "guest":
        return guest.person.id
    return new_id()


def give_what_was_promised(connection: Connection, person: str, ticket: TicketRow) -> None:
    """The role that an invitation names, if its page is still there."""
    if ticket.document is None or ticket.role is None or not access.levels(connection, ticket.document):
        return
    access.grant(
        connection,
        document=ticket.document,
        person=person,
        role=ticket.role,
        granted_by=ticket.created_by,
        now=time.time(),
    )
    data: dict[str, object] = {
        "documents": [ticket.document], "people": [person], "role": ticket.role, "is_invited": True
    }  # fmt: skip
    topic = f"doc:{ticket.document}"
    events.append(connection, topic=topic, name="access.changed", actor=ticket.created_by, data=data)
