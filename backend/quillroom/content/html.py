"""ProseMirror JSON → HTML that is safe to show: everything is escaped, only known nodes become elements."""

from html import escape
from typing import Any

from quillroom.content.schema import Node, safe_image, safe_link

_TAGS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "taskList": "ul",
    "table": "table",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
}
_MARKS = {
    "bold": "strong",
    "italic": "em",
    "strike": "s",
    "underline": "u",
    "code": "code",
    "highlight": "mark",
}


def to_html(document: Node) -> str:
    """A fragment of HTML."""
    return "".join(map(_write, document.get("content", [])))


def _write(node: Node) -> str:
    kind, attrs = node["type"], node.get("attrs", {})
    if kind == "text":
        return _write_text(node)
    if kind == "hardBreak":
        return "<br>"
    if kind == "horizontalRule":
        return "<hr>"
    if kind == "image":
        src, alt = safe_image(attrs.get("src")) or "", attrs.get("alt") or ""
        return f'<img src="{escape(src)}" alt="{escape(str(alt))}">'
    inside = "".join(map(_write, node.get("content", [])))
    if kind == "heading":
        level = _between(attrs.get("level"), 1, 6)
        return f"<h{level}>{inside}</h{level}>"
    if kind == "codeBlock":
        return f"<pre><code>{inside}</code></pre>"
    if kind == "taskItem":
        checked = " checked" if attrs.get("checked") else ""
        return f'<li><input type="checkbox" disabled{checked}>{inside}</li>'
    tag = _TAGS.get(kind)
    if tag is None:
        return inside
    return f"<{tag}{_spans(attrs)}>{inside}</{tag}>"


def _write_text(node: Node) -> str:
    text = escape(node["text"])
    for mark in node.get("marks", []):
        tag = _MARKS.get(mark["type"])
        if tag is not None:
            text = f"<{tag}>{text}</{tag}>"
        elif mark["type"] == "link":
            href = safe_link(mark.get("attrs", {}).get("href"))
            if href is not None:
                text = f'<a href="{escape(href)}" rel="noopener noreferrer nofollow">{text}</a>'
    return text


def _spans(attrs: dict[str, Any]) -> str:
    return "".join(
        f' {name}="{attrs[name]}"'
        for name in ("colspan", "rowspan", "start")
        if isinstance(attrs.get(name), int) and attrs[name] > 1
    )


def _between(value: object, low: int, high: int) -> int:
    return min(high, max(low, value)) if isinstance(value, int) else low
