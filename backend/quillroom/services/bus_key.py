"""The key by which servers of this installation know each other's messages: made once, kept in the database."""

import secrets
from typing import cast

from quillroom.store import settings as rows
from quillroom.store.database import Database
from quillroom.store.locks import take_turns

NAME = "bus_key"


def ensure_bus_key(database: Database) -> bytes:
    """The key; made where there is none. Before the writer starts."""
    with database.engine.begin() as connection:
        take_turns(connection, NAME)
        found = rows.read_all(connection).get(NAME)
        if not found:
            found = secrets.token_hex(32)
            rows.write(connection, NAME, found)
        return bytes.fromhex(cast(str, found))
