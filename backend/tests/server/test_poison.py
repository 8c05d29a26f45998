"""A log that already holds bytes which cannot be applied (H8): the document can be read, and nothing else suffers."""

import asyncio

import httpx
import pytest
from pycrdt import Doc, Text

from protocol.tangles import THREE
from quillroom.protocol.lib0 import var_bytes
from support.person import Person
from support.server import Server

MALLORY = 9
NEST = b"\x75\x01" * 26_600 + b"\x7e"

POISON = {
    "values nested until the stack overflows": b"\x01\x01\x09\0" + b"\x08\x01\x01t\x01" + NEST + b"\0",
    "a child of a text": b"\x01\x01\x09\0" + b"\x04\0\x01\0\x01x" + b"\0",
    "what depends on nothing that is there": b"\x01\x01\x09\0" + b"\x84\x63\x05\x01x" + b"\0",
    "a text that is none": b"\x01\x01\x09\0" + b"\x04\x01\x01t" + var_bytes(b"\xff") + b"\0",
    "no update at all": b"rubbish",
    "values of a key that an edit could split": THREE,
}


def add_to_the_log(server: Server, *updates: bytes) -> None:
    [(head,)] = server.sql("SELECT max(seq) FROM document_update WHERE document = 'd'")
    rows = [("d", seq, seq, 0.0, update) for seq, update in enumerate(updates, head + 1)]
    server.fills('INSERT INTO document_update (document, seq, first_seq, at, "update") VALUES (?, ?, ?, ?, ?)', rows)
    server.sql("UPDATE document SET head = ? WHERE id = 'd'", head + len(updates))


def log_of(server: Server) -> list[bytes]:
    return [row[0] for row in server.sql('SELECT "update" FROM document_update ORDER BY document, seq')]


@pytest.mark.parametrize("name", POISON)
async def test_h8_a_poisoned_document_opens_read_only_and_the_server_lives(server: Server, name: str) -> None:
    ann = Person(server.sync, "d", client_id=1)
    await ann.joins()
    await ann.types("what Ann wrote")
    await ann.is_saved()
    await ann.leaves()
    await asyncio.to_thread(server.stop)
    later: Doc[Text] = Doc(client_id=2)
    later.apply_update(ann.doc.get_update())
    later.get("t", type=Text).insert(0, "Later: ")
    add_to_the_log(server, POISON[name], later.get_update(ann.doc.get_state()))
    before = log_of(server)
    server.start()

    for _ in range(2):  # nor does it crash when it is opened again
        bob = await Person(server.sync, "d").joins()
        await bob.sees("Later: what Ann wrote")
        assert (bob.hello["role"], bob.hello["why"]) == ("view", "broken")
        await bob.types("!")
        await bob.waits(lambda bob=bob: any(e["event"] == "refused" for e in bob.events))  # type: ignore[misc]
        await bob.leaves()
    bystander = await Person(server.sync, "other").joins()
    await bystander.types("undisturbed")
    await bystander.is_saved()
    await bystander.leaves()
    async with httpx.AsyncClient(base_url=server.url) as web:
        assert (await web.get("/api/documents/d?format=text")).status_code == 200
    assert server.is_alive()
    assert [update for update in log_of(server) if update in before] == before
