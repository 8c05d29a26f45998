"""Opening and closing: one document has one room, and what nobody needs is let go."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from quillroom.core.member import ANONYMOUS, Member, Role
from quillroom.services import rooms as module
from quillroom.services.errors import NotFound
from quillroom.services.rooms import Rooms
from quillroom.services.workers import Workers
from quillroom.store.database import open_database
from quillroom.store.writer import Writer
from store.scribe import add_documents


@pytest_asyncio.fixture
async def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    """Rooms over a real database, which close after a moment."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.02)
    database = open_database(f"sqlite:///{tmp_path / 'quillroom.db'}")
    database.migrate()
    add_documents(database, "d")
    writer = Writer(database, lambda round: None, lambda trouble: None)
    yield Rooms(database, writer, Workers())
    database.close()


async def is_closed(rooms: Rooms) -> None:
    """Wait until the only room is closed."""
    closed = asyncio.Event()
    rooms.on_idle = lambda room: closed.set()
    await asyncio.wait_for(closed.wait(), 10)
    assert len(rooms) == 0


async def test_a_room_that_was_only_read_is_closed_again(rooms: Rooms) -> None:
    await rooms.open("d")
    await is_closed(rooms)


async def test_many_who_ask_at_once_get_one_room(rooms: Rooms) -> None:
    found = await asyncio.gather(*(rooms.open("d") for _ in range(20)))
    assert len(set(map(id, found))) == 1
    assert rooms.counters.rooms_loaded == 1


async def test_who_asks_after_a_document_was_made_is_not_told_what_somebody_saw_before(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, made = threading.Event(), threading.Event()
    look = rooms._read_room

    def slowly(document: str) -> object:
        found = look(document)
        looked.set()
        assert made.wait(10)
        return found

    monkeypatch.setattr(rooms, "_read_room", slowly)
    early = asyncio.create_task(rooms.open("new"))
    await asyncio.to_thread(looked.wait, 10)
    await asyncio.to_thread(add_documents, rooms._database, "new")
    late = asyncio.create_task(rooms.open("new"))
    await asyncio.sleep(0)  # it joins the look that is under way
    made.set()
    assert (await late).document == "new"
    with pytest.raises(NotFound):
        await early


async def test_a_room_that_somebody_is_about_to_join_stays_the_one(rooms: Rooms) -> None:
    async with rooms.held("d") as room:
        await asyncio.sleep(0.1)  # longer than an idle room lives
        assert await rooms.open("d") is room
        member = Member(1, ANONYMOUS, Role.EDIT, None, is_ours=False)
        rooms.enter(room, member)
    await asyncio.sleep(0.1)
    assert rooms.opened("d") is room
    rooms.leave(room, member)
    await is_closed(rooms)
