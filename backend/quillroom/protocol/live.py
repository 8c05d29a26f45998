"""The events of `/live`: one JSON object a text message, `{"event", "data", "topic"?, "seq"?, "ts"}`. I/O-free.

`shared/live-schema.json` describes every one of them, for both sides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from quillroom.protocol.websocket import TEXT, encode_frame

NAME_LENGTH = 64


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


def write(
    event: str, data: Mapping[str, object], now: float, *, topic: str | None = None, seq: int | None = None
) -> bytes:
    """A whole WebSocket frame; `now` in Unix seconds, `ts` in milliseconds."""
    said: dict[str, object] = {"event": event, "data": data}
    if topic is not None:
        said["topic"] = topic
    if seq is not None:
        said["seq"] = seq
    said["ts"] = round(now * 1000)
    return encode_frame(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(), TEXT)
