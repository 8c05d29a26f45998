"""Somebody's keystrokes, one after the other, and the Yjs updates an editor makes of them."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

WORDS = [
    "the",
    "a",
    "of",
    "and",
    "proof",
    "river",
    "system",
    "we",
    "then",
    "replica",
    "stone",
    "every",
    "light",
    "merge",
    "often",
    "paper",
]


class Key(NamedTuple):
    """At this character, so many are deleted and these inserted."""

    at: int
    deleted: int
    inserted: str


class Keystrokes(NamedTuple):
    """What was pressed, and the text that stands there in the end (as people see it, lines parted by line breaks)."""

    keys: list[Key]
    text: str


def read(file: Path, limit: int | None = None) -> Keystrokes:
    """An editing trace ({"txns": [{"patches": [[at, deleted, inserted]…]}]}, gzipped JSON), or its beginning."""
    history = json.loads(gzip.decompress(file.read_bytes()))
    assert history["startContent"] == "", "only traces that begin with an empty page"
    keys = [Key(*patch) for transaction in history["txns"] for patch in transaction["patches"]]
    if limit is None or limit >= len(keys):
        return Keystrokes(keys, history["endContent"])
    return Keystrokes(keys[:limit], replayed(keys[:limit]))


def made_up(seed: int, count: int) -> Keystrokes:
    """Somebody who types words, looks back, corrects, and breaks and joins lines."""
    chance, keys, text, caret = random.Random(seed), list[Key](), "", 0
    while len(keys) < count:
        what = chance.random()
        if what < 0.08:
            caret = chance.randint(0, len(text))
        elif what < 0.25 and caret > 0:
            run = [Key(caret - step, 1, "") for step in range(1, min(caret, chance.randint(1, 9)) + 1)]
        else:
            word = "\n" if what > 0.93 else chance.choice(WORDS) + " "
            run = [Key(caret + step, 0, letter) for step, letter in enumerate(word)]
        if what < 0.08 or not run:
            continue
        for key in run[: count - len(keys)]:
            text, caret = _pressed(text, key), key.at + len(key.inserted)
            keys.append(key)
    return Keystrokes(keys, text)


def replayed(keys: list[Key]) -> str:
    """The text after these keys, by the plainest means."""
    text: list[str] = []
    for at, deleted, inserted in keys:
        text[at : at + deleted] = inserted
    return "".join(text)


def _pressed(text: str, key: Key) -> str:
    return text[: key.at] + key.inserted + text[key.at + key.deleted :]


class Paper:
    """
    The body of a document as the editor writes it: a line is a paragraph, Enter parts one and takes what stands behind
    the caret along, deleting a line break joins two.
    """

    def __init__(self, doc: Doc[Any]) -> None:
        """`doc` holds what the server gave to someone who opened a new document: one empty paragraph."""
        self._doc = doc
        self._body = doc.get("default", type=XmlFragment)
        assert len(self._body.children) == 1, "a new document was expected"
        self._lines = [""]
        self._texts: list[XmlText | None] = [None]
        # Most keys fall where the last one fell: walk from there instead of counting from the front.
        self._line = 0
        self._start = 0

    @property
    def text(self) -> str:
        """The lines, parted by line breaks."""
        return "\n".join(self._lines)

    def press(self, key: Key) -> None:
        """One transaction, hence one update."""
        with self._doc.transaction():
            for _ in range(key.deleted):
                self._delete(self._seek(key.at))
            for step, letter in enumerate(key.inserted):
                self._insert(self._seek(key.at + step), letter)

    def _seek(self, at: int) -> int:
        while at < self._start:
            self._line -= 1
            self._start -= len(self._lines[self._line]) + 1
        while at > self._start + len(self._lines[self._line]):
            self._start += len(self._lines[self._line]) + 1
            self._line += 1
        return at - self._start

    def _insert(self, offset: int, letter: str) -> None:
        if letter == "\n":
            self._part(offset)
            return
        line = self._lines[self._line]
        self._text_of(self._line).insert(_bytes(line, offset), letter)
        self._lines[self._line] = line[:offset] + letter + line[offset:]

    def _delete(self, offset: int) -> None:
        line = self._lines[self._line]
        if offset == len(line):
            self._join()
            return
        at = _bytes(line, offset)
        del self._text_of(self._line)[at : at + len(line[offset].encode())]
        self._lines[self._line] = line[:offset] + line[offset + 1 :]

    def _part(self, offset: int) -> None:
        line, behind = self._lines[self._line], self._line + 1
        head, tail = line[:offset], line[offset:]
        if tail:
            del self._text_of(self._line)[_bytes(line, offset) : len(line.encode())]
        self._body.children.insert(behind, XmlElement("paragraph"))
        self._lines[self._line] = head
        self._lines.insert(behind, tail)
        self._texts.insert(behind, None)
        if tail:
            self._text_of(behind).insert(0, tail)

    def _join(self) -> None:
        line, behind = self._lines[self._line], self._line + 1
        tail = self._lines[behind]
        del self._body.children[behind]
        del self._lines[behind], self._texts[behind]
        if tail:
            self._text_of(self._line).insert(_bytes(line, len(line)), tail)
        self._lines[self._line] = line + tail

    def _text_of(self, line: int) -> XmlText:
        text = self._texts[line]
        if text is None:
            paragraph = self._body.children[line]
            assert isinstance(paragraph, XmlElement)
            text = self._texts[line] = paragraph.children.append(XmlText(""))
        return text


def _bytes(line: str, offset: int) -> int:
    """pycrdt counts in UTF-8."""
    return len(line[:offset].encode())


def updates(doc: Doc[Any], keys: list[Key]) -> Iterator[bytes]:
    """One Yjs update for every key, made on `doc`."""
    made: list[bytes] = []
    subscription = doc.observe(lambda event: made.append(event.update))
    paper = Paper(doc)
    try:
        for key in keys:
            paper.press(key)
            yield from made
            made.clear()
    finally:
        doc.unobserve(subscription)
