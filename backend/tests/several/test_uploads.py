"""A file comes in over several servers: on one machine by the folder that they share, on several by the bucket."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from several.conftest import Base
from support.bucket import Store, bucket
from support.members import Account, signs_up
from support.server import Server
from support.spread import browser
from support.uploader import PIECE_BYTES, Uploader, becomes_true, noise

DATA = secrets.token_bytes(5_000_000)


@pytest.fixture
def store() -> Iterator[Store]:
    with bucket() as running:
        yield running


@pytest.fixture(params=["one machine", "two machines and a bucket"])
def two(request: pytest.FixtureRequest, tmp_path: Path, base: Base) -> Iterator[list[Server]]:
    options: tuple[str, ...] = ("--database", base.url)
    folders = ["data", "data"]
    if request.param != "one machine":
        store: Store = request.getfixturevalue("store")
        options = (*options, "--files", store.address)
        folders = ["here", "there"]
    servers = [Server(tmp_path / folder, is_open=False, options=options).start() for folder in folders]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
async def ann(two: list[Server]) -> AsyncIterator[Uploader]:
    """Each of her requests reaches the other one."""
    async with browser(two) as web:
        account = await signs_up(web, "Ann")
        yield Uploader(account, await account.makes_page("Harbour"))


async def at_each(ann: Uploader, two: list[Server], does: Callable[[Uploader], object]) -> list[httpx.Response]:
    """The same at both at once."""
    async with AsyncExitStack() as stack:
        webs = [await stack.enter_async_context(httpx.AsyncClient(base_url=each.url, timeout=30)) for each in two]
        others = [Uploader(Account(web, ann.account.token, ann.account.session), ann.page) for web in webs]
        return list(await asyncio.gather(*map(does, others)))  # type: ignore[call-overload]


def parts(two: list[Server]) -> list[str]:
    """What lies in the folders of uploads."""
    return [each.name for server in two for each in (server.data / "uploads").glob("*")]


async def test_pieces_go_to_one_server_and_the_other_and_the_file_comes_from_either(
    ann: Uploader, two: list[Server], request: pytest.FixtureRequest
) -> None:
    file = await ann.uploads("big.bin", DATA)
    assert file["size"] == len(DATA)

    async def fetches(at: Uploader) -> httpx.Response:
        return await at.fetches(file["id"], Range="bytes=1048570-1048589")

    for answer in await at_each(ann, two, fetches):
        assert (answer.status_code, answer.content) == (206, DATA[1048570:1048590])
    assert (await ann.fetches(file["id"])).content == DATA
    assert parts(two) == []
    if "store" in request.fixturenames:
        store: Store = request.getfixturevalue("store")
        assert [key for key in store.objects if "uploads" in key] == []
    picture = await ann.uploads("boat.png", noise(600, 400))
    assert (picture["kind"], picture["has_thumbnail"]) == ("image", True)
    for answer in await at_each(ann, two, lambda at: at.fetches(picture["id"], "/thumbnail")):
        assert answer.status_code == 200


async def test_the_same_piece_sent_to_both_at_once_counts_once(ann: Uploader, two: list[Server]) -> None:
    id, size = await ann.begins("twice.bin", 3 * PIECE_BYTES), 3 * PIECE_BYTES
    for at in range(0, size, PIECE_BYTES):
        piece = DATA[at : at + PIECE_BYTES]

        async def puts(at_one: Uploader, at: int = at, piece: bytes = piece) -> httpx.Response:
            return await at_one.puts(id, at, piece)

        codes = sorted([answer.status_code for answer in await at_each(ann, two, puts)])
        # The slower one finds it done, or under way; where both finish, both say that it is ready.
        assert codes[0] in (200, 204)
        assert codes[1] in (200, 409)
        assert await ann.offset(id) == at + PIECE_BYTES

    assert (await ann.fetches(id)).content == DATA[:size]
    assert parts(two) == []


async def test_an_upload_goes_on_at_the_other_server_when_one_is_killed(ann: Uploader, two: list[Server]) -> None:
    id = await ann.begins("long.bin", 2 * PIECE_BYTES)
    begun, killed = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield DATA[:PIECE_BYTES]
        begun.set()
        await killed.wait()
        yield b"never"

    async with httpx.AsyncClient(base_url=two[0].url, timeout=60) as web:
        first = Uploader(Account(web, ann.account.token, ann.account.session), ann.page)
        sending = asyncio.create_task(first.puts(id, 0, slowly()))
        await begun.wait()
        async with httpx.AsyncClient(base_url=two[1].url, timeout=60) as other:
            second = Uploader(Account(other, ann.account.token, ann.account.session), ann.page)

            async def is_kept() -> bool:
                return await second.offset(id) == PIECE_BYTES

            await becomes_true(is_kept)
            two[0].kill9()
            killed.set()
            with pytest.raises(httpx.HTTPError):
                await sending
            done = await second.puts(id, PIECE_BYTES, DATA[PIECE_BYTES : 2 * PIECE_BYTES])
            assert done.status_code == 200, done.text
            assert (await second.fetches(id)).content == DATA[: 2 * PIECE_BYTES]


async def test_pieces_that_nobody_went_on_with_go_from_the_bucket(tmp_path: Path, base: Base, store: Store) -> None:
    options = ("--database", base.url, "--files", store.address)
    first = Server(tmp_path / "here", is_open=False, options=options).start()
    async with browser([first]) as web:
        account = await signs_up(web, "Ann")
        ann = Uploader(account, await account.makes_page("Harbour"))
        id = await ann.begins("never.bin", 2 * PIECE_BYTES)
        kept = await ann.begins("later.bin", 2 * PIECE_BYTES)
        for each in (id, kept):
            assert (await ann.puts(each, 0, DATA[:PIECE_BYTES])).status_code == 204
        await account.request("DELETE", f"/api/files/{id}")
    assert base.asks("SELECT file FROM upload_piece") == [(kept,)]
    # A day later.
    yesterday = str(int(time.time()) - 25 * 3600)
    assert pieces_in(store) == 2
    for key in [key for key in store.objects if f"uploads/{id}/" in key]:
        name, _, token = key.rsplit("-", 2)
        store.objects[f"{name}-{yesterday}-{token}"] = store.objects.pop(key)
    first.stop()
    again = Server(tmp_path / "here", is_open=False, options=options).start()  # it looks when it starts

    async def is_gone() -> bool:
        return pieces_in(store) == 1

    await becomes_true(is_gone)
    assert [key for key in store.objects if f"uploads/{kept}/" in key]
    again.stop()


def pieces_in(store: Store) -> int:
    """How many pieces lie in the bucket."""
    return len([key for key in store.objects if "uploads/" in key])
