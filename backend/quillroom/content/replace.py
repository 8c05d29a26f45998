"""Edits made by the server: a new content as one minimal difference on the live document.

They are computed on a throw-away Y.Doc and go through the log like anybody's edit; equal blocks are not touched, so
that whoever types in them loses nothing.
"""

import json
import secrets
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, NamedTuple

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from quillroom.content.fragment import ROOT, append, insert, marks_of, read_document, texts
from quillroom.content.guard import guarded
from quillroom.content.markdown import from_markdown
from quillroom.content.schema import Node, clean
from quillroom.content.title import TITLE_LENGTH, read_title, write_title

NOTHING = b"\0\0"


class First(NamedTuple):
    """With what the history of a new document begins: an update (Yjs v1; NOTHING for an empty one) by one client."""

    title: str
    client: int
    update: bytes


EMPTY = First("", 0, NOTHING)


def begin(content: Node, title: str) -> First:
    """With content of the schema."""
    client = _client_id()
    with guarded():
        doc: Doc[Any] = Doc(client_id=client)
        with doc.transaction():
            write_title(doc, title)
            append(doc.get(ROOT, type=XmlFragment), content["content"])
        return First(title, client, doc.get_update())


def begin_with(markdown: str, title: str) -> First:
    """With Markdown."""
    return begin(from_markdown(markdown), title)


def begin_as(state: bytes, title: str | None, prefix: str = "") -> First:
    """With what another document shows now; its history, and who wrote it, stay there. No title: that of the other."""
    with guarded():
        doc: Doc[Any] = Doc()
        doc.apply_update(state)
        content, called = clean(read_document(doc)), read_title(doc)
    return begin(content, (prefix + called if title is None else title)[:TITLE_LENGTH])


def replace_content(state: bytes, content: object | None, markdown: str | None, title: str | None) -> bytes | None:
    """The update (Yjs v1) that turns `state` into the new content; None when nothing differs.

    Raises ContentError for content that is not a document.
    """
    target = None
    if content is not None:
        target = clean(content)
    elif markdown is not None:
        target = from_markdown(markdown)
    with guarded():
        doc: Doc[Any] = Doc(client_id=_client_id())
        doc.apply_update(state)
        updates: list[bytes] = []
        subscription = doc.observe(lambda event: updates.append(event.update))
        with doc.transaction():
            if title is not None:
                write_title(doc, title)
            if target is not None:
                _replace(doc, target["content"])
        doc.unobserve(subscription)
        # A pure deletion leaves the state vector as it was, so only the transaction itself knows.
        return updates[0] if updates and updates[0] != NOTHING else None


def _client_id() -> int:
    return secrets.randbelow((1 << 32) - 1) + 1


def _replace(doc: Doc[Any], after: list[Node]) -> None:
    before = read_document(doc)["content"]
    fragment = doc.get(ROOT, type=XmlFragment)
    old, new = ([json.dumps(node, sort_keys=True) for node in nodes] for nodes in (before, after))
    # From the end, so that what was not yet changed keeps its place.
    for kind, a, b, c, d in reversed(SequenceMatcher(None, old, new).get_opcodes()):
        if kind != "equal":
            _replace_run(fragment, a, before[a:b], after[c:d])


def _replace_run(fragment: XmlFragment, start: int, old: list[Node], new: list[Node]) -> None:
    paired = 0
    while paired < min(len(old), len(new)) and _change_text(
        fragment.children[start + paired], old[paired], new[paired]
    ):
        paired += 1
    at = start + paired
    for _ in range(len(old) - paired):
        del fragment.children[at]
    insert(fragment, at, new[paired:])


def _change_text(element: object, old: Node, new: Node) -> bool:
    """Turn one text block into another in place; False when they are not that alike."""
    if old == new:
        return True
    if not isinstance(element, XmlElement) or old["type"] != new["type"]:
        return False
    if old.get("attrs") != new.get("attrs") or len(element.children) != 1:
        return False
    text, runs = element.children[0], new.get("content", [])
    if not isinstance(text, XmlText) or any(node["type"] != "text" for node in runs):
        return False
    _change_runs(text, _characters(texts(text)), _characters(runs))
    return True


Character = tuple[str, str, Node]


def _characters(runs: list[Node]) -> list[Character]:
    return [(c, repr(marks_of(node)), node) for node in runs for c in node["text"]]


def _change_runs(text: XmlText, old: list[Character], new: list[Character]) -> None:
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start][:2] == new[start][:2]:
        start += 1
    same = 0
    while same < shorter - start and old[-1 - same][:2] == new[-1 - same][:2]:
        same += 1
    at = sum(len(c[0].encode()) for c in old[:start])
    stop = at + sum(len(c[0].encode()) for c in old[start : len(old) - same])
    if stop > at:
        del text[at:stop]
    for _, run in groupby(new[start : len(new) - same], key=lambda c: c[1]):
        characters = list(run)
        piece = "".join(c[0] for c in characters)
        text.insert(at, piece, marks_of(characters[0][2]))
        at += len(piece.encode())
