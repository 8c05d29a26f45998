"""RFC 6455 data framing of the server side, without I/O: what comes after the handshake.

Frames to the peer are encoded once and written to many transports; frames from the peer must be masked (§5.1).
"""

try:
    from websockets.speedups import apply_mask
except ImportError:  # no compiled wheel for this platform: slower, never wrong
    from websockets.utils import apply_mask

CONTINUATION, TEXT, BINARY = 0x0, 0x1, 0x2
CLOSE, PING, PONG = 0x8, 0x9, 0xA
CONTROL_BYTES = 125
_WHOLE_BINARY = 0x80 | BINARY
_SHORT = 0x80 - 6  # what the second byte of a masked frame of less than 126 bytes adds to its whole length
_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


class FrameError(Exception):
    """The peer broke the protocol; `close_code` says how (RFC 6455 §7.4.1)."""

    def __init__(self, close_code: int, message: str) -> None:
        super().__init__(message)
        self.close_code = close_code


def encode_frame(payload: bytes, opcode: int = BINARY) -> bytes:
    """One whole unmasked frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut to what a control frame may hold."""
    text = reason.encode()[: CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return encode_frame(code.to_bytes(2, "big") + text, CLOSE)


def pong(payload: bytes) -> bytes:
    """The answer to a ping."""
    return encode_frame(payload, PONG)


class FrameReader:
    """Turns the bytes of a peer into whole messages, whatever the network cut them into."""

    __slots__ = ("_buffer", "_message", "_opcode", "_wanted", "limit_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._buffer: bytearray | None = None
        self._wanted = 0  # bytes that the buffer must hold before it is looked at again
        self._message: bytearray | None = None  # joined at once: small fragments must not cost more
        self._opcode = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Messages completed by these bytes as (opcode, payload). Raises FrameError.

        A message over `limit_bytes` is refused when its length is announced, before it is buffered.
        """
        if self._buffer is None:
            # What nearly always comes: one short binary message, whole.
            if len(data) > 6 and data[0] == _WHOLE_BINARY and data[1] == len(data) + _SHORT and self._message is None:
                return [(BINARY, apply_mask(data[6:], data[2:6]))]
        else:
            self._buffer += data
            if len(self._buffer) < self._wanted:  # one copy a frame, however small the pieces
                return []
            data = bytes(self._buffer)
        messages: list[tuple[int, bytes]] = []
        at = 0
        while True:
            end = self._frame(data, at, messages)
            if end < 0:
                break
            at = end
        self._buffer = bytearray(data[at:]) if len(data) > at else None
        self._wanted = -end
        return messages

    def _frame(self, data: bytes, at: int, messages: list[tuple[int, bytes]]) -> int:
        """Read one frame at `at`; the position after it, or minus the bytes that must be there."""
        available = len(data) - at
        if available < 2:
            return -2
        first, second = data[at], data[at + 1]
        _check_header(first, second)
        size, head = second & 0x7F, at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            if available < 2 + width:
                return -2 - width
            size = int.from_bytes(data[head : head + width], "big")
            head += width
            if size < 126 or (width == 8 and size < 65536):
                raise FrameError(1002, "a length in its shortest form was expected")
        opcode = first & 0x0F
        if opcode < CLOSE:
            joined = 0 if self._message is None else len(self._message)
            if size + joined > self.limit_bytes:
                raise FrameError(1009, f"a message of at most {self.limit_bytes} bytes was expected")
        end = head + 4 + size
        if len(data) < end:
            return at - end
        payload = apply_mask(data[head + 4 : end], data[head : head + 4])
        self._take(opcode, first >= 0x80, payload, messages)
        return end

    def _take(self, opcode: int, is_final: bool, payload: bytes, messages: list[tuple[int, bytes]]) -> None:
        if opcode >= CLOSE:
            if opcode == CLOSE:
                _check_close(payload)
            messages.append((opcode, payload))
            return
        if opcode == CONTINUATION:
            if self._message is None:
                raise FrameError(1002, "a continuation came without a message to continue")
            self._message += payload
            if not is_final:
                return
            opcode, payload, self._message = self._opcode, bytes(self._message), None
        elif self._message is not None:
            raise FrameError(1002, "a new message began inside a fragmented one")
        elif not is_final:
            self._opcode, self._message = opcode, bytearray(payload)
            return
        if opcode == TEXT:
            _check_text(payload)
        messages.append((opcode, payload))


def _check_header(first: int, second: int) -> None:
    if first & 0x70:
        raise FrameError(1002, "reserved bits must be 0: no extension was agreed on")
    opcode = first & 0x0F
    if opcode > BINARY and not CLOSE <= opcode <= PONG:
        raise FrameError(1002, f"opcode {opcode} is reserved")
    if second < 0x80:
        raise FrameError(1002, "frames of a client must be masked")
    if opcode >= CLOSE and (first < 0x80 or second & 0x7F > CONTROL_BYTES):
        raise FrameError(1002, "control frames must be whole and at most 125 bytes long")


def _check_close(payload: bytes) -> None:
    if len(payload) == 1:
        raise FrameError(1002, "a close frame holds two bytes of code or none")
    if payload:
        code = int.from_bytes(payload[:2], "big")
        if code not in _CLOSE_CODES and not 3000 <= code < 5000:
            raise FrameError(1002, f"close code {code} must not be sent")
        _check_text(payload[2:])


def _check_text(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise FrameError(1007, "UTF-8 text was expected") from None
