"""The WebSocket transport under `/sync` and `/live`: uvicorn does the handshake through ASGI, then the connection is
handed over to a plain asyncio protocol that writes frames which are already encoded.

ASGI sends cost two to three times as much per delivery, and a waiting ASGI task several KB per idle connection.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, Protocol, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from quillroom.protocol.closes import Close
from quillroom.protocol.websocket import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    FrameError,
    FrameReader,
    close_frame,
    encode_frame,
    pong,
)

try:
    from fcntl import ioctl
    from termios import TIOCOUTQ
except ImportError:  # Windows
    ioctl = None  # type: ignore[assignment]

EXTENSION = "quillroom.handover"
PING_SECONDS = 20.0
DEAD_SECONDS = 45.0
STUCK_SECONDS = 5.0
SWEEP_SECONDS = 1.0
CLOSE_SECONDS = 5.0
WRITE_HIGH_WATER_BYTES = 256 * 1024
TCP_USER_TIMEOUT_MS = 15_000
_NO_LINGER = struct.pack("ii", 1, 0) if sys.platform != "win32" else struct.pack("hh", 1, 0)
_PING = encode_frame(b"", PING)


class Listener(Protocol):
    """Who is behind a socket. Every call comes from the event loop and must not block."""

    def on_message(self, payload: bytes) -> None:
        """A whole binary message came."""

    def on_text(self, payload: bytes) -> None:
        """A whole text message came, as UTF-8 that was checked."""

    def on_closed(self) -> None:
        """The connection is gone; called once."""

    def on_closing(self) -> None:
        """Nothing may be written to the transport any more; called once."""

    def on_full(self) -> None:
        """The peer reads too slowly: nothing more fits."""

    def on_drained(self) -> None:
        """The peer has read: there is room again."""


class Socket(asyncio.Protocol):
    """One open WebSocket after its handshake."""

    __slots__ = (
        "_connections",
        "_is_closing",
        "_listener",
        "_loop",
        "_reader",
        "_sweeper",
        "_unread_bytes",
        "close_code",
        "full_since",
        "heard_at",
        "transport",
        "was_stuck",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        listener: Listener,
        limit_bytes: int,
        connections: set[Any],
        sweeper: "Sweeper",
    ) -> None:
        self.transport = transport
        self._listener = listener
        self._reader = FrameReader(limit_bytes)
        self._connections = connections
        self._sweeper = sweeper
        self._is_closing = False
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()
        self.full_since: float | None = None
        self.close_code: int = Close.LOST
        self.was_stuck = False  # whether it was ended because its peer did not read
        self._unread_bytes = 0
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)
        set_user_timeout(transport)
        connections.add(self)
        sweeper.add(self)

    def write(self, frame: bytes) -> None:
        """Send an encoded frame; silently nothing once the connection is closing."""
        if not self._is_closing:
            self.transport.write(frame)

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye; the connection ends when the peer answers, or after a few seconds."""
        if self._is_closing:
            return
        self.transport.write(close_frame(code, reason))
        self.close_code = code
        self._end()
        self.transport.resume_reading()
        self._loop.call_later(CLOSE_SECONDS, self.abort)

    def abort(self) -> None:
        """End it now; what is still unsent is thrown away, in the kernel too (RST instead of FIN)."""
        self._end()
        peer = self.transport.get_extra_info("socket")
        if peer is not None and not self.transport.is_closing():
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def pause_reading(self) -> None:
        """Take nothing more from the peer for now. Idempotent."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Idempotent."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        self.close(Close.RESTART, "the server is restarting")

    def sweep(self, now: float) -> None:
        """Called each second: find dead and stuck peers."""
        self.was_stuck = self.full_since is not None and self._has_read_nothing(self.full_since, now)
        if self.was_stuck or now - self.heard_at > DEAD_SECONDS:
            self.abort()
        elif now - self.heard_at >= PING_SECONDS and ((now - self.heard_at) % PING_SECONDS < SWEEP_SECONDS):
            self.write(_PING)

    def _has_read_nothing(self, since: float, now: float) -> bool:
        """Whether the peer took not one byte for so long; one that reads a little is slow, not stuck."""
        unread = _unread_bytes(self.transport)
        if unread < self._unread_bytes:
            self.full_since = since = now
        self._unread_bytes = unread
        return now - since > STUCK_SECONDS

    # -- asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        try:
            messages = self._reader.feed(data)
        except FrameError as error:
            self.close(error.close_code, str(error))
            return
        for opcode, payload in messages:
            if self._is_closing:
                if opcode == CLOSE:
                    self.transport.close()
                continue
            if opcode == BINARY:
                self._listener.on_message(payload)
            else:
                self._other(opcode, payload)

    def pause_writing(self) -> None:
        self.full_since = self._loop.time()
        self._unread_bytes = 0
        self._listener.on_full()

    def resume_writing(self) -> None:
        self.full_since = None
        self._listener.on_drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._connections.discard(self)
        self._sweeper.discard(self)
        listener, self._listener = self._listener, _NOBODY  # no circle is left for the garbage collector
        listener.on_closed()

    def _end(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._listener.on_closing()

    def _other(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            if self.full_since is None:  # a peer that asks and never reads must not fill the memory
                self.write(pong(payload))
        elif opcode == CLOSE:
            self.close_code = _answer_to(payload)
            self.transport.write(close_frame(_answer_to(payload), ""))
            self._end()
            self.transport.close()
        elif opcode == TEXT:
            self._listener.on_text(payload)


class Sweeper:
    """One timer for all sockets, instead of two for each."""

    def __init__(self) -> None:
        self._sockets: set[Socket] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, socket: Socket) -> None:
        """Watch a socket; the timer runs only while there is one."""
        self._sockets.add(socket)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def discard(self, socket: Socket) -> None:
        """Idempotent."""
        self._sockets.discard(socket)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for each in list(self._sockets):
            each.sweep(now)
        self._timer = loop.call_later(SWEEP_SECONDS, self._sweep) if self._sockets else None


class HandoverProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, plus an ASGI extension with which an endpoint takes the accepted connection over.

    `scope["extensions"][EXTENSION](listener, limit_bytes) -> Socket`; call it right after `accept`, without
    awaiting in between, and return: the connection lives on by itself.
    """

    sweeper = Sweeper()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_handed_over = False

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            cast(dict[str, Any], self.scope["extensions"])[EXTENSION] = self._hand_over

    def _hand_over(self, listener: Listener, limit_bytes: int) -> Socket:
        if not self.handshake_complete or self.transport.is_closing() or not self.queue.empty():
            raise ClientDisconnected
        self.stop_keepalive()
        self._is_handed_over = True
        self.connections.discard(self)
        taken = Socket(self.transport, listener, limit_bytes, self.connections, self.sweeper)
        self.transport.set_protocol(taken)
        if self.read_paused:
            self.transport.resume_reading()
        return taken

    async def run_asgi(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:  # the edge of the ASGI task: the peer gets a plain 500
            self.logger.exception("Exception in ASGI application")
            self.send_500_response()
        else:
            if not self.handshake_complete:
                self.send_500_response()
        if not self._is_handed_over and self.close_timer is None:
            self.transport.close()


HandOver = Callable[[Listener, int], Socket]


class _Nobody:
    """Listens to a connection that is gone."""

    def on_message(self, payload: bytes) -> None:
        pass

    on_text = on_message

    def on_closed(self) -> None:
        pass

    on_closing = on_full = on_drained = on_closed


_NOBODY = _Nobody()


def _answer_to(payload: bytes) -> int:
    """RFC 6455 §5.5.1: echo the status code that came, 1000 when none did."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else Close.NORMAL


def _unread_bytes(transport: asyncio.Transport) -> int:
    """What the peer's system has not taken yet, here and in the kernel."""
    size = transport.get_write_buffer_size()
    peer = transport.get_extra_info("socket")
    if ioctl is None or peer is None:
        return size
    try:
        return size + int.from_bytes(ioctl(peer.fileno(), TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:  # closed meanwhile, or a system that does not tell
        return size


def set_user_timeout(transport: asyncio.Transport) -> None:
    """A peer whose system takes nothing for so long is gone, whatever TCP hopes."""
    peer = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only
    if peer is not None and option is not None and peer.family != getattr(socket, "AF_UNIX", None):
        peer.setsockopt(socket.IPPROTO_TCP, option, TCP_USER_TIMEOUT_MS)
