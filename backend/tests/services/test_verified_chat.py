"""`verify` says where a chat and its log do not agree, and where something of a recalled message is left."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from quillroom.services.verify import look_at
from quillroom.store import events, messages, people
from quillroom.store.database import Database
from quillroom.store.messages import Message


def chat(connection: Connection) -> None:
    """Three messages, of which the last was recalled."""
    people.add_person(connection, id="ann", name="Ann", kind="guest", now=1.0)
    for n in range(1, 4):
        messages.add_all(
            connection, [(Message(f"m{n}", "a", n, "ann", f"client-{n}", time.time(), text="words"), ["ann"])]
        )
        data: dict[str, object] = {"message": f"m{n}"}
        events.append(connection, topic="doc:a", name="message.sent", actor="ann", data=data, seq=n)
    messages.wipe(connection, "m3", "ann", time.time())
    events.append(connection, topic="doc:a", name="message.recalled", actor="ann", data={"message": "m3"})


def sql(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda connection: None, []),
        (
            sql("DELETE FROM event WHERE seq = 2"),
            ["the log of events has 3 entries up to 4", "message m2 is not in"],
        ),
        (sql("UPDATE message SET seq = 4 WHERE id = 'm2'"), ["message m2 is not in the log at its place"]),
        (sql("UPDATE message SET text = 'again' WHERE id = 'm3'"), ["message m3 was recalled, and something of it"]),
        (sql("INSERT INTO reaction VALUES ('m3', '!', 'ann', 1)"), ["message m3 was recalled, and something of it"]),
    ],
)
def test_a_chat_is_verified_with_its_document(
    database: Database, url: str, harm: Callable[[Connection], object], said: list[str]
) -> None:
    with database.engine.begin() as connection:
        chat(connection)
        harm(connection)
    found = look_at(url, "a").problems
    assert len(found) == len(said)
    assert all(problem.startswith(start) for problem, start in zip(found, said, strict=True))
