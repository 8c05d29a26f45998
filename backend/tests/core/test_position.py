"""Positions: between any two there is room for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.core.position import between, is_position, spread


@given(st.lists(st.integers(min_value=0), max_size=200))
def test_pages_put_anywhere_keep_their_order(places: list[int]) -> None:
    row: list[str] = []
    for place in places:
        at = place % (len(row) + 1)
        row.insert(at, between(row[at - 1] if at else None, row[at] if at < len(row) else None))
    assert row == sorted(row)
    assert len(set(row)) == len(row)
    assert not any(position.endswith("0") for position in row)


def test_ten_thousand_pages_added_at_the_end_have_short_positions_in_order() -> None:
    row = spread(10_000)
    assert row == sorted(row)
    assert len(set(row)) == len(row)
    assert max(map(len, row)) == 7
    assert all(map(is_position, row))


@pytest.mark.parametrize("text", ["", "V0", "a b", "ä", "-"])
def test_what_leaves_no_room_is_no_position(text: str) -> None:
    assert not is_position(text)


def test_a_thousand_pages_pressed_into_one_gap_still_fit() -> None:
    low, high = between(None, None), between(between(None, None), None)
    for _ in range(1000):
        high = between(low, high)
        assert low < high
