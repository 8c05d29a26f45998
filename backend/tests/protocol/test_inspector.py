"""What real peers write is accepted and understood; what would crash or poison is refused."""

import os
import random
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed, read_var_uint, var_bytes, write_var_uint
from quillroom.protocol.vectors import read_state_vector

MUTATIONS = int(os.environ.get("QUILLROOM_MUTATIONS", "20000"))
WORDS = ["a", "xy", "文字", "🙂", "é", "\n"]


def _edit(doc: Doc[Any], choose: random.Random) -> None:
    text = doc.get("t", type=Text)
    kind = choose.randrange(7)
    if kind < 3:
        text.insert(len(text), choose.choice(WORDS), {"bold": True} if choose.random() < 0.3 else None)
    elif kind == 3 and len(text):
        del text[0 : len(str(text)[0].encode())]
    elif kind == 4:
        doc.get("m", type=Map)[choose.choice("abc")] = choose.choice([1, 2.5, "x", None, True, {"a": [1, "b"]}, b"z"])
    elif kind == 5:
        doc.get("a", type=Array).append(choose.choice([1, "two", [3], Map({"four": 4})]))
    else:
        fragment = doc.get("x", type=XmlFragment)
        element = fragment.children.append(XmlElement("p", {"class": "c"}))
        element.children.append(XmlText("hé")).format(0, 1, {"link": {"href": "/"}})


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_update_of_real_documents_is_understood(seed: int) -> None:
    choose = random.Random(seed)
    docs: list[Doc[Any]] = [Doc() for _ in range(3)]
    for _ in range(25):
        doc = choose.choice(docs)
        before = read_state_vector(doc.get_state())
        _edit(doc, choose)
        update = doc.get_update(_vector(before))
        seen = inspect(update)
        for client, start, end in seen.ranges:
            assert (start, end) == (before.get(client, 0), read_state_vector(doc.get_state())[client])
        assert all(clock < before[client] for client, clock in seen.needs)
        other = choose.choice(docs)
        other.apply_update(doc.get_update(other.get_state()))
    for doc in docs:
        seen = inspect(doc.get_update())
        assert {c: end for c, _, end in seen.ranges} == read_state_vector(doc.get_state())
        assert seen.needs == ()


def _vector(clocks: dict[int, int]) -> bytes:
    parts = [write_var_uint(len(clocks))]
    parts += [write_var_uint(n) for pair in clocks.items() for n in pair]
    return b"".join(parts)


def _any_update(content: bytes) -> bytes:
    # one client (1), one struct at clock 0, ContentAny (8) under root "t", one value
    return bytes([1, 1, 1, 0, 8, 1, 1]) + b"t" + bytes([1]) + content + bytes([0])


def test_l3_nesting_that_kills_the_native_library_is_refused_quickly() -> None:
    deep = _any_update(bytes([117, 1]) * 26_500 + bytes([126]))
    started = time.perf_counter()
    with pytest.raises(Malformed, match="nested"):
        inspect(deep)
    assert time.perf_counter() - started < 0.05
    assert inspect(_any_update(bytes([117, 1]) * 60 + bytes([126]))).structs == 1


def test_l4_endless_numbers_are_refused_at_once() -> None:
    with pytest.raises(Malformed):
        read_var_uint(b"\xff" * 200_000, 0)


def test_l5_structs_under_a_foreign_client_id_are_visible() -> None:
    hijack = bytes([1, 1, 7, 0, 0]) + write_var_uint(1_000_000) + bytes([0])
    assert inspect(hijack).ranges == ((7, 0, 1_000_000),)


@pytest.mark.parametrize(
    "update",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00",
        bytes([1, 1, 1, 0, 0, 0, 0]),  # a struct of length 0
        bytes([1, 1, 1, 0, 0]) + write_var_uint(1 << 31) + bytes([0]),  # a clock over the limit
        bytes([1, 1, 1, 0, 9, 1, 1, 116, 0, 126, 0]),  # a subdocument
        bytes([1, 1, 1, 0, 7, 1, 1, 116, 7, 0]),  # a weak link
        bytes([1, 1, 1, 0, 4, 1, 1, 116, 2, 0xC3, 0x28, 0]),  # bad UTF-8
        bytes([1, 1, 1, 0, 0x84, 1, 0, 1, 97, 0]),  # depends on itself
        bytes([2, 1, 1, 0, 0x84, 2, 0, 1, 97, 1, 2, 0, 0x84, 1, 0, 1, 97, 0]),  # a circle of two
    ],
)
def test_what_would_poison_a_document_is_refused(update: bytes) -> None:
    with pytest.raises(Malformed):
        inspect(update)


FUZZ = """
import random, sys, pycrdt
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed
seed, amount = int(sys.argv[1]), int(sys.argv[2])
choose = random.Random(seed)
corpus = [bytes.fromhex(line) for line in sys.stdin.read().split()]
accepted = 0
for _ in range(amount):
    mutated = bytearray(choose.choice(corpus))
    for _ in range(choose.randint(1, 4)):
        at = choose.randrange(len(mutated))
        kind = choose.randrange(3)
        if kind == 0: mutated[at] = choose.randrange(256)
        elif kind == 1: del mutated[at]
        else: mutated.insert(at, choose.randrange(256))
        if not mutated: mutated.append(0)
    update = bytes(mutated)
    try:
        inspect(update)
    except Malformed:
        continue
    accepted += 1
    pycrdt.merge_updates(update)
    pycrdt.Doc().apply_update(update)
print(accepted)
"""


def test_what_the_inspector_accepts_never_harms_the_native_library() -> None:
    choose = random.Random(7)
    corpus = []
    doc: Doc[Any] = Doc()
    for _ in range(120):
        before = doc.get_state()
        _edit(doc, choose)
        corpus.append(doc.get_update(before).hex())
    seed = random.randrange(2**32)
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(seed), str(MUTATIONS)],
        input="\n".join(corpus),
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, f"seed {seed}: exit {done.returncode}\n{done.stderr[-2000:]}"
    assert int(done.stdout) > 0


def test_a_length_is_counted_in_bytes() -> None:
    assert var_bytes("世界".encode())[0] == 6
