"""Files come in piece by piece: cut, repeated, doubled, taken back, and with the server dying in between."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from files.house import kept, told
from support.members import client
from support.server import Server
from support.servers import a_server
from support.uploader import Uploader, becomes_true, moves_in, picture

MB = 1024 * 1024


async def test_a_file_comes_in_pieces_and_goes_out_as_it_was(ann: Uploader) -> None:
    data = bytes(range(256)) * 10_000  # 2.4 MB
    file = await ann.uploads("notes.bin", data)
    assert (file["kind"], file["type"], file["size"]) == ("file", "application/octet-stream", len(data))
    answer = await ann.fetches(file["id"])
    assert answer.content == data
    assert answer.headers["etag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''notes.bin"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_upload_cut_in_the_middle_of_a_request_goes_on_where_it_stopped(server: Server, ann: Uploader) -> None:
    data = b"0123456789" * 300_000
    id = await ann.begins("cut.txt", len(data))

    async def half() -> AsyncIterator[bytes]:
        for at in range(0, len(data) // 2, 100_000):
            yield data[at : at + 100_000]
        raise ConnectionError("the line broke")

    with pytest.raises(ConnectionError):
        await ann.puts(id, 0, half(), **{"Content-Length": str(len(data))})

    offsets: list[int] = []

    async def goes_on() -> bool:
        """What the server read of the rest before it saw the line break is its to say."""
        offsets.append(await ann.offset(id))
        answer = await ann.puts(id, offsets[-1], data[offsets[-1] :])
        assert answer.status_code in (200, 409), answer.text  # 409: it still holds the broken line for open
        return answer.status_code == 200

    await becomes_true(goes_on)
    assert 0 < offsets[-1] <= len(data) // 2
    assert (await ann.fetches(id)).content == data
    assert not any(path.startswith("uploads/") for path in kept(server))


async def test_who_goes_on_at_the_wrong_place_is_told_the_right_one(ann: Uploader) -> None:
    id = await ann.begins("a.txt", 10)
    assert (await ann.puts(id, 0, b"12345")).headers["upload-offset"] == "5"
    for offset in (0, 3, 6, 10):
        answer = await ann.puts(id, offset, b"x")
        assert told(answer)[:2] == (409, "wrong_offset")
        assert answer.headers["upload-offset"] == "5"
    assert (await ann.puts(id, 5, b"67890")).status_code == 200
    assert (await ann.fetches(id)).content == b"1234567890"
    assert (await ann.puts(id, 10, b"")).status_code == 200  # a retry of what was answered already


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_more_bytes_than_announced_are_refused_and_none_of_them_is_kept(ann: Uploader, is_chunked: bool) -> None:
    id = await ann.begins("a.txt", 10)

    async def parts() -> AsyncIterator[bytes]:
        yield b"x" * 11

    answer = await ann.puts(id, 0, parts() if is_chunked else b"x" * 11)
    assert told(answer)[:2] == (400, "invalid")
    assert await ann.offset(id) == 0
    assert (await ann.puts(id, 0, b"0123456789")).status_code == 200


async def test_two_requests_never_write_one_file_at_once(ann: Uploader) -> None:
    id = await ann.begins("a.txt", 10)
    is_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"12345"
        is_begun.set()
        await may_end.wait()
        yield b"67890"

    first = asyncio.create_task(ann.puts(id, 0, slowly()))
    await is_begun.wait()

    async def is_refused() -> bool:
        second = await ann.puts(id, 0, b"")
        return second.status_code == 409 and told(second)[1] == "upload_busy"

    await becomes_true(is_refused)
    may_end.set()
    assert (await first).status_code == 200
    assert (await ann.fetches(id)).content == b"1234567890"


async def test_what_was_told_to_be_here_survives_the_servers_death(tmp_path: Path) -> None:
    server = a_server(tmp_path, is_open=False).start()
    data = bytes(3 * MB)
    try:
        async with client(server) as web:
            account = moves_in(server, web, "Ann")
            ann = Uploader(account, await account.makes_page())
            id = await ann.begins("a.bin", len(data))
            assert (await ann.puts(id, 0, data[: 2 * MB])).headers["upload-offset"] == str(2 * MB)
            server.kill9()
            with (tmp_path / "uploads" / id).open("ab") as file:
                file.write(b"what came and was never told of")
            server.start()
            assert await ann.offset(id) == 2 * MB
            assert (await ann.puts(id, 2 * MB, data[2 * MB :])).status_code == 200
            assert (await ann.fetches(id)).content == data
            assert kept(server) == {f"files/{hash[:2]}/{hash}" for hash in [hashlib.sha256(data).hexdigest()]}
    finally:
        server.goes()


async def test_an_upload_that_is_there_but_was_never_looked_at_is_looked_at_by_a_retry(
    server: Server, ann: Uploader
) -> None:
    """The server died between the last byte and the answer."""
    data = picture()
    id = await ann.begins("a.png", len(data))
    await ann.puts(id, 0, data[:-1])
    with (server.data / "uploads" / id).open("ab") as file:
        file.write(data[-1:])
    server.sql("UPDATE file SET received = size WHERE id = ?", id)
    answer = await ann.puts(id, len(data), b"")
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "image"


async def test_the_same_bytes_are_kept_once(server: Server, ann: Uploader) -> None:
    before = kept(server)
    data = b"the same words" * 1000
    one, other = await ann.uploads("one.txt", data), await ann.uploads("other.txt", data)
    assert len(kept(server) - before) == 1
    assert (await ann.account.request("DELETE", f"/api/files/{one['id']}")).status_code == 204
    assert (await ann.fetches(one["id"])).status_code == 404
    assert (await ann.fetches(other["id"])).content == data


async def test_taking_an_upload_back_in_the_middle_leaves_nothing(server: Server, ann: Uploader) -> None:
    before = kept(server)
    id = await ann.begins("a.bin", 4 * MB)
    is_begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield bytes(2 * MB)
        is_begun.set()
        await may_go_on.wait()
        yield bytes(2 * MB)

    upload = asyncio.create_task(ann.puts(id, 0, slowly()))
    await is_begun.wait()
    assert (await ann.account.request("DELETE", f"/api/files/{id}")).status_code == 204
    may_go_on.set()
    assert (await upload).status_code == 404
    assert (await ann.fetches(id)).status_code == 404
    assert kept(server) == before
