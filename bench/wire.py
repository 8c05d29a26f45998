"""The few messages a benchmark client sends and reads (y-protocols, Hocuspocus, Yjs updates)."""

from typing import NamedTuple

SYNC, CONTROL, SAVED, SYNC_STATUS, SYNC_REPLY, AUTH = 0, 100, 101, 8, 4, 2
STEP1, STEP2, UPDATE = 0, 1, 2
EMPTY_UPDATE = b"\x00\x00"
EMPTY_VECTOR = b"\x00"


def uint(number: int) -> bytes:
    """A lib0 varUint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def block(data: bytes) -> bytes:
    """Length, then bytes."""
    return uint(len(data)) + data


def read_uint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def read_block(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = read_uint(data, at)
    return data[at : at + size], at + size


def sync(step: int, payload: bytes) -> bytes:
    return uint(SYNC) + uint(step) + block(payload)


def token() -> bytes:
    """Hocuspocus wants one before anything else, whatever it says."""
    return uint(AUTH) + uint(0) + block(b"bench") + block(b"4.7.0")


def typed(client: int, clock: int, text: str) -> bytes:
    """A Yjs update: `text` (ASCII) at the end of what this client typed into the Y.Text "t"."""
    first = b"\x04" + uint(1) + block(b"t")
    after = b"\x84" + uint(client) + uint(max(clock - 1, 0))
    place = after if clock else first
    head = uint(1) + uint(1) + uint(client) + uint(clock)
    return head + place + block(text.encode()) + uint(0)


class Message(NamedTuple):
    """One message of a server: its kind, the step of a sync message (else -1), and the rest."""

    kind: int
    step: int
    payload: bytes


def read(frame: bytes, *, named: bool) -> Message:
    """`named`: Hocuspocus puts the document's name in front of everything."""
    at = read_block(frame, 0)[1] if named else 0
    kind, at = read_uint(frame, at)
    if kind in (SYNC, SYNC_REPLY):
        step, at = read_uint(frame, at)
        return Message(SYNC, step, read_block(frame, at)[0])
    return Message(kind, -1, frame[at:])
