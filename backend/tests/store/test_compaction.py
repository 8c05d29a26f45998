"""Compaction makes the log shorter and changes nothing that it says (F2, L7)."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from quillroom.store import checkpoints, compaction, updates
from quillroom.store.compaction import CompactionDiffers, Merge
from quillroom.store.database import Database
from quillroom.store.updates import Row
from store.scribe import Replica, Scribe, text_of

HALF_COMPACTED = Path(__file__).with_name("half_compacted.py")
BACKEND = Path(__file__).parents[2]


def row(seq: int, *, first: int = 0, author: str = "alice", device: str = "d", at: float = 0.0, size: int = 1) -> Row:
    return Row(first or seq, seq, author, device, at, b"x" * size)


def planned(*log: Row, verified_seq: int = 1000) -> list[list[int]]:
    return [[each.seq for each in run] for run in compaction.plan(log, verified_seq=verified_seq, pause_seconds=60)]


def content_hash(replayed: Sequence[bytes]) -> str:
    reader = Replica(999, *replayed)
    return hashlib.sha256(str(reader.text).encode() + reader.doc.get_state()).hexdigest()


class TestPlan:
    def test_neighbours_of_one_author_are_merged(self) -> None:
        assert planned(row(1), row(2), row(3)) == [[1, 2, 3]]

    def test_nothing_and_a_single_row_are_left_alone(self) -> None:
        assert planned() == []
        assert planned(row(1)) == []

    def test_another_author_or_device_ends_a_run(self) -> None:
        assert planned(row(1), row(2), row(3, author="bob"), row(4), row(5)) == [[1, 2], [4, 5]]
        assert planned(row(1), row(2), row(3, device="phone"), row(4, device="phone")) == [[1, 2], [3, 4]]

    def test_a_pause_ends_a_run(self) -> None:
        assert planned(row(1, at=0), row(2, at=59.9), row(3, at=119.9), row(4, at=120)) == [[1, 2], [3, 4]]

    def test_rows_beyond_the_verified_checkpoint_are_left_alone(self) -> None:
        assert planned(row(1), row(2), row(3), row(4), verified_seq=3) == [[1, 2, 3]]
        assert planned(row(1), row(3, first=2), verified_seq=2) == []

    def test_a_gap_ends_a_run(self) -> None:
        assert planned(row(1), row(2), row(4), row(5)) == [[1, 2], [4, 5]]

    def test_rows_that_were_merged_before_merge_again(self) -> None:
        assert planned(row(3, first=1), row(4), row(9, first=5)) == [[3, 4, 9]]

    def test_a_run_has_256_rows_at_most(self) -> None:
        assert [len(run) for run in planned(*(row(seq) for seq in range(1, 400)))] == [256, 143]

    def test_a_run_has_64_kb_at_most(self) -> None:
        half = 32 * 1024
        assert planned(row(1, size=half), row(2, size=half), row(3), row(4)) == [[1, 2], [3, 4]]


def write(database: Database, log: Sequence[tuple[str, bytes]], *, is_covered: bool = True) -> list[Row]:
    """Log updates of authors as rows of document a, one each, below a checkpoint."""
    with Scribe(database, spacing_factor=0) as scribe:
        for author, update in log:
            scribe.writes("a", update, author=author)
            scribe.has_told(len(scribe.told) + 1)
        rows = scribe.log("a")
    assert len(rows) == len(log)
    if is_covered:
        checkpoint = checkpoints.Checkpoint(
            document="a",
            seq=len(rows),
            state=b"s",
            vector=b"v",
            deletes=b"d",
            types=b"t",
            key_values=b"v",
            hash="h",
            at=1.0,
        )
        with database.engine.begin() as connection:
            checkpoints.save_checkpoint(connection, checkpoint)
    return rows


def typing(words: str) -> list[tuple[str, bytes]]:
    alice = Replica(1)
    return [("alice", alice.types(letter)) for letter in words]


def prepared(log: Sequence[Row]) -> list[Merge]:
    runs = compaction.plan(log, verified_seq=log[-1].seq, pause_seconds=60)
    return compaction.prepare("a", log, runs, content_hash)


def replaced(database: Database, merge: Merge) -> bool:
    with database.engine.begin() as connection:
        return compaction.replace(connection, merge)


def log_of(database: Database) -> list[Row]:
    return database.read(lambda connection: updates.tail(connection, "a", 0))


def test_the_log_says_the_same_in_fewer_rows(database: Database) -> None:
    before = write(database, typing("hello"))
    (merge,) = prepared(before)
    with Scribe(database) as scribe:
        assert scribe.writer.execute(lambda connection: compaction.replace(connection, merge)).result(10)
    (after,) = log_of(database)
    assert (after.first_seq, after.seq, after.author, after.at) == (1, 5, "alice", before[-1].at)
    assert text_of([after]) == "hello"


@pytest.mark.parametrize("seed", range(5))
def test_several_people_read_the_same_at_every_point_that_is_left(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    people = {"alice": Replica(1), "bob": Replica(2), "carol": Replica(3)}
    log: list[tuple[str, bytes]] = []
    author = "alice"
    for number in range(60):
        if chance.random() < 0.2:
            author = chance.choice(list(people))
        person = people[author]
        length = len(person.text)
        state = person.doc.get_state()
        if length > 5 and chance.random() < 0.3:
            at = chance.randrange(length - 2)
            del person.text[at : at + 2]
        else:
            person.text.insert(chance.randint(0, length), f"<{number}>")
        update = person.doc.get_update(state)
        log.append((author, update))
        for other in people.values():
            if other is not person:
                other.doc.apply_update(update)
    before = write(database, log)
    merges = prepared(before)
    assert merges, f"seed {seed}"
    assert all(replaced(database, merge) for merge in merges)
    after = log_of(database)
    assert len(after) < len(before)
    for rows in range(1, len(after) + 1):
        until = after[rows - 1].seq
        assert text_of(after[:rows]) == text_of(before[:until]), f"seed {seed} at {until}"
    assert text_of(after) == str(people["alice"].text)


def test_deleted_text_stays_in_the_log(database: Database) -> None:
    alice = Replica(1)
    log = [("alice", alice.types("secret"))]
    state = alice.doc.get_state()
    alice.text.clear()
    log.append(("alice", alice.doc.get_update(state)))
    (merge,) = prepared(write(database, log))
    assert replaced(database, merge)
    (after,) = log_of(database)
    assert b"secret" in after.update
    assert text_of([after]) == ""


def test_compacting_twice_is_compacting_once(database: Database) -> None:
    (merge,) = prepared(write(database, typing("hello")))
    assert replaced(database, merge)
    once = log_of(database)
    assert not replaced(database, merge)
    assert log_of(database) == once
    assert prepared(once) == []


def test_nothing_is_dropped_when_the_content_would_differ(database: Database) -> None:
    before = write(database, typing("hello"))
    runs = compaction.plan(before, verified_seq=5, pause_seconds=60)
    with pytest.raises(CompactionDiffers):
        compaction.prepare("a", before, runs, lambda replayed: str(len(replayed)))
    assert log_of(database) == before


def test_a_merge_that_loses_an_edit_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write(database, typing("hello"))
    monkeypatch.setattr("pycrdt.merge_updates", lambda *sources: sources[0])
    with pytest.raises(CompactionDiffers):
        prepared(before)


def test_nothing_is_dropped_when_a_source_is_not_what_was_merged(database: Database) -> None:
    before = write(database, typing("hello"))
    (merge,) = prepared(before)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE document_update SET author = 'bob' WHERE document = 'a' AND seq = 3"))
    changed = log_of(database)
    assert not replaced(database, merge)
    assert log_of(database) == changed
    assert len(changed) == len(before)


def test_nothing_is_dropped_that_no_checkpoint_covers(database: Database) -> None:
    before = write(database, typing("hello"), is_covered=False)
    (merge,) = prepared(before)
    assert not replaced(database, merge)
    assert log_of(database) == before


def test_nothing_is_dropped_when_the_row_reads_back_differently(sqlite: Database) -> None:
    before = write(sqlite, typing("hello"))
    (merge,) = prepared(before)
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER bad_disk AFTER INSERT ON document_update BEGIN "
            "UPDATE document_update SET \"update\" = x'00' WHERE document = new.document AND seq = new.seq; END"
        )
    with Scribe(sqlite) as scribe:
        job = scribe.writer.execute(lambda connection: compaction.replace(connection, merge))
        with pytest.raises(CompactionDiffers):
            job.result(10)
    assert log_of(sqlite) == before


def test_only_one_of_two_servers_compacts(postgresql: Database) -> None:
    (merge,) = prepared(write(postgresql, typing("hello")))
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(replaced(postgresql, merge))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert text_of(log_of(postgresql)) == "hello"


def test_a_kill_in_the_middle_leaves_the_log_as_it_was(url: str, database: Database) -> None:
    before = write(database, typing("hello"))
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    command = [sys.executable, str(HALF_COMPACTED), url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        process.send_signal(signal.SIGKILL)
    assert log_of(database) == before
    (merge,) = prepared(before)
    assert replaced(database, merge)
    assert text_of(log_of(database)) == "hello"


def test_a_checkpoint_is_what_was_written_and_the_newest_is_found(database: Database) -> None:
    def checkpoint(seq: int, state: bytes) -> checkpoints.Checkpoint:
        return checkpoints.Checkpoint(
            document="a",
            seq=seq,
            state=state,
            vector=b"\x00v",
            deletes=b"\x00",
            types=b"\x00t",
            key_values=b"\x00v",
            hash="h",
            at=1.25,
        )

    def newest() -> checkpoints.Checkpoint | None:
        return database.read(lambda connection: checkpoints.newest_checkpoint(connection, "a"))

    assert newest() is None
    with database.engine.begin() as connection:
        for seq in (7, 9, 8):
            checkpoints.save_checkpoint(connection, checkpoint(seq, b"\x00\xff"))
        checkpoints.save_checkpoint(connection, checkpoint(9, b"another"))  # has one already
    assert newest() == checkpoint(9, b"\x00\xff")
    with database.engine.begin() as connection:
        checkpoints.drop_checkpoints_before(connection, "a", 9)
    assert newest() == checkpoint(9, b"\x00\xff")
    assert database.read(lambda connection: connection.execute(text("SELECT seq FROM checkpoint")).all()) == [(9,)]


def test_a_checkpoint_that_reads_back_differently_is_refused(sqlite: Database) -> None:
    bad = checkpoints.Checkpoint(
        document="a", seq=1, state=b"s", vector=b"v", deletes=b"d", types=b"t", key_values=b"v", hash="h", at=1.0
    )
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER bad_disk AFTER INSERT ON checkpoint BEGIN "
            "UPDATE checkpoint SET state = x'00' WHERE document = new.document AND seq = new.seq; END"
        )
    with pytest.raises(checkpoints.CheckpointDiffers), sqlite.engine.begin() as connection:
        checkpoints.save_checkpoint(connection, bad)
    assert sqlite.read(lambda connection: checkpoints.newest_checkpoint(connection, "a")) is None
