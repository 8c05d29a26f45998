"""A purged document is gone for whoever writes, whatever the writer remembers of it."""

from sqlalchemy import inspect as inspect_tables
from sqlalchemy import text

from quillroom.store import purge
from quillroom.store.database import Database
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
