"""Rows of files, and which bytes nobody needs any more."""

import time
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from quillroom.services.errors import Invalid
from quillroom.services.files import claim
from quillroom.store import files, people, purge
from quillroom.store.database import Database
from quillroom.store.statements import table
from quillroom.store.tables import FileRow, MessageRow, PersonRow

ONE, TWO, THREE = "1" * 64, "2" * 64, "3" * 64


def uploads(connection: Connection, id: str, **more: Any) -> None:
    """A file of Ann's on page a, ready to be sent."""
    values = {
        "document": "a", "uploader": "ann", "name": f"{id}.png", "kind": "image", "type": "image/png", "size": 10,
        "state": files.READY, "hash": ONE, "created_at": 100.0, **more,
    }  # fmt: skip
    files.add(connection, FileRow(id=id, **values))


def says(connection: Connection, message: str, *ids: str, person: str = "ann", document: str = "a") -> None:
    """A message with files."""
    count = connection.exec_driver_sql("SELECT count(*) FROM message").scalar_one()
    values = {"document": document, "seq": count + 1, "author": person, "client_id": message, "at": time.time()}
    connection.execute(insert(table(MessageRow)).values(id=message, revision=1, **values))
    claim(connection, document=document, person=person, ids=ids, message=message)


@pytest.fixture
def connection(database: Database) -> Any:
    with database.engine.begin() as connection:
        for name in ("ann", "bob"):
            people.add_member(
                connection, PersonRow(id=name, name=name, kind="member", created_at=1.0, email=f"{name}@example.org")
            )
        yield connection


def test_a_message_has_its_files_in_the_order_in_which_they_were_chosen(connection: Connection) -> None:
    uploads(connection, "first", waveform="[1, 2]", duration=2.5, kind="voice", type="audio/webm", hash=TWO)
    uploads(connection, "second", thumbnail=THREE, width=3, height=4, alt="a cat")
    says(connection, "m", "second", "first")
    says(connection, "n")
    found = files.of_messages(connection, ["m", "n", "none"])
    assert list(found) == ["m"]
    assert [file["id"] for file in found["m"]] == ["second", "first"]
    assert found["m"][0] == {
        "id": "second", "kind": "image", "name": "second.png", "type": "image/png", "size": 10, "width": 3,
        "height": 4, "duration": None, "waveform": None, "alt": "a cat", "has_thumbnail": True,
    }  # fmt: skip
    assert found["m"][1]["waveform"] == [1, 2]


@pytest.mark.parametrize(
    ("what", "file"),
    [
        ("somebody else's", {"uploader": "bob"}),
        ("of another page", {"document": "b"}),
        ("not uploaded yet", {"state": files.UPLOADING}),
    ],
)
def test_nobody_sends_a_file_that_is(connection: Connection, what: str, file: dict[str, Any]) -> None:
    uploads(connection, "mine")
    says(connection, "fine", "mine")
    uploads(connection, "other", **file)
    with pytest.raises(Invalid):
        says(connection, "m", "other")


def test_a_file_is_sent_once(connection: Connection) -> None:
    uploads(connection, "one")
    says(connection, "m", "one")
    with pytest.raises(Invalid):
        says(connection, "n", "one")
    with pytest.raises(Invalid):
        claim(connection, document="a", person="ann", ids=["none"], message="m")
    uploads(connection, "two")
    with pytest.raises(Invalid):
        claim(connection, document="a", person="ann", ids=["two", "two"], message="m")


def test_the_bytes_of_a_recalled_message_go_unless_another_file_has_the_same(connection: Connection) -> None:
    uploads(connection, "one", hash=ONE, thumbnail=TWO)
    uploads(connection, "same", hash=ONE, uploader="bob")
    says(connection, "m", "one")
    files.erase(connection, "m")
    assert files.get(connection, "one") is None
    assert files.of_messages(connection, ["m"]) == {}
    assert files.doomed(connection, 9) == [TWO]
    files.erase_one(connection, "same")
    files.erase_one(connection, "same")
    assert files.doomed(connection, 9) == [ONE, TWO]
    files.removed(connection, [ONE])
    assert (files.is_doomed(connection, ONE), files.is_doomed(connection, TWO)) == (False, True)


def test_a_purged_page_takes_its_files_along_sent_or_not(connection: Connection) -> None:
    uploads(connection, "sent", hash=ONE)
    says(connection, "m", "sent")
    uploads(connection, "unsent", hash=TWO)
    uploads(connection, "elsewhere", hash=THREE, document="b")
    purge.doom(connection, {"a"}, 5.0)
    assert files.every_hash(connection) == {THREE}
    assert files.doomed(connection, 9) == [ONE, TWO]


def test_what_nobody_sends_goes_after_its_time(connection: Connection) -> None:
    uploads(connection, "old", created_at=10.0, hash=ONE)
    uploads(connection, "half", created_at=10.0, hash=None, state=files.UPLOADING)
    uploads(connection, "new", created_at=99.0, hash=TWO)
    uploads(connection, "sent", created_at=1.0, hash=THREE)
    says(connection, "m", "sent")
    assert files.unsent(connection, "ann") == (3, 30)
    assert files.uploading(connection, ["half", "new", "gone"]) == {"half"}
    assert [files.erase_unsent(connection, 50.0, 1) for _ in range(3)] == [1, 1, 0]
    assert files.every_hash(connection) == {TWO, THREE}
    assert files.doomed(connection, 9) == [ONE]
