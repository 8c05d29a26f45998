"""Tickets: a secret in a mail or a copied address that is good for one thing, once, for a while. Kept as hashes.

Kinds: "invite" (email, document, role), "reset" (person: a new password), "oidc" (data: a sign-in under way).
"""

import secrets
import time

from quillroom.services.people import hash_token
from quillroom.store import tickets as rows
from quillroom.store.database import Connection
from quillroom.store.tables import TicketRow


def make(connection: Connection, kind: str, seconds: float, **about: str | None) -> tuple[TicketRow, str]:
    """A new ticket and its secret; `about` fills person, email, document, role, data, created_by."""
    now, secret = time.time(), secrets.token_urlsafe(24)
    ticket = TicketRow(
        id=secrets.token_urlsafe(9),
        secret_hash=hash_token(secret),
        kind=kind,
        created_at=now,
        expires_at=now + seconds,
        **about,
    )
    rows.sweep(connection, now)
    rows.add(connection, ticket)
    return ticket, secret


def look(connection: Connection, kind: str, secret: object) -> TicketRow | None:
    """The ticket, left as it is; None when there is none, or no more."""
    return rows.find(connection, hash_token(secret), kind, time.time()) if isinstance(secret, str) else None


def take(connection: Connection, kind: str, secret: object) -> TicketRow | None:
    """The ticket, used up by this transaction; None when it is too late."""
    found = look(connection, kind, secret)
    return found if found is not None and rows.remove(connection, found.id) else None
