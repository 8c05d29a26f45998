"""What a connection is told that does not read for a while."""

import json
from typing import Any

from core.test_tree import ANN
from quillroom.core.member import Member, Role
from quillroom.core.outbox import Outbox
from quillroom.protocol.live import Command
from quillroom.protocol.websocket import TEXT
from quillroom.services.access import Access
from quillroom.services.live import Live
from quillroom.store.database import Database


class Slow:
    """Someone on `/live`, down to the transport."""

    def __init__(self, live: Live, limit_bytes: int) -> None:
        self.frames: list[bytes] = []
        outbox = Outbox(self.frames.append, lambda: None, lambda *_: live.greet(self.member), limit_bytes)
        self.outbox = outbox
        self.member = Member(1, ANN, Role.VIEW, outbox, is_ours=True)

    def read(self) -> list[str]:
        """The events that came since this was last asked."""
        frames, self.frames[:] = b"".join(self.frames), []
        found: list[dict[str, Any]] = [json.loads(said) for said in _unframed(frames)]
        return [each["event"] for each in found]


def live_on(database: Database) -> Live:
    return Live(database, Access(database, is_open=False), "epoch")


def _unframed(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        assert data[at] == 0x80 | TEXT
        size, head = data[at + 1], 2
        if size == 126:
            size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
        found.append(data[at + head : at + head + size])
        at += head + size
    return found


async def test_who_reads_again_soon_gets_what_waited_in_order(sqlite: Database) -> None:
    live = live_on(sqlite)
    slow = Slow(live, 10_000)
    live.enter(slow.member)
    slow.outbox.pause(1.0)
    live.tell([slow.member], "favourites.changed", {})
    await live.answer(slow.member, Command("ping", {}))
    live.tell([slow.member], "session.changed", {})
    assert slow.read() == ["hello"]
    slow.outbox.resume()
    assert sorted(slow.read()) == ["favourites.changed", "pong", "session.changed"]


async def test_who_missed_something_is_greeted_again_and_costs_no_more_meanwhile(sqlite: Database) -> None:
    live = live_on(sqlite)
    slow = Slow(live, 1000)
    live.enter(slow.member)
    slow.outbox.pause(1.0)
    for _ in range(1000):
        live.tell([slow.member], "pages.changed", {})
        assert slow.outbox.queued_bytes <= 1000
    assert slow.read() == ["hello"]
    slow.outbox.resume()
    assert slow.read() == ["hello"]
    live.tell([slow.member], "pages.changed", {})
    assert slow.read() == ["pages.changed"]
