"""The editor's structure holds what was typed, whatever was typed."""

from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment

from bench.keystrokes import Key, Paper, made_up, replayed, updates


def new_document() -> Doc[Any]:
    doc: Doc[Any] = Doc()
    doc.get("default", type=XmlFragment).children.append(XmlElement("paragraph"))
    return doc


def lines_of(doc: Doc[Any]) -> list[str]:
    paragraphs = doc.get("default", type=XmlFragment).children
    return ["".join(map(str, line.children)) for line in paragraphs if isinstance(line, XmlElement)]


def test_enter_takes_the_rest_of_the_line_along_and_deleting_the_break_brings_it_back() -> None:
    doc = new_document()
    paper = Paper(doc)
    paper.press(Key(0, 0, "hé there"))
    paper.press(Key(2, 0, "\n"))
    assert lines_of(doc) == ["hé", " there"]
    paper.press(Key(2, 1, ""))
    assert lines_of(doc) == ["hé there"]
    paper.press(Key(1, 1, "e"))
    assert paper.text == "he there"


@pytest.mark.parametrize("seed", range(5))
def test_made_up_keys_end_in_their_text_on_every_replica(seed: int) -> None:
    strokes = made_up(seed, 800)
    typed, reader = new_document(), Doc[Any]()
    reader.apply_update(typed.get_update())
    made = list(updates(typed, strokes.keys))
    assert len(made) == len(strokes.keys) == 800
    for update in made:
        reader.apply_update(update)
    assert "\n".join(lines_of(reader)) == replayed(strokes.keys) == strokes.text
    assert strokes.text.count("\n") > 3
