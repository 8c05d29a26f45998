"""Signing in by an OpenID Connect provider: whose account an identity opens, and who may become a member by it.

See docs/decisions/0006-whose-account-an-identity-opens.md.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quillroom.services.accounts import (
    Guest,
    check_email,
    demand_sign_up,
    give_what_was_promised,
    id_for,
    join,
    sign_in,
)
from quillroom.services.attempts import Attempts
from quillroom.services.errors import Conflict, Invalid, NotAllowed, SignInFailed
from quillroom.services.people import People, Session, check_name, committed, device_of, hash_token
from quillroom.services.sessions import changed, end_sessions
from quillroom.services.throttle import address_key
from quillroom.services.tickets import make, take
from quillroom.settings import Oidc
from quillroom.store import audit, identities, tickets, tokens
from quillroom.store import people as rows
from quillroom.store.database import Connection, Database
from quillroom.store.locks import take_turns
from quillroom.store.tables import PersonRow, TicketRow
from quillroom.store.writer import Writer

if TYPE_CHECKING:
    pass

Claims = dict[str, Any]
UNDER_WAY_SECONDS = 600.0
NEXT_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back from the provider."""

    state: str
    code: str
    issuer: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, where the browser wanted to go, and whether this is the first account."""

    session: Session
    next: str
    is_first: bool


class SingleSignOn:
    """The use cases of coming in by the provider; None of it where no provider is named."""

    def __init__(self, database: Database, writer: Writer, people: People, oidc: Oidc) -> None:
        self._database = database
        self._writer = writer
        self._people = people
        self._issuer = oidc.issuer
        # Its libraries take 14 MB of memory, which installations without a provider are spared.
        from quillroom.services.oidc_provider import Provider

        self.provider: Provider = Provider(oidc)
        self._per_address = Attempts(database, "sign-ons of address", 30, 2)

    async def start(self, next: str, redirect: str, address: str | None) -> tuple[str, str]:
        """(where to go, the key that the browser keeps until it comes back). Raises SignInFailed, Throttled."""
        await self._per_address.spend(address_key(address))
        key = secrets.token_urlsafe(32)
        kept = json.dumps({"key": hash_token(key).hex(), "next": local(next)})

        def write(connection: Connection) -> str:
            return make(connection, "oidc", UNDER_WAY_SECONDS, data=kept)[1]

        state = await committed(self._writer.execute(write))
        return await self.provider.address(redirect, state, derived(key, "nonce"), derived(key, "verifier")), key

    async def finish(self, answer: Answer, key: str, redirect: str, guest: Guest) -> SignedIn:
        """Raises SignInFailed, Throttled."""
        await self._per_address.spend(address_key(guest.address))
        next = await self._take(answer.state, key)
        if answer.error is not None:
            raise SignInFailed("cancelled" if answer.error == "access_denied" else "invalid", "the provider refused")
        claims = await self.provider.claims(
            answer.code, answer.issuer, redirect, derived(key, "nonce"), derived(key, "verifier")
        )

        def write(connection: Connection) -> tuple[str, bool]:
            take_turns(connection, "accounts")
            person, is_first = self._person(connection, claims, guest)
            return sign_in(connection, person, guest, "oidc"), is_first

        token, is_first = await committed(self._writer.execute(write))
        return SignedIn(await self._people.session_of(token), next, is_first)

    async def _take(self, state: str, key: str) -> str:
        """A state is good once, and in the browser alone in which it began."""
        ticket = await committed(self._writer.execute(lambda c: take(c, "oidc", state)))
        kept = json.loads(ticket.data) if ticket is not None and ticket.data is not None else {}
        if not hmac.compare_digest(str(kept.get("key", "")), hash_token(key).hex()):
            raise SignInFailed("expired", "this sign-in was not begun here, or too long ago")
        return str(kept["next"])

    def _person(self, connection: Connection, claims: Claims, guest: Guest) -> tuple[str, bool]:
        """(whose identity it is, whether theirs is the first account); by now it is somebody's."""
        known = identities.find(connection, self._issuer, claims["sub"])
        if known is not None:
            _demand_active(connection, known)
            return known, False
        email = _email(claims)
        row = rows.find_by_email(connection, email)
        if row is not None:
            self._link(connection, row, claims["sub"])
            return row.id, False
        invitations = _admitted(connection, email)
        person = PersonRow(
            id=id_for(guest), name=_name(claims, email), kind="member", created_at=time.time(), email=email,
            language="zh" if str(claims.get("locale", "")).lower().startswith("zh") else None,
        )  # fmt: skip
        is_first = join(connection, person, None, guest)
        for ticket in invitations:
            give_what_was_promised(connection, person.id, ticket)
        identities.add(connection, self._issuer, claims["sub"], person.id)
        return person.id, is_first

    def _link(self, connection: Connection, row: PersonRow, subject: str) -> None:
        """Whoever made the account did not prove that the address is theirs; the provider did. So all that could
        open it before ends."""
        _demand_active(connection, row.id)
        if identities.of_person(connection, self._issuer, row.id):
            raise SignInFailed("taken", "the account belongs to another identity")
        identities.add(connection, self._issuer, subject, row.id)
        rows.change_person(
            connection, row.id, password_hash=None, totp_secret=None, totp_on_at=None, totp_last_step=None
        )
        rows.keep_recovery_codes(connection, row.id, [])
        ended = tokens.of_person(connection, row.id)
        for token in ended:
            tokens.remove(connection, row.id, token.id)
        tickets.remove_of_person(connection, "reset", row.id)
        audit.append(connection, actor=row.id, action="identity.linked", object=row.id, issuer=self._issuer)
        end_sessions(connection, "linked", person=row.id)
        changed(connection, row.id, "password", [device_of(token.token_hash) for token in ended])


def local(next: str) -> str:
    """A path on this server, or its first page: nobody is sent anywhere else after signing in."""
    is_path = next.startswith("/") and not next.startswith(("//", "/api/")) and len(next) <= NEXT_LENGTH
    is_plain = next.isascii() and next.isprintable() and not set(next) & set('\\ "<>')
    return next if is_path and is_plain else "/"


def derived(key: str, what: str) -> str:
    """What only who holds the key can make again: so neither is kept anywhere."""
    digest = hmac.digest(key.encode(), what.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _demand_active(connection: Connection, person: str) -> None:
    row = rows.get_person(connection, person, is_held=True)
    if row is None or row.suspended_at is not None:
        raise SignInFailed("suspended", "the account is suspended")


def _email(claims: Claims) -> str:
    """Only true is true: a claim that is there, or says "false", proves nothing."""
    if claims.get("email_verified") is not True:
        raise SignInFailed("unverified", "the provider has not verified the address")
    try:
        return check_email(claims.get("email"))
    except Invalid:
        raise SignInFailed("unverified", "there is no address") from None


def _admitted(connection: Connection, email: str) -> Sequence[TicketRow]:
    """Invitations to this address, used up: whoever owns the address needs no other proof."""
    found = tickets.of_email(connection, "invite", email, time.time())
    try:
        demand_sign_up(connection, email, email if found else None, lambda *_: found[0])
    except NotAllowed:
        raise SignInFailed("not_invited", "sign-up is closed for this address") from None
    except Conflict:
        raise SignInFailed("taken", "the address is taken") from None
    for each in found:
        tickets.remove(connection, each.id)
    return found


def _name(claims: dict[str, Any], email: str) -> str:
    for said in (claims.get("name"), claims.get("preferred_username"), email.partition("@")[0]):
        try:
            return check_name(said[:64] if isinstance(said, str) else said)
        except Invalid:
            continue
    return "Member"
