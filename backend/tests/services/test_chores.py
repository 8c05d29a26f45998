"""A checkpoint is exactly what the log replays to, and a compact log says what it said."""

import random
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from quillroom.content.hash import content_hash
from quillroom.core.known import Known
from quillroom.core.replica import Replica
from quillroom.protocol.inspector import inspect
from quillroom.services import chores, upkeep
from quillroom.services.replay import BrokenLog, DamagedCheckpoint, known_at, replay
from quillroom.store import checkpoints, compaction, updates
from quillroom.store.checkpoints import Checkpoint
from quillroom.store.compaction import CompactionDiffers
from quillroom.store.database import Database
from quillroom.store.updates import Row
from services.crowd import Crowd
from store.scribe import Scribe


def logged(database: Database, edits: Sequence[tuple[str, bytes]]) -> None:
    """As rows of document a, one each."""
    with Scribe(database, spacing_factor=0) as scribe:
        for author, update in edits:
            scribe.writes("a", update, author=author)
            scribe.has_told(len(scribe.told) + 1)


def log_of(database: Database, after_seq: int = 0) -> list[Row]:
    return database.read(lambda c: updates.tail(c, "a", after_seq))


def newest(database: Database) -> Checkpoint | None:
    return database.read(lambda c: checkpoints.newest_checkpoint(c, "a"))


def takes(database: Database, url: str) -> Checkpoint:
    """What upkeep does first."""
    taken = chores.take(url, "a")
    assert taken is not None
    with database.engine.begin() as connection:
        upkeep._save(connection, taken.checkpoint)
    return taken.checkpoint


def compacts(database: Database, url: str) -> None:
    """What upkeep does then."""
    while found := chores.compact(url, "a"):
        with database.engine.begin() as connection:
            assert all(compaction.replace(connection, merge) for merge in found.merges)
            checkpoints.drop_checkpoints_before(connection, "a", found.seq)


def all_of(rows: Sequence[Row]) -> Known:
    """What is known after replaying every row, one by one."""
    known = Known()
    for row in rows:
        known.add(inspect(row.update))
    return known


def as_loaded(database: Database) -> tuple[Known, str]:
    """What a room knows and shows when it is opened."""
    checkpoint = newest(database)
    rows = log_of(database, 0 if checkpoint is None else checkpoint.seq)
    known = known_at(checkpoint)
    for row in rows:
        known.add(inspect(row.update))
    before = [] if checkpoint is None else [checkpoint.state]
    return known, content_hash(Replica([*before, *(row.update for row in rows)]).state())


def same(one: Known, other: Known) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in Known.__slots__)


@pytest.mark.parametrize("seed", range(6))
def test_a_checkpoint_and_the_rows_behind_it_are_what_all_rows_give(database: Database, url: str, seed: int) -> None:
    chance, crowd = random.Random(seed), Crowd(seed)
    originals: list[bytes] = []
    for _ in range(4):
        edits = crowd.writes(chance.randrange(5, 60))
        logged(database, edits)
        originals += [update for _, update in edits]
        rows = [Row(n, n, None, None, 0.0, update) for n, update in enumerate(originals, 1)]
        if chance.random() < 0.7:
            checkpoint = takes(database, url)
            assert checkpoint.hash == content_hash(Replica(list(originals)).state()), f"seed {seed}"
        if chance.random() < 0.7:
            compacts(database, url)
        known, hash = as_loaded(database)
        assert same(known, all_of(rows)), f"seed {seed}"
        assert hash == content_hash(Replica(list(originals)).state()), f"seed {seed}"
    last = crowd.writes(1)
    logged(database, last)
    originals += [update for _, update in last]
    takes(database, url)
    compacts(database, url)
    kept = log_of(database)
    assert len(kept) < len(originals)
    for number, row in enumerate(kept, 1):
        until = Replica([each.update for each in kept[:number]])
        assert content_hash(until.state()) == content_hash(Replica(originals[: row.seq]).state()), f"seed {seed}"


def test_a_long_log_is_taken_in_pieces(database: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "STEP_ROWS", 20)
    edits = Crowd(7).writes(50)
    logged(database, edits)
    seqs = []
    for _ in range(3):
        seqs.append(takes(database, url).seq)
        compacts(database, url)
    assert seqs == [20, 40, 50]
    assert chores.take(url, "a") is None
    assert as_loaded(database)[1] == content_hash(Replica([update for _, update in edits]).state())
    assert len(log_of(database)) < 50


def test_what_was_not_compacted_before_a_crash_is_compacted_later(database: Database, url: str) -> None:
    crowd = Crowd(3, ("alice",))
    logged(database, crowd.writes(10))
    takes(database, url)
    logged(database, crowd.writes(10))
    takes(database, url)
    assert [row.seq for row in log_of(database)] == list(range(1, 21))
    compacts(database, url)
    assert [row.seq for row in log_of(database)] == [10, 20]
    assert database.read(lambda c: c.execute(text("SELECT seq FROM checkpoint")).all()) == [(20,)]


def test_a_log_with_a_missing_row_is_left_alone(database: Database, url: str) -> None:
    logged(database, Crowd(4).writes(10))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM document_update WHERE seq = 1"))
    with pytest.raises(BrokenLog):
        chores.take(url, "a")


def test_bytes_that_are_no_update_are_no_log(database: Database, url: str) -> None:
    logged(database, [("alice", b"\x01\x01\x01")])
    with pytest.raises(BrokenLog):
        chores.take(url, "a")


@pytest.mark.parametrize("column", ["state", "vector", "hash"])
def test_a_damaged_checkpoint_is_noticed_before_anything_rests_on_it(database: Database, url: str, column: str) -> None:
    crowd = Crowd(5)
    logged(database, crowd.writes(20))
    takes(database, url)
    before = log_of(database)
    other = Crowd(6).writes(5)
    wrong = replay(None, [update for _, update in other])._asdict()[column]
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE checkpoint SET {column} = :wrong WHERE seq = 20"), {"wrong": wrong})
    with pytest.raises(DamagedCheckpoint):
        chores.compact(url, "a")
    logged(database, crowd.writes(1))
    with pytest.raises(DamagedCheckpoint):
        chores.take(url, "a")
    assert log_of(database)[:20] == before


@pytest.mark.parametrize("column", ["deletes", "types", "key_values"])
def test_a_checkpoint_that_knows_other_ids_is_not_compacted_upon(database: Database, url: str, column: str) -> None:
    logged(database, Crowd(9).writes(20))
    takes(database, url)
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE checkpoint SET {column} = :none WHERE seq = 20"), {"none": b"\x00"})
    with pytest.raises(CompactionDiffers):
        chores.compact(url, "a")


def test_a_log_that_says_something_else_than_its_checkpoint_is_not_compacted(database: Database, url: str) -> None:
    crowd = Crowd(8, ("alice",))
    edits = crowd.writes(20)
    logged(database, edits)
    takes(database, url)
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM document_update WHERE seq = 20"))
    with pytest.raises(CompactionDiffers):
        chores.compact(url, "a")
