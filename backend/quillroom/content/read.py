"""A document's bytes → what a reader asked for; a pure function, so that it can run in another process."""

from typing import Any

from pycrdt import Doc

from quillroom.content.fragment import read_document
from quillroom.content.guard import guarded
from quillroom.content.html import to_html
from quillroom.content.markdown import to_markdown
from quillroom.content.schema import Node
from quillroom.content.text import to_text
from quillroom.content.title import read_title


def render(state: bytes, format: str) -> str | Node:
    """`state` (Yjs v1 update) as json, markdown, html or text. Raises ContentError."""
    with guarded():
        doc: Doc[Any] = Doc()
        doc.apply_update(state)
        content = read_document(doc)
        if format == "json":
            return content
        if format == "markdown":
            return to_markdown(content, read_title(doc))
        return to_html(content) if format == "html" else to_text(content)
