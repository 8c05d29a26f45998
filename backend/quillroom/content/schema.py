"""Which nodes and marks a document may hold: one description for the server and the browser.

`clean` is the way in: what is unknown or dangerous never reaches a document through the server.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from quillroom.content.errors import ContentError

Node = dict[str, Any]

SCHEMA: Final[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[3] / "shared" / "document-schema.json").read_text("utf-8")
)
SCHEMA_VERSION: Final[int] = SCHEMA["version"]
DEPTH_LIMIT = 64

_NODES: dict[str, Any] = SCHEMA["nodes"]
_MARKS: dict[str, Any] = SCHEMA["marks"]
_INLINE = frozenset(name for name, spec in _NODES.items() if spec.get("group") == "inline")
_ITEMS = {"bulletList": "listItem", "orderedList": "listItem", "taskList": "taskItem"}
_SAFE_LINK = re.compile(r"(?:https?|mailto|tel):|[/#?]|[^:/?#]*(?:[/?#]|\Z)", re.IGNORECASE)
_SAFE_IMAGE = re.compile(r"https?:|data:image/(?:png|jpeg|gif|webp);base64,|/(?!/)", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")


def clean(document: object) -> Node:
    """A document that the schema allows, as close as possible to what came. Raises ContentError."""
    if not isinstance(document, dict) or document.get("type") != "doc":
        raise ContentError('a ProseMirror document {"type": "doc", "content": […]} was expected')
    return {"type": "doc", "content": _blocks(document, 0) or [_paragraph([])]}


def safe_link(href: object) -> str | None:
    """The address, unless following it could run something."""
    if not isinstance(href, str):
        return None
    bare = _INVISIBLE.sub("", href)
    return bare if _SAFE_LINK.match(bare) else None


def safe_image(src: object) -> str | None:
    """The address of an image that may be shown."""
    if not isinstance(src, str):
        return None
    bare = _INVISIBLE.sub("", src)
    return bare if _SAFE_IMAGE.match(bare) else None


def _blocks(parent: Node, depth: int) -> list[Node]:
    """The children as blocks; loose inline content is gathered into paragraphs."""
    blocks: list[Node] = []
    loose: list[Node] = []
    for child in _children(parent):
        if child.get("type") in _INLINE:
            loose.append(child)
            continue
        if loose:
            blocks.append(_paragraph(_inline(loose)))
            loose = []
        blocks += _block(child, depth + 1)
    if loose:
        blocks.append(_paragraph(_inline(loose)))
    return blocks


def _block(node: Node, depth: int) -> list[Node]:
    if depth > DEPTH_LIMIT:
        raise ContentError(f"content nested at most {DEPTH_LIMIT} levels was expected")
    kind = node["type"]
    if kind in _ITEMS:
        items = [_item(child, _ITEMS[kind], depth) for child in _children(node)]
        return [_node(kind, node, items)] if items else []
    if kind == "table":
        rows = [_row(child, depth) for child in _children(node)]
        rows = [row for row in rows if row["content"]]
        return [_node(kind, node, rows)] if rows else []
    if kind in ("paragraph", "heading"):
        return _text_block(kind, node, depth)
    if kind == "codeBlock":
        text = "".join(str(c.get("text", "")) for c in _children(node) if c.get("type") == "text")
        return [_node(kind, node, [{"type": "text", "text": text}] if text else [])]
    if kind == "blockquote":
        return [_node(kind, node, _blocks(node, depth) or [_paragraph([])])]
    if kind == "horizontalRule":
        return [{"type": kind}]
    if kind == "image":
        image = _node(kind, node, None)
        return [image] if image["attrs"].get("src") else []
    return _blocks(node, depth)  # unknown: keep what it holds


def _text_block(kind: str, node: Node, depth: int) -> list[Node]:
    """A paragraph or heading; an image inside it becomes a block after it."""
    children = _children(node)
    inside = [c for c in children if c.get("type") in _INLINE]
    lifted = [b for c in children if c.get("type") not in _INLINE for b in _block(c, depth + 1)]
    if lifted and not inside:
        return lifted
    return [_node(kind, node, _inline(inside)), *lifted]


def _item(node: Node, kind: str, depth: int) -> Node:
    blocks = _blocks(node if node.get("type") == kind else {"content": [node]}, depth + 1)
    if not blocks or blocks[0]["type"] != "paragraph":
        blocks.insert(0, _paragraph([]))
    return _node(kind, node, blocks)


def _row(node: Node, depth: int) -> Node:
    cells = []
    for cell in _children(node):
        if cell.get("type") in ("tableCell", "tableHeader"):
            blocks = _blocks(cell, depth + 2) or [_paragraph([])]
            cells.append(_node(cell["type"], cell, blocks))
    return {"type": "tableRow", "content": cells}


def _inline(nodes: list[Node]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        if node["type"] == "hardBreak":
            found.append({"type": "hardBreak"})
        elif isinstance(node.get("text"), str) and node["text"]:
            marks = _marks(node.get("marks"))
            text: Node = {"type": "text", "text": _encodable(node["text"])}
            if marks:
                text["marks"] = marks
            if found and found[-1]["type"] == "text" and found[-1].get("marks") == text.get("marks"):
                found[-1]["text"] += text["text"]
            else:
                found.append(text)
    return found


def _marks(marks: object) -> list[Node]:
    kept: dict[str, Node] = {}
    for mark in marks if isinstance(marks, list) else ():
        name = mark.get("type") if isinstance(mark, dict) else None
        if not isinstance(name, str) or name not in _MARKS:
            continue
        attrs = _attrs(_MARKS[name], mark)
        if name == "link":
            href = safe_link(attrs.get("href"))
            if href is None:
                continue
            attrs = {"href": href}
        kept[name] = {"type": name, "attrs": attrs} if attrs else {"type": name}
    if "code" in kept:  # code excludes the others
        return [kept["code"]]
    return [kept[name] for name in sorted(kept)]


def _node(kind: str, node: Node, content: list[Node] | None) -> Node:
    made: Node = {"type": kind}
    attrs = _attrs(_NODES[kind], node)
    if kind == "heading":
        level = attrs.get("level", 1)
        attrs["level"] = min(6, max(1, level if isinstance(level, int) else 1))
    if kind == "image":
        attrs["src"] = safe_image(attrs.get("src"))
    if attrs:
        made["attrs"] = attrs
    if content:
        made["content"] = content
    return made


def _attrs(spec: Node, node: Node) -> Node:
    """Known attributes that differ from nothing; values are scalars or lists of numbers."""
    came = node.get("attrs")
    if not isinstance(came, dict):
        came = {}
    kept: Node = {}
    for name, description in spec.get("attrs", {}).items():
        value = came.get(name, description["default"])
        if isinstance(value, str):
            value = _encodable(value)
        if isinstance(value, str | int | float | bool) or (
            isinstance(value, list) and all(isinstance(v, int) for v in value)
        ):
            kept[name] = value
    return kept


def _children(node: Node) -> list[Node]:
    content = node.get("content")
    if not isinstance(content, list):
        return []
    return [c for c in content if isinstance(c, dict) and isinstance(c.get("type"), str)]


def _paragraph(inline: list[Node]) -> Node:
    return {"type": "paragraph", "content": inline} if inline else {"type": "paragraph"}


def _encodable(text: str) -> str:
    """Without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
