"""Default deny: what a connection that may only read can do, for every kind of message there is."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pycrdt import Doc, Text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom.protocol import awareness, frames
from quillroom.protocol.closes import Close
from support.person import Person
from support.server import Server

READERS = {"asked to view": "client=quillroom&schema=1&mode=view", "an older page": "client=quillroom&schema=0"}

LOG = 'SELECT seq, "update" FROM document_update ORDER BY document, seq'


class House:
    """A closed server with one document that Ann wrote."""

    def __init__(self, server: Server, document: str, tokens: dict[str, str]) -> None:
        self.server = server
        self.document = document
        self._tokens = tokens

    async def lets_in(self, name: str, query: str = "client=quillroom&schema=1") -> Person:
        headers = {"Authorization": f"Bearer {self._tokens[name]}"}
        return await Person(self.server.sync, self.document, query=query, headers=headers).joins()

    def log(self) -> list[tuple[int, bytes]]:
        return [(seq, update) for seq, update in self.server.sql(LOG)]


@pytest.fixture
async def house(closed_server: Server) -> House:
    tokens = {}
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        for name in ("Ann", "Bob"):
            tokens[name] = (await web.post("/api/session/guest", json={"name": name, "token": True})).json()["token"]
            web.cookies.clear()
        made = await web.post(
            "/api/documents", json={"title": "T"}, headers={"Authorization": f"Bearer {tokens['Ann']}"}
        )
    return House(closed_server, made.json()["document"]["id"], tokens)


def refusals(person: Person) -> list[dict[str, Any]]:
    return [event["data"] for event in person.events if event["event"] == "refused"]


def something_new() -> bytes:
    doc: Doc[Any] = Doc()
    doc.get("t", type=Text).insert(0, "forged")
    return doc.get_update()


@pytest.mark.parametrize("query", READERS.values(), ids=READERS)
@pytest.mark.parametrize("wrap", [frames.update, frames.step2])
async def test_h3_news_of_a_reader_is_refused_and_not_one_byte_is_logged(
    house: House, query: str, wrap: Callable[[bytes], bytes]
) -> None:
    ann = await house.lets_in("Ann")
    await ann.types("Ann's")
    await ann.is_saved()
    before = house.log()
    reader = await house.lets_in("Bob", query)
    assert reader.hello["role"] == "view"
    reader.sent += 1
    await reader.sends(wrap(something_new()))
    await reader.waits(lambda: bool(refusals(reader)))
    [told] = refusals(reader)
    assert (told["code"], told["count"]) == ("not_allowed", reader.sent)
    assert reader.saved < reader.sent
    await ann.types(" still")
    await reader.sees("Ann's still")
    assert house.log()[: len(before)] == before
    assert all(b"forged" not in update for _, update in house.log())
    await ann.leaves()
    await reader.leaves()


@pytest.mark.parametrize("query", READERS.values(), ids=READERS)
async def test_what_a_reader_repeats_is_no_offence(house: House, query: str) -> None:
    ann = await house.lets_in("Ann")
    await ann.types("known")
    await ann.is_saved()
    before = house.log()
    reader = await house.lets_in("Bob", query)
    await reader.sends_update(reader.doc.get_update())
    await reader.is_saved()
    assert refusals(reader) == []
    assert house.log() == before
    await ann.leaves()
    await reader.leaves()


async def test_a_reader_that_deletes_what_it_reads_is_refused(house: House) -> None:
    ann = await house.lets_in("Ann")
    await ann.types("keep me")
    await ann.is_saved()
    reader = await house.lets_in("Bob", READERS["asked to view"])
    before = reader.doc.get_state()
    del reader.text[0:4]
    await reader.sends_update(reader.doc.get_update(before))
    await reader.waits(lambda: bool(refusals(reader)))
    late = await house.lets_in("Ann")
    await late.sees("keep me")
    for person in (ann, reader, late):
        await person.leaves()


async def test_a_reader_may_show_its_own_cursor_under_its_own_name_and_no_other(house: House) -> None:
    ann, reader = await house.lets_in("Ann"), await house.lets_in("Bob", READERS["asked to view"])
    await ann.sends(frames.awareness(awareness.write_states([(1, 1, '{"cursor":1}')])))
    await reader.waits(lambda: bool(reader.awareness))
    forged = [(2, 1, '{"user":{"name":"Ann","id":"x"},"cursor":2}'), (1, 9, "null"), (3, 1, "{}")]
    await reader.sends(frames.awareness(awareness.write_states(forged)))
    await ann.waits(lambda: any(2 in seen(states) for states in ann.awareness))
    everything = [seen(states) for states in ann.awareness]
    assert {client for states in everything for client in states} == {1, 2}
    assert [states[2]["user"]["name"] for states in everything if 2 in states] == ["Bob"]
    assert all(states[1] is not None for states in everything if 1 in states)
    await ann.leaves()
    await reader.leaves()


def seen(states: bytes) -> dict[int, Any]:
    return {client: json.loads(state) for client, _, state in awareness.read_states(states)}


@pytest.mark.parametrize(
    "frame",
    [
        frames.control("hello", {"role": "edit"}),
        frames.control("storage", {"saving": None}),
        frames.saved(1_000_000),
        b"\x67",
    ],
    ids=["hello", "storage", "saved", "unknown"],
)
async def test_what_only_a_server_says_is_a_bad_frame_from_anyone(house: House, frame: bytes) -> None:
    ann, rude = await house.lets_in("Ann"), await house.lets_in("Bob")
    before = len(ann.events)
    await rude.sends(frame)
    await rude.waits(lambda: rude.close_code is not None)
    assert rude.close_code == Close.BAD_FRAME
    await ann.types("fine")
    await ann.is_saved()
    assert ann.events[before:] == []
    await ann.leaves()
    await rude.leaves()


async def test_a_reader_that_asks_is_answered_and_its_permissions_stay(house: House) -> None:
    reader = await house.lets_in("Bob", READERS["asked to view"])
    await reader.sends(frames.permission_denied("I deny the server"))
    await reader.sends(bytes([frames.QUERY_AWARENESS]))
    await reader.sends(frames.HEARTBEAT_FRAME)
    await reader.types("x")
    await reader.waits(lambda: bool(refusals(reader)))
    assert reader.close_code is None
    await reader.leaves()


async def test_who_goes_on_and_on_is_cut_off(house: House) -> None:
    reader = await house.lets_in("Bob", READERS["asked to view"])
    for _ in range(30):
        await reader.sends_update(something_new())
    await reader.waits(lambda: reader.close_code is not None)
    assert reader.close_code == Close.BAD_FRAME
    assert len(refusals(reader)) <= 21
    assert all(b"forged" not in update for _, update in house.log())
    await reader.leaves()


async def test_a_document_that_does_not_exist_is_said_not_to_before_the_handshake(house: House) -> None:
    with pytest.raises(InvalidStatus) as told:
        await house_of(house, "none").joins()
    assert told.value.response.status_code == 404


async def test_nobody_without_a_session_learns_which_documents_exist(house: House) -> None:
    answers = []
    for document in (house.document, "none"):
        with pytest.raises(InvalidStatus) as told:
            async with connect(f"{house.server.sync}/{document}"):
                pass
        answers.append((told.value.response.status_code, told.value.response.body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def house_of(house: House, document: str) -> Person:
    headers = {"Authorization": f"Bearer {house._tokens['Ann']}"}
    return Person(house.server.sync, document, headers=headers)


async def test_h5_a_flood_of_cursors_is_coalesced_and_everyone_types_on(house: House) -> None:
    ann, flood = await house.lets_in("Ann"), await house.lets_in("Bob")
    told = len(ann.awareness)
    for clock in range(1, 3001):
        await flood.sends(frames.awareness(awareness.write_states([(2, clock, json.dumps({"at": clock}))])))
        if clock % 300 == 0:
            await ann.types(".")
            await ann.is_saved()
    await ann.waits(lambda: any(seen(states)[2]["at"] == 3000 for states in ann.awareness[told:]))
    assert len(ann.awareness) - told < 1500
    assert flood.close_code is None
    await ann.leaves()
    await flood.leaves()


async def test_who_writes_faster_than_anyone_can_waits_and_loses_nothing(house: House) -> None:
    """700 edits at once: the last 200 take two seconds, and meanwhile everyone else writes at once."""
    hasty, ann = await house.lets_in("Bob"), await house.lets_in("Ann")
    started = asyncio.get_running_loop().time()
    for n in range(700):
        await hasty.types(f"<{n}>")
    await ann.types("Ann")
    await ann.is_saved()
    assert hasty.saved < hasty.sent
    await hasty.is_saved()
    assert asyncio.get_running_loop().time() - started > 1.5
    await ann.waits(lambda: str(ann.text).replace("Ann", "") == "".join(f"<{n}>" for n in range(700)))
    assert hasty.close_code is None
    await hasty.leaves()
    await ann.leaves()
