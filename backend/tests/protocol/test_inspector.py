"""The inspector: what people write is accepted and told truly; what would harm the document is refused."""

import importlib.util
import random
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc

from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed, var_bytes, write_var_uint
from quillroom.protocol.vectors import read_state_vector


def _load_corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus", Path(__file__).with_name("corpus.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


corpus = _load_corpus()

ROOT_T = b"\x01\x01t"  # parent: the root type "t"
NO_DELETES = b"\0"


def update(structs: bytes, count: int = 1, client: int = 1, clock: int = 0) -> bytes:
    head = b"\x01" + b"".join(map(write_var_uint, (count, client, clock)))
    return head + structs + NO_DELETES


def text(value: str) -> bytes:
    return b"\x04" + ROOT_T + var_bytes(value.encode())


def any_values(encoded: bytes, count: int = 1) -> bytes:
    return b"\x08" + ROOT_T + write_var_uint(count) + encoded


def embed(json: bytes) -> bytes:
    return b"\x05" + ROOT_T + var_bytes(json)


def sections(*parts: tuple[int, bytes]) -> bytes:
    return (
        write_var_uint(len(parts))
        + b"".join(b"\x01" + write_var_uint(client) + b"\0" + structs for client, structs in parts)
        + NO_DELETES
    )


# -- what people write


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_a_document_can_hold_is_accepted_and_told_truly(seed: int) -> None:
    known: dict[int, int] = {}
    for edit in corpus.make_updates(seed):
        inspection = inspect(edit)
        ends = {client: end for client, _, end in inspection.ranges}
        for client, clock in inspection.needs:
            assert clock < known.get(client, 0), f"{edit.hex()} needs what nobody wrote"
        for client, end in ends.items():
            known[client] = max(known.get(client, 0), end)
        for client, _, end in inspection.deletes:
            assert end <= known[client]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_the_ranges_of_a_whole_document_are_its_state_vector(seed: int) -> None:
    doc: Doc[Any] = Doc()
    for edit in corpus.make_updates(seed):
        doc.apply_update(edit)
    inspection = inspect(doc.get_update())
    assert all(start == 0 for _, start, _ in inspection.ranges)
    ends = {client: end for client, _, end in inspection.ranges}
    assert ends == read_state_vector(doc.get_state())
    assert inspection.needs == ()


# Written by Yjs 13.6: encodeStateAsUpdate, of a document with client id 1.
YJS = {
    "half a surrogate pair, which Yjs writes as U+FFFD": ("010101000401017403efbfbd00", 1),
    "an emoji": ("010101000401017404f09f988000", 2),
    "undefined, null, a big integer": ("01010100080101610175037f7e7a000000000000000500", 1),
    "garbage collected": ("010201002101016d016b0100040101010005", 5),
}


@pytest.mark.parametrize("name", YJS)
def test_what_yjs_writes_is_accepted(name: str) -> None:
    raw, end = YJS[name]
    assert inspect(bytes.fromhex(raw)).ranges == ((1, 0, end),)


def test_a_keystroke_says_what_it_adds_and_what_it_needs() -> None:
    keystroke = update(b"\xc4\x02\x04\x03\x00\x01x", clock=7)
    inspection = inspect(keystroke)
    assert inspection.ranges == ((1, 7, 8),)
    assert dict(inspection.needs) == {2: 4, 3: 0}
    assert inspection.structs == 1


def test_roots_are_named_and_parents_by_id_are_needed() -> None:
    assert inspect(update(text("a"))).roots == ("t",)
    by_id = inspect(update(b"\x04\x00\x05\x09\x01x"))
    assert by_id.needs == ((5, 9),)
    assert by_id.roots == ()


NAMES_ITS_PARENT = b"\x04\x00\x05\x09\x01x"  # a text inside the item (5, 9)
HOLDS_NOTHING = {
    "text": text("x"),
    "value": any_values(b"\x7e"),
    "binary": b"\x03" + ROOT_T + b"\x02ab",
    "embed": embed(b"1"),
    "format": b"\x06" + ROOT_T + b"\x01b\x04null",
}
HOLDS_CHILDREN = {
    "element": b"\x07" + ROOT_T + b"\x03\x01p",
    "text type": b"\x07" + ROOT_T + b"\x06",
    "deleted": b"\x01" + ROOT_T + b"\x01",
    "garbage collected": b"\x00\x01",
}


def with_a_child(structs: bytes) -> bytes:
    """One client's item, and a text of another client that names it as its parent."""
    return sections((2, b"\x04\x00\x01\x00\x01x"), (1, structs))


@pytest.mark.parametrize("name", HOLDS_CHILDREN)
def test_types_and_what_is_gone_may_be_a_parent(name: str) -> None:
    inspection = inspect(with_a_child(HOLDS_CHILDREN[name]))
    assert inspection.types == ((1, 0, 1),)
    assert inspection.parents == ()


@pytest.mark.parametrize("name", HOLDS_NOTHING)
def test_what_holds_nothing_is_refused_as_a_parent(name: str) -> None:
    assert inspect(sections((1, HOLDS_NOTHING[name]))).types == ()
    with pytest.raises(Malformed):
        inspect(with_a_child(HOLDS_NOTHING[name]))


def test_a_parent_outside_the_update_is_told() -> None:
    assert inspect(update(NAMES_ITS_PARENT)).parents == ((5, 9),)
    assert inspect(sections((1, NAMES_ITS_PARENT), (5, text("x" * 9)))).parents == ((5, 9),)


def test_types_side_by_side_are_one_range() -> None:
    paragraph = b"\x07" + ROOT_T + b"\x03\x01p" + b"\x07\x00\x01\x00\x06" + text("x") + b"\x00\x02" + b"\x0a\x03"
    assert inspect(update(paragraph + b"\x00\x01", count=6)).types == ((1, 0, 2), (1, 3, 5), (1, 8, 9))


def test_the_highest_dependency_of_each_client_is_told() -> None:
    two = update(b"\x84\x02\x09\x01x" + b"\x84\x02\x03\x01y", count=2)
    assert inspect(two).needs == ((2, 9),)


def test_a_skip_struct_splits_the_ranges() -> None:
    skipping = update(b"\x00\x02" + b"\x0a\x03" + b"\x00\x01", count=3)
    assert inspect(skipping).ranges == ((1, 0, 2), (1, 5, 6))


def test_a_deletion_alone() -> None:
    inspection = inspect(bytes.fromhex("000101010502"))
    assert inspection.deletes == ((1, 5, 7),)
    nothing = inspect(b"\0\0")
    assert (nothing.ranges, nothing.deletes) == ((), ())


# -- what would harm


def test_an_edit_under_another_ones_client_id_is_visible() -> None:
    hijack = update(b"\x00\xc0\x84\x3d", client=99)
    assert inspect(hijack).ranges == ((99, 0, 1_000_000),)


def nested_arrays(levels: int) -> bytes:
    return update(any_values(b"\x75\x01" * levels + b"\x7e"))


def nested_json(levels: int) -> bytes:
    return update(embed(b"[" * levels + b"]" * levels))


@pytest.mark.parametrize("nested", [nested_arrays, nested_json])
def test_nesting_ends_at_64_levels(nested: Any) -> None:
    assert inspect(nested(64)).structs == 1
    for levels in (65, 26_500, 200_000):
        with pytest.raises(Malformed):
            inspect(nested(levels))


def test_brackets_inside_json_text_do_not_count_as_nesting() -> None:
    assert inspect(update(embed(b'"' + b"[" * 500 + b'\\""'))).structs == 1
    with pytest.raises(Malformed):
        inspect(update(embed(b'["]",' * 100 + b"1" + b"]" * 100)))


def test_json_that_closes_more_than_it_opens_is_refused() -> None:
    with pytest.raises(Malformed):
        inspect(update(embed(b'["]",' * 100 + b"1" + b"]" * 99)))


ACCEPTED = {
    "text": text("x"),
    "small integer": any_values(b"\x7d\x05"),
    "largest integer": any_values(b"\x7d\xbf\xff\xff\xff\xff\xff\xff\x1f"),
    "NaN": any_values(b"\x7b\x7f\xf8\0\0\0\0\0\0"),
    "embed": embed(b'{"a":[1,2.5,"\\u00e9\\ud83d\\ude00"]}'),
    "large number in JSON": embed(b"100000000000000000000"),
    "xml element": b"\x07" + ROOT_T + b"\x03\x01p",
    "binary": b"\x03" + ROOT_T + b"\x02ab",
    "one character as the value of a key": b"\x24" + ROOT_T + b"\x01k\x01a",
    "format": b"\x06" + ROOT_T + b"\x01b\x04null",
    "deleted": b"\x01" + ROOT_T + b"\x05",
}

REFUSED = {
    "truncated text": b"\x04" + ROOT_T + b"\x05ab",
    "text length counts characters": b"\x04" + ROOT_T + b"\x01\xc3\xa9",
    "bad UTF-8": b"\x04" + ROOT_T + b"\x01\xff",
    "encoded surrogate": b"\x04" + ROOT_T + b"\x03\xed\xa0\x80",
    "bad UTF-8 in a root name": b"\x04\x01\x01\xff\x01a",
    "text as the value of a key": b"\x24" + ROOT_T + b"\x01k\x02ab",
    "empty text": b"\x04" + ROOT_T + b"\x00",
    "no values": any_values(b"", 0),
    "lying count of values": any_values(b"\x7e", 2**31),
    "lying count in an array": any_values(b"\x75\xff\xff\xff\x7f\x7e"),
    "integer over 2^53-1": any_values(b"\x7d\xbf\xff\xff\xff\xff\xff\xff\x7f"),
    "value of unknown kind": any_values(b"\x73"),
    "subdocument": b"\x09" + ROOT_T + b"\x01g\x76\x00",
    "weak link": b"\x07" + ROOT_T + b"\x07\x00\x01\x00",
    "XmlHook, whose name pycrdt loses": b"\x07" + ROOT_T + b"\x05\x01h",
    "JSON content, which pycrdt cannot read": b"\x02" + ROOT_T + b"\x01\x011",
    "GC with flags": b"\x80\x01",
    "Skip with flags": b"\x2a\x01",
    "GC of nothing": b"\x00\x00",
    "unknown content": b"\x0b" + ROOT_T + b"\x01",
    "clock overflow": b"\x00\xff\xff\xff\xff\x0f",
    "dependency over 32 bits": b"\x84\x02\x80\x80\x80\x80\x20\x01a",
    "depends on itself": b"\x84\x01\x00\x01a",
    "undefined as JSON": embed(b"undefined"),
    "half a surrogate pair in JSON": embed(b'"\\ud800"'),
    "infinite number in JSON": embed(b"1e400"),
    "integer between 2^63 and 2^64 in JSON": embed(b"18446744073709551615"),
    "NaN in JSON": embed(b"NaN"),
    "UTF-16 as JSON": embed("1".encode("utf-16-le")),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_harmless_content_is_accepted(name: str) -> None:
    assert inspect(update(ACCEPTED[name])).structs == 1


@pytest.mark.parametrize("name", REFUSED)
def test_harmful_content_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        inspect(update(REFUSED[name]))


def test_more_structs_than_bytes_are_refused() -> None:
    with pytest.raises(Malformed):
        inspect(update(text("x"), count=2**31))


def test_bytes_after_the_end_are_refused() -> None:
    assert inspect(update(text("x"))).structs == 1
    with pytest.raises(Malformed):
        inspect(update(text("x")) + b"\0")


def test_a_client_may_stand_only_once() -> None:
    gc = b"\x00\x01"
    assert len(inspect(sections((1, gc), (2, gc))).ranges) == 2
    with pytest.raises(Malformed):
        inspect(sections((1, gc), (1, gc)))
    with pytest.raises(Malformed):  # pycrdt would forget the first deletion when it merges
        inspect(bytes.fromhex("00020101050101010901"))


def test_structs_that_wait_for_each_other_are_refused() -> None:
    assert inspect(sections((1, b"\x84\x02\x00\x01a"), (2, text("b")))).needs == ()
    with pytest.raises(Malformed):
        inspect(sections((1, b"\x84\x02\x00\x01a"), (2, b"\x84\x01\x00\x01b")))


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=30)
def test_every_beginning_of_an_update_is_refused(seed: int) -> None:
    whole = random.Random(seed).choice(corpus.make_updates(seed, steps=6))
    for end in range(min(len(whole), 400)):
        with pytest.raises(Malformed):
            inspect(whole[:end])


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(Malformed):
        inspect(raw)


def test_clients_that_wait_in_turn_cost_no_square_of_time() -> None:
    """20,000 clients that each wait for the next clock of one: seconds if all were woken each time."""
    count = 20_000
    one = write_var_uint(count + 1) + b"\x01\0" + text("a")
    one += b"".join(b"\x84" + write_var_uint(n + 2) + b"\0\x01x" for n in range(count))
    rest = b"".join(
        b"\x01" + write_var_uint(n + 2) + b"\0\x84\x01" + write_var_uint(n) + b"\x01y" for n in range(count)
    )
    inspection = inspect(write_var_uint(count + 1) + one + rest + NO_DELETES)
    assert inspection.structs == 2 * count + 1
    assert inspection.needs == ()
