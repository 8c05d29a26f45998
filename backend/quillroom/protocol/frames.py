"""y-protocols messages (PROTOCOL.md of y-protocols) and the three kinds that only Quillroom's own client speaks."""

import json
from typing import NamedTuple

from quillroom.protocol.lib0 import (
    Malformed,
    read_var_bytes,
    read_var_string,
    read_var_uint,
    var_bytes,
    var_string,
    write_var_uint,
)

SYNC = 0
AWARENESS = 1
AUTH = 2
QUERY_AWARENESS = 3
CONTROL = 100
SAVED = 101
HEARTBEAT = 102

STEP1 = 0
STEP2 = 1
UPDATE = 2

MESSAGES_PER_FRAME = 1024
HEARTBEAT_FRAME = bytes([HEARTBEAT])


class Message(NamedTuple):
    """One message a client sent. `step` is -1 unless `kind` is SYNC."""

    kind: int
    step: int
    payload: bytes


def read_messages(frame: bytes) -> list[Message]:
    """All messages of one WebSocket message, in order. Raises Malformed."""
    messages: list[Message] = []
    at, size = 0, len(frame)
    if size == 0:
        raise Malformed("a message was expected, nothing came")
    if size > 3 and frame[0] == SYNC and frame[1] <= UPDATE and frame[2] == size - 3 < 0x80:
        return [Message(SYNC, frame[1], frame[3:])]  # what nearly always comes: one short message
    while at < size:
        if len(messages) >= MESSAGES_PER_FRAME:
            raise Malformed(f"at most {MESSAGES_PER_FRAME} messages in a frame were expected")
        message, at = _read_message(frame, at)
        messages.append(message)
    return messages


def _read_message(frame: bytes, at: int) -> tuple[Message, int]:
    kind, at = read_var_uint(frame, at)
    if kind == SYNC:
        step, at = read_var_uint(frame, at)
        if step > UPDATE:
            raise Malformed(f"a sync step of 0, 1 or 2 was expected, {step} came")
        payload, at = read_var_bytes(frame, at)
        return Message(SYNC, step, payload), at
    if kind == AWARENESS:
        payload, at = read_var_bytes(frame, at)
        return Message(AWARENESS, -1, payload), at
    if kind in (QUERY_AWARENESS, HEARTBEAT):
        return Message(kind, -1, b""), at
    if kind == AUTH:  # nothing a client says here matters, but it may say it
        _, at = read_var_uint(frame, at)
        reason, at = read_var_string(frame, at)
        return Message(AUTH, -1, reason.encode()), at
    raise Malformed(f"a message of kind 0, 1, 3 or {HEARTBEAT} was expected, {kind} came")


def step1(vector: bytes) -> bytes:
    """SyncStep1: "this is what I have" (a state vector)."""
    return b"\x00\x00" + var_bytes(vector)


def step2(update: bytes) -> bytes:
    """SyncStep2: "this is what you lack" (a Yjs v1 update)."""
    return b"\x00\x01" + var_bytes(update)


def update(update: bytes) -> bytes:
    """An edit (a Yjs v1 update)."""
    return b"\x00\x02" + var_bytes(update)


def awareness(states: bytes) -> bytes:
    """Cursors and presence (an awareness update)."""
    return b"\x01" + var_bytes(states)


def permission_denied(reason: str) -> bytes:
    """What stock clients understand of a refusal."""
    return b"\x02\x00" + var_string(reason)


def control(event: str, data: dict[str, object]) -> bytes:
    """An event for Quillroom's own client."""
    text = json.dumps({"event": event, "data": data}, ensure_ascii=False, separators=(",", ":"))
    return b"\x64" + var_string(text)


def saved(count: int) -> bytes:
    """The first `count` update messages of this connection are committed."""
    return b"\x65" + write_var_uint(count)
