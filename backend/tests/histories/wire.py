"""A network that a test holds in its hands: frames stand in flight until they are let through, lost or mangled."""

import asyncio
from typing import Any

from quillroom.protocol.websocket import CLOSE
from support.written import frames_of


class Wire(asyncio.Transport):
    """The transport under a server's socket. What the server writes stands in `down`, frame by frame."""

    def __init__(self) -> None:
        super().__init__()
        self.up: list[bytes] = []
        self.down: list[bytes] = []
        self.peer: asyncio.Protocol | None = None
        self.is_full = False
        self._is_closing = False

    # -- the client's side

    def deliver_up(self) -> None:
        """Let the oldest frame of the client through."""
        if self.up and self.peer is not None and not self._is_closing:
            self.peer.data_received(masked(self.up.pop(0)))

    def deliver_down(self) -> bytes | None:
        """Take the oldest frame of the server; None for what is no message to the client."""
        if not self.down:
            return None
        opcode, payload = unframed(self.down.pop(0))
        if opcode == CLOSE:
            self.lose()
        return None if opcode >= CLOSE else payload

    def fill(self) -> None:
        """The client reads nothing for now."""
        if self.peer is not None and not self.is_full:
            self.is_full = True
            self.peer.pause_writing()

    def drain(self) -> None:
        """It reads again."""
        if self.is_full:
            self.is_full = False
            if self.peer is not None:
                self.peer.resume_writing()

    def lose(self) -> None:
        """The connection is gone, with all that was in flight. Idempotent."""
        self._is_closing = True
        self.up.clear()
        self.down.clear()
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.connection_lost(None)

    @property
    def is_lost(self) -> bool:
        return self.peer is None

    # -- asyncio.Transport, as far as a socket uses it

    def write(self, data: Any) -> None:
        if self.peer is not None:
            self.down += frames_of(bytes(data))

    def close(self) -> None:
        self.lose()

    def abort(self) -> None:
        self.lose()

    def is_closing(self) -> bool:
        return self._is_closing

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


def masked(payload: bytes) -> bytes:
    """A client's binary frame; a mask of zeros leaves the payload as it is."""
    size = len(payload)
    if size < 126:
        head = bytes((0x82, 0x80 | size))
    elif size < 65536:
        head = bytes((0x82, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x82, 0xFF)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def unframed(frame: bytes) -> tuple[int, bytes]:
    """(opcode, payload) of one frame of the server."""
    size = frame[1]
    head = 2 if size < 126 else 4 if size == 126 else 10
    return frame[0] & 0x0F, frame[head:]
