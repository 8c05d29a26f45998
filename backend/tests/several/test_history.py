"""The checkers themselves: a good history is good, and each way to break a promise is found and named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.history import Event, History, Note, chat_problems, document_problems, read_problems, word

Text = dict[str, str]
Told = dict[str, list[Event]]


def typed() -> list[Note]:
    """Ann's two words are saved, and nobody knows of Bob's."""
    tokens = [word("ann", 0), word("ann", 1), word("bob-2", 0)]
    notes: list[Note] = [{"what": "typed", "token": token} for token in tokens]
    return [*notes, *({"what": "saved", "token": token} for token in tokens[:2])]


@pytest.mark.parametrize("text", ["[ann.1][ann.0]", "[bob-2.0][ann.1][ann.0]"])
def test_what_was_saved_is_there_and_what_was_not_may_be(text: str) -> None:
    assert document_problems(typed(), {"ann": text, "bob": text}) == []


@pytest.mark.parametrize(
    ("ann", "bob", "problem"),
    [
        ("[ann.0]", "[ann.0]", "lacks saved words (1): [ann.1]"),
        ("[ann.0][ann.1][ann.0]", "[ann.0][ann.1][ann.0]", "more than once (1): [ann.0]"),
        ("[ann.0][ann.1][eve.0]", "[ann.0][ann.1][eve.0]", "nobody typed (1): [eve.0]"),
        ("[ann.0][an[ann.1]", "[ann.0][an[ann.1]", "torn words: '[an'"),
        ("[ann.0][ann.1]", "[ann.1][ann.0]", "the replicas differ: ann, bob"),
        ("[ann.0][ann.1]", "[ann.0][ann.1][bob-2.0]", "the replicas differ"),
    ],
)
def test_a_document_that_breaks_a_promise(ann: str, bob: str, problem: str) -> None:
    assert problem in "\n".join(document_problems(typed(), {"ann": ann, "bob": bob}))


def said() -> tuple[list[Note], list[Event]]:
    """Ann and Bob took turns, and nobody knows what became of Ann's last."""
    order = [("ann", 0), ("bob", 0), ("ann", 1), ("ann", 2)]
    texts = [(who, f"{who}-{number}", word(who, number)) for who, number in order]
    notes: list[Note] = [{"what": "said", "who": who, "id": id, "text": text} for who, id, text in texts]
    notes += [
        {"what": "sent", "who": who, "id": id, "seq": seq} for seq, (who, id, _) in enumerate(texts, 1) if seq < 4
    ]
    return notes, [Event(seq, "message.sent", id, who, text) for seq, (who, id, text) in enumerate(texts, 1)]


def test_what_was_sent_is_on_every_device() -> None:
    notes, told = said()
    assert chat_problems(notes, {"one": told, "two": list(told)}) == []
    assert chat_problems(notes, {"one": told[:3], "two": told[:3]}) == []


def _anew(told: list[Event]) -> list[Event]:
    return [event._replace(seq=seq) for seq, event in enumerate(told, 1)]


CHANGES: dict[str, Callable[[list[Event]], list[Event]]] = {
    "lacks sent messages (1): bob-0": lambda told: _anew([told[0], *told[2:]]),
    "has messages more than once (1): ann-0": lambda told: _anew([*told, told[0]]),
    "has messages that nobody said (1): eve-0": lambda told: [
        *told, Event(5, "message.sent", "eve-0", "eve", word("eve", 0))
    ],
    "places out of order: [(1, 3)]": lambda told: [told[0], *told[2:]],
    "places out of order: [(2, 2)]": lambda told: [*told[:2], *told[1:]],
    "places out of order: [(0, 2)": lambda told: [told[1], told[0], *told[2:]],
    "behind 1 of the same sender": lambda told: _anew([told[2], told[1], told[0], told[3]]),
    "in place of '[bob.0]'": lambda told: [told[0], told[1]._replace(text="[bob.7]"), *told[2:]],
    "has ann-1 at 4, and it was sent at 3": lambda told: _anew([*told[:2], told[3], told[2]]),
}  # fmt: skip


@pytest.mark.parametrize("problem", CHANGES)
def test_a_chat_that_breaks_a_promise(problem: str) -> None:
    notes, told = said()
    changed = CHANGES[problem](told)
    assert problem in "\n".join(chat_problems(notes, {"one": changed, "two": list(changed)}))
    assert "told different things: one, two" in "\n".join(chat_problems(notes, {"one": changed, "two": told}))


def test_reading_that_goes_on_is_well_also_where_answers_cross() -> None:
    after: list[Any] = [("marks", 3), ("marked", 3), ("looks", 0), ("saw", 3, 2), ("marks", 5), ("saw", 5, 2)]
    assert read_problems(reading(*after)) == []
    before: list[Any] = [("marks", 3), ("looks", 0), ("marked", 3), ("saw", 0, 1), ("looks", 0), ("saw", 3, 4)]
    assert read_problems(reading(*before)) == []
    assert read_problems(reading(("marks", 3), ("looks", 0), ("saw", 3, 1))) == []  # its answer was lost


@pytest.mark.parametrize(
    "notes",
    [
        (("marks", 3), ("marked", 3), ("looks", 0), ("saw", 2, 2)),  # forgotten
        (("marks", 3), ("looks", 0), ("saw", 3, 1), ("looks", 0), ("saw", 0, 3)),  # gone back
        (("marks", 3), ("marked", 3), ("looks", 0), ("saw", 4, 2)),  # never said
    ],
)
def test_reading_that_goes_back(notes: tuple[Any, ...]) -> None:
    assert len(read_problems(reading(*notes))) == 1


def reading(*notes: Any) -> list[Note]:
    return [
        {"what": what, "who": "ann", "seq": seq, **({"since": since[0]} if since else {})}
        for what, seq, *since in notes
    ]


def test_a_history_is_kept_in_a_file_line_by_line(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    assert (history.note("typed", token="[ann.0]"), history.note("saved", token="[ann.0]")) == (0, 1)
    history.closes()
    kept = History.reads(tmp_path / "history.jsonl")
    assert kept == history.notes
    assert [note["what"] for note in kept] == ["typed", "saved"]
    assert history.of("saved") == kept[1:]
