"""A purged document is gone for whoever writes, whatever the writer remembers of it."""

from sqlalchemy import Connection, insert, text
from sqlalchemy import inspect as inspect_tables

from quillroom.store import events, messages, people, purge
from quillroom.store.database import Database
from quillroom.store.statements import table
from quillroom.store.tables import ChatCursorRow, ChatReadRow, FileRow, WatchRow
from store.scribe import Replica, Scribe, new_document


def rows_of(database: Database, document: str) -> dict[str, int]:
    """How many rows of each table name the document."""
    found = {}
    with database.engine.connect() as connection:
        tables = inspect_tables(connection)
        for name in tables.get_table_names():
            columns = {column["name"] for column in tables.get_columns(name)}
            key = "id" if name == "document" else "document" if "document" in columns else None
            if key is not None:
                query = text(f"SELECT count(*) FROM {name} WHERE {key} = :id")
                found[name] = connection.execute(query, {"id": document}).scalar_one()
    return {name: count for name, count in found.items() if count}


def test_what_is_typed_into_a_purged_document_goes_nowhere_and_all_others_are_saved(database: Database) -> None:
    ann, bob = Replica(1), Replica(2)
    with Scribe(database) as scribe:
        scribe.writes("a", ann.types("before"), client=1)
        scribe.has_told(1)
        scribe.writer.execute(lambda c: purge.doom(c, {"a"}, 5.0)).result(10)
        scribe.writes("a", ann.types("after"), client=1)
        scribe.writes("b", bob.types("mine"), client=2)
        scribe.has_told(3)
        assert [committed.seq for committed in scribe.told] == [1, 0, 1]
        assert database.read(lambda c: purge.doomed(c, 9)) == ["a"]
        while not scribe.writer.execute(lambda c: purge.remove_some(c, "a", 1)).result(10):
            pass
        assert rows_of(database, "a") == {}
        assert scribe.reads("b") == "mine"
        assert scribe.troubles == []


def test_an_edit_in_the_round_that_purges_leaves_nothing_behind(database: Database) -> None:
    ann = Replica(1)
    with Scribe(database, starts=False) as scribe:
        scribe.writes("a", ann.types("one"), client=1)
        doomed = scribe.writer.execute(lambda c: purge.doom(c, {"a"}, 5.0))
        scribe.starts()
        doomed.result(10)
        scribe.writes("a", ann.types("two"), client=1)
        scribe.waits(lambda: bool(scribe.told) and scribe.told[-1].seq == 0)
        while not scribe.writer.execute(lambda c: purge.remove_some(c, "a", 100)).result(10):
            pass
        scribe.writes("a", ann.types("three"), client=1)
        scribe.waits(lambda: len(scribe.told) == 3)
        assert scribe.told[-1].seq == 0
        assert rows_of(database, "a") == {}
        assert scribe.troubles == []


def test_another_document_of_that_name_begins_at_the_beginning(database: Database) -> None:
    with Scribe(database) as scribe:
        scribe.writes("a", Replica(1).types("old"), client=1)
        scribe.has_told(1)
        scribe.writer.execute(lambda c: purge.doom(c, {"a"}, 5.0)).result(10)
        scribe.writer.execute(lambda c: purge.remove_some(c, "a", 100)).result(10)
        scribe.writer.execute(lambda c: new_document(c, "a")).result(10)
        scribe.writes("a", Replica(2).types("new"), client=2)
        scribe.has_told(2)
        assert scribe.told[-1].seq == 1
        assert scribe.reads("a") == "new"


def test_the_chat_of_a_purged_document_goes_with_it_a_few_messages_at_a_time(database: Database) -> None:
    with Scribe(database) as scribe:
        scribe.writer.execute(lambda c: has_chat(c, "a", 5)).result(10)
        scribe.writer.execute(lambda c: has_chat(c, "b", 2)).result(10)
        assert set(rows_of(database, "a")) > {"message", "mention", "file", "chat_read", "chat_cursor", "page_watch"}
        scribe.writer.execute(lambda c: purge.doom(c, {"a"}, 5.0)).result(10)
        steps = 1
        while not scribe.writer.execute(lambda c: purge.remove_some(c, "a", 2)).result(10):
            steps += 1
        assert steps == 3
        assert rows_of(database, "a") == {}
        with database.engine.connect() as connection:
            left = {
                name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
                for name in ("message", "message_revision", "reaction", "mention", "file", "event")
            }
        assert left == {"message": 2, "message_revision": 2, "reaction": 2, "mention": 2, "file": 2, "event": 2}


def has_chat(connection: Connection, document: str, count: int) -> None:
    """Messages with everything that hangs on them, and someone who reads."""
    if people.get_person(connection, "ann") is None:
        people.add_person(connection, id="ann", name="Ann", kind="guest", now=1.0)
    for n in range(1, count + 1):
        id, topic = f"{document}{n}", f"doc:{document}"
        row = messages.Message(id=id, document=document, seq=n, author="ann", client_id=id, at=1.0, text="old")
        messages.add_all(connection, [(row, ["ann"])])
        messages.edit(connection, row, "new", ["ann"], 2.0)
        messages.react(connection, id, "👍", "ann", 3.0)
        file = FileRow(
            id=id, document=document, message=id, uploader="ann", name="f", kind="file", type="a/b", size=1,
            state="ready", created_at=1.0,
        )  # fmt: skip
        connection.execute(insert(table(FileRow)).values(**file.model_dump()))
        events.append(connection, topic=topic, name="message.sent", actor="ann", data={"message": id}, seq=n)
    mine = {"document": document, "person": "ann"}
    connection.execute(insert(table(ChatReadRow)).values(**mine, seq=1, furthest=1, at=1.0))
    connection.execute(insert(table(ChatCursorRow)).values(**mine, device="d", seq=1, at=1.0))
    connection.execute(insert(table(WatchRow)).values(**mine, level="watch"))
