"""Events and audit entries are written with what they tell of, numbered without gaps, and told only when committed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from quillroom.store import audit, events
from quillroom.store.database import Database
from store.scribe import Scribe


def test_an_event_is_told_with_the_round_that_committed_it(database: Database) -> None:
    told: list[Any] = []
    with Scribe(database) as scribe:
        scribe.when_told = lambda round: told.extend(round.events)
        for topic in ("a", "b", "a"):
            scribe.writer.execute(
                lambda c, topic=topic: events.append(c, topic=topic, name="x.done", actor=None, data={"documents": []})  # type: ignore[misc]
            ).result(10)
    assert [(event.topic, event.seq) for event in told] == [("a", 1), ("b", 1), ("a", 2)]


def test_an_event_of_a_job_that_failed_is_neither_kept_nor_told(database: Database) -> None:
    told: list[Any] = []

    def fails(connection: Connection) -> None:
        events.append(connection, topic="a", name="lost", actor=None, data={})
        raise LookupError

    with Scribe(database, starts=False) as scribe:
        scribe.when_told = lambda round: told.extend(round.events)
        failing = scribe.writer.execute(fails)
        good = scribe.writer.execute(lambda c: events.append(c, topic="a", name="kept", actor=None, data={}))
        scribe.starts()
        good.result(10)
    assert isinstance(failing.exception(10), LookupError)
    assert [(event.name, event.seq) for event in told] == [("kept", 1)]


def test_what_belongs_to_an_event_is_written_with_it_or_undoes_it(database: Database) -> None:
    told: list[Any] = []

    def follow(connection: Connection, appended: Sequence[events.Event]) -> None:
        for event in appended:
            if event.data.get("is_refused"):
                raise PermissionError
            if event.name == "x.done":
                events.append(connection, topic="b", name="y.followed", actor=None, data={"after": event.seq})

    def does(connection: Connection, *, is_refused: bool) -> None:
        events.append(connection, topic="a", name="x.done", actor=None, data={}, told={"said": "once"})
        events.append(connection, topic="a", name="z.done", actor=None, data={"is_refused": is_refused})

    with Scribe(database, starts=False, project=follow) as scribe:
        scribe.when_told = lambda round: told.extend(round.events)
        refused = scribe.writer.execute(lambda c: does(c, is_refused=True))
        good = scribe.writer.execute(lambda c: does(c, is_refused=False))
        scribe.starts()
        good.result(10)
    assert isinstance(refused.exception(10), PermissionError)
    assert [(event.topic, event.seq, event.name) for event in told] == [
        ("a", 1, "x.done"),
        ("a", 2, "z.done"),
        ("b", 1, "y.followed"),
    ]
    assert told[0].told == {"said": "once"}
    kept = database.read(lambda c: events.since(c, "a", 0, 10))
    assert [(event.seq, event.name, event.told) for event in kept] == [(1, "x.done", None), (2, "z.done", None)]
    assert database.read(lambda c: events.head(c, "a")) == 2


def test_an_audit_log_that_was_changed_says_where(database: Database) -> None:
    with Scribe(database) as scribe:
        for n in range(4):
            scribe.writer.execute(lambda c, n=n: audit.append(c, actor="ann", action="test", n=n)).result(10)  # type: ignore[misc]
        assert database.read(audit.first_broken) is None
        scribe.writer.execute(lambda c: c.execute(text("UPDATE audit SET actor = 'bob' WHERE seq = 3"))).result(10)
        assert database.read(audit.first_broken) == 3
        scribe.writer.execute(lambda c: c.execute(text("DELETE FROM audit WHERE seq = 2"))).result(10)
        assert database.read(audit.first_broken) == 2
    assert [row.seq for row in database.read(lambda c: list(audit.entries(c, before=4)))] == [3, 1]
