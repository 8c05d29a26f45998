"""What everybody did and saw while things broke, and what must be true of it whatever broke.

A history is a list of notes in the order in which they happened, one JSON object a line of its file. Each checker is a
plain function of it and of what was found at the end; what it answers are sentences, none when all is well.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Note = dict[str, Any]
WORD = re.compile(r"\[[\w-]+\.\d+\]")


def word(who: str, number: int) -> str:
    """A word that nobody else ever writes."""
    return f"[{who}.{number}]"


class History:
    """`note` what happened; `of` is all of one kind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[Note] = []
        self._began = time.monotonic()
        self._file = path.open("w")

    def note(self, what: str, **more: Any) -> int:
        """Its place."""
        note = {"at": round(time.monotonic() - self._began, 4), "what": what, **more}
        self.notes.append(note)
        self._file.write(json.dumps(note) + "\n")
        return len(self.notes) - 1

    def of(self, what: str) -> list[Note]:
        return [note for note in self.notes if note["what"] == what]

    def closes(self) -> None:
        self._file.close()

    @classmethod
    def reads(cls, path: Path) -> list[Note]:
        """The notes of a file."""
        return [json.loads(line) for line in path.read_text().splitlines()]


class Event(NamedTuple):
    """What a device was told of a topic."""

    seq: int
    name: str
    id: str  # of the message
    author: str
    text: str


# -- documents: `typed` and `saved` {token}, `replicas` by whose they are


def document_problems(notes: Sequence[Note], replicas: Mapping[str, str]) -> list[str]:
    """Every saved word is in every replica once, nothing that nobody typed is in any, and all are equal."""
    typed = {note["token"] for note in notes if note["what"] == "typed"}
    saved = {note["token"] for note in notes if note["what"] == "saved"}
    problems: list[str] = []
    for whose, text in replicas.items():
        problems += _of_one_replica(whose, text, typed, saved)
    if len(set(replicas.values())) > 1:
        problems.append(f"the replicas differ: {', '.join(sorted(replicas))}")
    return problems


def _of_one_replica(whose: str, text: str, typed: set[str], saved: set[str]) -> Iterator[str]:
    found = Counter(WORD.findall(text))
    rest = WORD.sub("", text)
    yield from _named(f"{whose} lacks saved words", saved - found.keys())
    yield from _named(f"{whose} has words more than once", (token for token, times in found.items() if times > 1))
    yield from _named(f"{whose} has words that nobody typed", found.keys() - typed)
    if rest:
        yield f"{whose} has torn words: {rest[:200]!r}"


# -- chat: `said` and `sent` {who, id, text, seq}, in the order of each sender; `devices` by whose they are


def chat_problems(notes: Sequence[Note], devices: Mapping[str, Sequence[Event]]) -> list[str]:
    """Every sent message is on every device once, in one order, each sender's in theirs; nothing else is."""
    said = {note["id"]: note for note in notes if note["what"] == "said"}
    sent = {note["id"]: note for note in notes if note["what"] == "sent"}
    problems: list[str] = []
    for whose, told in devices.items():
        problems += _of_one_device(whose, told, said, sent)
    order = {tuple(told) for told in devices.values()}
    if len(order) > 1:
        problems.append(f"the devices were told different things: {', '.join(sorted(devices))}")
    return problems


def _of_one_device(
    whose: str, told: Sequence[Event], said: Mapping[str, Note], sent: Mapping[str, Note]
) -> Iterator[str]:
    messages = [event for event in told if event.name == "message.sent"]
    times = Counter(event.id for event in messages)
    seqs = [event.seq for event in told]
    if seqs != list(range(1, len(seqs) + 1)):
        yield f"{whose} was told places out of order: {_wrong_places(seqs)}"
    yield from _named(f"{whose} lacks sent messages", sent.keys() - times.keys())
    yield from _named(f"{whose} has messages more than once", (id for id, count in times.items() if count > 1))
    yield from _named(f"{whose} has messages that nobody said", times.keys() - said.keys())
    for event in messages:
        if event.id in said and event.text != said[event.id]["text"]:
            yield f"{whose} has {event.text!r} in place of {said[event.id]['text']!r}"
        if event.id in sent and event.seq != sent[event.id]["seq"]:
            yield f"{whose} has {event.id} at {event.seq}, and it was sent at {sent[event.id]['seq']}"
    yield from _order_of_senders(whose, messages)


def _order_of_senders(whose: str, messages: Iterable[Event]) -> Iterator[str]:
    last: dict[str, int] = {}
    for event in messages:
        number = int(event.text.rsplit(".", 1)[1].rstrip("]"))
        if number < last.get(event.author, -1):
            yield f"{whose} has {event.text} behind {last[event.author]} of the same sender"
        last[event.author] = number


def _wrong_places(seqs: Sequence[int]) -> list[tuple[int, int]]:
    pairs = zip([0, *seqs], seqs, strict=False)
    return [(before, now) for before, now in pairs if now != before + 1][:10]


# -- how far one has read: `marks` and `marked` {who, seq}, `looks` {who}, `saw` {who, seq, since}


def read_problems(notes: Sequence[Note]) -> list[str]:
    """How far one has read never goes back, on whatever server one looks, and is never farther than one said."""
    problems = []
    marks: dict[str, int] = {}
    least: dict[str, list[tuple[int, int]]] = {}  # (place in the history, at least so far from then on)
    for place, note in enumerate(notes):
        what, who = note["what"], note.get("who", "")
        if what == "marks":
            marks[who] = max(marks.get(who, 0), note["seq"])
        elif what == "saw":
            expected = max((seq for at, seq in least.get(who, []) if at < note["since"]), default=0)
            if not expected <= note["seq"] <= marks.get(who, 0):
                problems.append(f"{who} had read up to {expected} at least, and saw {note['seq']} (note {place})")
        if what in ("marked", "saw"):
            least.setdefault(who, []).append((place, note["seq"]))
    return problems


def _named(what: str, which: Iterable[str]) -> Iterator[str]:
    found = sorted(which)
    if found:
        yield f"{what} ({len(found)}): {', '.join(found[:10])}"
