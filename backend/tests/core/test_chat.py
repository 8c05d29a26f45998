"""What a text mentions, what an emoji is, what is left of a text, and when it is too late to take it back."""

import pytest

from quillroom.core import chat
from quillroom.core.chat import Draft, Quote


@pytest.mark.parametrize("value", ["👍", "❤️", "👨‍👩‍👧", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🇩🇪", "👍🏽", "👩🏽‍❤️‍💋‍👩🏾", "🫡"])
def test_an_emoji_is_one_however_many_characters_it_has(value: str) -> None:
    assert chat.emoji(value) == value


def test_the_same_heart_is_one_reaction_however_it_is_typed() -> None:
    assert chat.emoji("❤") == chat.emoji("❤️") == "❤️"


@pytest.mark.parametrize(
    "value", ["", " ", "a", "1", "#", "👍👍", "👍 ", "🇩", "\u200d", "\ufe0f", "<b>", "字", "👍" * 20, "\ud83d"]
)
def test_anything_else_is_none(value: str) -> None:
    assert chat.emoji(value) is None


def test_people_are_mentioned_by_id_each_once_and_in_order() -> None:
    text = "@[Ann](person:a-1) and @[Bob B.](person:b_2), @[Ann](person:a-1) @[](person:c) @[x](person:) person:d @[e"
    assert chat.mentioned(text) == ("a-1", "b_2")
    assert chat.mentioned(None) == ()
    assert len(chat.mentioned("".join(f"@[P](person:p{n})" for n in range(200)))) == chat.MENTIONS_AT_MOST


def test_a_text_that_looks_like_a_mention_for_ever_is_read_in_no_time() -> None:
    assert chat.mentioned("@[" * 4000) == chat.mentioned("@[" + "a" * 7998) == ()


def test_a_text_keeps_its_lines_and_loses_what_cannot_be_seen() -> None:
    assert chat.clean("\u0000 a\r\nb\rc\td\u001b[31m\u0085 \n") == "a\nb\nc\td[31m"


def test_the_fingerprint_is_of_everything_that_was_said_and_where() -> None:
    said = Draft("client-1", "text", Quote("words", "AA"), "parent", ("file",))
    others = [
        Draft("client-1", "text2", said.quote, "parent", ("file",)),
        Draft("client-1", "text", Quote("words", ""), "parent", ("file",)),
        Draft("client-1", "text", None, "parent", ("file",)),
        Draft("client-1", "text", said.quote, None, ("file",)),
        Draft("client-1", "text", said.quote, "parent"),
    ]
    marks = {said.fingerprint("page"), said.fingerprint("other"), *(each.fingerprint("page") for each in others)}
    assert len(marks) == 7
    assert Draft("client-2", "text", said.quote, "parent", ("file",)).fingerprint("page") in marks


def test_a_message_may_be_taken_back_until_its_time_is_over() -> None:
    assert chat.may_still_recall(100.0, 120, 219.9)
    assert not chat.may_still_recall(100.0, 120, 220.0)
    assert not chat.may_still_recall(100.0, 0, 100.0)
    assert chat.may_still_recall(100.0, None, 1e9)
