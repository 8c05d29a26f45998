"""Taking turns where several servers write one database.

What two servers could change at the same moment has a name, such as the topic of an event. Whoever changes it takes its
turn first, and has it until the transaction ends. Two who wait for each other would both lose a second, which is how
long PostgreSQL takes to notice. So a round takes the turns that its jobs declare at its beginning, in one order; what
comes up in the middle is only tried, and where somebody else has it, the round begins anew and takes that one too.
"""

from collections.abc import Collection

from sqlalchemy import Connection, text

_HELD = "quillroom_turns"
_TAKE = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:what, 0))")
# Where several are taken: in the order of the array.
TAKE_ALL = "SELECT pg_advisory_xact_lock(hashtextextended(what, 0)) FROM unnest(%s::text[]) AS what"


class OutOfTurn(Exception):
    """Somebody else has the turn that a job came to in the middle of a round; `turns` are that one and those held."""

    def __init__(self, what: str, held: Collection[str]) -> None:
        super().__init__(what)
        self.turns = {what, *held}


def take_turns(connection: Connection, what: str) -> None:
    """Until this transaction ends, nobody else gets past here with the same name. SQLite has one writer anyway.

    Raises OutOfTurn inside a round.
    """
    if connection.dialect.name == "sqlite":
        return
    held: set[str] | None = connection.info.get(_HELD)
    if held is None:
        connection.execute(_TAKE, {"what": what})
    elif what not in held:
        if not connection.execute(_TRY, {"what": what}).scalar():
            raise OutOfTurn(what, held)
        held.add(what)


def begin_turns(connection: Connection, taken: Collection[str]) -> None:
    """A round begins on this connection, which took these."""
    connection.info[_HELD] = set(taken)


def end_turns(connection: Connection) -> None:
    """The round's transaction ended, and with it all turns."""
    connection.info.pop(_HELD, None)


def turns(connection: Connection) -> set[str]:
    """What this round has taken so far."""
    held: set[str] = connection.info.get(_HELD, set())
    return set(held)
