"""The epoch: one value for as long as the logs of this installation only grow.

After a restore the same places in the logs hold other events, so a place is only worth something together with it.
"""

import secrets
from typing import cast

from quillroom.store import settings as rows
from quillroom.store.database import Connection, Database
from quillroom.store.locks import take_turns

NAME = "epoch"


def ensure_epoch(database: Database) -> str:
    """The epoch; made where there is none. Before the writer starts."""
    with database.engine.begin() as connection:
        take_turns(connection, NAME)
        found = rows.read_all(connection).get(NAME)
        return cast(str, found) if found else renew_epoch(connection)


def renew_epoch(connection: Connection) -> str:
    """Another one from now on: every place that anybody remembers is worth nothing."""
    epoch = secrets.token_urlsafe(9)
    rows.write(connection, NAME, epoch)
    return epoch
