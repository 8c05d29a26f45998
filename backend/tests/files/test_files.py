"""Files of a chat are fetched by whom they are for, whole or in part, until they are gone."""

import asyncio
import hashlib

import pytest

from files.house import joins, kept, sends
from support.server import Server
from support.uploader import Uploader, becomes_true, noise, picture


@pytest.mark.parametrize(
    ("range", "status", "content", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=" + "9" * 40 + "-", 200, b"0123456789", None),
    ],
)
async def test_a_range(ann: Uploader, range: str, status: int, content: bytes, told: str | None) -> None:
    file = await ann.uploads("a.txt", b"0123456789")
    answer = await ann.fetches(file["id"], Range=range)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("content-range") == told


async def test_who_has_it_is_told_so_and_a_range_of_something_else_is_all_of_it(ann: Uploader) -> None:
    file = await ann.uploads("a.txt", b"0123456789")
    tag = (await ann.fetches(file["id"])).headers["etag"]
    answer = await ann.fetches(file["id"], **{"If-None-Match": f'"other", W/{tag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    ranged = {"Range": "bytes=0-1", "If-Range": tag}
    assert (await ann.fetches(file["id"], **ranged)).status_code == 206
    assert (await ann.fetches(file["id"], **{**ranged, "If-Range": '"other"'})).status_code == 200
    head = await ann.account.request("HEAD", f"/api/files/{file['id']}")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")


async def test_an_unsent_file_is_its_uploaders_alone_and_a_sent_one_of_all_who_may_read(
    server: Server, ann: Uploader
) -> None:
    viewer = await joins(server, ann, "view")
    stranger = await joins(server, ann, None)
    file = (await ann.uploads("a.png", noise(500, 500)))["id"]
    for other in (viewer, stranger):
        for rest in ("", "/thumbnail"):
            assert (await other.fetches(file, rest)).status_code == 404
        for method, path in (("HEAD", "/content"), ("DELETE", ""), ("PATCH", "")):
            answer = await other.account.request(method, f"/api/files/{file}{path}", json={"alt": "x"})
            assert answer.status_code == 404, (method, path)
        assert (await other.puts(file, 0, b"x")).status_code == 404
    assert (await viewer.announces("a.txt", 1)).status_code == 403
    assert (await stranger.announces("a.txt", 1)).status_code == 404
    await sends(ann, file)
    assert (await viewer.fetches(file)).status_code == 200
    assert (await viewer.fetches(file, "/thumbnail")).status_code == 200
    assert (await stranger.fetches(file)).status_code == 404
    assert (await ann.account.request("DELETE", f"/api/files/{file}")).status_code == 404  # only with its message
    removed = await ann.account.request("DELETE", f"/api/documents/{ann.page}/people/{viewer.account.id}")
    assert removed.status_code == 204
    assert (await viewer.fetches(file)).status_code == 404
    assert (await ann.fetches(file)).status_code == 200


async def test_a_recalled_file_is_gone_at_once_and_its_bytes_with_it(server: Server, ann: Uploader) -> None:
    before = kept(server)
    data = noise(500, 500)
    recalled, kept_one = (await ann.uploads("a.png", data))["id"], (await ann.uploads("b.txt", b"words"))["id"]
    message, _ = await sends(ann, recalled), await sends(ann, kept_one)
    bob = await joins(server, ann, "view")
    tag = (await bob.fetches(recalled)).headers["etag"]
    assert (await ann.account.request("DELETE", f"/api/messages/{message}")).status_code == 200
    for rest in ("", "/thumbnail"):
        assert (await bob.fetches(recalled, rest)).status_code == 404
        assert (await bob.fetches(recalled, rest, **{"If-None-Match": tag})).status_code == 404
        assert (await ann.fetches(recalled, rest)).status_code == 404
    words = hashlib.sha256(b"words").hexdigest()

    async def is_clean() -> bool:
        return kept(server) == before | {f"files/{words[:2]}/{words}"}

    await becomes_true(is_clean, seconds=1)
    assert (await bob.fetches(kept_one)).content == b"words"


async def test_a_file_taken_back_before_it_is_sent_leaves_no_bytes_behind(server: Server, ann: Uploader) -> None:
    before = kept(server)
    ready = (await ann.uploads("a.png", noise(500, 500)))["id"]
    half = await ann.begins("half.bin", 10)
    await ann.puts(half, 0, b"12345")
    for file in (ready, half):
        assert (await ann.account.request("DELETE", f"/api/files/{file}")).status_code == 204

    async def is_clean() -> bool:
        return kept(server) == before

    await becomes_true(is_clean)


async def test_bytes_that_were_recalled_elsewhere_can_be_sent_again_at_once(ann: Uploader) -> None:
    data = b"the very same" * 1000
    for _ in range(5):
        file = (await ann.uploads("a.txt", data))["id"]
        message = await sends(ann, file)
        recalling = asyncio.create_task(ann.account.request("DELETE", f"/api/messages/{message}"))
        again = (await ann.uploads("a.txt", data))["id"]
        assert (await recalling).status_code == 200
        assert (await ann.fetches(again)).content == data


async def test_a_purged_page_leaves_no_bytes_behind(server: Server, ann: Uploader) -> None:
    before = kept(server)
    file = (await ann.uploads("a.png", noise(500, 500)))["id"]
    await sends(ann, file)
    half = await ann.begins("half.bin", 10)
    await ann.puts(half, 0, b"12345")
    assert len(kept(server) - before) == 3
    path = f"/api/documents/{ann.page}"
    assert (await ann.account.request("DELETE", path)).status_code == 204
    assert (await ann.fetches(file)).status_code == 404
    assert (await ann.account.request("DELETE", f"/api/trash/{ann.page}")).status_code == 204
    assert (await ann.puts(half, 5, b"67890")).status_code == 404

    async def is_clean() -> bool:
        return kept(server) == before

    await becomes_true(is_clean)


async def test_a_description_can_be_given_until_it_is_sent(server: Server, ann: Uploader) -> None:
    file = (await ann.uploads("a.png", picture()))["id"]
    changed = await ann.account.request("PATCH", f"/api/files/{file}", json={"alt": " A\x07 cat \n there "})
    assert changed.json()["alt"] == "A cat there"
    for body in ({}, {"alt": 5}, {"alt": "a", "name": "b"}):
        assert (await ann.account.request("PATCH", f"/api/files/{file}", json=body)).status_code == 400
    await sends(ann, file)
    assert (await ann.account.request("PATCH", f"/api/files/{file}", json={"alt": "x"})).status_code == 404
