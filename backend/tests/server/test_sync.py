"""People write one document through a real server."""

import asyncio
import os
import random
from typing import Any

import pytest
from pycrdt import Doc, Text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom.protocol import awareness, frames
from quillroom.protocol.closes import Close
from support.person import Person
from support.server import Server

KILLS = int(os.environ.get("QUILLROOM_KILLS", "8"))


async def test_bob_sees_what_alice_types_and_what_she_typed_before(server: Server) -> None:
    alice = await Person(server.sync, "d").joins()
    await alice.types("before ")
    await alice.is_saved()
    bob = await Person(server.sync, "d").joins()
    await bob.sees("before ")
    await alice.types("after 世界🙂")
    await bob.sees("before after 世界🙂")
    await bob.types("!")
    await alice.sees("before after 世界🙂!")
    await alice.leaves()
    await bob.leaves()


async def test_hello_comes_first_and_names_the_generation(server: Server) -> None:
    alice = await Person(server.sync, "d").joins()
    assert alice.events[0]["event"] == "hello"
    assert alice.hello["role"] == "edit"
    assert alice.hello["generation"]
    await alice.leaves()


async def test_a_stock_client_gets_its_edit_back_as_acknowledgement(server: Server) -> None:
    stock = Person(server.sync, "d", query="")
    await stock.joins()
    assert stock.events == []
    echo: Doc[Any] = Doc()
    async with connect(f"{server.sync}/d", compression=None) as listener:
        await listener.send(frames.step1(b"\x00"))
        await stock.types("hi")
        for _ in range(4):
            frame = await asyncio.wait_for(listener.recv(), 5)
            assert isinstance(frame, bytes)
            [message] = frames.read_messages(frame)
            if message.kind == frames.SYNC and message.step != frames.STEP1:
                echo.apply_update(message.payload)
            if str(echo.get("t", type=Text)) == "hi":
                break
    assert str(echo.get("t", type=Text)) == "hi"
    await stock.leaves()


async def test_g1_what_was_shown_as_saved_survives_kill_9(server: Server, seed: int) -> None:
    """Kill the server at random instants while Ann types; every acknowledged token is there, each once."""
    choose = random.Random(seed)
    ann = Person(server.sync, "d")
    acknowledged = typed = 0
    for _ in range(KILLS):
        await ann.joins()
        kill = asyncio.create_task(asyncio.to_thread(_kill_after, server, choose.uniform(0.0, 0.15)))
        first_of_connection, base = typed, ann.sent
        while not kill.done():
            await ann.types(f"<{typed}>")
            typed += 1
            await asyncio.sleep(choose.uniform(0, 0.004))
        await kill
        await ann.leaves()
        if ann.saved >= base:  # before that, not even what she brought along was acknowledged
            acknowledged = max(acknowledged, first_of_connection + ann.saved - base)
        log = _log_of(server, "d")
        missing = [n for n in range(acknowledged) if f"<{n}>" not in log]
        assert not missing, f"seed {seed}: acknowledged and lost: {missing[:5]}"
        server.start()
    await ann.joins()
    await ann.is_saved()
    await ann.leaves()
    late = await Person(server.sync, "d").joins()
    assert str(late.text) == "".join(f"<{n}>" for n in range(typed)), f"seed {seed}"
    assert acknowledged > 0
    await late.leaves()


def _kill_after(server: Server, seconds: float) -> None:
    import time

    time.sleep(seconds)
    server.kill9()


def _log_of(server: Server, document: str) -> str:
    doc: Doc[Any] = Doc()
    for (update,) in server.sql('SELECT "update" FROM document_update WHERE document = ? ORDER BY seq', document):
        doc.apply_update(update)
    return str(doc.get("t", type=Text))


async def test_an_update_with_a_gap_is_asked_for_and_never_logged_alone(server: Server) -> None:
    ann = await Person(server.sync, "d").joins()
    await ann.types("a")
    await ann.is_saved()
    ann.text.insert(1, "lost on the way ")
    before = ann.doc.get_state()
    ann.text.insert(1, "b")
    await ann.sends_update(ann.doc.get_update(before))
    bob = await Person(server.sync, "d").joins()
    await bob.sees(str(ann.text))
    await ann.is_saved()
    assert _log_of(server, "d") == str(ann.text)
    await ann.leaves()
    await bob.leaves()


async def test_l5_nobody_writes_under_anothers_client_id(server: Server) -> None:
    here = server.each[0]  # without accounts an id is of a connection, of which other servers do not know
    ann = await Person(here.sync, "d").joins()
    await ann.types("mine")
    await ann.is_saved()
    mallory = await Person(here.sync, "d").joins()
    client = ann.doc.client_id
    from quillroom.protocol.lib0 import write_var_uint

    hijack = bytes([1, 1]) + write_var_uint(client) + bytes([4, 0]) + write_var_uint(1_000_000) + bytes([0])
    await mallory.sends_update(hijack)
    await mallory.waits(lambda: any(e["event"] == "refused" for e in mallory.events))
    assert [e["data"]["code"] for e in mallory.events if e["event"] == "refused"] == ["foreign_client"]
    await ann.types(" still")
    await mallory.sees("mine still")
    await ann.leaves()
    await mallory.leaves()


async def test_an_older_bundle_reads_and_changes_nothing(server: Server) -> None:
    ann = await Person(server.sync, "d").joins()
    await ann.types("new")
    old = await Person(server.sync, "d", query="client=quillroom&schema=0").joins()
    await old.sees("new")
    assert (old.hello["role"], old.hello["why"]) == ("view", "schema")
    await old.types(" old")
    await old.waits(lambda: any(e["event"] == "refused" for e in old.events))
    assert _log_of(server, "d") == "new"
    await ann.leaves()
    await old.leaves()


async def test_a_cursor_is_shown_under_the_sessions_name_and_goes_with_its_connection(closed_server: Server) -> None:
    import httpx

    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        guest = (await web.post("/api/session/guest", json={"name": "Ann", "token": True})).json()
        headers = {"Authorization": f"Bearer {guest['token']}"}
        made = (await web.post("/api/documents", json={"title": "T"}, headers=headers)).json()["document"]["id"]
    ann = await Person(closed_server.sync, made, headers=headers).joins()
    bob = await Person(closed_server.sync, made, headers=headers).joins()
    claimed = '{"user":{"name":"Mallory","id":"x"},"cursor":1}'
    await ann.sends(frames.awareness(awareness.write_states([(5, 1, claimed)])))
    await bob.waits(lambda: bool(bob.awareness))
    [(client, clock, state)] = awareness.read_states(bob.awareness[-1])
    assert (client, clock) == (5, 1)
    assert '"name":"Ann"' in state
    assert "Mallory" not in state
    assert '"cursor":1' in state
    await ann.leaves()
    await bob.waits(lambda: awareness.read_states(bob.awareness[-1])[0][2] == "null")
    await bob.leaves()


@pytest.mark.parametrize("frame", [b"", b"\x05", b"\x00\x07\x00", b"\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff"])
async def test_a_frame_that_is_none_closes_that_connection_and_no_other(server: Server, frame: bytes) -> None:
    bystander = await Person(server.sync, "d").joins()
    rude = await Person(server.sync, "d").joins()
    await rude.sends(frame)
    await rude.waits(lambda: rude.close_code is not None)
    assert rude.close_code == Close.BAD_FRAME
    await bystander.types("still here")
    await bystander.is_saved()
    await bystander.leaves()
    await rude.leaves()


@pytest.mark.parametrize("name", ["..%2fetc", ".hidden", "a" * 129, "%00"])
async def test_a_name_that_is_not_allowed_is_refused_before_the_handshake(server: Server, name: str) -> None:
    with pytest.raises(InvalidStatus) as told:
        async with connect(f"{server.sync}/{name}"):
            pass
    assert told.value.response.status_code in (400, 404)


async def test_other_sites_are_refused_before_the_handshake(server: Server) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{server.port + 1}"):
        with pytest.raises(InvalidStatus) as told:
            async with connect(f"{server.sync}/d", additional_headers={"Origin": origin}):
                pass
        assert told.value.response.status_code == 403


async def test_without_a_session_a_closed_server_lets_nobody_in(closed_server: Server) -> None:
    with pytest.raises(InvalidStatus) as told:
        async with connect(f"{closed_server.sync}/d"):
            pass
    assert told.value.response.status_code == 401


async def test_a_large_text_comes_through_in_one_frame_and_order_is_kept(server: Server) -> None:
    ann = await Person(server.sync, "d").joins()
    await ann.types("x" * 300_000)
    await ann.types("end")
    await ann.is_saved()
    bob = await Person(server.sync, "d").joins()
    await bob.sees("x" * 300_000 + "end")
    await ann.leaves()
    await bob.leaves()


async def test_stopping_the_server_commits_and_closes_with_restart(server: Server) -> None:
    ann = await Person(server.sync, "d").joins()
    await ann.types("last words")
    await ann.is_saved()
    await asyncio.to_thread(server.stop)
    await ann.waits(lambda: ann.close_code is not None)
    assert ann.close_code == Close.RESTART
    assert _log_of(server, "d") == "last words"
    await ann.leaves()
