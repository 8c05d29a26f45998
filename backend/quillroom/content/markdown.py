"""Markdown ↔ ProseMirror JSON (CommonMark, tables, strikethrough, task lists, ==highlight==)."""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.tasklists import tasklists_plugin

from quillroom.content.schema import Node, clean

_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).use(tasklists_plugin)
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_BLOCKS = {
    "paragraph": "paragraph",
    "blockquote": "blockquote",
    "bullet_list": "bulletList",
    "list_item": "listItem",
    "table": "table",
    "tr": "tableRow",
    "th": "tableHeader",
    "td": "tableCell",
}
_SPECIAL = re.compile(r"([\\`*_\[\]<>~=|])")
_AT_START = re.compile(r"^(\s*)([#+\-]|\d+[.)])(?=\s|$)")


def from_markdown(text: str) -> Node:
    """Parse; never fails: whatever is not Markdown is text."""
    tokens = _PARSER.parse(text)
    root: Node = {"type": "doc", "content": []}
    stack = [root]
    for token in tokens:
        _block(token, stack)
    return clean(root)


def _block(token: Token, stack: list[Node]) -> None:
    kind = token.type
    if kind == "inline":
        children = token.children or []
        if children and "task-list-item-checkbox" in children[0].content and children[0].type == "html_inline":
            _check(children, stack)
        stack[-1]["content"] += _inline(children)
    elif kind in ("fence", "code_block"):
        language = token.info.strip().split(" ")[0] or None
        code = token.content.removesuffix("\n")
        attrs = {"language": language} if language else {}
        content = [{"type": "text", "text": code}] if code else []
        stack[-1]["content"].append({"type": "codeBlock", "attrs": attrs, "content": content})
    elif kind == "hr":
        stack[-1]["content"].append({"type": "horizontalRule"})
    elif token.nesting == 1 and (node := _opened(token)) is not None:
        stack[-1]["content"].append(node)
        stack.append(node)
    elif token.nesting == -1 and kind not in ("thead_close", "tbody_close"):
        stack.pop()


def _check(children: list[Token], stack: list[Node]) -> None:
    """The plugin leaves a task's box as HTML before its text."""
    box = children.pop(0)
    if children:
        children[0].content = children[0].content.removeprefix(" ")
    for node in stack:
        if node["type"] == "taskItem":
            item = node
    item["attrs"] = {"checked": "checked=" in box.content}


def _opened(token: Token) -> Node | None:
    kind = token.type.removesuffix("_open")
    if kind in ("thead", "tbody"):
        return None
    if kind == "heading":
        return {"type": "heading", "attrs": {"level": int(token.tag[1:])}, "content": []}
    if kind == "ordered_list":
        start = token.attrGet("start")
        return {"type": "orderedList", "attrs": {"start": int(start or 1)}, "content": []}
    is_task = "task-list" in str(token.attrGet("class") or "")
    if kind == "bullet_list" and is_task:
        return {"type": "taskList", "content": []}
    if kind == "list_item" and is_task:
        return {"type": "taskItem", "attrs": {"checked": False}, "content": []}
    return {"type": _BLOCKS.get(kind, "blockquote"), "content": []}


def _inline(tokens: list[Token]) -> list[Node]:
    found: list[Node] = []
    marks: list[Node] = []
    for token in tokens:
        kind = token.type
        if kind == "text":
            _add_text(found, token.content, marks)
        elif kind == "code_inline":
            _add_text(found, token.content, [{"type": "code"}])
        elif kind == "softbreak":
            _add_text(found, " ", marks)
        elif kind == "hardbreak":
            found.append({"type": "hardBreak"})
        elif kind == "image":
            attrs = {"src": token.attrGet("src"), "alt": token.content or None}
            found.append({"type": "image", "attrs": attrs})
        elif kind == "link_open":
            marks.append({"type": "link", "attrs": {"href": token.attrGet("href")}})
        elif kind == "html_inline":
            _add_text(found, "", marks)
        elif token.nesting == 1:
            marks.append({"type": _MARKS[kind.removesuffix("_open")]})
        elif token.nesting == -1:
            marks.pop()
    return found


def _add_text(found: list[Node], text: str, marks: list[Node]) -> None:
    for at, part in enumerate(text.split("==") if text.count("==") > 1 else [text]):
        if part:
            extra = [{"type": "highlight"}] if at % 2 else []
            found.append({"type": "text", "text": part, "marks": [*marks, *extra]})


def to_markdown(document: Node, title: str | None = None) -> str:
    """Write a document; a title becomes its first heading."""
    blocks = [_write_block(node) for node in document.get("content", [])]
    if title:
        blocks.insert(0, f"# {_escaped(title)}")
    return "\n\n".join(block for block in blocks).strip("\n") + "\n"


def _write_block(node: Node) -> str:
    kind, attrs, content = node["type"], node.get("attrs", {}), node.get("content", [])
    if kind == "heading":
        level: int = attrs.get("level", 1)
        return "#" * level + " " + _write_inline(content)
    if kind == "codeBlock":
        text = "".join(c.get("text", "") for c in content)
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", text)), 3)
        return f"{fence}{attrs.get('language') or ''}\n{text}\n{fence}"
    if kind == "horizontalRule":
        return "---"
    if kind == "image":
        return f"![{_escaped(attrs.get('alt') or '')}]({attrs.get('src') or ''})"
    if kind == "blockquote":
        return _prefixed("\n\n".join(map(_write_block, content)), "> ", "> ")
    if kind in ("bulletList", "orderedList", "taskList"):
        return _write_list(kind, attrs, content)
    if kind == "table":
        return _write_table(content)
    return _AT_START.sub(r"\1\\\2", _write_inline(content))


def _write_list(kind: str, attrs: dict[str, Any], items: list[Node]) -> str:
    lines = []
    for number, item in enumerate(items, attrs.get("start", 1)):
        bullet = f"{number}. " if kind == "orderedList" else "- "
        blocks = item.get("content", [])
        text = "\n".join(map(_write_block, blocks[:1])) + "".join(
            ("\n" if block["type"].endswith("List") else "\n\n") + _write_block(block) for block in blocks[1:]
        )
        if kind == "taskList":
            text = ("[x] " if item.get("attrs", {}).get("checked") else "[ ] ") + text
        lines.append(_prefixed(text, bullet, " " * len(bullet)))
    return "\n".join(lines)


def _write_table(rows: list[Node]) -> str:
    lines = []
    for at, row in enumerate(rows):
        cells = [_write_cell(cell) for cell in row.get("content", [])]
        lines.append("| " + " | ".join(cells) + " |")
        if at == 0:
            lines.append("|" + " --- |" * len(cells))
    return "\n".join(lines)


def _write_cell(cell: Node) -> str:
    return " ".join(_write_inline(b.get("content", [])) for b in cell.get("content", [])).replace("\n", " ")


def _write_inline(nodes: list[Node]) -> str:
    return "".join(
        "  \n" if node["type"] == "hardBreak" else _write_text(node)
        for node in nodes
        if node["type"] in ("text", "hardBreak")
    )


def _write_text(node: Node) -> str:
    marks = {mark["type"]: mark for mark in node.get("marks", [])}
    raw = str(node["text"])
    if "code" in marks:
        ticks = "`" * (1 + max(map(len, re.findall(r"`+", raw)), default=0))
        pad = " " if raw.startswith("`") or raw.endswith("`") else ""
        return f"{ticks}{pad}{raw}{pad}{ticks}"
    body = raw.strip()
    if not body or not marks:
        return _escaped(raw)
    before, after = raw[: len(raw) - len(raw.lstrip())], raw[len(raw.rstrip()) :]
    text = _escaped(body)
    for name, sign in (("highlight", "=="), ("strike", "~~"), ("italic", "*"), ("bold", "**")):
        if name in marks:
            text = f"{sign}{text}{sign}"
    if "link" in marks:
        text = f"[{text}]({marks['link'].get('attrs', {}).get('href', '')})"
    return before + text + after


def _prefixed(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join((first if at == 0 else rest if line else rest.rstrip()) + line for at, line in enumerate(lines))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
