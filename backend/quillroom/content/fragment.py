"""ProseMirror JSON ↔ the XmlFragment "default", as y-prosemirror keeps it: elements, texts, marks as attributes.

pycrdt counts text in UTF-8 bytes and gives integers back as floats (0.14).
"""

from collections.abc import Iterable
from typing import Any, cast

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from quillroom.content.errors import ContentError
from quillroom.content.schema import DEPTH_LIMIT, Node

ROOT = "default"
Parent = XmlFragment | XmlElement


def read_document(doc: Doc[Any]) -> Node:
    """The content as ProseMirror JSON. Raises ContentError when it is nested too deeply."""
    fragment = doc.get(ROOT, type=XmlFragment)
    with doc.transaction():
        return {"type": "doc", "content": _children(fragment, 0)}


def append(parent: Parent, nodes: list[Node]) -> None:
    """Write nodes after what is there."""
    insert(parent, len(parent.children), nodes)


def insert(parent: Parent, at: int, nodes: list[Node]) -> None:
    """Write nodes before the child at `at`."""
    run: list[Node] = []
    for node in nodes:
        if node["type"] == "text":
            run.append(node)
            continue
        if run:
            at = _insert_text(parent, at, run)
            run = []
        element = parent.children.insert(at, XmlElement(node["type"]))
        for name, value in node.get("attrs", {}).items():
            element.attributes[name] = value
        append(element, node.get("content", []))
        at += 1
    if run:
        _insert_text(parent, at, run)


def marks_of(node: Node) -> dict[str, Any]:
    """A text node's marks as text attributes."""
    return {mark["type"]: mark.get("attrs", {}) for mark in node.get("marks", [])}


def _insert_text(parent: Parent, at: int, run: list[Node]) -> int:
    text = parent.children.insert(at, XmlText(""))
    for node in run:
        text.insert(len(text), node["text"], marks_of(node))
    return at + 1


def _children(parent: Parent, depth: int) -> list[Node]:
    if depth > DEPTH_LIMIT:
        raise ContentError(f"content nested at most {DEPTH_LIMIT} levels was expected")
    found: list[Node] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            found += texts(child)
        elif isinstance(child, XmlElement):
            found.append(_element(child, depth + 1))
    return found


def _element(element: XmlElement, depth: int) -> Node:
    node: Node = {"type": str(element.tag)}
    attrs = {str(name): plain(value) for name, value in attributes_of(element)}
    attrs = {name: value for name, value in sorted(attrs.items()) if value is not None}
    if attrs:
        node["attrs"] = attrs
    content = _children(element, depth)
    if content:
        node["content"] = content
    return node


def texts(text: XmlText) -> list[Node]:
    """The runs of a text as ProseMirror text nodes."""
    found: list[Node] = []
    for chunk, attributes in text.diff():
        if not isinstance(chunk, str) or not chunk:
            continue
        node: Node = {"type": "text", "text": chunk}
        marks = [_mark(name, value) for name, value in sorted((attributes or {}).items())]
        if marks:
            node["marks"] = marks
        if found and found[-1].get("marks") == node.get("marks"):
            found[-1]["text"] += chunk  # a mark that was taken off again leaves its place between two chunks
        else:
            found.append(node)
    return found


def _mark(name: str, value: object) -> Node:
    kind = name.partition("--")[0]  # overlapping marks carry a hash after two dashes
    came = plain(value)
    attrs = {k: v for k, v in sorted(came.items()) if v is not None} if isinstance(came, dict) else {}
    return {"type": kind, "attrs": attrs} if attrs else {"type": kind}


def plain(value: object) -> Any:
    """The value as JSON has it: numbers that are whole are integers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def attributes_of(element: XmlElement) -> Iterable[tuple[str, Any]]:
    """Names and values."""
    return cast(Iterable[tuple[str, Any]], element.attributes)  # the stub calls it an iterator of itself
