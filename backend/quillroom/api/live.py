"""`WS /live`: what happens around the documents, as text JSON events; one connection a tab."""

import asyncio
import logging
import time
from collections import deque

from starlette.responses import Response
from starlette.websockets import WebSocket

from quillroom.api.context import Context, is_same_origin, session_of
from quillroom.api.errors import code_and_sentence, error
from quillroom.api.socket import EXTENSION, HandOver, Socket
from quillroom.core.access import Action
from quillroom.core.member import Member, Person, Role
from quillroom.core.meters import SocketCounters
from quillroom.core.outbox import Outbox
from quillroom.core.pace import Pace
from quillroom.protocol.closes import Close
from quillroom.protocol.live import BadEvent, read
from quillroom.services.errors import NotAllowed, NotSignedIn
from quillroom.services.live import Live
from quillroom.services.topics import Gone

_log = logging.getLogger(__name__)

FRAME_BYTES = 1024 * 1024
OUTBOX_BYTES = 256 * 1024
BAD_EVENTS = 20
# Over this pace a connection is not read for a while: nothing is lost, its sender waits.
PACE_PER_SECOND = 20.0
PACE_BURST = 100.0
BYTES_PER_COST = 16 * 1024
HELD_SECONDS = 0.05
# What waits to be done; behind that nothing more is read.
WAITING = 64
WAITING_BYTES = 256 * 1024
LONG_SECONDS = 2.0
PING_BYTES = 256


async def live(websocket: WebSocket) -> None:
    """Refuse before accepting; then hand the connection over."""
    context: Context = websocket.app.state.context
    admitted = await _admit(websocket, context)
    if isinstance(admitted, Response):
        context.sockets.came(str(admitted.status_code))
        await websocket.send_denial_response(admitted)
        return
    await context.live.prepare()
    await websocket.accept()
    hand_over: HandOver = websocket.scope["extensions"][EXTENSION]
    connection = LiveConnection(context.live, context.sockets, admitted)
    connection.open(hand_over(connection, FRAME_BYTES), context.rooms.new_member_id())
    context.sockets.came("accepted")
    if context.sessions.has_ended(admitted, time.time()):  # while the handshake went on
        connection.close(Close.SIGNED_OUT, "the session has ended")
        return
    context.live.enter(connection.member)


async def _admit(websocket: WebSocket, context: Context) -> Person | Response:
    if context.is_draining:
        return error(503, "draining", "The server is stopping. Try again in a moment.")
    if not is_same_origin(websocket.headers, context.settings.is_open):
        return error(403, "foreign_origin", "Connections from other sites are not accepted.")
    try:
        return context.access.demand_in_workspace(await session_of(websocket, context), Action.LIST)
    except NotSignedIn:
        return error(401, "not_signed_in", "Sign in first: POST /api/session/guest with a name.")
    except NotAllowed as problem:
        return error(403, "not_allowed", str(problem))


class LiveConnection:
    """The listener between one socket and the live plane. What it says is done one by one, by a task of its own."""

    __slots__ = (
        "_bad",
        "_counted",
        "_is_closed",
        "_is_gone",
        "_live",
        "_pace",
        "_person",
        "_socket",
        "_task",
        "_waiting",
        "_waiting_bytes",
        "_working_since",
        "member",
    )

    member: Member
    _socket: Socket

    def __init__(self, live: Live, counted: SocketCounters, person: Person) -> None:
        self._live = live
        self._counted = counted
        self._person = person
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._working_since: float | None = None
        self._pace = Pace(PACE_PER_SECOND, PACE_BURST, time.monotonic())
        self._bad = 0
        self._is_closed = False  # by us: what still comes is not looked at
        self._is_gone = False

    def open(self, socket: Socket, id: int) -> None:
        """The handshake is done."""
        self._socket = socket
        # What is dropped while the peer does not read is made good by one greeting: it asks for everything anew.
        outbox = Outbox(socket.transport.write, lambda: None, lambda edits, _: self._greet(edits), OUTBOX_BYTES)
        self.member = Member(id, self._person, Role.VIEW, outbox, is_ours=True)
        self.member.hang_up = self.close

    def close(self, code: int, reason: str) -> None:
        """End the connection; what its peer sent behind this moment is not looked at."""
        self._is_closed = True
        self._socket.close(code, reason)

    # -- what the socket says

    def on_message(self, payload: bytes) -> None:
        """Nobody speaks binary here."""
        self.close(Close.BAD_FRAME, "text messages were expected, a binary message came")

    def on_text(self, payload: bytes) -> None:
        """One event."""
        if self._is_closed or self._is_answered(payload):
            return
        self._waiting.append(payload)
        self._waiting_bytes += len(payload)
        if len(self._waiting) >= WAITING or self._waiting_bytes >= WAITING_BYTES:
            self._socket.pause_reading()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def on_closed(self) -> None:
        """The connection is gone; what it asked for last is still done."""
        self._is_gone = True
        self._waiting.clear()
        self.member.hang_up = None  # no circle is left: what is frozen is not looked through for garbage
        self._counted.went(self._socket.close_code, self._socket.was_stuck)
        self._live.leave(self.member)

    def on_closing(self) -> None:
        """Goodbye was said: no frame may follow it."""
        self._outbox.shut()

    def on_full(self) -> None:
        """The peer reads too slowly."""
        self._outbox.pause(asyncio.get_running_loop().time())

    def on_drained(self) -> None:
        """The peer has read."""
        self._outbox.resume()
        if self._outbox.paused_at is None:
            self._live.drained(self.member)

    # -- details

    @property
    def _outbox(self) -> Outbox:
        outbox = self.member.outbox
        assert outbox is not None
        return outbox

    async def _work(self) -> None:
        """Everything that waits, in order, at its pace, and nothing while the answers are not read."""
        try:
            while self._waiting and not self._is_closed:
                payload = self._waiting.popleft()
                self._waiting_bytes -= len(payload)
                self._working_since = time.monotonic()
                await self._take(payload)
                self._working_since = None
                if len(self._waiting) <= WAITING // 2 and self._waiting_bytes < WAITING_BYTES and not self._is_gone:
                    self._socket.resume_reading()
                wait = self._pace.spend(1 + len(payload) / BYTES_PER_COST, time.monotonic())
                if wait > 0.0:
                    await asyncio.sleep(max(wait, HELD_SECONDS))
                await self._live.until_read(self.member)
        finally:
            self._task = None
            self._working_since = None

    async def _take(self, payload: bytes) -> None:
        id: str | None = None
        try:
            command = read(payload)
            id = command.id
            await self._live.answer(self.member, command)
        except BadEvent as problem:
            self._live.refuse(self.member, problem.id, problem.code, str(problem))
            self._bad += 1
            if self._bad >= BAD_EVENTS:
                self.close(Close.BAD_FRAME, "too many events that are none")
        except Gone:
            self._live.refuse(self.member, id, "unfollowed", "This was told with an event of its own.")
        except Exception as problem:  # of one command: what else this connection says must still be done
            known = code_and_sentence(problem)
            if known is None:
                _log.exception("A command on /live failed")
            self._live.refuse(self.member, id, *(known or ("internal", "Something went wrong here. Try again.")))

    def _is_answered(self, payload: bytes) -> bool:
        """Whether it only asks if anybody is there, while something else takes long: that is no reason to go away."""
        since = self._working_since
        if since is None or time.monotonic() - since < LONG_SECONDS or len(payload) > PING_BYTES:
            return False
        try:
            command = read(payload)
        except BadEvent:
            return False
        if command.event != "ping" or self._outbox.paused_at is not None:
            return False
        self._live.pong(self.member, command)
        self._working_since = time.monotonic()  # once in so long: it has no pace of its own
        return True

    def _greet(self, has_lost_events: bool) -> None:
        if has_lost_events:
            self._live.greet(self.member)
        else:
            self._live.catch_up(self.member)
