"""ProseMirror JSON → plain text: one line per block."""

from quillroom.content.schema import Node


def to_text(document: Node) -> str:
    """The words alone, ending in one line break."""
    lines: list[str] = []
    for node in document.get("content", []):
        _write(node, lines)
    return "\n".join(lines) + "\n"


def _write(node: Node, lines: list[str]) -> None:
    content = node.get("content", [])
    if not content or content[0]["type"] in ("text", "hardBreak"):
        lines.append("".join("\n" if c["type"] == "hardBreak" else c.get("text", "") for c in content))
        return
    for child in content:
        _write(child, lines)
