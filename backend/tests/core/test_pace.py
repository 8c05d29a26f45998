"""A person is never held back, a flood is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.core.pace import Pace


def test_a_burst_goes_through_at_once_and_what_is_over_it_waits_for_its_turn() -> None:
    pace = Pace(rate=100, burst=500, now=0)
    assert [pace.spend(1, 0) for _ in range(500)] == [0.0] * 500
    assert pace.spend(1, 0) == pytest.approx(0.01)
    assert pace.spend(1, 0.02) == 0.0


def test_a_long_rest_saves_up_one_burst_and_no_more() -> None:
    pace = Pace(rate=10, burst=5, now=0)
    assert not any(pace.spend(1, 1000) for _ in range(5))
    assert pace.spend(1, 1000) > 0


def test_what_costs_nothing_never_waits() -> None:
    pace = Pace(rate=1, burst=1, now=0)
    assert not any(pace.spend(0, 0) for _ in range(10_000))


@given(st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 3)), max_size=200))
def test_who_waits_as_told_never_exceeds_burst_and_rate(talk: list[tuple[float, float]]) -> None:
    pace, now, spent = Pace(rate=20, burst=10, now=0), 0.0, 0.0
    for rest, cost in talk:
        now += rest
        wait = pace.spend(cost, now)
        spent += cost
        now += wait
        assert spent <= 10 + 20 * now + 1e-6
