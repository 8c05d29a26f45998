"""Bytes that cannot be applied cost the document its editors, never its text."""

from typing import Any

import pycrdt
import pytest
from pycrdt import Doc, Text

from quillroom.core.known import Known
from quillroom.core.member import ANONYMOUS, Member, Role
from quillroom.core.replica import MERGED_BYTES, Replica, merged
from quillroom.core.room import Refused, Room
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import var_bytes

HELLO = bytes.fromhex("0101010004010174" + "0568656c6c6f" + "00")  # (1, 0…4): a text in the root "t"
AFTER = bytes.fromhex("010103008401040121" + "00")  # (3, 0): "!" after it
# (2, 0) "B" after it, (2, 1) a child of the text, which pycrdt cannot apply, (2, 2) "C" after "B"
POISON = bytes.fromhex("01030200" + "8401040142" + "040001000178" + "8402000143" + "00")
ON_POISON = bytes.fromhex("01010400" + "8402020144" + "00")  # (4, 0): "D" after "C"
LATER = bytes.fromhex("01010500" + "c4010001010145" + "00")  # (5, 0): "E" between "h" and "e"


def text_of(replica: Replica) -> str:
    return str(replica.doc().get("t", type=Text))


def test_the_native_library_cannot_apply_it() -> None:
    doc: Doc[Any] = Doc()
    doc.apply_update(HELLO)
    with pytest.raises(RuntimeError):
        doc.apply_update(POISON)


def test_all_is_applied_but_the_poison_and_what_depends_on_it() -> None:
    replica = Replica([HELLO, AFTER, POISON, ON_POISON, LATER])
    assert text_of(replica) == "hEelloB!"
    assert replica.broken is not None
    reader: Doc[Any] = Doc()
    reader.apply_update(replica.state())
    assert str(reader.get("t", type=Text)) == "hEelloB!"


def test_what_was_on_its_way_behind_the_poison_is_applied_too() -> None:
    replica = Replica([HELLO])
    assert text_of(replica) == "hello"
    for update in (POISON, ON_POISON, AFTER):
        replica.add(update)
    assert text_of(replica) == "helloB!"
    replica.add(LATER)
    assert text_of(replica) == "hEelloB!"


def test_a_healthy_log_is_not_called_broken() -> None:
    replica = Replica([HELLO, AFTER, LATER])
    assert text_of(replica) == "hEello!"
    assert replica.broken is None


def test_small_neighbours_become_one_and_what_is_large_stays_as_it_came() -> None:
    large = bytes.fromhex("01010600" + "04010174") + var_bytes(b"x" * MERGED_BYTES) + b"\0"
    assert merged([HELLO, AFTER, large, LATER]) == [pycrdt.merge_updates(HELLO, AFTER), large, LATER]
    replica = Replica([HELLO, AFTER, large, LATER])
    assert sorted(text_of(replica)) == sorted("hEello!" + "x" * MERGED_BYTES)
    assert merged([HELLO]) == [HELLO]


def test_a_room_with_poison_in_its_log_takes_no_more_and_says_why() -> None:
    room = Room("d", "g", Replica([HELLO, POISON]), Known({1: 5, 2: 3}), 2)
    writer = Member(1, ANONYMOUS, Role.EDIT, None, is_ours=True)
    room.replica.doc()
    refused = room.receive(writer, LATER, inspect(LATER), False, 0.0)
    assert isinstance(refused, Refused)
    assert (refused.code, "needs repair" in refused.message) == ("not_allowed", True)
