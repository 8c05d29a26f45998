"""Bytes of files through a backup, and what `verify` and the hourly look say of them."""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from files.house import kept, sends
from quillroom.services.kept_files import Damaged, pack
from quillroom.store.blobs import Disk
from support.members import client
from support.server import Server, run
from support.servers import a_server
from support.uploader import Uploader, becomes_true, noise


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = a_server(tmp_path / "data", is_open=False).start()
    yield running
    running.goes()


def path_of(server: Server, hash: str) -> Path:
    return server.data / "files" / hash[:2] / hash


def change(server: Server, statement: str, *values: object) -> None:
    server.sql(statement, *values)


async def hash_of(ann: Uploader, id: str, rest: str = "") -> str:
    tag: str = (await ann.fetches(id, rest)).headers["etag"]
    return tag.strip('"')


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_a_backup_brings_the_files_along(server: Server, tmp_path: Path, ann: Uploader) -> None:
    data = noise(1200, 900)
    assert len(data) > 2_000_000, "the premise: more than one piece"
    image = (await ann.uploads("a.png", data))["id"]
    text = (await ann.uploads("a.txt", b"words"))["id"]
    await sends(ann, image, text)
    half = await ann.begins("half.txt", 10)
    await ann.puts(half, 0, b"12345")
    whole = (await ann.fetches(image)).content
    backup = run("backup", "--data", server.data, tmp_path / "all.backup")
    assert backup.returncode == 0, backup.stderr
    assert run("verify", *server.place).returncode == 0
    server.stop()
    restored = run("restore", "--data", tmp_path / "new", tmp_path / "all.backup")
    assert restored.returncode == 0, restored.stderr
    assert run("verify", "--data", tmp_path / "new").returncode == 0
    other = a_server(tmp_path / "new", is_open=False).start()
    try:
        async with client(other) as web:
            ann.account.web = web
            assert (await ann.fetches(image)).content == whole
            assert (await ann.fetches(text)).content == b"words"
            assert (await ann.fetches(image, "/thumbnail")).status_code == 200
            assert (await ann.account.request("HEAD", f"/api/files/{half}/content")).status_code == 404
        assert len(kept(other)) == 3
    finally:
        other.goes()


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_a_damaged_backup_is_not_restored(server: Server, tmp_path: Path, ann: Uploader) -> None:
    await ann.uploads("a.txt", b"words")
    assert run("backup", "--data", server.data, tmp_path / "all.backup").returncode == 0
    with closing(sqlite3.connect(tmp_path / "all.backup")) as opened, opened:
        opened.execute("UPDATE backup_bytes SET bytes = x'00'")
    restored = run("restore", "--data", tmp_path / "new", tmp_path / "all.backup")
    assert restored.returncode == 1
    assert "damaged" in restored.stderr
    assert not any((tmp_path / "new").iterdir())


async def test_verify_names_the_file_whose_bytes_are_missing_or_damaged(server: Server, ann: Uploader) -> None:
    one, other = (await ann.uploads("a.txt", b"one"))["id"], (await ann.uploads("b.txt", b"other"))["id"]
    path_of(server, await hash_of(ann, one)).unlink()
    path_of(server, await hash_of(ann, other)).write_bytes(b"oth3r")
    result = run("verify", *server.place)
    assert result.returncode == 1
    assert f"file {one}: its bytes are missing" in result.stdout
    assert f"file {other}: its bytes are damaged" in result.stdout
    assert (await ann.fetches(one)).status_code == 404


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_a_backup_that_lacks_bytes_is_not_written(server: Server, tmp_path: Path, ann: Uploader) -> None:
    id = (await ann.uploads("a.txt", b"one"))["id"]
    path_of(server, await hash_of(ann, id)).unlink()
    assert run("backup", "--data", server.data, tmp_path / "all.backup").returncode == 1
    assert not (tmp_path / "all.backup").exists()


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_what_was_recalled_while_a_backup_was_written_is_recalled_in_it(
    server: Server, tmp_path: Path, ann: Uploader
) -> None:
    id = (await ann.uploads("a.txt", b"words"))["id"]
    with closing(sqlite3.connect(server.database)) as opened:
        opened.execute("VACUUM INTO ?", (str(tmp_path / "copy"),))
        opened.execute("VACUUM INTO ?", (str(tmp_path / "other"),))
    hash = await hash_of(ann, id)
    url, blobs = f"sqlite:///{server.database}", Disk(server.data / "files")
    bytes_kept = path_of(server, hash).read_bytes()
    path_of(server, hash).unlink()
    with pytest.raises(Damaged):
        pack(tmp_path / "other", url, blobs)
    path_of(server, hash).write_bytes(bytes_kept)
    assert (await ann.account.request("DELETE", f"/api/files/{id}")).status_code == 204

    async def is_gone() -> bool:
        return not path_of(server, hash).exists()

    await becomes_true(is_gone)
    pack(tmp_path / "copy", url, blobs)
    with closing(sqlite3.connect(tmp_path / "copy")) as opened:
        assert opened.execute("SELECT count(*) FROM file").fetchone() == (0,)


async def test_what_nobody_sent_for_a_day_and_what_a_crash_left_goes_at_the_next_start(
    server: Server, ann: Uploader
) -> None:
    sent = (await ann.uploads("sent.txt", b"sent"))["id"]
    await sends(ann, sent)
    fresh = (await ann.uploads("fresh.txt", b"fresh"))["id"]
    old = (await ann.uploads("old.txt", b"old"))["id"]
    half, going_on = await ann.begins("half.txt", 10), await ann.begins("going-on.txt", 10)
    for id in (half, going_on):
        await ann.puts(id, 0, b"12345")
    stays = kept(server) - {f"uploads/{half}"}
    old_hash = await hash_of(ann, old)
    stays -= {f"files/{old_hash[:2]}/{old_hash}"}
    server.kill9()
    change(server, "UPDATE file SET created_at = ? WHERE id IN (?, ?)", time.time() - 25 * 3600, old, half)
    change(server, "UPDATE file SET created_at = ? WHERE id = ?", time.time() - 25 * 3600, sent)
    stray = "ab" * 32
    path_of(server, stray).parent.mkdir(exist_ok=True)
    path_of(server, stray).write_bytes(b"without a row")
    torn = path_of(server, stray).parent / f".{stray}.part"
    torn.write_bytes(b"half")
    os.utime(torn, (0, time.time() - 2 * 3600))  # a fresh one may be another server's, which is still at it
    (server.data / "uploads" / "nobody").write_bytes(b"half")
    doomed = "cd" * 32
    path_of(server, doomed).parent.mkdir(exist_ok=True)
    path_of(server, doomed).write_bytes(b"recalled, and then the server died")
    change(server, "INSERT INTO doomed_bytes VALUES (?)", doomed)
    server.start()
    ann.account.web.base_url = server.url

    async def is_clean() -> bool:
        return kept(server) == stays

    await becomes_true(is_clean)
    for id, status in ((sent, 200), (fresh, 200), (old, 404)):
        assert (await ann.fetches(id)).status_code == status
    assert (await ann.puts(going_on, 5, b"67890")).status_code == 200


async def test_bytes_that_wait_to_be_removed_go_before_somebody_keeps_the_same_again(
    server: Server, ann: Uploader
) -> None:
    words, other = hashlib.sha256(b"words").hexdigest(), "cd" * 32
    change(server, "INSERT INTO doomed_bytes VALUES (?)", words)  # and nobody has come to it yet
    file = (await ann.uploads("a.txt", b"words"))["id"]
    path_of(server, other).parent.mkdir(parents=True, exist_ok=True)
    path_of(server, other).write_bytes(b"recalled by somebody else")
    change(server, "INSERT INTO doomed_bytes VALUES (?)", other)
    gone = (await ann.uploads("b.txt", b"taken back"))["id"]
    assert (await ann.account.request("DELETE", f"/api/files/{gone}")).status_code == 204

    async def is_done() -> bool:
        return not path_of(server, other).exists()

    await becomes_true(is_done)
    assert (await ann.fetches(file)).content == b"words"


async def test_an_upload_whose_bytes_were_lost_begins_at_what_is_left(server: Server, ann: Uploader) -> None:
    id = await ann.begins("a.txt", 10)
    await ann.puts(id, 0, b"12345")
    (server.data / "uploads" / id).write_bytes(b"12")
    answer = await ann.puts(id, 5, b"67890")
    assert (answer.status_code, answer.headers["upload-offset"]) == (409, "2")
    assert (await ann.puts(id, 2, b"34567890")).status_code == 200
    assert (await ann.fetches(id)).content == b"1234567890"
