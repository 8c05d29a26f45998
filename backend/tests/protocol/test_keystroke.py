"""The short way through the inspector says what the walk says, or nothing."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pycrdt import Doc, Text

from protocol import corpus
from quillroom.protocol.inspector import Inspection, _Walk, inspect
from quillroom.protocol.keystroke import read_keystroke
from quillroom.protocol.lib0 import Malformed, write_var_uint

NUMBERS = some.integers(0, 300) | some.integers(2**31 - 3, 2**31 + 3) | some.integers(0, 2**53 - 1)


def walked(update: bytes) -> Inspection | str:
    """What the walk alone says."""
    try:
        return _Walk(update).result()
    except (Malformed, IndexError):
        return "malformed"


def said(update: bytes) -> Inspection | str:
    """What `inspect` says."""
    try:
        return inspect(update)
    except Malformed:
        return "malformed"


def typed(client: int, words: list[str], at: str) -> list[bytes]:
    """The updates of someone who types words behind, before or between what is there."""
    doc: Doc[Any] = Doc(client_id=client)
    text = doc.get("t", type=Text)
    text += "here"
    updates = []
    for word in words:
        before = doc.get_state()
        text.insert({"behind": len(text), "before": 0, "between": 2}[at], word)
        updates.append(doc.get_update(before))
    return updates


@pytest.mark.parametrize("at", ["behind", "before", "between"])
@pytest.mark.parametrize("client", [5, 2**30 + 7, 2**53 - 1])
def test_what_is_typed_takes_the_short_way(client: int, at: str) -> None:
    for update in typed(client, ["a", "bc", " some words"], at):
        assert read_keystroke(update) is not None
        assert said(update) == walked(update)


@pytest.mark.parametrize("word", ["é", "文字", "😀", "x" * 128])
def test_what_is_more_than_that_is_left_to_the_walk(word: str) -> None:
    [update] = typed(5, [word], "behind")
    assert read_keystroke(update) is None
    assert said(update) == walked(update)


@given(
    some.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS), some.integers(0, 255), some.binary(max_size=9)
)
def test_ids_and_clocks_of_every_size_are_judged_alike(numbers: tuple[int, ...], info: int, text: bytes) -> None:
    client, clock, other, needed, right, right_needed = map(write_var_uint, numbers)
    for origins in (other + needed, other + needed + right + right_needed, client + needed, client + needed + client):
        for flags in (info, 0x84, 0x44, 0xC4):
            update = b"\x01\x01" + client + clock + bytes([flags]) + origins + bytes([len(text)]) + text + b"\0"
            assert said(update) == walked(update)


def test_damaged_bytes_are_judged_alike(seed: int) -> None:
    chance = random.Random(seed)
    updates = [u for at in ("behind", "before", "between") for u in typed(2**30 + 7, ["a", "some words"], at)]
    updates += corpus.make_updates(seed)
    short = 0
    for _ in range(5000):
        update = corpus.damaged(chance.choice(updates), chance)
        assert said(update) == walked(update), f"seed {seed}: {update.hex()}"
        try:
            short += read_keystroke(update) is not None
        except (Malformed, IndexError):
            assert walked(update) == "malformed"
    assert short > 50
