"""The events of `/live`: text messages of one `{"event", "data", "topic"?, "seq"?, "ts"}`, or of an array. I/O-free.

`shared/live-schema.json` describes every one of them, for both sides.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from quillroom.protocol import live_schema
from quillroom.protocol.websocket import TEXT, encode_frame

NAME_LENGTH = 64
EVENTS = frozenset(live_schema.EVENTS)
COMMANDS = frozenset(live_schema.COMMANDS)
FRAME_EVENTS = 64
FRAME_BYTES = 64 * 1024


class BadEvent(Exception):
    """What came is no event; `code` says why to programs."""

    def __init__(self, code: str, message: str, id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.id = id


@dataclass(frozen=True, slots=True)
class Command:
    """An event of a client. `id` is the client's own, and comes back with the answer."""

    event: str
    data: Mapping[str, object]
    id: str | None = None


_SHAPES: dict[str, TypeAdapter[object]] = {name: TypeAdapter(shape) for name, shape in live_schema.COMMANDS.items()}


def problem_of(command: Command) -> str | None:
    """What is wrong with the data of a command that the schema knows, in a sentence; None when nothing is."""
    try:
        _SHAPES[command.event].validate_python(command.data)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:NAME_LENGTH]
        return f"`data.{where}`: {first['msg']}." if where else f"`data`: {first['msg']}."
    return None


def read(payload: bytes) -> Command:
    """One text message. Raises BadEvent."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        raise BadEvent("bad_json", "A JSON object was expected.") from None
    if not isinstance(said, dict):
        raise BadEvent("bad_json", "A JSON object was expected.")
    id, event, data = said.get("id"), said.get("event"), said.get("data", {})
    if id is not None and not (isinstance(id, str) and len(id) <= NAME_LENGTH):
        raise BadEvent("invalid", f"`id` must be a text of at most {NAME_LENGTH} characters.")
    unknown = sorted(set(said) - {"id", "event", "data"})
    if unknown:
        raise BadEvent("invalid", f"Only event, data and id were expected, {unknown[0]!r:.60} came.", id)
    if not isinstance(event, str) or not 1 <= len(event) <= NAME_LENGTH:
        raise BadEvent("invalid", f"`event` must be a name of at most {NAME_LENGTH} characters.", id)
    if not isinstance(data, dict):
        raise BadEvent("invalid", "`data` must be an object.", id)
    return Command(event, data, id)


def said(
    event: str, data: Mapping[str, object], now: float, *, topic: str | None = None, seq: int | None = None
) -> bytes:
    """An event as JSON; `now` in Unix seconds, `ts` in milliseconds."""
    what: dict[str, object] = {"event": event, "data": data}
    if topic is not None:
        what["topic"] = topic
    if seq is not None:
        what["seq"] = seq
    what["ts"] = round(now * 1000)
    return json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode()


def frame_of(texts: Sequence[bytes]) -> bytes:
    """One event, or several in their order, as a whole WebSocket frame."""
    return encode_frame(texts[0] if len(texts) == 1 else b"[" + b",".join(texts) + b"]", TEXT)


def portions_of(texts: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
    """The same in frames of at most so many events and bytes, each with how many; a single event may be larger."""
    batch, size = list[bytes](), 0
    for text in texts:
        if batch and (len(batch) == FRAME_EVENTS or size + len(text) >= FRAME_BYTES):
            yield frame_of(batch), len(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield frame_of(batch), len(batch)


def frames_of(texts: Sequence[bytes]) -> list[bytes]:
    """The frames alone."""
    return [frame for frame, _ in portions_of(texts)]


def write(event: str, data: Mapping[str, object], now: float) -> bytes:
    """One event as a whole WebSocket frame."""
    return frame_of([said(event, data, now)])
