"""What people do to a document, on a Y.Doc of their own: each edit is one transaction, as an editor makes them.

Three roots: `title` and `default` as the page has them, and `said`, where everybody only ever adds words that nobody
else says, so that a lost or a doubled word can be counted.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

Edit = Callable[[Doc[Any], Random], None]

WORDS = ("a", "hé", "文字", "😀", "👩‍👩‍👧", "🇩🇪", "e\u0301", "plain words ", " ", "\n", "שלום", "𝒳𝒴")
MARKS: tuple[dict[str, Any], ...] = (
    {"bold": {}}, {"italic": {}}, {"bold": {}, "italic": {}}, {"link": {"href": "https://example.org/é"}},
    {"bold": None}, {"link": None},
)  # fmt: skip
BLOCKS = ("paragraph", "heading", "codeBlock", "blockquote")


def do(doc: Doc[Any], edit: Edit, chance: Random) -> bytes | None:
    """Run an edit in one transaction; the update that it made, or None when it changed nothing."""
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    with doc.transaction():
        edit(doc, chance)
    doc.unobserve(subscription)
    return updates[0] if updates and updates[0] != b"\0\0" else None


def say(word: str) -> Edit:
    """Put a word between two words that stand there already."""

    def edit(doc: Doc[Any], chance: Random) -> None:
        said = doc.get("said", type=Text)
        text = str(said)
        ends = [0, *(at + 1 for at, character in enumerate(text) if character == "⟩")]
        said.insert(_bytes(text, chance.choice(ends)), word)

    return edit


def retitle(doc: Doc[Any], chance: Random) -> None:
    """Type into the title, or take something out of it."""
    title = doc.get("title", type=Text)
    text = str(title)
    if text and chance.random() < 0.4:
        start, stop = _span(text, chance)
        del title[start:stop]
    else:
        title.insert(_bytes(text, chance.randint(0, len(text))), chance.choice(WORDS))


def add_block(doc: Doc[Any], chance: Random) -> None:
    """A new paragraph, heading, quote or list, somewhere."""
    body = _body(doc)
    at = chance.randint(0, len(body.children))
    if chance.random() < 0.2:
        item = body.children.insert(at, XmlElement("bulletList")).children.append(XmlElement("listItem"))
        _write(item.children.append(XmlElement("paragraph")), chance)
        return
    block = body.children.insert(at, XmlElement(chance.choice(BLOCKS)))
    if block.tag == "heading":
        block.attributes["level"] = chance.randint(1, 3)
    _write(block, chance)


def type_words(doc: Doc[Any], chance: Random) -> None:
    """Type into a paragraph that is there."""
    text = _text(doc, chance)
    if text is None:
        return add_block(doc, chance)
    shown = _shown(text)
    marks = chance.choice(MARKS) if chance.random() < 0.2 else None
    text.insert(_bytes(shown, chance.randint(0, len(shown))), chance.choice(WORDS), marks)
    return None


def delete_words(doc: Doc[Any], chance: Random) -> None:
    """Take some characters out of a paragraph."""
    text = _text(doc, chance)
    if text is not None and _shown(text):
        start, stop = _span(_shown(text), chance)
        del text[start:stop]


def mark_words(doc: Doc[Any], chance: Random) -> None:
    """Make some characters bold, a link, or plain again."""
    text = _text(doc, chance)
    if text is not None and _shown(text):
        start, stop = _span(_shown(text), chance)
        text.format(start, stop, chance.choice(MARKS))


def split_block(doc: Doc[Any], chance: Random) -> None:
    """Enter, in the middle of a paragraph: its end goes into a new one, as y-prosemirror writes it."""
    found = _block(doc, chance)
    if found is None:
        return
    at, block, text = found
    shown = _shown(text)
    cut = chance.randint(0, len(shown))
    tail = shown[cut:]
    if tail:
        del text[_bytes(shown, cut) : len(shown.encode())]
    new = _body(doc).children.insert(at + 1, XmlElement(str(block.tag)))
    new.children.append(XmlText("")).insert(0, tail or " ")


def merge_blocks(doc: Doc[Any], chance: Random) -> None:
    """Backspace at the start of a paragraph: it is joined to the one before."""
    found, body = _block(doc, chance), _body(doc)
    if found is None or found[0] == 0:
        return
    at, _, text = found
    before = _text_of(body.children[at - 1])
    if before is None:
        return
    before.insert(len(_shown(before).encode()), _shown(text) or " ")
    del body.children[at]


def delete_block(doc: Doc[Any], chance: Random) -> None:
    """A whole block goes, with whatever others type into it just now."""
    body = _body(doc)
    if len(body.children):
        del body.children[chance.randrange(len(body.children))]


def change_block(doc: Doc[Any], chance: Random) -> None:
    """Another heading level, another alignment."""
    body = _body(doc)
    if len(body.children):
        block = body.children[chance.randrange(len(body.children))]
        if isinstance(block, XmlElement):
            block.attributes[chance.choice(("level", "textAlign"))] = chance.choice((1, 2, "left", "rechts é"))


EDITS: tuple[Edit, ...] = (
    type_words, type_words, type_words, delete_words, add_block, retitle,
    mark_words, split_block, merge_blocks, delete_block, change_block,
)  # fmt: skip


def _body(doc: Doc[Any]) -> XmlFragment:
    body: XmlFragment = doc.get("default", type=XmlFragment)
    return body


def _write(block: XmlElement, chance: Random) -> None:
    block.children.append(XmlText("")).insert(0, chance.choice(WORDS) * chance.randint(1, 3))


def _text(doc: Doc[Any], chance: Random) -> XmlText | None:
    found = _block(doc, chance)
    return None if found is None else found[2]


def _block(doc: Doc[Any], chance: Random) -> tuple[int, XmlElement, XmlText] | None:
    found = [
        (at, block, text)
        for at, block in enumerate(_body(doc).children)
        if isinstance(block, XmlElement) and (text := _text_of(block)) is not None
    ]
    return chance.choice(found) if found else None


def _text_of(block: object) -> XmlText | None:
    if not isinstance(block, XmlElement) or len(block.children) == 0:
        return None
    first = block.children[0]
    return first if isinstance(first, XmlText) else None


def _shown(text: XmlText) -> str:
    return "".join(piece for piece, _ in text.diff() if isinstance(piece, str))


def _span(text: str, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(text))
    stop = chance.randint(start + 1, min(len(text), start + 8))
    return _bytes(text, start), _bytes(text, stop)


def _bytes(text: str, characters: int) -> int:
    """pycrdt counts in UTF-8 bytes."""
    return len(text[:characters].encode())
