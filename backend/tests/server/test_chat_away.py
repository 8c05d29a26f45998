"""Back after ten thousand messages: told all of them, in pages, none missing and none twice."""

import json
import time
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from support.server import Server
from support.team import Mate

MISSED = 10_000
SECONDS = 3.0
ROOM = 4.0  # for a machine that does other things too
FRAME_BYTES = 64 * 1024


def says_much(server: Server, page: str, author: str) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """Rows as they are when that was said while somebody was away."""
    places = range(1, MISSED + 1)
    columns = "message (id, document, seq, author, client_id, at, text, revision)"
    yield columns, [(f"m{n}", page, n, author, f"client-{n}", 1.7e9 + n, f"message {n}", 1) for n in places]
    columns = "event (topic, seq, name, actor, at, data)"
    named = [json.dumps({"message": f"m{n}"}) for n in places]
    yield columns, [(f"doc:{page}", n, "message.sent", author, 1.7e9 + n, named[n - 1]) for n in places]


@pytest.mark.parametrize("known", [0, MISSED // 2])
async def test_who_was_away_for_ten_thousand_messages_has_them_soon(closed_server: Server, known: int) -> None:
    ann, bob = await Mate(closed_server, "Ann").comes(), await Mate(closed_server, "Bob").comes()
    page = await ann.makes("Busy")
    for columns, rows in says_much(closed_server, page, ann.id):
        marks = ", ".join("?" * len(rows[0]))
        closed_server.fills(f"INSERT INTO {columns} VALUES ({marks})", rows)
    address = closed_server.url.replace("http", "ws") + "/live"
    told: list[int] = []
    async with connect(address, additional_headers=bob.headers, compression=None) as socket:
        began = time.monotonic()
        data = {"topic": f"doc:{page}", "after": known}
        await socket.send(json.dumps({"event": "follow", "data": data, "id": "1"}))
        is_done = False
        while not is_done:
            frame = await socket.recv()
            assert len(frame) <= FRAME_BYTES
            said = json.loads(frame)
            for event in said if isinstance(said, list) else [said]:
                if event["event"] == "message.sent":
                    assert event["data"]["message"]["text"] == f"message {event['seq']}"
                    told.append(event["seq"])
                is_done |= event["event"] == "ack"
        took = time.monotonic() - began
    assert told == list(range(known + 1, MISSED + 1))
    assert took < SECONDS * ROOM
    print(f"{len(told)} messages in {took:.2f} s")
    await ann.leaves()
    await bob.leaves()
