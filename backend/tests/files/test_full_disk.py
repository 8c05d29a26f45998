"""The disk fills while something is uploaded."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from files.house import kept, told
from support.server import Server
from support.uploader import Uploader

MB = 1024 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Its data lies on a disk of 20 MB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(tmp_path)], check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    running = Server(tmp_path, is_open=False).start()
    yield running
    running.stop()
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


async def test_an_upload_that_does_not_fit_is_told_so_keeps_what_it_has_and_goes_on_later(
    server: Server, ann: Uploader
) -> None:
    before = kept(server)
    data = os.urandom(8 * MB)
    id = await ann.begins("a.bin", len(data))
    assert (await ann.puts(id, 0, data[: 2 * MB])).status_code == 204
    filler = server.data / "filler"
    filler.write_bytes(bytes(10 * MB))
    answer = await ann.puts(id, 2 * MB, data[2 * MB :])
    assert told(answer) == (503, "try_later", "The server's disk is full.")
    assert await ann.offset(id) == 2 * MB
    assert await ann.account.makes_page(), "what people write still fits"
    filler.unlink()
    assert (await ann.puts(id, 2 * MB, data[2 * MB :])).status_code == 200
    assert (await ann.fetches(id)).content == data
    assert len(kept(server) - before) == 1


async def test_a_disk_that_fills_in_the_middle_of_a_request_leaves_nothing_half_kept(
    server: Server, ann: Uploader
) -> None:
    """Something else takes the room after it was looked at whether there is any."""
    data = os.urandom(8 * MB)
    id = await ann.begins("a.bin", len(data))
    filler = server.data / "filler"

    async def parts() -> AsyncIterator[bytes]:
        yield data[: 3 * MB]
        await ann.offset(id)  # so that the server has begun with it
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(64 * 1024)):
                    pass
            except OSError:
                pass
        yield data[3 * MB :]

    answer = await ann.puts(id, 0, parts())
    assert told(answer) == (503, "try_later", "The server's disk is full.")
    filler.unlink()
    at = await ann.offset(id)
    assert at <= 4 * MB
    assert (await ann.puts(id, at, data[at:])).status_code == 200
    assert (await ann.fetches(id)).content == data
