"""PostgreSQL goes away, comes back, or leaves its last word unsaid (F8): nothing is lost, nothing is there twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection, text

from quillroom.store import documents, events
from quillroom.store.database import Database, open_database
from store.cluster import Cluster
from store.scribe import Replica, Scribe, new_document
from store.wire import Wire


def name_of(database: Database) -> str:
    name = database.engine.url.database
    assert name
    return name


def types_one_by_one(scribe: Scribe, replica: Replica, words: str) -> None:
    for letter in words:
        scribe.writes("a", replica.types(letter))


def everything_is_there_once(scribe: Scribe, words: str) -> None:
    log = scribe.log("a")
    assert [row.seq for row in log] == list(range(1, len(log) + 1))
    assert scribe.reads("a") == words
    told = [committed.seq for committed in scribe.told]
    assert told == sorted(told)
    assert set(told) == {row.seq for row in log}
    row = scribe.database.read(lambda connection: documents.get_document(connection, "a"))
    assert row is not None
    assert row.head == len(log)


def test_the_session_is_terminated_in_the_middle_of_a_round(postgresql: Database, cluster: Cluster) -> None:
    attempts: list[int] = []

    def cuts_itself_once(connection: Connection) -> None:
        attempts.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        if len(attempts) == 1:
            cluster.execute("SELECT pg_terminate_backend(%s)", attempts[0])

    with Scribe(postgresql, starts=False) as scribe:
        types_one_by_one(scribe, Replica(1), "hello")
        job = scribe.writer.execute(cuts_itself_once)
        scribe.when_told = lambda round: everything_is_said.append(list(scribe.troubles))
        everything_is_said: list[list[str | None]] = []
        scribe.starts()
        job.result(20)
        scribe.has_told(5)
        assert len(set(attempts)) == 2
        assert everything_is_said == [["The database does not answer.", None]]
        everything_is_there_once(scribe, "hello")


def test_the_server_restarts_while_people_type(postgresql: Database, cluster: Cluster) -> None:
    alice = Replica(1)
    with Scribe(postgresql) as scribe:
        types_one_by_one(scribe, alice, "before ")
        scribe.has_told(7)
        cluster.stop()
        types_one_by_one(scribe, alice, "during ")
        scribe.has_said("The database does not answer.")
        assert len(scribe.told) == 7
        cluster.start()
        types_one_by_one(scribe, alice, "after")
        scribe.has_told(19)
        assert scribe.troubles == ["The database does not answer.", None]
        everything_is_there_once(scribe, "before during after")


def test_a_read_only_database_is_waited_for(postgresql: Database, cluster: Cluster) -> None:
    name = name_of(postgresql)
    cluster.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    postgresql.engine.dispose()
    with Scribe(postgresql) as scribe:
        types_one_by_one(scribe, Replica(1), "hello")
        scribe.has_said("The database is read-only.")
        assert scribe.told == []
        cluster.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        scribe.has_told(5)
        assert scribe.troubles == ["The database is read-only.", None]
        everything_is_there_once(scribe, "hello")


def test_somebody_holds_the_lock_of_a_document(postgresql: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quillroom.store.database.BUSY_MS", 50)
    postgresql.engine.dispose()
    with Scribe(postgresql) as scribe:
        with postgresql.engine.begin() as other:
            other.execute(text("UPDATE document SET title = 'x' WHERE id = 'a'"))
            types_one_by_one(scribe, Replica(1), "hello")
            scribe.has_said("The database is busy.")
            assert scribe.told == []
        scribe.has_told(5)
        everything_is_there_once(scribe, "hello")


@contextmanager
def wired(cluster: Cluster, database: Database, *, answered: bool, delivered: bool) -> Iterator[tuple[Wire, Scribe]]:
    # A socket's path has some 100 characters at most: pytest's folders are too long.
    with TemporaryDirectory(prefix="wire-") as folder:
        wire = Wire(Path(folder), cluster.home, answered=answered, delivered=delivered)
        through = open_database(cluster.url(name_of(database), Path(folder)))
        with wire, Scribe(through, starts=False) as scribe:
            through.read(lambda connection: None)  # sets up a session, with a COMMIT of its own
            wire.arms()
            yield wire, scribe
            scribe.writer.stop(20)
            through.close()


CUTS = pytest.mark.parametrize(
    ("answered", "delivered"),
    [
        pytest.param(True, True, id="committed"),
        pytest.param(False, True, id="committing"),
        pytest.param(False, False, id="not-committed"),
    ],
)


@CUTS
def test_the_answer_to_commit_is_lost(postgresql: Database, cluster: Cluster, answered: bool, delivered: bool) -> None:
    if delivered and not answered:
        commits_take_a_second(cluster, name_of(postgresql))
    with wired(cluster, postgresql, answered=answered, delivered=delivered) as (wire, scribe):
        types_one_by_one(scribe, Replica(1), "hello")
        scribe.writes("a", Replica(2).types(" "), author="bob", client=2)
        scribe.starts()
        assert wire.is_cut.wait(20)
        scribe.has_told(6)
        assert scribe.troubles == ["The database does not answer.", None]
        log = scribe.log("a")
        assert [(row.seq, row.author) for row in log] == [(1, "alice"), (2, "bob")]
        everything_is_there_once(scribe, scribe.reads("a"))


@CUTS
def test_a_document_is_made_once_when_the_answer_is_lost(
    postgresql: Database, cluster: Cluster, answered: bool, delivered: bool
) -> None:
    with wired(cluster, postgresql, answered=answered, delivered=delivered) as (wire, scribe):
        made = scribe.writer.execute(lambda connection: new_document(connection, "new"))
        scribe.starts()
        assert wire.is_cut.wait(20)
        assert made.result(20) is None  # not "the name is taken"
        assert postgresql.read(lambda connection: documents.get_document(connection, "new")) is not None


@CUTS
def test_an_event_is_logged_and_told_once_when_the_answer_is_lost(
    postgresql: Database, cluster: Cluster, answered: bool, delivered: bool
) -> None:
    """As of a message: what is committed with it is there once, and whoever said it gets its place."""

    def says(connection: Connection) -> int:
        return events.append(connection, topic="doc:a", name="test", actor=None, data={}).seq

    with wired(cluster, postgresql, answered=answered, delivered=delivered) as (wire, scribe):
        said = [scribe.writer.execute(says, ("doc:a",)) for _ in range(3)]
        scribe.starts()
        assert wire.is_cut.wait(20)
        assert [each.result(20) for each in said] == [1, 2, 3]
        scribe.waits(lambda: bool(scribe.rounds))
        assert [event.seq for round in scribe.rounds for event in round.events] == [1, 2, 3]
        found = postgresql.read(lambda connection: events.since(connection, "doc:a", 0, 10))
        assert [event.seq for event in found] == [1, 2, 3]


def commits_take_a_second(cluster: Cluster, name: str) -> None:
    run: Callable[[str], object] = lambda statement: cluster.execute(statement, database=name)  # noqa: E731
    run(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$"
    )
    run(
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON document_update DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )


def test_saved_means_on_disk_even_where_the_cluster_commits_lazily(postgresql: Database, cluster: Cluster) -> None:
    cluster.execute(f"ALTER DATABASE {name_of(postgresql)} SET synchronous_commit = off")
    postgresql.engine.dispose()
    with Scribe(postgresql) as scribe:
        setting = scribe.writer.execute(lambda connection: connection.execute(text("SHOW synchronous_commit")).scalar())
        assert setting.result(10) == "on"
