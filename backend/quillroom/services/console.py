"""Accounts from the command line: for a first account without a browser, and for an operator who is locked out."""

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from quillroom.services.accounts import Guest, check_email, join
from quillroom.services.errors import Conflict, Invalid
from quillroom.services.passwords import check_password, hasher
from quillroom.services.people import check_name, new_id
from quillroom.services.resets import make_secret
from quillroom.store import audit
from quillroom.store import people as rows
from quillroom.store.database import Connection, open_database
from quillroom.store.locks import take_turns
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Writer

T = TypeVar("T")


def add_user(url: str, email: str, name: str, *, is_operator: bool, password: str | None) -> str:
    """Make an account; answers its password, a new one where none is given. Raises Invalid, Conflict."""
    address, called = check_email(email), check_name(name)
    given = secrets.token_urlsafe(12) if password is None else check_password(password, email=address, name=called)
    hashed = hasher().hash(given)

    def write(connection: Connection) -> None:
        take_turns(connection, "accounts")
        if rows.find_by_email(connection, address) is not None:
            raise Conflict("taken", f"There is an account with the address {address} already.")
        person = PersonRow(
            id=new_id(), name=called, kind="member", created_at=time.time(), email=address, password_hash=hashed
        )
        join(connection, person, None, Guest())
        if is_operator:
            rows.change_person(connection, person.id, is_operator=True)
            audit.append(connection, actor=None, action="person.operator", object=person.id, by="command line")

    _write(url, write)
    return given


def reset_password(url: str, email: str) -> str:
    """A secret with which the account's owner sets another password: `/reset#…`. Raises Invalid."""
    address = check_email(email)

    def write(connection: Connection) -> str:
        person = rows.find_by_email(connection, address)
        if person is None:
            raise Invalid(f"There is no account with the address {address}.")
        return make_secret(connection, person.id, None)

    return _write(url, write)


def _write(url: str, job: Callable[[Connection], T]) -> T:
    """One job of a writer of our own; a server that runs beside it takes its turn."""
    database = open_database(url)
    database.migrate()
    writer = Writer(database, on_round=lambda round: None, on_trouble=lambda trouble: None)
    writer.start()
    try:
        return writer.execute(job).result(30)
    finally:
        writer.stop()
        database.close()
