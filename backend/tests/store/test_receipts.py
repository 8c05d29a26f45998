"""How far a chat has come, what is unread, and windows of it, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert

from quillroom.store import messages, people, receipts
from quillroom.store.database import Database
from quillroom.store.messages import LARGEST, Message
from quillroom.store.receipts import Receipt, Unread
from quillroom.store.statements import table
from quillroom.store.tables import VisitRow, WatchRow


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Ann, Bob and Cid; in `a` Ann said ten things, of which she took back the last."""
    with database.engine.connect() as found:
        for name in ("ann", "bob", "cid"):
            people.add_person(found, id=name, name=name, kind="guest", now=1.0)
        for n in range(1, 11):
            says(found, "a", n, mentions=["bob"] if n in (2, 8) else [])
        messages.wipe(found, "a10", "ann", 5.0)
        yield found


def says(connection: Connection, document: str, seq: int, *, mentions: list[str], reply_to: str | None = None) -> None:
    id = f"{document}{seq}"
    said = Message(id, document, seq, "ann", f"client-{id}", float(seq), text=f"text {seq}", reply_to=reply_to)
    messages.add_all(connection, [(said, mentions)])


def test_a_cursor_goes_on_and_never_back(connection: Connection) -> None:
    for seq in (5, 3):
        receipts.reached(connection, "a", [("bob", "phone", seq)], 1.0)
    receipts.reached(connection, "a", [("bob", "laptop", 7), ("cid", "phone", 2)], 1.0)
    for seq in (4, 6, 2):
        receipts.mark_read(connection, "a", "bob", seq, 1.0)
    assert receipts.receipts(connection, "a", 9) == [Receipt("bob", 7, 6), Receipt("cid", 2, 0)]
    assert receipts.receipts(connection, "a", 1) == [Receipt("bob", 7, 6)]
    assert receipts.receipts_of(connection, "a", ["cid", "ann"]) == [Receipt("cid", 2, 0)]


def test_who_marks_something_as_unread_takes_nothing_back_from_others(connection: Connection) -> None:
    receipts.mark_read(connection, "a", "bob", 9, 1.0)
    receipts.mark_unread(connection, "a", "bob", 7, 1.0)
    assert receipts.read_of(connection, "a", "bob") == 6
    assert receipts.receipts(connection, "a", 9) == [Receipt("bob", 9, 9)]
    receipts.mark_read(connection, "a", "bob", 8, 1.0)
    assert receipts.read_of(connection, "a", "bob") == 8
    assert receipts.receipts(connection, "a", 9) == [Receipt("bob", 9, 9)]
    receipts.mark_unread(connection, "a", "cid", 3, 1.0)  # who never said that they read anything
    assert receipts.receipts_of(connection, "a", ["cid"]) == [Receipt("cid", 0, 0)]


def test_ones_own_and_what_was_taken_back_is_never_unread(connection: Connection) -> None:
    assert receipts.unread(connection, "a", "bob", 0) == Unread(9, 2, 1)
    assert receipts.unread(connection, "a", "bob", 7) == Unread(2, 1, 8)
    assert receipts.unread(connection, "a", "bob", 9) == Unread(0, 0, None)
    assert receipts.unread(connection, "a", "ann", 0) == Unread(0, 0, None)


def test_what_is_unread_anywhere_is_found_where_somebody_has_been(connection: Connection) -> None:
    says(connection, "b", 1, mentions=[])
    says(connection, "c", 1, mentions=["bob"])
    says(connection, "c", 2, mentions=[])
    assert receipts.unread_everywhere(connection, "bob") == {"a": Unread(9, 2), "c": Unread(2, 1)}
    connection.execute(insert(table(VisitRow)).values(person="bob", document="b", at=1.0))
    connection.execute(insert(table(WatchRow)).values(person="bob", document="c", level="mute"))
    receipts.mark_read(connection, "a", "bob", 9, 1.0)
    assert receipts.unread_everywhere(connection, "bob") == {"b": Unread(1, 0), "c": Unread(1, 1)}
    assert receipts.unread_everywhere(connection, "ann") == {}
    assert receipts.involved(connection, "a") == receipts.involved(connection, "b") == {"bob"}
    assert receipts.involved(connection, "c") == set()


def test_windows_end_where_the_chat_does(connection: Connection) -> None:
    def ids(window: messages.Window) -> tuple[list[int], bool, bool]:
        return [int(id[1:]) for id in window.ids], window.has_before, window.has_after

    assert ids(messages.before(connection, "a", LARGEST, 4)) == ([7, 8, 9, 10], True, False)
    assert ids(messages.before(connection, "a", 3, 4)) == ([1, 2], False, True)
    assert ids(messages.before(connection, "a", 1, 4)) == ([], False, True)
    assert ids(messages.after(connection, "a", 8, 4)) == ([9, 10], True, False)
    assert ids(messages.around(connection, "a", 5, 5)) == ([3, 4, 5, 6, 7], True, True)
    assert ids(messages.around(connection, "a", 10, 4)) == ([8, 9, 10], True, False)
    assert ids(messages.after(connection, "b", 0, 4)) == ([], False, False)


def test_a_thread_is_all_that_follows_from_a_message(connection: Connection) -> None:
    for seq, parent in ((1, None), (2, "b1"), (3, None), (4, "b2"), (5, "b1"), (6, "b4")):
        says(connection, "b", seq, mentions=[], reply_to=parent)
    assert messages.thread(connection, "b1", 0, 9).ids == ["b1", "b2", "b4", "b5", "b6"]
    assert messages.thread(connection, "b1", 2, 2) == messages.Window(["b4", "b5"], has_before=True, has_after=True)
    assert messages.thread(connection, "b4", 0, 9).ids == ["b4", "b6"]
