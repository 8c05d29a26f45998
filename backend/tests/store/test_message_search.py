"""The index of what was said: it finds what is there, and keeps nothing of what was taken back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from quillroom.store import message_search
from quillroom.store.database import Database
from quillroom.store.message_search import AFTER_ALL
from quillroom.store.words import document_gram, fold, grams


class Desk:
    """`says`, `recalls` and `finds`, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def says(self, message: str, text: str, document: str = "a") -> None:
        with self.database.engine.begin() as connection:
            message_search.put(connection, message, document, text)

    def recalls(self, message: str) -> None:
        with self.database.engine.begin() as connection:
            message_search.drop(connection, message)

    def forgets(self) -> int:
        """All that was dropped; answers in how many steps."""
        for steps in range(1, 1000):
            with self.database.engine.begin() as connection:
                if message_search.forget_some(connection):
                    return steps
        raise AssertionError("it never ends")

    def finds(
        self, word: str, documents: list[str] | None = None, before: int = AFTER_ALL, limit: int = 100
    ) -> list[str]:
        """The messages that have the pieces of a word, the newest first."""
        pieces = grams(fold(word))

        def find(connection: Connection) -> list[str]:
            return [hit.message for hit in message_search.with_grams(connection, pieces, documents, before, limit)]

        return self.database.read(find)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_piece_of_a_word_is_enough_and_the_newest_comes_first(desk: Desk) -> None:
    desk.says("m1", "The harbour is closed")
    desk.says("m2", "which harbours?")
    desk.says("m3", "see you there")
    assert desk.finds("HARBOUR") == desk.finds("arbo") == ["m2", "m1"]
    assert desk.finds("harbours") == ["m2"]
    assert desk.finds("harvest") == []


@pytest.mark.parametrize("word", ["世界", "界", "🙂", "パン", "é3x", "naïve"])
def test_words_without_spaces_signs_and_accents_are_found(desk: Desk, word: str) -> None:
    desk.says("m1", f"你好{word}！ and {word}")
    desk.says("m2", "nothing 世 of 🙃 パ ン 3 nai")
    desk.says("m3", "")
    assert "m1" in desk.finds(word)
    assert "m3" not in desk.finds(word)
    assert ("m2" in desk.finds(word)) == (grams(fold(word)) <= grams(fold("nothing 世 of 🙃 パ ン 3 nai")))


def test_only_the_documents_that_are_named_are_looked_at(desk: Desk) -> None:
    for number, document in enumerate("abcabc"):
        desk.says(f"m{number}", "hello all", document)
    assert desk.finds("hello", ["b"]) == ["m4", "m1"]
    assert desk.finds("hello", ["a", "c"]) == ["m5", "m3", "m2", "m0"]
    assert desk.finds("hello", ["none"]) == []
    assert desk.finds("", ["b"]) == ["m4", "m1"]


def test_a_long_list_is_read_a_part_at_a_time(desk: Desk) -> None:
    for number in range(7):
        desk.says(f"m{number}", "hello")
    place = desk.database.read(lambda c: message_search.place(c, "m4"))
    assert place is not None
    assert desk.finds("hello", limit=2) == ["m6", "m5"]
    assert desk.finds("hello", before=place[0], limit=3) == ["m3", "m2", "m1"]


def test_an_edited_message_is_found_by_what_it_says_now_and_keeps_its_place(desk: Desk) -> None:
    desk.says("m1", "first words")
    desk.says("m2", "words")
    desk.says("m1", "other words")
    desk.says("m1", "other words")
    assert desk.finds("first") == []
    assert desk.finds("other") == ["m1"]
    assert desk.finds("words") == ["m2", "m1"]


def test_a_recalled_message_is_found_by_nothing_and_may_be_recalled_again(desk: Desk) -> None:
    desk.says("m1", "a secret 世界")
    desk.recalls("m1")
    desk.recalls("m1")
    desk.recalls("unheard")
    assert [desk.finds(word) for word in ("secret", "世界")] == [[], []]
    assert desk.finds("", ["a"]) == []
    assert desk.database.read(lambda c: message_search.newest(c, None, AFTER_ALL, 9))[0].text == ""


def test_what_a_purged_document_said_is_removed_a_few_at_a_time(desk: Desk) -> None:
    for number in range(5):
        desk.says(f"m{number}", "hello", "a" if number < 3 else "b")
    for is_last in (False, True):
        with desk.database.engine.begin() as connection:
            assert message_search.drop_document(connection, "a", 2) == is_last
    assert desk.finds("hello") == ["m4", "m3"]
    assert desk.database.read(lambda c: message_search.place(c, "m0")) is None


def test_the_file_keeps_nothing_of_a_recalled_message(sqlite: Database, tmp_path: Path) -> None:
    desk, secret = Desk(sqlite), "zwieback xylophones 秘密"
    for number in range(300):
        desk.says(f"m{number}", f"ordinary words number {number}", "a")
    desk.says("secret", secret, "hidden-place")
    for number in range(300, 400):
        desk.says(f"m{number}", f"ordinary words number {number}", "a")
    traces = [b"zwieback", b"ieb", b"xylo", "秘密".encode(), document_gram("hidden-place").encode()[3:]]
    assert {trace in contents(tmp_path) for trace in (traces[0], traces[-1])} == {True}
    desk.recalls("secret")
    assert sqlite.read(message_search.forgets)
    desk.forgets()
    assert [trace for trace in traces if trace in contents(tmp_path)] == []
    assert not sqlite.read(message_search.forgets)
    assert desk.finds("number 399") != []
    with sqlite.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO message_gram (message_gram) VALUES ('integrity-check')")


def contents(folder: Path) -> bytes:
    """The file of the database, with all that was written beside it brought home."""
    with closing(sqlite3.connect(folder / "quillroom.db")) as opened:
        assert opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    return (folder / "quillroom.db").read_bytes()


def test_what_was_recalled_and_then_purged_is_not_taken_out_twice(desk: Desk) -> None:
    for number in range(6):
        desk.says(f"m{number}", "hello")
        if number % 2 == 0:
            desk.recalls(f"m{number}")
    with desk.database.engine.begin() as connection:
        assert message_search.drop_document(connection, "a", 100)
    desk.says("new", "hello again", "b")
    desk.recalls("new")
    desk.says("new", "hello again", "b")
    assert desk.finds("hello") == ["new"]


def test_recalls_one_after_the_other_for_years_leave_an_index_that_can_be_written(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_search, "LEVELS_AT_MOST", 150)
    desk = Desk(sqlite)
    for number in range(300):
        desk.says(f"m{number}", f"ordinary words number {number}", "a")
    levels = 0
    while sqlite.read(message_search.is_complete):
        with sqlite.engine.begin() as connection:
            message_search.put(connection, "secret", "a", "a secret")
            message_search.drop(connection, "secret")
        desk.forgets()
        before, levels = levels, sqlite.read(message_search._levels)
        assert levels < 160
        if levels <= before:
            pytest.skip(f"this SQLite ({sqlite3.sqlite_version}) keeps its levels few")
    assert desk.finds("ordinary") != []
    with sqlite.engine.begin() as connection:
        message_search.begin_anew(connection)
    assert sqlite.read(message_search._levels) == 0
    desk.says("new", "words that are new")
    assert desk.finds("new") == ["new"]
