"""Files in a bucket that speaks S3 instead of on the disk."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from files.house import sends, told
from quillroom.services.errors import Invalid
from quillroom.services.outside import parse_bucket
from quillroom.settings import Bucket
from quillroom.store.s3 import EMPTY, S3, sign
from support.bucket import Store, bucket
from support.server import Server, run
from support.servers import a_server
from support.uploader import Uploader, becomes_true, noise


@pytest.fixture
def store() -> Iterator[Store]:
    with bucket() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, store: Store) -> Iterator[Server]:
    running = a_server(tmp_path / "data", is_open=False, options=("--files", store.address)).start()
    yield running
    running.goes()


def test_a_request_is_signed_as_the_documentation_of_signature_version_4_shows() -> None:
    """Its example "GET Object": docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html."""
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    account = Bucket("", "examplebucket", "", "us-east-1", "AKIAIOSFODNN7EXAMPLE", secret)
    headers = {"host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-content-sha256": EMPTY}
    signed = sign(account, "GET", "/test.txt", "", headers, EMPTY, datetime(2013, 5, 24, tzinfo=UTC))
    wanted = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    assert signed["authorization"].endswith(f"Signature={wanted}")


@pytest.fixture
def blobs(store: Store) -> Iterator[S3]:
    with closing(S3(parse_bucket(store.address))) as found:
        yield found


def test_bytes_are_kept_listed_and_removed(store: Store, blobs: S3, tmp_path: Path) -> None:
    kept = {}
    for number in range(5):
        data = bytes([number]) * (number * 300_000 + 10)
        (tmp_path / "source").write_bytes(data)
        hash = hashlib.sha256(data).hexdigest()
        blobs.put(tmp_path / "source", hash)
        kept[hash] = data
    store.objects["chat/notes.txt"] = store.objects["other/" + "a" * 64] = b"not ours"
    assert sorted(blobs.every()) == sorted(kept)
    for hash, data in kept.items():
        assert blobs.size(hash) == len(data)
        assert b"".join(blobs.read(hash)) == data
        assert b"".join(blobs.read(hash, 2, 7)) == data[2:7]
    puts = store.requests.count("PUT")
    blobs.put(tmp_path / "source", hash)
    assert store.requests.count("PUT") == puts, "the same bytes are sent once"
    for hash in kept:
        blobs.remove(hash)
        blobs.remove(hash)
        assert blobs.size(hash) is None
        with pytest.raises(FileNotFoundError):
            next(blobs.read(hash))
    store.is_down = True
    with pytest.raises(OSError, match="503 SlowDown"):
        list(blobs.every())


def test_who_has_another_secret_gets_nothing(store: Store) -> None:
    with (
        closing(S3(parse_bucket(store.address.replace("very", "other")))) as wrong,
        pytest.raises(OSError, match="403"),
    ):
        wrong.size("a" * 64)


async def test_a_chat_keeps_its_files_in_the_bucket(server: Server, store: Store, ann: Uploader) -> None:
    data = noise(600, 500)
    picture, words = (await ann.uploads("a.png", data))["id"], (await ann.uploads("a.txt", b"0123456789"))["id"]
    message = await sends(ann, picture)
    assert len(store.objects) == 3
    assert not (server.data / "files").exists()
    assert (await ann.fetches(words, Range="bytes=2-4")).content == b"234"
    assert (await ann.fetches(picture, "/thumbnail")).headers["content-type"] == "image/webp"
    assert (await ann.account.request("HEAD", f"/api/files/{words}")).headers["content-length"] == "10"
    assert run("verify", *server.place, "--files", store.address).returncode == 0
    assert (await ann.account.request("DELETE", f"/api/messages/{message}")).status_code == 200
    assert (await ann.fetches(picture)).status_code == 404

    async def is_gone() -> bool:
        return list(store.objects.values()) == [b"0123456789"]

    await becomes_true(is_gone)


@pytest.mark.one_process("a backup is of a file of SQLite")
async def test_a_backup_brings_files_from_one_bucket_into_another(
    server: Server, store: Store, ann: Uploader, tmp_path: Path
) -> None:
    picture = (await ann.uploads("a.png", noise(600, 500)))["id"]
    await sends(ann, picture)
    whole = (await ann.fetches(picture)).content
    assert run("backup", *server.place, "--files", store.address, tmp_path / "all.backup").returncode == 0
    with bucket() as other:
        restored = run("restore", "--data", tmp_path / "new", "--files", other.address, tmp_path / "all.backup")
        assert restored.returncode == 0, restored.stderr
        assert whole in other.objects.values()


async def test_while_the_bucket_does_not_answer_nothing_is_lost_and_it_is_said(store: Store, ann: Uploader) -> None:
    file = (await ann.uploads("before.txt", b"before"))["id"]
    store.is_down = True
    id = await ann.begins("a.txt", 5)
    answer = await ann.puts(id, 0, b"words")
    assert told(answer) == (503, "try_later", "The files cannot be kept right now.")
    assert told(await ann.fetches(file)) == (503, "try_later", "The files cannot be reached right now.")
    store.is_down = False
    at = await ann.offset(id)  # several servers keep what comes in the bucket itself
    assert (await ann.puts(id, at, b"words"[at:])).status_code == 200
    assert (await ann.fetches(id)).content == b"words"
    assert (await ann.fetches(file)).content == b"before"


@pytest.mark.parametrize(
    "value",
    ["/srv/files", "s3://bucket", "s3://key@bucket", "s3://k:s@Bad_Name", "s3://k:s@bucket?acl=public",
     "s3://k:s@bucket?endpoint=minio", "s3://k:s@bucket?endpoint=https://x/path"],
)  # fmt: skip
def test_a_wrong_place_is_refused_at_the_start_without_saying_the_secret(value: str) -> None:
    with pytest.raises(Invalid) as said:
        parse_bucket(value)
    assert "k:s" not in str(said.value)


def test_a_place_by_its_region_alone_is_amazons() -> None:
    found = parse_bucket("s3://key:se%2Fcret@bucket?region=eu-central-1")
    assert found == Bucket("https://s3.eu-central-1.amazonaws.com", "bucket", "", "eu-central-1", "key", "se/cret")
    assert "se/cret" not in repr(found)
