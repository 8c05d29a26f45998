"""What servers tell each other, as bytes. Authenticated by the carrier; lengths and types are checked all the same."""

import json
from collections.abc import Sequence
from enum import IntEnum
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

INSTANCE_CHARACTERS = 12
EVERYONE = "servers"  # the channel that every server joins
ROWS_LIMIT = 100_000
STATES_LIMIT = 4096


class Kind(IntEnum):
    """What a message is about."""

    BEAT = 0  # the sender is there
    EDITS = 1  # rows of a document's log
    CURSORS = 2  # who is where in a document
    ASK = 3  # somebody came: tell them who is where
    EVENTS = 4  # of a topic's log
    SHOWN = 5  # on a topic, and only worth something now
    HINT = 6  # something to look at anew in the database
    PRESENCE = 7  # of people


class Row(NamedTuple):
    """Edits of one author, as a Yjs v1 update."""

    author: str | None
    device: str | None
    update: bytes


class Cursor(NamedTuple):
    """One awareness state: Yjs client id, clock, whose it is (a person's id), and the state as JSON text."""

    client: int
    clock: int
    owner: str | None
    state: str


class Edits(NamedTuple):
    """The rows `first`…`last` of a document's log, without `rows` where they are too large to be carried; and the
    cursors that moved with them."""

    first: int
    last: int
    rows: Sequence[Row]
    cursors: Sequence[Cursor] = ()


def write_edits(edits: Edits) -> bytes:
    """Encode rows of a log."""
    parts = [write_var_uint(edits.first), write_var_uint(edits.last), write_var_uint(len(edits.rows))]
    for row in edits.rows:
        parts += (var_string(row.author or ""), var_string(row.device or ""), var_bytes(row.update))
    return b"".join([*parts, write_cursors(edits.cursors)])


def read_edits(payload: bytes) -> Edits:
    """Raises Malformed."""
    first, at = read_var_uint(payload, 0)
    last, at = read_var_uint(payload, at)
    count, at = read_var_uint(payload, at)
    if not 0 < first <= last or count > ROWS_LIMIT:
        raise Malformed(f"rows {first} to {last} in {count} parts are no part of a log")
    rows: list[Row] = []
    for _ in range(count):
        author, at = read_var_string(payload, at)
        device, at = read_var_string(payload, at)
        update, at = read_var_bytes(payload, at)
        rows.append(Row(author or None, device or None, update))
    return Edits(first, last, rows, read_cursors(payload, at))


def write_cursors(cursors: Sequence[Cursor]) -> bytes:
    """Encode awareness states."""
    parts = [write_var_uint(len(cursors))]
    for each in cursors:
        parts += (write_var_uint(each.client), write_var_uint(each.clock))
        parts += (var_string(each.owner or ""), var_string(each.state))
    return b"".join(parts)


def read_cursors(payload: bytes, at: int = 0) -> list[Cursor]:
    """What is behind `at`, to the end. Raises Malformed."""
    count, at = read_var_uint(payload, at)
    if count > STATES_LIMIT:
        raise Malformed(f"at most {STATES_LIMIT} awareness states were expected, {count} came")
    cursors: list[Cursor] = []
    for _ in range(count):
        client, at = read_var_uint(payload, at)
        clock, at = read_var_uint(payload, at)
        owner, at = read_var_string(payload, at)
        state, at = read_var_string(payload, at)
        cursors.append(Cursor(client, clock, owner or None, state))
    if at != len(payload):
        raise Malformed("the message goes on after its end")
    return cursors


def write_json(value: object) -> bytes:
    """Encode what is not on a hot path."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_json(payload: bytes) -> object:
    """Raises Malformed."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"JSON was expected: {error}") from None
