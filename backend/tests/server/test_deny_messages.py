"""The default-deny table on open sockets: what is said on `/sync` and `/live`, by everybody who gets in."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pycrdt import Doc, Text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom.core.member import Role
from quillroom.protocol import awareness, frames
from quillroom.protocol.closes import Close
from quillroom.protocol.lib0 import Malformed
from quillroom.protocol.live import COMMANDS as COMMANDS_OF_SCHEMA
from quillroom.services.people import begin_session
from server.deny_table import COMMANDS, MESSAGES, OPERATOR, STAR, Said
from server.deny_world import ACTORS, SHARED, TRASHED, UNKNOWN, Actor, World, id_of, inhabited, states_of
from server.test_deny_table import filled
from support.listener import Listener
from support.person import Person
from support.server import Server

WRITERS = [actor for actor in ACTORS if actor.role_on(SHARED) is not None]
FORGED = {"user": {"id": "owner", "name": "owner", "color": "#ff0000"}, "at": 1}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, World]]:
    """One server for the whole table."""
    with inhabited(tmp_path_factory.mktemp("house")) as (server, world):
        world.sessions["owner"] = begin_session(world.connection, "owner", "browser")
        world.connection.commit()
        yield server, world


def headers_of(world: World, name: str) -> dict[str, str]:
    secret = world.sessions.get(name)
    return {} if secret is None else {"Authorization": f"Bearer {secret}"}


async def test_a_socket_opens_for_those_who_may_see_the_page_and_tells_nobody_else_that_it_exists(
    house: tuple[Server, World],
) -> None:
    server, world = house
    for actor in ACTORS:
        refusals = {}
        for state in states_of(actor):
            page = world.page(state, actor) if state != UNKNOWN else "no-such-page"
            world.connection.commit()
            role = None if state == TRASHED else actor.role_on(state)
            if role is not None:
                person = await Person(server.sync, page, headers=headers_of(world, actor.name)).joins()
                assert person.hello["role"] == role, (actor, state)
                await person.leaves()
                continue
            with pytest.raises(InvalidStatus) as told:
                await connect(f"{server.sync}/{page}", additional_headers=headers_of(world, actor.name))
            response = told.value.response
            kept = sorted((name, value) for name, value in response.headers.raw_items() if name.lower() != "date")
            refusals[state] = (response.status_code, response.body, kept)
        assert {repr(each) for each in refusals.values()} == {repr(refusals["unknown"])}
        assert refusals["unknown"][0] == (404 if actor.is_known else 401)


class Scene:
    """A page with its owner at it, and somebody who sends one message."""

    def __init__(self, server: Server, page: str, owner: Person, sender: Person) -> None:
        self.server, self.page, self.owner, self.sender = server, page, owner, sender

    def logged(self) -> list[bytes]:
        query = 'SELECT "update" FROM document_update WHERE document = ?'
        return [row[0] for row in self.server.sql(query, self.page)]

    def refusals(self) -> list[str]:
        return [event["data"]["code"] for event in self.sender.events if event["event"] == "refused"]


def something_new() -> bytes:
    doc: Doc[Any] = Doc()
    doc.get("t", type=Text).insert(0, "forged")
    return doc.get_update()


def states_seen(person: Person) -> list[Any]:
    return [json.loads(state) for each in person.awareness for _, _, state in awareness.read_states(each)]


async def answered(scene: Scene) -> None:
    scene.sender.is_synced = False
    await scene.sender.sends(frames.step1(b"\0"))
    await scene.sender.waits(lambda: scene.sender.is_synced)


def writes(wrap: Callable[[bytes], bytes]) -> Callable[[Scene], Any]:
    async def act(scene: Scene) -> None:
        scene.sender.sent += 1
        await scene.sender.sends(wrap(something_new()))
        await scene.sender.waits(lambda: bool(scene.refusals()) or scene.sender.saved >= scene.sender.sent)

    return act


async def shows_a_forged_self(scene: Scene) -> None:
    states = awareness.write_states([(7, 1, json.dumps(FORGED))])
    await scene.sender.sends(frames.awareness(states))
    await scene.owner.waits(lambda: bool(states_seen(scene.owner)))


async def asks_who_is_here(scene: Scene) -> None:
    await scene.owner.sends(frames.awareness(awareness.write_states([(8, 1, '{"at":8}')])))
    await scene.sender.waits(lambda: bool(scene.sender.awareness))
    told = len(scene.sender.awareness)
    await scene.sender.sends(bytes([frames.QUERY_AWARENESS]))
    await scene.sender.waits(lambda: len(scene.sender.awareness) > told)


def is_heard(frame: bytes) -> Callable[[Scene], Any]:
    async def act(scene: Scene) -> None:
        await scene.sender.sends(frame)
        await answered(scene)

    return act


def is_sent_away(frame: bytes) -> Callable[[Scene], Any]:
    async def act(scene: Scene) -> None:
        await scene.sender.sends(frame)
        await scene.sender.waits(lambda: scene.sender.close_code is not None)

    return act


ACTS: dict[tuple[str, ...], Callable[[Scene], Any]] = {
    ("SYNC", "STEP1"): answered,
    ("SYNC", "STEP2"): writes(frames.step2),
    ("SYNC", "UPDATE"): writes(frames.update),
    ("AWARENESS",): shows_a_forged_self,
    ("AUTH",): is_heard(frames.permission_denied("I deny the server")),
    ("QUERY_AWARENESS",): asks_who_is_here,
    ("HEARTBEAT",): is_heard(frames.HEARTBEAT_FRAME),
    ("CONTROL",): is_sent_away(frames.control("role", {"role": "manage", "why": "role_changed"})),
    ("SAVED",): is_sent_away(frames.saved(1_000_000)),
}


@pytest.mark.parametrize("actor", WRITERS, ids=lambda actor: actor.name)
async def test_every_message_does_what_the_role_allows_and_no_more(house: tuple[Server, World], actor: Actor) -> None:
    await asyncio.gather(*(one_message(house, actor, kind) for kind in MESSAGES))


async def one_message(house: tuple[Server, World], actor: Actor, kind: tuple[str, ...]) -> None:
    server, world = house
    page = world.page(SHARED, actor)
    world.connection.commit()
    owner = await Person(server.sync, page, headers=headers_of(world, "owner")).joins()
    await owner.types("before ")
    await owner.is_saved()
    sender = await Person(server.sync, page, headers=headers_of(world, actor.name)).joins()
    scene = Scene(server, page, owner, sender)
    before, role, needed = scene.logged(), actor.role_on(SHARED), MESSAGES[kind]
    assert role is not None
    await ACTS[kind](scene)
    if needed is None:
        assert sender.close_code == Close.BAD_FRAME
    elif needed is Role.EDIT and not role.may_write:
        assert scene.refusals() == ["not_allowed"]
        assert sender.saved < sender.sent
    else:
        assert scene.refusals() == []
        assert sender.close_code is None
    is_written = needed is Role.EDIT and role.may_write
    assert any(b"forged" in update for update in scene.logged()) == is_written
    assert is_written or scene.logged() == before
    for state in states_seen(owner):
        if state is not None and "at" in state and state["at"] == 1:
            assert (state["user"]["id"], state["user"]["name"]) == (id_of(actor.name), id_of(actor.name))
            assert state["user"]["color"] != "#ff0000"
    await owner.types("after")
    await owner.is_saved()
    assert [event["event"] for event in owner.events if event["event"] != "hello"] == []
    await owner.leaves()
    await sender.leaves()


async def test_whoever_has_a_session_listens_and_may_say_what_the_table_says(house: tuple[Server, World]) -> None:
    server, world = house
    for actor in ACTORS:
        listener = Listener(server.url, headers_of(world, actor.name))
        if not actor.is_known:
            with pytest.raises(InvalidStatus) as told:
                await listener.joins()
            assert told.value.response.status_code == 401
            continue
        await listener.joins()
        for said in COMMANDS:
            for state in states_of(actor) if isinstance(said.needs, Role) else (SHARED,):
                page = world.page(state, actor) if state != UNKNOWN else "no-such-page"
                names = {**world.chat_of(page, actor), "id": page, "actor": id_of(actor.name)}
                world.connection.commit()
                data = json.loads(filled(json.dumps(said.data), names))
                got = await listener.is_answered(said.event, data)
                assert got == answer_to(said, actor, state), (said, actor, state)
        # What the server says to people is no command of theirs.
        for event in ("hello", "pages.changed", "access.changed", "session.changed"):
            assert await listener.is_answered(event, {"document": "x", "role": "manage"}) == "unknown_event"
        assert listener.close_code is None
        await listener.leaves()


def answer_to(said: Said, actor: Actor, state: str) -> str:
    """What the table says: who may not see a page is told the same as for one that is not there."""
    if not isinstance(said.needs, Role):
        return said.done if said.needs != OPERATOR or actor.is_operator else "not_found"
    if said.first == STAR and actor.is_token:
        return "not_allowed"
    role = None if state == TRASHED else actor.role_on(state)
    if role is None:
        return "not_found"
    return said.done if role.rank >= said.needs.rank else "not_allowed"


async def test_every_command_that_the_server_knows_has_a_row(house: tuple[Server, World]) -> None:
    server, world = house
    listener = await Listener(server.url, headers_of(world, "editor")).joins()
    for event in COMMANDS_OF_SCHEMA - {said.event for said in COMMANDS}:
        assert await listener.is_answered(event, {}) == "unknown_event", f"{event} has no row in deny_table.py"
    await listener.leaves()


async def test_a_token_that_may_only_administer_hears_of_no_page(house: tuple[Server, World]) -> None:
    server, world = house
    world.add_token("admin", "operator", "qr_admin", scopes="admin")
    world.connection.commit()
    headers = {"Authorization": "Bearer qr_admin"}
    for path in ("live", "sync/no-such-page"):
        with pytest.raises(InvalidStatus) as told:
            await connect(f"ws://127.0.0.1:{server.port}/{path}", additional_headers=headers)
        assert told.value.response.status_code == (403 if path == "live" else 404)


def test_every_kind_of_message_there_is_has_a_row_and_is_sent_here() -> None:
    numbers = {name: value for name, value in vars(frames).items() if name.isupper() and isinstance(value, int)}
    steps = {("SYNC", name) for name in numbers if name.startswith(("STEP", "UPDATE"))}
    del numbers["MESSAGES_PER_FRAME"]
    kinds = {(name,) for name in numbers if ("SYNC", name) not in steps and name != "SYNC"} | steps
    assert set(MESSAGES) == kinds == set(ACTS)
    taken = {frames.__dict__[kind[0]] for kind, needed in MESSAGES.items() if needed is not None}
    assert {kind for kind in range(300) if is_taken(kind)} == taken


def is_taken(kind: int) -> bool:
    """Whether the reader of frames knows this kind as one that a peer may send."""
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    for rest in (b"", b"\0\0", b"\0\0\0"):
        try:
            frames.read_messages(number + rest)
        except Malformed as problem:
            if "a message of kind" in str(problem) and str(problem).endswith(f"{kind} came"):
                return False
            continue
        return True
    return True
