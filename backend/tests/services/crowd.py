"""Several people who write one document at random, as rows of its log."""

import random
from typing import Any

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText


class Crowd:
    """Each has a replica and hears the others at once, or, now and then, later."""

    def __init__(self, seed: int, names: tuple[str, ...] = ("alice", "bob", "carol")) -> None:
        self._chance = random.Random(seed)
        self._docs: dict[str, Doc[Any]] = {}
        self._unheard: dict[str, list[bytes]] = {}
        self._author = names[0]
        for name in names:
            doc: Doc[Any] = Doc(client_id=self._chance.randrange(1, 2**32))
            for root, kind in (("t", Text), ("default", XmlFragment), ("m", Map), ("a", Array)):
                doc.get(root, type=kind)
            self._docs[name] = doc
            self._unheard[name] = []

    def writes(self, edits: int) -> list[tuple[str, bytes]]:
        """(author, update) in the order of the log."""
        return [self._edit() for _ in range(edits)]

    def _edit(self) -> tuple[str, bytes]:
        chance = self._chance
        if chance.random() < 0.25:
            self._author = chance.choice(list(self._docs))
        doc = self._docs[self._author]
        if chance.random() < 0.7:
            self._hears(self._author)
        before = doc.get_state()
        with doc.transaction():
            self._change(doc)
        update = doc.get_update(before)
        for name, unheard in self._unheard.items():
            if name != self._author:
                unheard.append(update)
        return self._author, update

    def _hears(self, name: str) -> None:
        for update in self._unheard[name]:
            self._docs[name].apply_update(update)
        self._unheard[name] = []

    def _change(self, doc: Doc[Any]) -> None:
        chance, roll = self._chance, self._chance.random()
        if roll < 0.5:
            text = doc.get("t", type=Text)
            at = chance.randint(0, len(text))
            text.insert(at, chance.choice(["a", "bc", "def "]))
        elif roll < 0.7:
            text = doc.get("t", type=Text)
            text.insert(0, "x")
            end = chance.randint(1, len(text))
            del text[chance.randrange(end) : end]
        elif roll < 0.85:
            self._paragraph(doc)
        elif roll < 0.95:
            doc.get("m", type=Map)[chance.choice("kl")] = chance.randrange(100)
        else:
            doc.get("a", type=Array).append(chance.randrange(100))

    def _paragraph(self, doc: Doc[Any]) -> None:
        children = doc.get("default", type=XmlFragment).children
        if len(children) > 3 and self._chance.random() < 0.4:
            del children[self._chance.randrange(len(children))]
            return
        paragraph = children.append(XmlElement("paragraph"))
        text = paragraph.children.append(XmlText())
        text.insert(0, "words")
        text.format(0, 3, {"bold": True})
