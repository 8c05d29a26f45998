"""`WS /sync/{document}`: the y-websocket protocol, and a little more for our own client."""

import asyncio
import time
from collections import deque
from contextlib import AsyncExitStack

from starlette.responses import Response
from starlette.websockets import WebSocket

from quillroom.api.context import Context, is_same_origin, token_of
from quillroom.api.errors import error
from quillroom.api.socket import EXTENSION, HandOver, Socket
from quillroom.api.turn import Turn
from quillroom.content.schema import SCHEMA_VERSION
from quillroom.core.access import Action, Standing
from quillroom.core.member import ANONYMOUS, Member, Person, Role
from quillroom.core.meters import SocketCounters
from quillroom.core.outbox import Outbox, Priority
from quillroom.core.pace import Pace
from quillroom.core.replica import BrokenDocument
from quillroom.core.room import Refused, Room
from quillroom.protocol import frames
from quillroom.protocol.closes import Close
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed
from quillroom.services.documents import check_name
from quillroom.services.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from quillroom.services.people import shown
from quillroom.services.rooms import IN_FLIGHT_BYTES, Rooms, is_large
from quillroom.store.database import Connection

BAD_FRAMES = 20
# Over this pace a connection is not read for a while: nothing is lost, its sender waits.
PACE_PER_SECOND = 100.0
PACE_BURST = 500.0
EDIT_COST = 1.0
QUESTION_COST = 5.0  # SyncStep1 and "who is here" cost one message and answer many bytes
OTHER_COST = 0.25
BYTES_PER_COST = 16 * 1024
HELD_SECONDS = 0.05


async def sync(websocket: WebSocket) -> None:
    """Refuse before accepting; then hand the connection to the room."""
    context: Context = websocket.app.state.context
    epoch = context.revocation.epoch
    async with AsyncExitStack() as stack:  # holds the room until the connection is in it
        admitted = await _admit(websocket, context, stack)
        if isinstance(admitted, Response):
            context.sockets.came(str(admitted.status_code))
            await websocket.send_denial_response(admitted)
        else:
            await _enter(websocket, context, *admitted)
            if context.revocation.epoch != epoch:
                # What changed between the question and now may have reached no socket.
                await context.revocation.review({websocket.path_params["document"]})


async def _enter(websocket: WebSocket, context: Context, person: Person, room: Room, found: Standing) -> None:
    assert found.role is not None
    asked, why = _asked_role(websocket, found.role, room)
    await websocket.accept()
    hand_over: HandOver = websocket.scope["extensions"][EXTENSION]
    is_ours = websocket.query_params.get("client") == "quillroom"
    connection = SyncConnection(
        context.rooms,
        context.sockets,
        context.turn,
        room,
        person,
        asked,
        is_ours,
        is_open=context.settings.is_open,
    )
    limit = context.settings.sync_frame_bytes
    connection.open(hand_over(connection, limit), context.settings.outbox_bytes)
    context.sockets.came("accepted")
    connection.member.allowed_until = found.until
    connection.member.is_limited = asked is not found.role
    if is_ours:
        connection.greet(why, limit)
    if context.sessions.has_ended(person, time.time()):  # while the handshake went on
        connection.close(Close.SIGNED_OUT, "the session has ended")
        return
    context.rooms.enter(room, connection.member)
    context.recents.opened(person, room.document)


async def _admit(
    websocket: WebSocket, context: Context, stack: AsyncExitStack
) -> tuple[Person, Room, Standing] | Response:
    if context.is_draining:
        return error(503, "draining", "The server is stopping. Try again in a moment.")
    if not is_same_origin(websocket.headers, context.settings.is_open):
        return error(403, "foreign_origin", "Connections from other sites are not accepted.")
    token = token_of(websocket)
    try:
        id = check_name(websocket.path_params["document"])
        try:
            person, found = await _who(context, token, id)
        except NotFound:
            if not context.settings.is_open:
                raise
            await context.documents.ensure(id)
            person, found = await _who(context, token, id)
        room = await stack.enter_async_context(context.rooms.held(id))
    except NotSignedIn:
        return error(401, "not_signed_in", "Sign in first: POST /api/session/guest with a name.")
    except (NotFound, NotAllowed):
        return error(404, "not_found", "There is no such document.")
    except Invalid as problem:
        return error(400, "invalid", str(problem))
    return person or ANONYMOUS, room, found


async def _who(context: Context, token: str | None, document: str) -> tuple[Person | None, Standing]:
    """Who asks, and what they are to the document, in one visit to the database."""

    def read(connection: Connection) -> tuple[Person | None, Standing]:
        person = None if token is None else context.people.look(connection, token)
        return person, context.access.check(connection, person, Action.READ, document)

    return await asyncio.to_thread(context.database.read, read)


def _asked_role(websocket: WebSocket, role: Role, room: Room) -> tuple[Role, str | None]:
    """The role this connection gets, and why it is less than the person's own."""
    query = websocket.query_params
    if not role.may_write:
        return role, "not_allowed"
    if room.read_only is not None:
        return Role.VIEW, "broken"
    if query.get("mode") == "view":
        return Role.VIEW, "asked"
    if query.get("client") == "quillroom":
        schema = query.get("schema", "")
        if not schema.isdecimal() or int(schema) < SCHEMA_VERSION:
            # An older bundle deletes what it does not know, for everyone.
            return Role.VIEW, "schema"
    return role, None


class SyncConnection:
    """The listener between one socket and its room."""

    __slots__ = ("_bad", "_counted", "_edit_cost", "_is_busy", "_is_closed", "_is_gone", "_is_paused", "_pace", "_role",
                 "_room", "_rooms", "_socket", "_turn", "_waiting", "is_ours", "member", "person")  # fmt: skip

    member: Member
    _socket: Socket

    def __init__(
        self,
        rooms: Rooms,
        counted: SocketCounters,
        turn: Turn,
        room: Room,
        person: Person,
        role: Role,
        is_ours: bool,
        *,
        is_open: bool,
    ) -> None:
        self._rooms = rooms
        self._counted = counted
        self._turn = turn
        self._room = room
        self.person = person
        self._role = role
        self.is_ours = is_ours
        self._waiting: deque[bytes] | None = None  # messages behind a large one, or behind too many
        self._is_busy = False
        self._is_paused = False
        self._is_closed = False  # by us: what still comes is not looked at
        self._is_gone = False
        self._pace = Pace(PACE_PER_SECOND, PACE_BURST, time.monotonic())
        self._edit_cost = 0.0 if is_open else EDIT_COST
        self._bad = 0

    def open(self, socket: Socket, outbox_bytes: int) -> None:
        """The handshake is done."""
        self._socket = socket
        outbox = Outbox(socket.transport.write, self._mark, self._resync, outbox_bytes)
        self.member = Member(self._rooms.new_member_id(), self.person, self._role, outbox, self.is_ours)
        self.member.hang_up = self.close

    def greet(self, why: str | None, frame_bytes: int) -> None:
        """The first message that our own client gets."""
        user = shown(self.person.id or "", self.person.name, self.person.colour, self.person.avatar)
        hello: dict[str, object] = {
            "schema": SCHEMA_VERSION,
            "generation": self._room.generation,
            "role": self._role.value,
            "why": why,
            "user": user,
            "saving": self._rooms.trouble,
            "limits": {"frame_bytes": frame_bytes},
        }
        self._room.send(self.member, frames.control("hello", hello), Priority.CONTROL)

    # -- what the socket says

    def on_message(self, payload: bytes) -> None:
        """One WebSocket message: one or more y-protocols messages."""
        if self._is_busy:
            assert self._waiting is not None
            self._waiting.append(payload)
            return
        if self._is_closed:
            return
        try:
            messages = frames.read_messages(payload)
            for at, message in enumerate(messages):
                if self._turn.is_over():
                    self._hold(messages[at:])
                    self._turn.later(self._go_on)
                    return
                is_update = message.kind == frames.SYNC and message.step != frames.STEP1
                if is_update and is_large(message.payload):
                    self._inspect_elsewhere(message, messages[at + 1 :])
                    return
                self._take(message)
                if self._is_closed:
                    return
                cost = self._edit_cost if is_update else _cost(message)
                wait = self._pace.spend(cost, time.monotonic()) if cost else 0.0
                if wait > 0.0:
                    self._hold(messages[at + 1 :])
                    asyncio.get_running_loop().call_later(max(wait, HELD_SECONDS), self._go_on)
                    return
        except Malformed as problem:
            self.close(Close.BAD_FRAME, str(problem))
        except BrokenDocument as problem:
            self.close(Close.GONE, str(problem))

    def on_text(self, payload: bytes) -> None:
        """Nobody speaks text here."""
        self.close(Close.BAD_FRAME, "binary messages were expected, a text message came")

    def close(self, code: int, reason: str) -> None:
        """End the connection; what its peer sent behind this moment is not looked at."""
        self._is_closed = True
        self._socket.close(code, reason)

    def on_closed(self) -> None:
        """The connection is gone."""
        self._is_gone = True
        self.member.hang_up = None  # no circle is left: what is frozen is not looked through for garbage
        self._counted.went(self._socket.close_code, self._socket.was_stuck)
        self._rooms.leave(self._room, self.member)

    def on_closing(self) -> None:
        """Goodbye was said: no frame may follow it."""
        outbox = self.member.outbox
        assert outbox is not None
        outbox.shut()

    def on_full(self) -> None:
        """The peer reads too slowly."""
        outbox = self.member.outbox
        assert outbox is not None
        outbox.pause(asyncio.get_running_loop().time())

    def on_drained(self) -> None:
        """The peer has read."""
        outbox = self.member.outbox
        assert outbox is not None
        outbox.resume()

    # -- what its messages mean

    def _take(self, message: frames.Message) -> None:
        if message.kind == frames.SYNC:
            if message.step == frames.STEP1:
                self._answer(message.payload)
            else:
                self._update(message)
        elif message.kind == frames.AWARENESS:
            self._rooms.receive_awareness(self._room, self.member, message.payload)
        elif message.kind == frames.HEARTBEAT:
            self._room.send(self.member, frames.HEARTBEAT_FRAME, Priority.CONTROL)
        elif message.kind == frames.QUERY_AWARENESS:
            self._room.resync(self.member, edits=False, cursors=True)

    def _answer(self, vector: bytes) -> None:
        now = asyncio.get_running_loop().time()
        if not self._room.answer(self.member, vector, now):
            self.close(Close.SLOW_DOWN, "The whole document was asked for too often.")

    def _update(self, message: frames.Message) -> None:
        self.member.received += 1
        update, is_step2 = message.payload, message.step == frames.STEP2
        try:
            self._received(self._rooms.receive(self._room, self.member, update, is_step2, inspect(update)))
        except Malformed as problem:
            self._malformed(problem)

    def _malformed(self, problem: Malformed) -> None:
        self._rooms.refuse(self._room, self.member, "bad_update", f"Not accepted: {problem}.")
        self._count_bad()

    def _received(self, refused: Refused | None) -> None:
        member = self.member
        if refused is not None:
            self._after(refused.code)
        elif member.in_flight_bytes > IN_FLIGHT_BYTES and not self._is_paused:
            self._is_paused = True
            self._socket.pause_reading()
            asyncio.get_running_loop().call_later(0.05, self._resume)

    def _after(self, code: str) -> None:
        if code == "gap":
            self.close(Close.BAD_FRAME, "edits are missing")
        elif code == "foreign_client" and not self.is_ours:
            # Stock clients send again only when they connect again, and then the other one may be gone.
            self.close(Close.DRAINING, "this client id is in use")
        else:
            self._count_bad()

    def _count_bad(self) -> None:
        self._bad += 1
        if self._bad > BAD_FRAMES:
            self.close(Close.BAD_FRAME, "too many refused messages")

    def _resume(self) -> None:
        if self.member.in_flight_bytes > IN_FLIGHT_BYTES // 2:
            asyncio.get_running_loop().call_later(0.05, self._resume)
            return
        self._is_paused = False
        if not self._is_busy:
            self._socket.resume_reading()

    def _hold(self, rest: list[frames.Message]) -> None:
        """Order is kept: what comes behind waits, and reading stops."""
        self._is_busy = True
        self._waiting = deque(map(_encoded, rest))
        self._socket.pause_reading()

    def _go_on(self) -> None:
        waiting = self._waiting or deque()
        self._waiting, self._is_busy = None, False
        while waiting and not self._is_busy:
            self.on_message(waiting.popleft())
        if self._is_busy:
            assert self._waiting is not None
            self._waiting.extend(waiting)
        elif self._is_gone:
            self._rooms.leave(self._room, self.member)  # what came last may have taken a client id
        elif not self._is_paused:
            self._socket.resume_reading()

    def _inspect_elsewhere(self, message: frames.Message, rest: list[frames.Message]) -> None:
        self._hold(rest)
        task = asyncio.get_running_loop().create_task(self._large(message))
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def _large(self, message: frames.Message) -> None:
        self.member.received += 1
        update, is_step2 = message.payload, message.step == frames.STEP2
        try:
            self._received(await self._rooms.receive_large(self._room, self.member, update, is_step2))
        except Malformed as problem:
            self._malformed(problem)
        self._go_on()

    def _mark(self) -> None:
        self._room.mark(self.member)

    def _resync(self, edits: bool, cursors: bool) -> None:
        self._room.resync(self.member, edits, cursors)


_running: set[asyncio.Task[None]] = set()  # asyncio holds tasks weakly


def _cost(message: frames.Message) -> float:
    is_question = message.kind in (frames.QUERY_AWARENESS, frames.SYNC)
    return (QUESTION_COST if is_question else OTHER_COST) + len(message.payload) / BYTES_PER_COST


def _encoded(message: frames.Message) -> bytes:
    if message.kind == frames.SYNC:
        encode = (frames.step1, frames.step2, frames.update)[message.step]
        return encode(message.payload)
    if message.kind == frames.AWARENESS:
        return frames.awareness(message.payload)
    return bytes([message.kind])
