"""What the writer promises while the database does its part."""

import threading
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from quillroom.store import documents, updates
from quillroom.store.database import Database
from quillroom.store.rounds import MERGED_ROW_BYTES
from quillroom.store.writer import Committed, Entry, Round
from store.scribe import Replica, Scribe, new_document, text_of


def test_a_lone_edit_waits_for_nobody(database: Database) -> None:
    with Scribe(database, spacing_factor=1e9, spacing_limit_seconds=3600) as scribe:
        entry = scribe.writes("a", Replica(1).types("hello"))
        scribe.has_told(1)
        assert scribe.told == [Committed(entry, 1)]
        assert scribe.reads("a") == "hello"


def test_rounds_keep_their_distance_under_load(database: Database) -> None:
    with Scribe(database, spacing_factor=1e9, spacing_limit_seconds=0.3) as scribe:
        alice = Replica(1)
        scribe.writes("a", alice.types("one"))
        scribe.has_told(1)
        scribe.writes("a", alice.types("two"))
        scribe.has_told(2)
        assert 0.25 < scribe.rounds[1].at - scribe.rounds[0].at < 3


def test_what_is_told_can_already_be_read_by_others(database: Database) -> None:
    seen: list[list[updates.Row]] = []
    with Scribe(database) as scribe:
        scribe.when_told = lambda round: seen.append(scribe.log("a"))
        update = Replica(1).types("hello")
        scribe.writes("a", update)
        scribe.has_told(1)
    assert [[row.update for row in rows] for rows in seen] == [[update]]


def test_many_documents_share_one_round(database: Database) -> None:
    with Scribe(database, starts=False) as scribe:
        entries = [scribe.writes(document, Replica(1).types(document)) for document in ("c", "a", "b")]
        scribe.starts()
        scribe.has_told(3)
        assert len(scribe.rounds) == 1
        assert {(committed.entry.document, committed.seq) for committed in scribe.told} == {
            ("a", 1),
            ("b", 1),
            ("c", 1),
        }
        assert {id(committed.entry) for committed in scribe.told} == {id(entry) for entry in entries}
        assert [scribe.reads(document) for document in ("a", "b", "c")] == ["a", "b", "c"]
    heads = database.read(lambda connection: [documents.get_document(connection, id) for id in ("a", "b", "c")])
    assert [(row.head, row.updated_at) for row in heads if row] == [(1, scribe.rounds[0].at)] * 3


def test_the_list_of_documents_follows_the_log_without_another_edit(database: Database) -> None:
    def is_behind() -> bool:
        row = database.read(lambda connection: documents.get_document(connection, "a"))
        return row is None or (row.head, row.updated_at) != (1, scribe.rounds[0].at)

    with Scribe(database) as scribe:
        scribe.writes("a", Replica(1).types("hello"))
        scribe.has_told(1)
        patience = threading.Event()
        for _ in range(200):
            if not is_behind():
                break
            patience.wait(0.05)
        assert not is_behind()


def test_a_seq_that_somebody_else_took_meanwhile_is_not_given_twice(database: Database) -> None:
    with Scribe(database) as scribe:
        scribe.writes("a", Replica(1).types("one"))
        scribe.has_told(1)
        with Scribe(database) as other:
            other.writes("a", Replica(2).types("two"), author="bob", client=2)
            other.has_told(1)
        scribe.writes("a", Replica(3).types("three"), client=3)
        scribe.has_told(2)
        assert [committed.seq for committed in scribe.told] == [1, 3]
        assert [row.seq for row in scribe.log("a")] == [1, 2, 3]


def test_numbers_have_no_gaps_when_many_threads_write(database: Database) -> None:
    with Scribe(database) as scribe:

        def write(thread: int) -> None:
            for _ in range(40):
                for document in ("a", "b", "c"):
                    scribe.writes(document, Replica(thread).types("x"), author=str(thread), client=thread)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        scribe.has_told(480)
        for document in ("a", "b", "c"):
            log = scribe.log(document)
            assert [(row.first_seq, row.seq) for row in log] == [(n, n) for n in range(1, len(log) + 1)]
            told = [committed.seq for committed in scribe.told if committed.entry.document == document]
            assert told == sorted(told)
            assert set(told) == {row.seq for row in log}
        assert scribe.writer.pending_bytes == 0


def test_only_neighbours_of_one_author_and_device_become_one_row(database: Database) -> None:
    alice, bob = Replica(1), Replica(2)
    with Scribe(database, starts=False) as scribe:
        for words in ("one ", "two "):
            update = alice.types(words)
            bob.doc.apply_update(update)
            scribe.writes("a", update)
        update = bob.types("three ")
        alice.doc.apply_update(update)
        scribe.writes("a", update, author="bob", client=2)
        scribe.writes("a", alice.types("four "))
        scribe.writes("a", alice.types("five"), device="phone")
        scribe.starts()
        scribe.has_told(5)
        assert [committed.seq for committed in scribe.told] == [1, 1, 2, 3, 4]
        log = scribe.log("a")
        assert [(row.author, row.device) for row in log] == [
            ("alice", "d"),
            ("bob", "d"),
            ("alice", "d"),
            ("alice", "phone"),
        ]
        assert [text_of(log[:rows]) for rows in range(1, 5)] == [
            "one two ",
            "one two three ",
            "one two three four ",
            "one two three four five",
        ]


def test_a_row_is_merged_up_to_its_limit_only(database: Database) -> None:
    alice = Replica(1)
    with Scribe(database, starts=False) as scribe:
        for _ in range(5):
            scribe.writes("a", alice.types("x" * 30_000))
        scribe.starts()
        scribe.has_told(5)
        assert [committed.seq for committed in scribe.told] == [1, 1, 2, 2, 3]
        assert all(len(row.update) <= MERGED_ROW_BYTES for row in scribe.log("a"))
        assert scribe.reads("a") == "x" * 150_000


def test_what_cannot_be_merged_is_kept_as_it_came(database: Database) -> None:
    with Scribe(database, starts=False) as scribe:
        for update in (b"\xff\xff\xff", b"\x01\x02"):
            scribe.writes("a", update)
        scribe.writes("b", Replica(1).types("hello"))
        scribe.starts()
        scribe.has_told(3)
        assert [row.update for row in scribe.log("a")] == [b"\xff\xff\xff", b"\x01\x02"]
        assert scribe.reads("b") == "hello"
        assert scribe.troubles == []


def test_an_edit_of_an_unknown_document_harms_nobody(database: Database) -> None:
    with Scribe(database, starts=False) as scribe:
        lost = scribe.writes("nowhere", Replica(1).types("?"))
        kept = scribe.writes("a", Replica(1).types("hello"))
        scribe.starts()
        scribe.has_told(2)
        assert {id(committed.entry): committed.seq for committed in scribe.told} == {id(lost): 0, id(kept): 1}
        assert scribe.log("nowhere") == []
        assert scribe.reads("a") == "hello"
        assert scribe.troubles == []


def test_a_client_id_stays_with_who_wrote_first_under_it(database: Database) -> None:
    with Scribe(database) as scribe:
        largest = 2**53 - 1
        scribe.writes("a", Replica(1).types("x"), author="alice", client=largest)
        scribe.writes("a", Replica(1).types("x"), author="bob", client=largest)
        scribe.writes("b", Replica(1).types("x"), author="bob", client=largest)
        scribe.has_told(3)
        assert database.read(lambda connection: updates.clients(connection, "a")) == {largest: ("alice", "d")}
        assert database.read(lambda connection: updates.clients(connection, "b")) == {largest: ("bob", "d")}


def test_a_job_shares_the_round_and_is_answered_after_its_commit(database: Database) -> None:
    rows_in_log: list[int] = []

    def look(connection: Connection) -> str:
        rows_in_log.append(len(updates.tail(connection, "a", 0)))
        documents.set_title(connection, "a", "New", 1)
        return "done"

    def title_seen_by_others() -> str | None:
        row = database.read(lambda connection: documents.get_document(connection, "a"))
        return row.title if row else None

    seen: list[str | None] = []
    with Scribe(database, starts=False) as scribe:
        scribe.writes("a", Replica(1).types("hello"))
        job = scribe.writer.execute(look)
        job.add_done_callback(lambda future: seen.append(title_seen_by_others()))
        scribe.starts()
        assert job.result(10) == "done"
        scribe.has_told(1)
    assert rows_in_log == [1]
    assert seen == ["New"]


def _asks_for_no_such_table(connection: Connection) -> None:
    connection.execute(text("SELECT * FROM no_such_table"))


def _takes_a_taken_name(connection: Connection) -> None:
    new_document(connection, "b")


def _makes_half_of_it(connection: Connection) -> None:
    new_document(connection, "half")
    raise LookupError("half")


@pytest.mark.parametrize(
    ("fails", "error"),
    [
        (_asks_for_no_such_table, SQLAlchemyError),
        (_takes_a_taken_name, IntegrityError),
        (_makes_half_of_it, LookupError),
    ],
)
def test_a_job_fails_alone(database: Database, fails: Any, error: type[Exception]) -> None:
    with Scribe(database, starts=False) as scribe:
        scribe.writes("a", Replica(1).types("hello"))
        before = scribe.writer.execute(lambda connection: new_document(connection, "before"))
        failing: Future[None] = scribe.writer.execute(fails)
        after = scribe.writer.execute(lambda connection: new_document(connection, "after"))
        scribe.starts()
        with pytest.raises(error):
            failing.result(10)
        before.result(10)
        after.result(10)
        scribe.has_told(1)
        assert scribe.troubles == []
        assert scribe.reads("a") == "hello"
    found = set(database.read(documents.every_id))
    assert found == {"a", "b", "c", "before", "after"}


def test_a_title_that_the_database_refuses_does_not_stop_the_saving(postgresql: Database) -> None:
    with Scribe(postgresql) as scribe:
        title = scribe.writer.execute(lambda connection: documents.set_title(connection, "a", "nul \x00", 1))
        with pytest.raises(SQLAlchemyError, match="NUL"):
            title.result(10)
        scribe.writes("a", Replica(1).types("hello"))
        scribe.has_told(1)
        assert scribe.troubles == []


def test_a_listener_that_fails_does_not_stop_the_saving(database: Database) -> None:
    def fail(round: Round) -> None:
        raise RuntimeError("the loop is closed")

    with Scribe(database) as scribe:
        scribe.when_told = fail
        scribe.writes("a", Replica(1).types("one"))
        scribe.writer.execute(lambda connection: None).result(10)
        scribe.when_told = lambda round: None
        scribe.writes("b", Replica(1).types("two"))
        scribe.has_told(1)
        assert scribe.reads("a") == "one"


def test_stopping_commits_what_is_queued(database: Database) -> None:
    alice = Replica(1)
    with Scribe(database, starts=False, spacing_factor=1e9, spacing_limit_seconds=3600) as scribe:
        for _ in range(50):
            scribe.writes("a", alice.types("x"))
        assert scribe.writer.pending_bytes > 0
        scribe.starts()
        assert scribe.writer.stop(10)
        assert len(scribe.told) == 50
        assert scribe.writer.pending_bytes == 0
        assert scribe.reads("a") == "x" * 50


def test_the_token_comes_back_with_its_edit(database: Database) -> None:
    with Scribe(database) as scribe:
        entry: Entry = scribe.writes("a", Replica(1).types("hello"))
        scribe.has_told(1)
        assert scribe.told[0].entry.token is entry.token
