"""How much may be uploaded is what the operator says, and whoever wants more is told so in a sentence."""

from collections.abc import AsyncIterator, Iterator

import pytest

from files.house import sends, told
from quillroom.services.errors import Invalid
from quillroom.services.limits import parse_limits
from quillroom.settings import FileLimits
from support.members import client
from support.server import Server
from support.uploader import Uploader, moves_in, noise, webm

OPTIONS = ("--max-file", "300kB", "--max-image", "20kB", "--max-voice", "2s", "--quota", "0.5MB")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("small"), is_open=False, options=OPTIONS).start()
    yield running
    running.stop()


@pytest.fixture
async def bob(server: Server) -> AsyncIterator[Uploader]:
    async with client(server) as web:
        account = moves_in(server, web, "Bob")
        yield Uploader(account, await account.makes_page())


async def test_files_pictures_and_voice_are_as_large_as_the_operator_says(ann: Uploader) -> None:
    assert told(await ann.announces("a.bin", 300_001))[2] == "A file may have at most 300 kB."
    assert told(await ann.tries("a.png", noise(200, 200)))[2] == "A picture may have at most 20 kB."
    too_long = await ann.tries("a.webm", webm(seconds=9.0), kind="voice")
    assert told(too_long)[2] == "A voice message may last at most 2 seconds."
    assert too_long.json()["error"]["code"] == "voice_too_long"
    assert too_long.json()["error"]["details"] == {"most": 2.0}
    assert (await ann.account.get("/api/session"))["voice_seconds"] == 2.0
    assert (await ann.tries("a.webm", webm(seconds=2.0), kind="voice")).status_code == 200
    assert (await ann.tries("a.png", noise(20, 20))).status_code == 200
    assert (await ann.tries("a.bin", bytes(300_000))).status_code == 200


async def test_who_has_uploaded_their_share_recalls_something_to_make_room(ann: Uploader, bob: Uploader) -> None:
    first = await ann.uploads("first.bin", bytes(300_000))
    message = await sends(ann, first["id"])
    status, code, sentence = told(await ann.announces("second.bin", 200_001))
    assert (status, code) == (413, "quota_full")
    assert sentence.startswith("You have uploaded 300 kB of 500 kB, and 200 kB more do not fit.")
    await bob.begins("his.bin", 300_000)  # what she uploaded does not count for him
    last = await ann.begins("last.bin", 200_000)
    assert told(await ann.announces("more.bin", 1))[0] == 413
    assert (await ann.account.request("DELETE", f"/api/files/{last}")).status_code == 204
    assert (await ann.account.request("DELETE", f"/api/messages/{message}")).status_code == 200
    await ann.begins("second.bin", 300_000)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ((None, None, None, None), FileLimits()),
        (("1GB", "5 mb", "90", "2TB"), FileLimits(10**9, 5 * 10**6, 90.0, 2 * 10**12, unsent_bytes=10**9)),
        (("1.5MB", None, "1h", None), FileLimits(1_500_000, 1_500_000, 3600.0)),
    ],
)
def test_amounts_are_said_with_a_unit_or_without(said: tuple[str | None, ...], meant: FileLimits) -> None:
    assert parse_limits(*said) == meant


@pytest.mark.parametrize("said", ["", "much", "-1MB", "5 parsecs", "0", "0.5", "1e9", "9" * 16])
def test_what_is_no_amount_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(Invalid, match="--max-file: something like 50MB was expected"):
        parse_limits(said, None, None, None)
