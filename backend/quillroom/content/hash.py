"""One hash for what a document shows, whatever bytes carry it.

Yjs and pycrdt encode the same document differently, so replicas are compared by this, never by their bytes.
"""

import json
from hashlib import sha256
from typing import Any

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from quillroom.content.errors import ContentError
from quillroom.content.fragment import attributes_of, plain
from quillroom.content.guard import guarded

DEPTH_LIMIT = 128


def content_hash(source: Doc[Any] | bytes) -> str:
    """SHA-256 (hex) of every root's visible content. Raises ContentError."""
    with guarded():
        state = source if isinstance(source, bytes) else source.get_update()
        texts, fragments, maps, arrays = (_load(state) for _ in range(4))
        roots: dict[str, Any] = {}
        for name in sorted(texts.keys()):
            # An update does not name its roots' types: look at each with fresh eyes and keep what is seen.
            seen = (
                _value(texts.get(name, type=Text), 0)
                or _value(fragments.get(name, type=XmlFragment), 0)
                or _value(maps.get(name, type=Map), 0)
                or _value(arrays.get(name, type=Array), 0)
            )
            if seen:
                roots[name] = seen
        return sha256(json.dumps(roots, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _load(state: bytes) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.apply_update(state)
    return doc


def _value(value: object, depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        raise ContentError(f"content nested at most {DEPTH_LIMIT} levels was expected")
    if isinstance(value, Text | XmlText):
        return _runs(value.diff(), depth)
    if isinstance(value, XmlElement):
        children = [_value(child, depth + 1) for child in value.children]
        return [str(value.tag), {name: _value(item, depth + 1) for name, item in attributes_of(value)}, children]
    if isinstance(value, XmlFragment):
        return [_value(child, depth + 1) for child in value.children]
    if isinstance(value, Map):
        return {name: _value(value.get(name), depth + 1) for name in value.keys()}  # noqa: SIM118
    if isinstance(value, Array):
        return [_value(item, depth + 1) for item in value]
    if isinstance(value, bytes | bytearray):
        return {"bytes": bytes(value).hex()}
    return plain(value)


def _runs(diff: list[tuple[Any, dict[str, Any] | None]], depth: int) -> list[list[Any]]:
    """Pieces of text with their marks, equal neighbours joined."""
    runs: list[list[Any]] = []
    for chunk, marks in diff:
        piece, kept = _value(chunk, depth + 1), plain(marks or {})
        if runs and isinstance(piece, str) and isinstance(runs[-1][0], str) and runs[-1][1] == kept:
            runs[-1][0] += piece
        else:
            runs.append([piece, kept])
    return runs
