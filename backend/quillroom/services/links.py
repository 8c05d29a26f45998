"""General access to a page (private, workspace, anyone with the link), and coming in by a link.

A page has one link with one role, expiry and password; each "copy link" makes another secret of it, as only hashes are
kept. Whoever opened a secret is a visitor; all secrets and visitors end together.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass

from quillroom.core.access import Action, standing
from quillroom.core.member import Person, Role
from quillroom.services.access import Access, load_acl
from quillroom.services.accounts import Guest
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Conflict, Invalid, NotFound, WrongCredentials
from quillroom.services.passwords import Passwords
from quillroom.services.people import (
    People,
    Session,
    animal,
    begin_session,
    check_name,
    committed,
    hash_token,
    new_id,
)
from quillroom.services.sharing import GENERAL_ROLES, check_role, note_change
from quillroom.services.throttle import address_key
from quillroom.services.times import check_time_ahead
from quillroom.store import audit
from quillroom.store import documents as document_rows
from quillroom.store import people as people_rows
from quillroom.store import sharing as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import DocumentRow, ShareLinkRow
from quillroom.store.writer import Writer

SECRETS_AT_MOST = 50
PASSWORD_LENGTHS = (4, 256)
GENERAL = ("private", "workspace", "anyone", "inherit")
NO_LINK: dict[str, object] = {"link_role": None, "link_expires_at": None, "link_password_hash": None}


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that somebody came to by a link; a session where they had none."""

    document: str
    session: Session | None


class Links:
    """The use cases of general access and of links."""

    def __init__(
        self, database: Database, writer: Writer, access: Access, people: People, passwords: Passwords
    ) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._people = people
        self._passwords = passwords
        self._per_address = Attempts(database, "links guessed", 30, 5)
        self._per_link = Attempts(database, "link", 30, 5)

    async def set_general(self, person: Person | None, document: str, wanted: dict[str, object]) -> None:
        """`wanted` as in the API. Raises Invalid."""
        general, role, values = _general(wanted)
        await self._access.demand(person, Action.SHARE, document)
        has_new_password = general == "anyone" and "password" in wanted
        if has_new_password:
            password = _password(wanted["password"])
            values["link_password_hash"] = None if password is None else await self._passwords.hash(password)
        actor = None if person is None else person.id

        def write(connection: Connection) -> None:
            self._access.check(connection, person, Action.SHARE, document)
            row = document_rows.get_document(connection, document)
            if row is None:
                raise NotFound(document)
            if general == "inherit" and row.parent is None:
                raise Invalid("This page is at the top: there is nothing above that it could be like.")
            if general != "anyone":
                rows.end_links(connection, document)
            elif has_new_password:
                rows.end_visits(connection, document)
            rows.change_access(connection, document, **values)
            audit.append(
                connection, actor=actor, action="access.general", object=document,
                general=general, role=None if role is None else role.value,
            )  # fmt: skip
            note_change(connection, actor, document)

        await committed(self._writer.execute(write))

    async def make_secret(self, person: Person | None, document: str) -> str:
        """Another secret of the page's link. Raises Conflict where it has none."""
        secret, actor = secrets.token_urlsafe(24), None if person is None else person.id

        def write(connection: Connection) -> None:
            self._access.check(connection, person, Action.SHARE, document)
            row = document_rows.get_document(connection, document)
            if row is None or row.link_role is None:
                raise Conflict("no_link", "This page has no link: let anyone with the link in first.")
            link = ShareLinkRow(
                id=secrets.token_urlsafe(9),
                document=document,
                secret_hash=hash_token(secret),
                created_by=actor,
                created_at=time.time(),
            )
            rows.add_link(connection, link, SECRETS_AT_MOST)
            audit.append(connection, actor=actor, action="link.made", object=document)

        await committed(self._writer.execute(write))
        return secret

    async def open(self, secret: object, password: object, name: object, guest: Guest) -> Opened:
        """Come in by a link, as who one is or as a guest. Raises NotFound, NotAllowed, WrongCredentials, Throttled."""
        if guest.person is not None and guest.person.id is not None:
            self._access.demand_in_workspace(guest.person, Action.COME_AND_GO)
        hashed = hash_token(secret if isinstance(secret, str) else "")
        clean = animal() if name is None else check_name(name)
        try:
            row, link = await asyncio.to_thread(self._database.read, lambda c: _live_link(c, hashed))
        except NotFound:
            # Guesses count, and nothing else: a whole class opens a link from one address.
            await self._per_address.spend(address_key(guest.address))
            raise
        if row.link_password_hash is not None:
            await self._prove(row, link, password)

        def write(connection: Connection) -> str | None:
            now_row, now_link = _live_link(connection, hashed)
            if now_row.link_password_hash != row.link_password_hash:
                raise WrongCredentials("wrong_password", "The password was just changed.")
            id, token = guest.person.id if guest.person is not None else None, None
            if id is None:
                id = new_id()
                people_rows.add_person(connection, id=id, name=clean, kind="guest", now=time.time())
                token = begin_session(connection, id, guest.agent)
            _visit(connection, guest.person, id, now_row, now_link)
            return token

        token = await committed(self._writer.execute(write))
        return Opened(row.id, None if token is None else await self._people.session_of(token))

    async def _prove(self, row: DocumentRow, link: ShareLinkRow, password: object) -> None:
        if not isinstance(password, str) or not password:
            raise WrongCredentials("password_needed", "This link has a password.")
        await self._per_link.spend(link.id)
        if not await self._passwords.fits(password[: PASSWORD_LENGTHS[1]], row.link_password_hash):
            raise WrongCredentials("wrong_password", "The password of this link is another one.")
        await self._per_link.forget(link.id)


def _live_link(connection: Connection, secret_hash: bytes) -> tuple[DocumentRow, ShareLinkRow]:
    """Raises NotFound unless the secret is good now."""
    link = rows.find_link(connection, secret_hash)
    row = None if link is None else document_rows.get_document(connection, link.document)
    acl = None if row is None else load_acl(connection, row.id, "")
    if link is None or row is None or acl is None or acl.is_trashed or row.link_role is None:
        raise NotFound("link")
    if row.link_expires_at is not None and row.link_expires_at <= time.time():
        raise NotFound("link")
    return row, link


def _visit(connection: Connection, person: Person | None, id: str, row: DocumentRow, link: ShareLinkRow) -> None:
    acl = load_acl(connection, row.id, id)
    role = None if acl is None or person is None else standing(person, acl, time.time()).role
    assert row.link_role is not None
    if role is not None and role.rank >= Role(row.link_role).rank:
        return  # they could come in anyway, and can still when the link is closed
    rows.visit(connection, document=row.id, person=id, link=link.id, now=time.time())
    audit.append(connection, actor=id, action="link.opened", object=row.id)
    note_change(connection, id, row.id, [id])


def _general(wanted: dict[str, object]) -> tuple[str, Role | None, dict[str, object]]:
    """(general access, role, values of the document's columns)."""
    general = wanted.get("general")
    if general not in GENERAL:
        raise Invalid(f"`general` must be one of {', '.join(GENERAL)}.")
    extra = sorted({"expires_at", "password"} & set(wanted)) if general != "anyone" else []
    if extra:
        raise Invalid(f'`{extra[0]}` belongs to a link: it needs `general` to be "anyone".')
    if general in ("private", "inherit"):
        if wanted.get("role") is not None:
            raise Invalid(f"`role` does not go with {general!r}.")
        return str(general), None, {"access": None if general == "inherit" else general, "access_role": None, **NO_LINK}
    role = check_role(wanted.get("role"), GENERAL_ROLES)
    values: dict[str, object] = {"access": "workspace", "access_role": role.value}
    if general == "workspace":
        return "workspace", role, values | NO_LINK
    values["link_role"] = role.value
    if "expires_at" in wanted:
        values["link_expires_at"] = check_time_ahead(wanted["expires_at"], "expires_at")
    return "anyone", role, values


def _password(value: object) -> str | None:
    shortest, longest = PASSWORD_LENGTHS
    if value is None:
        return None
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise Invalid(f"A password of {shortest} to {longest} characters was expected.")
    return value
