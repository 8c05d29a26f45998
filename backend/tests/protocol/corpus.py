"""Documents that people could have written, made at random from a seed, and ways to damage their updates."""

import random
from typing import Any

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

WORDS = ["a", "hé", "文字", "😀", "👩‍👩‍👧", "\ufffd", "plain text ", "\x00"]
VALUES: list[Any] = [None, True, 1, -5, 2**31, 2**53 - 1, -(2**53), 2**60, 1.5, 0.1, float("nan"),
                     float("inf"), "wörd", b"\x00\xff", [1, [2, {"k": None}]], {"ä": [{}], "": ""}]  # fmt: skip


def make_updates(seed: int, writers: int = 3, steps: int = 25) -> list[bytes]:
    """Updates in causal order: single edits, catch-ups by state vector and whole documents."""
    chance = random.Random(seed)
    docs = [Doc[Any](client_id=chance.randrange(1, 2**53)) for _ in range(writers)]
    server = Doc[Any](client_id=1)
    updates: list[bytes] = []
    for _ in range(steps):
        doc = chance.choice(docs)
        if chance.random() < 0.4:
            doc.apply_update(server.get_update(doc.get_state()))
        before = doc.get_state()
        _edit(doc, chance)
        updates.append(doc.get_update(before))
        if chance.random() < 0.3:
            server.apply_update(doc.get_update(server.get_state()))
            updates.append(server.get_update())
    return updates


def _edit(doc: Doc[Any], chance: random.Random) -> None:
    text = doc.get("t", type=Text)
    array = doc.get("a", type=Array)
    mapping = doc.get("m", type=Map)
    body = doc.get("default", type=XmlFragment)
    match chance.randrange(9):
        case 0 | 1:
            text += chance.choice(WORDS) * chance.randrange(1, 4)
        case 2:
            text.insert(0, chance.choice(WORDS), {"bold": chance.choice([True, None, {"x": [1]}])})
        case 3:
            text.insert_embed(0, {"image": chance.choice(["ü", 1, None, [{}]])})
        case 4:
            array.append(chance.choice(VALUES))
            if len(array) > 2:
                del array[chance.randrange(len(array))]
        case 5:
            mapping[chance.choice("kéy")] = chance.choice(VALUES)
        case 6:
            mapping["nested"] = Map({"list": Array([1, Text("deep")])})
        case 7:
            paragraph = body.children.append(XmlElement("paragraph"))
            paragraph.attributes["level"] = "1"
            inner = paragraph.children.append(XmlElement("quote"))
            inner.children.append(XmlText(chance.choice(WORDS)))
        case 8:
            if len(str(text)) > 2:
                text.clear()
            if len(body.children):
                del body.children[0]


def damaged(update: bytes, chance: random.Random) -> bytes:
    """The update with one to three bytes or pieces changed."""
    raw = bytearray(update)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(6):
            case 0 if at < len(raw):
                raw[at] = chance.randrange(256)
            case 1 if at < len(raw):
                raw[at] ^= 1 << chance.randrange(8)
            case 2:
                raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 4)))
            case 3:
                del raw[at : at + chance.randrange(1, 4)]
            case 4:
                raw[at:at] = b"\xff" * chance.randrange(1, 9) + b"\x01"
            case _:
                start = chance.randrange(len(raw) + 1)
                raw[at:at] = raw[start : start + chance.randrange(1, 12)]
    return bytes(raw)
