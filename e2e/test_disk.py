"""The server's disk is full: people are told, nothing is acknowledged, and nothing is lost."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.page import begins, body, chip, comes_in, is_saved, log_of
from playwright.async_api import Browser, expect

from support.server import Server

TOLD_WITHIN_MS = 5_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of its own."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def small_server(small_disk: Path) -> Iterator[Server]:
    """A server that keeps its data on the small disk."""
    running = Server(small_disk, is_open=False).start()
    yield running
    running.stop()


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk did not fill")


async def test_a_full_disk_is_told_in_every_browser_and_nothing_is_lost(browser: Browser, small_server: Server) -> None:
    ann = await comes_in(await browser.new_context(), small_server, "Ann")
    await begins(ann)
    await body(ann).click()
    await ann.keyboard.type("before ")
    await is_saved(ann)
    bob = await comes_in(await browser.new_context(), small_server, "Bob")
    await bob.goto(ann.url)
    await expect(body(bob)).to_contain_text("before")
    await is_saved(bob)

    filler = await asyncio.to_thread(fill, small_server.data)
    typed = ""
    try:
        # The log's own file may have a page to spare: write until the disk refuses.
        while not (await chip(ann).inner_text()).startswith("Not saving:"):
            word = f"w{len(typed)}-" + "x" * 64 + " "
            await ann.keyboard.insert_text(word)
            typed += word
            assert len(typed) < 4_000_000, "the disk never refused"
        for page in (ann, bob):
            await expect(chip(page)).to_contain_text("Not saving:", timeout=TOLD_WITHIN_MS)
        await ann.keyboard.type("while full")
        await expect(chip(ann)).to_contain_text("Not saving:")
        assert "while full" not in log_of(small_server, ann.url)
        assert "while full" not in await body(bob).inner_text()
    finally:
        filler.unlink()

    for page in (ann, bob):
        await is_saved(page)
    assert f"before {typed}while full" in log_of(small_server, ann.url)
    await expect(body(bob)).to_contain_text("while full")
