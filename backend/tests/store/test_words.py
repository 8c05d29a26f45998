"""What of a text can be searched for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.store.words import fold, fold_with_places, grams, highlights, words


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("Ёлка и Йод", "елка и йод"),
        ("ＡＢＣ１２３", "abc123"),
        ("Ὀδυσσεύς", "οδυσσευς"),
        ("İstanbul", "istanbul"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_case_accents_and_width_do_not_matter(said: str, asked: str) -> None:
    assert fold(said) == fold(asked)


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("की", "क"), ("パス", "バス")])
def test_marks_that_make_another_letter_matter(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_a_mention_is_found_by_its_name_and_by_nothing_else_of_it() -> None:
    said = "ask @[Ann Lee](person:p-123) about it"
    assert fold(said) == "ask @ann lee about it"
    assert [said[start:end] for start, end in highlights(said, ["lee", "about"])] == ["Lee", "about"]


@given(st.text(), st.integers(0, 30), st.integers(1, 8))
def test_any_piece_of_a_text_is_found_by_its_grams(text: str, at: int, size: int) -> None:
    piece = fold(text)[at : at + size]
    assert all(grams(word) <= grams(fold(text)) for word in piece.split())


@given(st.text() | st.text("aéが世🙂 @[](person:x)ß\u0301\u3099"))
def test_each_folded_letter_knows_where_it_comes_from(text: str) -> None:
    folded, places = fold_with_places(text)
    assert folded == fold(text)
    assert len(places) == len(folded)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


def test_short_words_have_pieces_only_where_a_sign_is_a_word() -> None:
    assert grams("猫") == {"猫"}
    assert grams("世界") == {"世", "界", "世界"}
    assert grams("🙂") == {"🙂"}
    assert grams("ab") == grams("-> :)") == set()
    assert grams("hello世") == {"hel", "ell", "llo", "世"}


def test_a_query_asks_for_each_word_once() -> None:
    assert words("  Foo bar\tFOO ") == ["foo", "bar"]
    assert words(" \n ") == []


def test_highlights_are_ranges_of_what_was_written() -> None:
    said = "Straße, STRASSE; crème"
    assert [said[a:b] for a, b in highlights(said, words("strasse creme"))] == ["Straße", "STRASSE", "crème"]
    assert highlights("aaaa", ["aa"]) == [(0, 4)]
    assert highlights("nothing", ["else"]) == []
