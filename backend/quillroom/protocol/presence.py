"""What servers tell each other of their connections, as JSON: changes, how far they came, everything, the wish for it.

Each server numbers its changes without gaps. A row is `[connection, flags, age, document]` of a connection that was
told before, and `[…, user, device]` more of a new one; `user` is null where nobody has signed in, `age` the seconds
since the last sign of life (no clocks are compared). Whatever is not like this raises Malformed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from quillroom.protocol.bus import read_json, write_json
from quillroom.protocol.lib0 import Malformed

ROWS = 500  # in a message
PARTS = 1000  # of everything
LONGEST_ID = 128
LARGEST_BYTES = 512 * 1024
LARGEST_NUMBER = 2**53 - 1
OLDEST_SECONDS = 366 * 86_400.0
ACTIVE, EDITING, SPEAKS, HAS_SPOKEN = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Row:
    """One connection. `who` is (user, device) where it is told for the first time."""

    connection: int
    flags: int
    age: float
    document: str | None
    who: tuple[str | None, str] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of some connections; `version` counts these messages."""

    version: int
    rows: tuple[Row, ...]
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One of `parts` messages that together hold every connection as of `version`."""

    version: int
    part: int
    parts: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """So far the sender has come; `is_call`: the others are to say how far they are."""

    version: int
    is_call: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """These servers are to tell everything, for something of it was missed."""

    instances: tuple[str, ...]


Message = Changes | Part | Head | Ask


def encode(message: Message) -> bytes:
    """As it goes over the bus."""
    return write_json(_plain(message))


def decode(payload: bytes) -> Message:
    """Checked as what comes from anybody, though it came from a server of ours. Raises Malformed."""
    if len(payload) > LARGEST_BYTES:
        raise Malformed("a message about presence is too large")
    match read_json(payload):
        case {"ask": [*instances], **more} if not more and 0 < len(instances) <= ROWS:
            return Ask(tuple(_text(each) for each in instances))
        case {"head": version, "call": bool(is_call), **more} if not more:
            return Head(_number(version), is_call)
        case {"all": version, "part": part, "parts": parts, "rows": [*rows], **more} if not more:
            parts = _number(parts, PARTS)
            return Part(_number(version), _number(part, parts - 1), parts, _rows(rows, is_new=True))
        case {"at": version, "rows": [*rows], "gone": [*gone], **more} if not more and len(gone) <= ROWS:
            return Changes(_number(version), _rows(rows), tuple(_number(each) for each in gone))
    raise Malformed("no such message about presence")


def _plain(message: Message) -> dict[str, object]:
    match message:
        case Ask(instances):
            return {"ask": instances}
        case Head(version, is_call):
            return {"head": version, "call": is_call}
        case Part(version, part, parts, rows):
            return {"all": version, "part": part, "parts": parts, "rows": [_list(row) for row in rows]}
        case Changes(version, rows, gone):
            return {"at": version, "rows": [_list(row) for row in rows], "gone": gone}


def _list(row: Row) -> list[object]:
    return [row.connection, row.flags, row.age, row.document, *(row.who or ())]


def _rows(found: Sequence[object], *, is_new: bool = False) -> tuple[Row, ...]:
    if len(found) > ROWS:
        raise Malformed("too many connections in a message")
    rows = tuple(_row(each) for each in found)
    if is_new and any(row.who is None for row in rows):
        raise Malformed("a connection that is nobody's")
    return rows


def _row(found: object) -> Row:
    match found:
        case [connection, flags, age, document]:
            who = None
        case [connection, flags, age, document, user, device]:
            who = (None if user is None else _text(user), _text(device, shortest=0))
        case _:
            raise Malformed("a connection in other words")
    return Row(_number(connection), _number(flags, 15), _age(age), None if document is None else _text(document), who)


def _number(found: object, largest: int = LARGEST_NUMBER) -> int:
    if type(found) is not int or not 0 <= found <= largest:
        raise Malformed("a number that cannot be")
    return found


def _age(found: object) -> float:
    if type(found) not in (int, float) or not 0 <= found <= OLDEST_SECONDS:  # type: ignore[operator]
        raise Malformed("an age that cannot be")
    return float(found)  # type: ignore[arg-type]


def _text(found: object, shortest: Literal[0, 1] = 1) -> str:
    if not isinstance(found, str) or not shortest <= len(found) <= LONGEST_ID or not found.isprintable():
        raise Malformed("an id that cannot be")
    return found
