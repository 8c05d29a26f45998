"""Several servers write one PostgreSQL: a client id has one owner, and no two wait for each other."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import Connection, event, text

from quillroom.protocol import vectors
from quillroom.protocol.inspector import inspect
from quillroom.services.replay import replay
from quillroom.store import documents, events, favourites, people, seen, updates
from quillroom.store.database import Database, open_database
from quillroom.store.locks import take_turns
from quillroom.store.rounds import REFUSED
from store.cluster import Cluster
from store.scribe import Replica, Scribe, text_of

TOPICS = [f"doc:{number}" for number in range(8)]
STEPS = 40
CONTESTS = 30


class Room:
    """What queues entries."""


def seqs(scribe: Scribe) -> list[int]:
    return [committed.seq for committed in scribe.told]


@pytest.fixture
def servers(postgresql: Database) -> Iterator[list[Scribe]]:
    """Three, each with connections of its own."""
    with ExitStack() as stack:
        url = postgresql.engine.url.render_as_string(hide_password=False)
        databases = [open_database(url) for _ in range(3)]
        for database in databases:
            stack.callback(database.close)
        yield [stack.enter_context(Scribe(database, spacing_factor=0)) for database in databases]


class TestClientIds:
    def test_of_two_people_who_come_with_one_client_id_to_two_servers_one_is_refused(
        self, postgresql: Database, servers: list[Scribe]
    ) -> None:
        one, two, _ = servers
        one.writes("a", Replica(7).types("alice was here"), author="alice", client=7, lane=Room())
        two.writes("a", Replica(7).types("no, bob"), author="bob", client=7, lane=Room())
        one.has_told(1)
        two.has_told(1)
        assert sorted(seqs(one) + seqs(two)) == [REFUSED, 1]
        winner = "alice" if seqs(one) == [1] else "bob"
        assert [row.author for row in one.log("a")] == [winner]
        assert one.reads("a") == ("alice was here" if winner == "alice" else "no, bob")
        assert postgresql.read(lambda c: updates.clients(c, "a")) == {7: (winner, "d")}
        assert head_of_document(postgresql, "a") == 1

    def test_nothing_that_comes_later_from_a_refused_room_is_logged(self, servers: list[Scribe]) -> None:
        one, two, _ = servers
        one.writes("a", Replica(7).types("mine"), author="alice", client=7)
        one.has_told(1)
        void, other = Room(), Room()
        bob, carol = Replica(7), Replica(8)
        two.writes("a", bob.types("not "), author="bob", client=7, lane=void)
        two.has_told(1)
        two.writes("a", bob.types("yours"), author="bob", lane=void)
        two.writes("a", carol.types("?"), author="carol", client=8, lane=void)
        two.writes("b", Replica(7).types("elsewhere"), author="bob", client=7, lane=other)
        two.has_told(4)
        assert [(committed.entry.author, committed.entry.document, committed.seq) for committed in two.told] == [
            ("bob", "a", REFUSED),
            ("bob", "b", 1),
            ("bob", "a", REFUSED),
            ("carol", "a", REFUSED),
        ]
        assert two.reads("a") == "mine"
        # Carol comes again, to the room that was loaded anew.
        two.writes("a", carol.types("!"), author="carol", client=8, lane=Room())
        two.has_told(5)
        assert seqs(two)[-1] == 2

    def test_what_a_room_said_before_it_was_refused_is_logged(self, postgresql: Database) -> None:
        with Scribe(postgresql) as before:
            before.writes("a", Replica(7).types("mine"), author="alice", client=7)
            before.has_told(1)
        room = Room()
        carol, bob, dave = Replica(8), Replica(7), Replica(9)
        with Scribe(postgresql, starts=False) as scribe:
            kept = scribe.writes("a", carol.types("kept "), author="carol", client=8, lane=room)
            scribe.writes("a", bob.types("lost "), author="bob", client=7, lane=room)
            scribe.writes("a", carol.types("too late "), author="carol", lane=room)
            scribe.writes("a", dave.types("late as well"), author="dave", client=9, lane=room)
            scribe.starts()
            scribe.has_told(4)
            assert seqs(scribe) == [2, REFUSED, REFUSED, REFUSED]
            assert scribe.told[0].entry is kept
            assert [row.update for row in scribe.log("a")][1:] == [kept.update]
        # Dave never wrote: the client id that he came with is still anybody's.
        assert postgresql.read(lambda c: updates.clients(c, "a")) == {7: ("alice", "d"), 8: ("carol", "d")}

    def test_another_session_of_the_same_person_goes_on(self, servers: list[Scribe]) -> None:
        one, two, _ = servers
        alice = Replica(7)
        one.writes("a", alice.types("at work "), author="alice", device="laptop", client=7)
        one.has_told(1)
        two.writes("a", alice.types("on the train"), author="alice", device="phone", client=7, lane=Room())
        two.has_told(1)
        assert seqs(two) == [2]
        assert two.reads("a") == "at work on the train"

    def test_where_nobody_has_a_name_nobody_is_refused(self, servers: list[Scribe]) -> None:
        one, two, _ = servers
        somebody = Replica(7)
        one.writes("a", somebody.types("hello "), author=None, client=7)
        one.has_told(1)
        two.writes("a", somebody.types("again"), author=None, client=7, lane=Room())
        two.has_told(1)
        assert two.reads("a") == "hello again"

    def test_a_log_in_which_many_wanted_one_client_id_replays_cleanly(
        self, postgresql: Database, servers: list[Scribe], seed: int
    ) -> None:
        chance = random.Random(seed)
        for number in range(1, CONTESTS + 1):
            so_far = [row.update for row in servers[0].log("a")]
            for at, scribe in enumerate(chance.sample(servers, len(servers))):
                person, room = Replica(number, *so_far), Room()
                for letter in "ab":
                    scribe.writes("a", person.types(letter), author=f"person{at}", client=number, lane=room)
            for scribe in servers:
                scribe.has_told(2 * number)
            told = [seqs(scribe)[-2:] for scribe in servers]
            assert sorted(each == [REFUSED, REFUSED] for each in told) == [False, True, True], told
        log = postgresql.read(lambda c: updates.tail(c, "a", 0))
        assert [row.seq for row in log] == list(range(1, len(log) + 1))
        replayed = replay(None, [row.update for row in log])
        assert vectors.read_state_vector(replayed.vector) == dict.fromkeys(range(1, CONTESTS + 1), 2)
        assert text_of(log) == "ab" * CONTESTS
        owners = postgresql.read(lambda c: updates.clients(c, "a"))
        assert all(owners[client][0] == row.author for row in log for client, *_ in inspect(row.update).ranges)


def says(topic: str, *more: str) -> Callable[[Connection], None]:
    """A job that logs an event on each of these topics."""

    def job(connection: Connection) -> None:
        for each in (topic, *more):
            events.append(connection, topic=each, name="test", actor=None, data={})

    return job


def deadlocks(servers: list[Scribe], cluster: Cluster) -> int:
    """What PostgreSQL counted; a session tells it at the latest when it ends."""
    name = servers[0].database.engine.url.database
    for scribe in servers:
        scribe.writer.stop()
        scribe.database.close()
    patience = Event()
    while cluster.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s AND state <> 'idle'", name):
        patience.wait(0.02)
    cluster.cut_sessions(str(name))
    return int(cluster.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", name)[0][0])


def head_of(database: Database, topic: str) -> int:
    return database.read(lambda c: events.head(c, topic))


def head_of_document(database: Database, id: str) -> int:
    row = database.read(lambda c: documents.get_document(c, id))
    assert row is not None
    return row.head


class TestTurns:
    @pytest.mark.parametrize("are_declared", [True, False], ids=["declared", "not-declared"])
    def test_servers_that_write_to_many_topics_and_documents_in_any_order_never_block_each_other(
        self, postgresql: Database, cluster: Cluster, servers: list[Scribe], seed: int, are_declared: bool
    ) -> None:
        written = [Counter[str]() for _ in servers]
        problems: list[BaseException] = []

        def work(number: int, scribe: Scribe) -> None:
            chance = random.Random(seed + number)
            try:
                for step in range(1, STEPS + 1):
                    jobs = []
                    for _ in range(3):
                        topics = chance.sample(TOPICS, 3)
                        written[number].update(topics)
                        jobs.append(scribe.writer.execute(says(*topics), topics if are_declared else ()))
                    for document in "abc":
                        client = 1000 * (number + 1) + step
                        scribe.writes(document, Replica(client).types("."), client=client)
                    for job in jobs:
                        job.result(20)
                    scribe.has_told(3 * step)
            except BaseException as problem:
                problems.append(problem)

        threads = [Thread(target=work, args=(number, scribe)) for number, scribe in enumerate(servers)]
        begun_at = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun_at
        assert problems == []
        events_of = sum(written, Counter[str]())
        assert {topic: head_of(postgresql, topic) for topic in events_of} == events_of
        assert [head_of_document(postgresql, id) for id in "abc"] == [len(servers) * STEPS] * 3
        assert [scribe.troubles for scribe in servers] == [[], [], []]
        assert deadlocks(servers, cluster) == 0
        assert took < 15  # one deadlock would cost a second, and without an order there are dozens

    def test_a_turn_that_somebody_else_has_is_waited_for_and_then_taken_in_order(
        self, servers: list[Scribe], cluster: Cluster
    ) -> None:
        """The first holds doc:1 and wants doc:0; the second holds doc:0 and wants doc:1: without an order, for ever."""
        one, two, _ = servers
        both_hold = Barrier(2)
        attempts: list[str] = []

        def takes(first: str, second: str) -> Callable[[Connection], None]:
            def job(connection: Connection) -> None:
                attempts.append(first)
                take_turns(connection, first)
                if attempts.count(first) == 1:
                    both_hold.wait(10)
                take_turns(connection, second)

            return job

        waiting = [one.writer.execute(takes("doc:1", "doc:0")), two.writer.execute(takes("doc:0", "doc:1"))]
        for job in waiting:
            job.result(10)
        assert max(Counter(attempts).values()) == 2
        assert one.troubles == two.troubles == []
        assert deadlocks(servers, cluster) == 0

    def test_a_declared_turn_costs_the_job_nothing(self, servers: list[Scribe]) -> None:
        with counted(servers[0].database) as statements:
            servers[0].writer.execute(says("doc:1", "doc:1"), ["doc:1"]).result(10)
        assert not [each for each in statements if "advisory" in each or "max(" in each]
        with counted(servers[0].database) as statements:
            servers[0].writer.execute(says("doc:1", "doc:1")).result(10)
        assert len([each for each in statements if "advisory" in each]) == 1

    def test_a_turn_that_a_failed_job_took_must_be_taken_again(self, postgresql: Database) -> None:
        """Its savepoint took the lock with it: the next job must not believe that the round still has it."""

        def fails(connection: Connection) -> None:
            take_turns(connection, "doc:1")
            raise LookupError

        def takes_it(connection: Connection) -> int | None:
            take_turns(connection, "doc:1")
            return connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar()

        with Scribe(postgresql, starts=False) as scribe:
            failing, taking = scribe.writer.execute(fails), scribe.writer.execute(takes_it)
            scribe.starts()
            with pytest.raises(LookupError):
                failing.result(10)
            assert taking.result(10) == 1

    def test_the_place_of_an_event_that_was_taken_back_is_given_again(self, postgresql: Database) -> None:
        def fails(connection: Connection) -> None:
            says("doc:1", "doc:2")(connection)
            raise LookupError

        with Scribe(postgresql, starts=False) as scribe:
            jobs = [scribe.writer.execute(job, ["doc:1"]) for job in (says("doc:1"), fails, says("doc:1", "doc:2"))]
            scribe.starts()
            with pytest.raises(LookupError):
                jobs[1].result(10)
            jobs[2].result(10)
        assert [head_of(postgresql, topic) for topic in ("doc:1", "doc:2")] == [2, 1]

    def test_a_deadlock_of_rows_is_tried_again_at_once(
        self, postgresql: Database, cluster: Cluster, servers: list[Scribe]
    ) -> None:
        one, two, _ = servers
        both_hold = Barrier(2)
        attempts: list[str] = []

        def renames(first: str, second: str) -> Callable[[Connection], None]:
            def job(connection: Connection) -> None:
                attempts.append(first)
                documents.set_title(connection, first, f"by {first} {len(attempts)}", 1)
                if len(attempts) <= 2:
                    both_hold.wait(10)
                documents.set_title(connection, second, f"by {first} {len(attempts)}", 1)

            return job

        jobs = [one.writer.execute(renames("a", "b")), two.writer.execute(renames("b", "a"))]
        for job in jobs:
            job.result(10)
        assert len(attempts) == 3
        assert one.troubles == two.troubles == []
        assert deadlocks(servers, cluster) == 1


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that SQLAlchemy sends meanwhile."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_two_servers_may_note_the_same_people_and_pages_at_the_same_moment(
    postgresql: Database, servers: list[Scribe], seed: int
) -> None:
    everybody = [f"p{number}" for number in range(12)]
    with postgresql.engine.begin() as connection:
        for id in everybody:
            people.add_person(connection, id=id, name=id, kind="member", now=0.0)
    chance = random.Random(seed)

    def notes(connection: Connection, at: float, order: list[str]) -> None:
        seen.seen(connection, dict.fromkeys(order, at))
        favourites.opened(connection, [(person, document, at) for person in order for document in "cab"])

    jobs = []
    for at in range(1, 11):
        for scribe in servers:
            order = chance.sample([*everybody, "nobody"], 13)
            jobs.append(scribe.writer.execute(lambda c, at=float(at), order=order: notes(c, at, order)))  # type: ignore[misc]
        for job in jobs[-3:]:
            job.result(20)
    assert postgresql.read(lambda c: seen.last_seen(c, everybody)) == dict.fromkeys(everybody, 10.0)
    assert set(postgresql.read(lambda c: favourites.recent(c, "p0", 10))) == {"a", "b", "c"}
    assert [scribe.troubles for scribe in servers] == [[], [], []]
