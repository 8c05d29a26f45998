"""`WS /live`: what happens around the documents, as text JSON events; one connection a tab."""

import asyncio
import time
from collections import deque

from starlette.responses import Response
from starlette.websockets import WebSocket

from quillroom.api.context import Context, is_same_origin, session_of
from quillroom.api.errors import error
from quillroom.api.socket import EXTENSION, HandOver, Socket
from quillroom.core.access import Action
from quillroom.core.member import Member, Person, Role
from quillroom.core.meters import SocketCounters
from quillroom.core.outbox import Outbox
from quillroom.core.pace import Pace
from quillroom.protocol.closes import Close
from quillroom.protocol.live import BadEvent
from quillroom.services.errors import NotAllowed, NotSignedIn
from quillroom.services.live import Live

FRAME_BYTES = 1024 * 1024
OUTBOX_BYTES = 256 * 1024
BAD_EVENTS = 20
# Over this pace a connection is not read for a while: nothing is lost, its sender waits.
PACE_PER_SECOND = 20.0
PACE_BURST = 100.0
BYTES_PER_COST = 16 * 1024
HELD_SECONDS = 0.05


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
    """The listener between one socket and the live plane."""

    __slots__ = (
        "_bad",
        "_counted",
        "_held",
        "_is_closed",
        "_is_gone",
        "_live",
        "_pace",
        "_person",
        "_socket",
        "member",
    )

    member: Member
    _socket: Socket

    def __init__(self, live: Live, counted: SocketCounters, person: Person) -> None:
        self._live = live
        self._counted = counted
        self._person = person
        self._held: deque[bytes] | None = None  # messages behind the pace
        self._pace = Pace(PACE_PER_SECOND, PACE_BURST, time.monotonic())
        self._bad = 0
        self._is_closed = False  # by us: what still comes is not looked at
        self._is_gone = False

    def open(self, socket: Socket, id: int) -> None:
        """The handshake is done."""
        self._socket = socket
        # What is dropped while the peer does not read is made good by one greeting: it asks for everything anew.
        outbox = Outbox(socket.transport.write, lambda: None, lambda _edits, _cursors: self._greet(), OUTBOX_BYTES)
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
        if self._held is not None:
            self._held.append(payload)
        elif not self._is_closed:
            self._take(payload)
            wait = self._pace.spend(1 + len(payload) / BYTES_PER_COST, time.monotonic())
            if wait > 0.0:
                self._held = deque()
                self._socket.pause_reading()
                asyncio.get_running_loop().call_later(max(wait, HELD_SECONDS), self._go_on)

    def on_closed(self) -> None:
        """The connection is gone."""
        self._is_gone = True
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

    # -- details

    @property
    def _outbox(self) -> Outbox:
        outbox = self.member.outbox
        assert outbox is not None
        return outbox

    def _take(self, payload: bytes) -> None:
        try:
            self._live.receive(self.member, payload)
        except BadEvent as problem:
            self._live.refuse(self.member, problem)
            self._bad += 1
            if self._bad >= BAD_EVENTS:
                self.close(Close.BAD_FRAME, "too many events that are none")

    def _go_on(self) -> None:
        held, self._held = self._held or deque(), None
        while held and self._held is None:
            self.on_text(held.popleft())
        if self._held is not None:
            self._held.extend(held)
        elif not self._is_gone:
            self._socket.resume_reading()

    def _greet(self) -> None:
        self._live.greet(self.member)
