"""What a document contains: an edit that names a parent is news only if that parent can hold something."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from quillroom.core.known import Known, News
from quillroom.protocol.idset import read_ids, write_ids
from quillroom.protocol.inspector import Inspection, inspect
from quillroom.protocol.lib0 import write_var_uint


class Writer:
    """Somebody with a replica that applies at once what others send."""

    def __init__(self, client: int) -> None:
        self.doc: Doc[Any] = Doc(client_id=client)
        self.body = self.doc.get("default", type=XmlFragment)

    def writes_a_paragraph(self, words: str) -> bytes:
        before = self.doc.get_state()
        paragraph = self.body.children.append(XmlElement("paragraph"))
        paragraph.children.append(XmlText(words))
        return self.doc.get_update(before)

    def puts_a_line_into_the_first_paragraph(self) -> bytes:
        before = self.doc.get_state()
        paragraph = self.body.children[0]
        assert isinstance(paragraph, XmlElement)
        paragraph.attributes["level"] = "1"
        return self.doc.get_update(before)

    def deletes_the_first_paragraph(self) -> bytes:
        before = self.doc.get_state()
        del self.body.children[0]
        return self.doc.get_update(before)

    def gets(self, *updates: bytes) -> None:
        for update in updates:
            self.doc.apply_update(update)


def received(*updates: bytes) -> Known:
    known = Known()
    for update in updates:
        inspection = inspect(update)
        assert known.judge(inspection) is News.FRESH
        known.add(inspection)
    return known


def test_typing_into_a_paragraph_that_another_deletes_is_news_and_all_agree() -> None:
    ann, bob, server = Writer(1), Writer(2), Writer(3)
    paragraph = ann.writes_a_paragraph("hello")
    bob.gets(paragraph)
    deletion = bob.deletes_the_first_paragraph()
    line = ann.puts_a_line_into_the_first_paragraph()
    assert inspect(line).parents == ((1, 0),)
    received(paragraph, deletion, line)
    received(paragraph, line, deletion)
    server.gets(paragraph, deletion, line)
    ann.gets(deletion)
    bob.gets(line)
    assert {str(writer.body) for writer in (ann, bob, server)} == {""}


def test_a_child_of_what_only_its_author_knew_alive_is_news() -> None:
    """Ann wrote and deleted it before the server saw it; Bob had it from her by another way."""
    ann, bob, server = Writer(1), Writer(2), Writer(3)
    bob.gets(ann.writes_a_paragraph("hello"))
    ann.deletes_the_first_paragraph()
    line = bob.puts_a_line_into_the_first_paragraph()
    received(ann.doc.get_update(), line)
    server.gets(ann.doc.get_update(), line)
    assert str(server.body) == ""


STRAYS = {
    "another's text": "010102000400010201" + "78" + "00",
    "another's text, with a key": "0101020024000102016b" + "0178" + "00",
    "another's text, as an element": "0101020007000102" + "030170" + "00",
}


@pytest.mark.parametrize("name", STRAYS)
def test_a_child_of_a_text_is_no_news(name: str) -> None:
    known = received(Writer(1).writes_a_paragraph("hello"))
    stray = inspect(bytes.fromhex(STRAYS[name]))
    assert stray.parents == ((1, 2),)
    assert known.judge(stray) is News.STRAY
    in_the_element = bytes.fromhex(STRAYS[name].replace("000102", "000100", 1))
    assert known.judge(inspect(in_the_element)) is News.FRESH


def test_a_child_of_what_is_not_there_yet_is_a_gap() -> None:
    assert Known().judge(inspect(bytes.fromhex(STRAYS["another's text"]))) is News.GAP


def test_a_repeat_that_calls_a_text_a_type_does_not_make_it_one() -> None:
    known = received(Writer(1).writes_a_paragraph("hello"))
    lie = bytes.fromhex("02" + "010102" + "07000100030170" + "010200" + "0400010201" + "78" + "00")
    assert inspect(lie).types == ((1, 2, 3),)
    assert known.judge(inspect(lie)) is News.OVERLAP
    trimmed = inspect(bytes.fromhex(STRAYS["another's text"]))
    assert known.judge(trimmed) is News.STRAY


def test_types_survive_a_checkpoint() -> None:
    ann = Writer(1)
    known = received(ann.writes_a_paragraph("hello"), ann.writes_a_paragraph("世界"))
    again = Known(dict(known.clocks), {}, read_ids(write_ids(known.types)))
    line = inspect(ann.puts_a_line_into_the_first_paragraph())
    assert again.judge(line) is News.FRESH
    assert again.judge(inspect(bytes.fromhex(STRAYS["another's text"]))) is News.STRAY


@given(st.lists(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60), st.integers(1, 5)), max_size=40), max_size=6))
def test_deletions_come_together_however_many_come_at_once(updates: list[list[tuple[int, int, int]]]) -> None:
    known = Known({1: 100, 2: 100, 3: 100})
    expected: set[tuple[int, int]] = set()
    for ranges in updates:
        deletes = tuple((client, start, start + length) for client, start, length in ranges)
        known.add(Inspection((), (), deletes, (), 0, (), (), (), (), ()))
        expected.update((client, clock) for client, start, end in deletes for clock in range(start, end))
    assert {(c, k) for c, found in known.deleted.items() for s, e in found for k in range(s, e)} == expected
    for found in known.deleted.values():
        assert all(before[1] < after[0] for before, after in itertools.pairwise(found))


def test_a_deletion_is_covered_by_the_same_update_or_is_a_gap() -> None:
    inside = inspect(bytes.fromhex("01" + "010900" + "0005" + "01" + "0901" + "0203"))
    beyond = inspect(bytes.fromhex("01" + "010900" + "0005" + "01" + "0901" + "0204"))
    assert (Known().judge(inside), Known().judge(beyond)) == (News.FRESH, News.GAP)


def test_many_clients_that_each_delete_cost_no_square_of_time() -> None:
    """50,000 clients and as many deletions: minutes if each deletion looked through all ranges."""
    count = 50_000
    structs = b"".join(b"\x01" + write_var_uint(n + 128) + b"\0\0\x01" for n in range(count))
    deletes = b"".join(write_var_uint(count - n + 127) + b"\x01\0\x01" for n in range(count))
    inspection = inspect(write_var_uint(count) + structs + write_var_uint(count) + deletes)
    assert Known().judge(inspection) is News.FRESH
