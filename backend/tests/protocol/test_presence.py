"""What servers tell each other of their connections: what cannot be is not taken, and nothing breaks on it."""

import json
import math
import random

import pytest

from quillroom.protocol.lib0 import Malformed
from quillroom.protocol.presence import (
    LARGEST_BYTES,
    LARGEST_NUMBER,
    LONGEST_ID,
    PARTS,
    ROWS,
    Ask,
    Changes,
    Head,
    Message,
    Part,
    Row,
    decode,
    encode,
)

NEW = [7, 5, 0, "d", "ann", "laptop"]
KNOWN = [7, 5, 0, "d"]


@pytest.mark.parametrize(
    "message",
    [
        Ask(("one",)),
        Head(7, True),
        Head(0, False),
        Changes(1, (Row(1, 15, 0, None), Row(2, 0, 12, "d", ("ann", "laptop")), Row(3, 1, 0, "d", (None, ""))), (4, 5)),
        Part(LARGEST_NUMBER, 1, 2, (Row(2, 0, 12, "文档", ("ann", "laptop")),)),
        Part(0, 0, 1, ()),
    ],
)
def test_what_is_told_is_what_is_heard(message: Message) -> None:
    assert decode(encode(message)) == message


def test_a_change_of_somebody_who_was_told_before_costs_a_few_bytes() -> None:
    words = encode(Changes(12345, (Row(1234, 7, 0, "AbCdEfGhIjKlMnOp"),), ()))
    assert len(words) < 70


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "all",
        {},
        {"ask": []},
        {"ask": ["one"], "more": 1},
        {"ask": "one"},
        {"ask": [1]},
        {"ask": [""]},
        {"ask": ["x"] * (ROWS + 1)},
        {"head": 1},
        {"head": -1, "call": True},
        {"head": 1, "call": 1},
        {"head": 1, "call": True, "at": 1},
        {"at": 1, "rows": [KNOWN]},
        {"at": 1, "rows": [KNOWN], "gone": [], "more": 1},
        {"at": -1, "rows": [KNOWN], "gone": []},
        {"at": True, "rows": [KNOWN], "gone": []},
        {"at": 1.0, "rows": [KNOWN], "gone": []},
        {"at": LARGEST_NUMBER + 1, "rows": [KNOWN], "gone": []},
        {"at": 1, "rows": [], "gone": ["1"]},
        {"at": 1, "rows": [], "gone": [1] * (ROWS + 1)},
        {"at": 1, "rows": [KNOWN] * (ROWS + 1), "gone": []},
        {"at": 1, "rows": {}, "gone": []},
        *(
            {"at": 1, "rows": [row], "gone": []}
            for row in (
                None,
                [],
                KNOWN[:3],
                NEW[:5],
                [*NEW, 1],
                ["7", *KNOWN[1:]],
                [7, 16, 0, "d"],
                [7, 5, -1, "d"],
                [7, 5, math.nan, "d"],
                [7, 5, math.inf, "d"],
                [7, 5, True, "d"],
                [7, 5, "0", "d"],
                [7, 5, 10**400, "d"],
                [7, 5, 0, ""],
                [7, 5, 0, 1],
                [7, 5, 0, "d\n"],
                [7, 5, 0, "\ud800"],
                [7, 5, 0, "d" * (LONGEST_ID + 1)],
                [*NEW[:4], 1, "laptop"],
                [*NEW[:4], "", "laptop"],
                [*NEW[:5], None],
            )
        ),
        {"all": 1, "part": 0, "parts": 1, "rows": [KNOWN]},
        {"all": 1, "part": 1, "parts": 1, "rows": []},
        {"all": 1, "part": 0, "parts": 0, "rows": []},
        {"all": 1, "part": 0, "parts": PARTS + 1, "rows": []},
    ],
)
def test_what_cannot_be_is_malformed(said: object) -> None:
    with pytest.raises(Malformed):
        decode(json.dumps(said).encode())


def test_rubbish_is_malformed() -> None:
    for rubbish in (b"", b"{", b"\xff", b"[" * 100_000, b'{"at":' + b"9" * 5000 + b"}", b" " * (LARGEST_BYTES + 1)):
        with pytest.raises(Malformed):
            decode(rubbish)


@pytest.mark.parametrize("seed", range(10))
def test_bytes_that_were_turned_over_are_taken_or_malformed(seed: int) -> None:
    print("seed", seed)
    dice = random.Random(seed)
    whole = encode(Part(3, 0, 1, tuple(Row(n, 5, n, "d", (f"person {n}", "laptop")) for n in range(5))))
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(dice.randrange(1, 5)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            decode(bytes(broken))
        except Malformed:
            continue
