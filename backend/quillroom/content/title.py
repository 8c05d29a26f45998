"""The title of a document: the Y.Text "title"."""

from typing import Any

from pycrdt import Doc, Text

from quillroom.content.guard import guarded

ROOT = "title"
TITLE_LENGTH = 500


def read_title(doc: Doc[Any]) -> str:
    """The title, on one line, without NUL: any client may write one, and PostgreSQL keeps none."""
    with guarded():
        return " ".join(str(doc.get(ROOT, type=Text)).replace("\0", " ").split())


def write_title(doc: Doc[Any], title: str) -> None:
    """Change only what differs, so that someone typing in it loses nothing."""
    text = doc.get(ROOT, type=Text)
    before = str(text)
    if before == title:
        return
    start, end_before, end_after = differing(before, title)
    at = len(before[:start].encode())
    stop = len(before[:end_before].encode())
    if stop > at:
        del text[at:stop]
    if end_after > start:
        text.insert(at, title[start:end_after])


def differing(before: str, after: str) -> tuple[int, int, int]:
    """(start, end in `before`, end in `after`) of the part between equal beginnings and ends."""
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and before[start] == after[start]:
        start += 1
    same = 0
    while same < shorter - start and before[-1 - same] == after[-1 - same]:
        same += 1
    return start, len(before) - same, len(after) - same
