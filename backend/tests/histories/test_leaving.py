"""Who leaves is forgotten at once: what waits for the garbage collector may wait for a day (`services/heap.py`)."""

import gc
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from core.people import ann
from histories.world import World
from quillroom.api.socket import Socket
from quillroom.api.sync import SyncConnection
from quillroom.core.member import Member
from quillroom.core.outbox import Outbox

OF_A_CONNECTION = (Member, Outbox, Socket, SyncConnection)


def living() -> dict[str, int]:
    counts = Counter(map(type, gc.get_objects()))
    return {kind.__name__: counts[kind] for kind in OF_A_CONNECTION}


@pytest.mark.parametrize("stops_reading", [False, True])
async def test_nothing_is_left_of_a_connection_that_ended(database: Path, stops_reading: bool) -> None:
    world = World(database, uuid4().hex, people=0)
    await world.begins()
    gc.collect()
    gc.disable()
    try:
        before = living()
        wire = await world.server.connects(world.document, ann("laptop"), is_ours=True)
        if stops_reading:
            wire.fill()
        assert all(count > before[kind] for kind, count in living().items())
        wire.lose()
        del wire
        assert living() == before
    finally:
        gc.enable()
        world.ends()
