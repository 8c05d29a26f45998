"""The commands of an operator, as processes of their own."""

import os
import sqlite3
from pathlib import Path

import pytest

from quillroom.services import chores, upkeep
from quillroom.store.database import open_database
from store.cluster import Cluster
from store.scribe import Replica, Scribe, add_documents
from support.person import Person
from support.server import Server, run


async def ann_wrote(server: Server, words: str = "hello", document: str = "d") -> str:
    """Saved words in a document; answers its generation."""
    ann = await Person(server.sync, document).joins()
    for letter in words:
        await ann.types(letter)
    await ann.is_saved()
    await ann.leaves()
    return str(ann.hello["generation"])


async def reads(server: Server, document: str = "d") -> Person:
    """Someone new who has just opened the document."""
    bob = await Person(server.sync, document).joins()
    await bob.leaves()
    return bob


def change(server: Server, statement: str, *values: object) -> None:
    with sqlite3.connect(server.database) as database:
        database.execute(statement, values)
    database.close()


async def test_a_running_server_is_verified(server: Server) -> None:
    await ann_wrote(server)
    result = run("verify", *server.place)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("1 documents, ")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM document_update WHERE seq = 2", "d: row 3 begins at 3, 2 was expected"),
        ("DELETE FROM document_update WHERE seq = 5", "d: the checkpoint at 5 differs from the log"),
        ("UPDATE document SET head = 6", "d: the last row is 5, 6 was expected"),
        ("UPDATE document_update SET \"update\" = x'01' WHERE seq = 3", "d: row 3 cannot be replayed"),
        ("UPDATE checkpoint SET hash = 'x' WHERE seq > 0", "d: the checkpoint is damaged"),
        ("UPDATE checkpoint SET types = x'0101010001' WHERE seq > 0", "d: the checkpoint at 5 differs from the log"),
    ],
)
def test_what_does_not_agree_is_said(tmp_path: Path, damage: str, said: str) -> None:
    server = five_rows_and_a_checkpoint(tmp_path)
    assert run("verify", "--data", server.data).returncode == 0
    change(server, damage)
    result = run("verify", "--data", server.data)
    assert result.returncode == 1
    assert said in result.stdout


def five_rows_and_a_checkpoint(data: Path) -> Server:
    """A stopped server with one document."""
    server, ann = Server(data), Replica(1)
    data.mkdir(exist_ok=True)
    url = f"sqlite:///{server.database}"
    database = open_database(url)
    database.migrate()
    add_documents(database, "d")
    with Scribe(database) as scribe:
        for count, letter in enumerate("hello", 1):
            scribe.writes("d", ann.types(letter), author=None)
            scribe.has_told(count)
    taken = chores.take(url, "d")
    assert taken is not None
    with database.engine.begin() as connection:
        upkeep._save(connection, taken.checkpoint)
    database.close()
    return server


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_a_backup_taken_while_people_write_restores_into_an_empty_folder(server: Server, tmp_path: Path) -> None:
    file, folder = tmp_path / "backup.db", tmp_path / "restored"
    generation = await ann_wrote(server, "before")
    ann = await Person(server.sync, "d").joins()
    result = run("backup", file, "--data", server.data)
    assert result.returncode == 0, result.stderr
    assert "1 documents" in result.stdout
    assert sorted(os.listdir(tmp_path)) == ["backup.db", "quillroom.db", "quillroom.db-shm", "quillroom.db-wal"]
    await ann.types(" and after")
    await ann.is_saved()
    await ann.leaves()

    result = run("restore", file, "--data", folder)
    assert result.returncode == 0, result.stderr
    assert [path.name for path in folder.iterdir()] == ["quillroom.db"]
    restored = Server(folder).start()
    try:
        bob = await reads(restored)
        assert str(bob.text) == "before"
        # Ann's browser holds more than the backup: another generation, so it keeps that as a copy.
        assert bob.hello["generation"] != generation
    finally:
        restored.stop()
    assert run("verify", "--data", folder).returncode == 0


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_nothing_is_overwritten(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    await ann_wrote(server)
    assert run("backup", file, "--data", server.data).returncode == 0
    before = file.read_bytes()
    again = run("backup", file, "--data", server.data)
    assert (again.returncode, again.stderr) == (2, f"quillroom: {file} is there already.\n")
    assert file.read_bytes() == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    refused = run("restore", file, "--data", tmp_path / "full")
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_a_backup_is_refused_when_it_is_damaged(tmp_path: Path) -> None:
    server = five_rows_and_a_checkpoint(tmp_path / "data")
    change(server, "UPDATE document_update SET \"update\" = x'01' WHERE seq = 3")
    result = run("backup", tmp_path / "backup.db", "--data", server.data)
    assert result.returncode == 1
    assert "d: row 3 cannot be replayed" in result.stderr
    (tmp_path / "letter.txt").write_text("this is no database" * 1000)
    result = run("restore", tmp_path / "letter.txt", "--data", tmp_path / "new")
    assert result.returncode == 1
    assert "is not a backup of Quillroom" in result.stderr
    assert list((tmp_path / "new").iterdir()) == []
    assert sorted(os.listdir(tmp_path)) == ["data", "letter.txt", "new"]


async def test_a_bad_row_is_named_and_the_document_opens_without_it(tmp_path: Path) -> None:
    server = five_rows_and_a_checkpoint(tmp_path)
    change(server, "UPDATE document_update SET \"update\" = x'01' WHERE seq = 4")
    change(server, "DELETE FROM checkpoint")
    examined = run("repair", "--data", server.data)
    assert examined.returncode == 1
    assert "d: row 4 (1 bytes, by nobody at " in examined.stdout
    assert "1 rows stand behind it" in examined.stdout
    assert "repair d --drop-after 3" in examined.stdout

    server.start()
    with sqlite3.connect(server.database) as database:
        [generation] = database.execute("SELECT generation FROM document").fetchone()
    database.close()
    in_use = run("repair", "d", "--drop-after", "3", "--data", server.data)
    assert in_use.returncode == 2
    assert "Stop the server first" in in_use.stderr
    server.stop()

    repaired = run("repair", "d", "--drop-after", "3", "--data", server.data)
    assert (repaired.returncode, repaired.stdout) == (0, "d ends at 3 now; 2 rows are set aside.\n")
    assert run("verify", "--data", server.data).returncode == 0
    with sqlite3.connect(server.database) as database:
        aside = database.execute('SELECT generation, seq, "update" FROM document_update_set_aside ORDER BY seq')
        rows = aside.fetchall()
    database.close()
    assert [(row[0], row[1]) for row in rows] == [(generation, 4), (generation, 5)]
    assert rows[0][2] == b"\x01"
    server.start()
    try:
        ann = await Person(server.sync, "d").joins()
        assert str(ann.text) == "hel"
        assert ann.hello["role"] == "edit"
        assert ann.hello["generation"] != generation
        await ann.types("p")
        await ann.is_saved()
        await ann.leaves()
    finally:
        server.stop()
    assert run("repair", "--data", server.data).stdout == "Nothing needs repair.\n"


async def test_a_damaged_checkpoint_is_dropped_without_losing_anything(tmp_path: Path) -> None:
    server = five_rows_and_a_checkpoint(tmp_path)
    change(server, "UPDATE checkpoint SET state = x'0000' WHERE seq = 5")
    examined = run("repair", "d", "--data", server.data)
    assert examined.returncode == 1
    assert "repair d --drop-after 5" in examined.stdout
    repaired = run("repair", "d", "--drop-after", "5", "--data", server.data)
    assert repaired.stdout == "d ends at 5 now; 0 rows are set aside.\n"
    server.start()
    assert str((await reads(server)).text) == "hello"
    server.stop()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify",), "There is no database at"),
        (("backup", "b.db"), "There is no database at"),
        (("restore", "nothing.db"), "There is no file nothing.db."),
        (("repair", "--drop-after", "3"), "There is no database at"),
        (("backup", "b.db", "--database", "postgresql://localhost/q"), "pg_dump"),
        (("backup",), "the following arguments are required: FILE"),
        (("repair", "d", "--drop-after", "x"), "invalid int value"),
        (("unknown",), "invalid choice"),
        (("serve", "--trusted-proxy", "everyone"), "addresses like 10.0.0.7"),
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    place = () if arguments == ("unknown",) else ("--data", str(tmp_path / "data"))
    result = run(*arguments, *place)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data").exists()


async def test_repair_names_what_is_not_there(server: Server) -> None:
    await ann_wrote(server)
    server.stop()
    for arguments in (("nobody",), ("nobody", "--drop-after", "1"), ("d", "--drop-after", "99")):
        result = run("repair", *arguments, *server.place)
        assert result.returncode == 2
        assert result.stderr.startswith(("quillroom: There is no document nobody", "quillroom: No row of d ends at 99"))


async def test_postgresql_is_verified_and_repaired_too(tmp_path: Path, cluster: Cluster) -> None:
    url = cluster.create_database()
    server = Server(tmp_path, options=("--database", url)).start()
    await ann_wrote(server)
    assert run("verify", "--database", url, "--data", tmp_path).returncode == 0
    server.stop()
    assert run("repair", "--database", url, "--data", tmp_path).stdout == "Nothing needs repair.\n"
    repaired = run("repair", "d", "--drop-after", "0", "--database", url, "--data", tmp_path)
    assert repaired.stdout.startswith("d ends at 0 now; ")
    assert run("verify", "--database", url, "--data", tmp_path).stdout == "1 documents, 0 rows, 0 problems.\n"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--smtp", "smtp://mail.example.org?from=q@example.org"), "--smtp needs --url"),
        (("--smtp", "mail.example.org", "--url", "https://docs.example.org"), "was expected"),
        (("--oidc-issuer", "https://login.example.org"), "--oidc-client-id is missing"),
        (("--oidc-client-id", "us"), "--oidc-issuer is missing"),
    ],
)
def test_what_is_said_of_other_servers_is_checked_before_the_start(
    options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    asked = run("serve", "--port", "0", "--data", tmp_path, *options)
    assert asked.returncode == 2
    assert says in asked.stderr
    assert not (tmp_path / "quillroom.db").exists()
