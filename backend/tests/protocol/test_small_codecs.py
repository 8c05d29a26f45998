"""State vectors, delete sets, awareness, close codes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.protocol.awareness import read_states, write_states
from quillroom.protocol.closes import Close, is_final
from quillroom.protocol.deletes import read_deletes, write_deletes
from quillroom.protocol.idset import IdSet, add_ids, has_id, read_ids, write_ids
from quillroom.protocol.lib0 import Malformed, write_var_uint
from quillroom.protocol.vectors import read_state_vector, write_state_vector

CLIENTS = st.integers(0, 2**53 - 1)
CLOCKS = st.integers(0, 2**31 - 1)


@given(st.dictionaries(CLIENTS, CLOCKS))
def test_state_vectors_come_back(clocks: dict[int, int]) -> None:
    assert read_state_vector(write_state_vector(clocks)) == clocks


@given(st.lists(st.tuples(CLIENTS, CLIENTS, st.text())))
def test_awareness_states_come_back(states: list[tuple[int, int, str]]) -> None:
    assert read_states(write_states(states)) == states


@given(st.dictionaries(CLIENTS, st.lists(st.integers(1, 1000), min_size=2, max_size=20)))
def test_delete_sets_come_back(steps: dict[int, list[int]]) -> None:
    deletes: dict[int, list[tuple[int, int]]] = {}
    for client, gaps in steps.items():
        at, deletes[client] = 0, []
        for gap in gaps:
            deletes[client].append((at + gap, at + 2 * gap))
            at += 2 * gap
    assert read_deletes(write_deletes(deletes)) == deletes


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 6))))
def test_types_are_those_that_were_added_in_whatever_order_and_come_back(ranges: list[tuple[int, int, int]]) -> None:
    types: IdSet = {}
    expected: set[tuple[int, int]] = set()
    for client, start, length in ranges:
        add_ids(types, client, start, start + length)
        expected.update((client, clock) for clock in range(start, start + length))
    assert {(c, k) for c in range(4) for k in range(50) if has_id(types, c, k)} == expected
    assert read_ids(write_ids(types)) == types


@pytest.mark.parametrize("read", [read_state_vector, read_deletes, read_ids, read_states])
@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(read: object, raw: bytes) -> None:
    assert callable(read)
    with suppress(Malformed):
        read(raw)


@pytest.mark.parametrize("read", [read_state_vector, read_deletes, read_ids, read_states])
@pytest.mark.parametrize("raw", [b"\x02\x01\x01", write_var_uint(2**40), b"\0\0"])
def test_counts_that_lie_and_bytes_left_over_are_refused(read: object, raw: bytes) -> None:
    assert callable(read)
    with pytest.raises(Malformed):
        read(raw)


def test_more_awareness_states_than_allowed_are_refused() -> None:
    states = [(client, 1, "{}") for client in range(3)]
    assert len(read_states(write_states(states), limit=3)) == 3
    with pytest.raises(Malformed):
        read_states(write_states(states), limit=2)


@pytest.mark.parametrize("raw", ["01010101050205", "01010105000000", "0101010500"])
def test_delete_sets_that_overlap_or_are_empty_are_refused(raw: str) -> None:
    with pytest.raises(Malformed):
        read_deletes(bytes.fromhex(raw))


@pytest.mark.parametrize(
    "raw", ["01010205010001", "0101010500", "010100", "0101010500ffffffff07", "020101010101010101", "0101ffffff7f0101"]
)
def test_types_that_touch_or_are_empty_or_beyond_31_bits_are_refused(raw: str) -> None:
    assert read_ids(bytes.fromhex("01010205010101"))[1].tolist() == [5, 6, 7, 8]
    with pytest.raises(Malformed):
        read_ids(bytes.fromhex(raw))


def test_a_client_comes_back_after_a_restart_but_not_after_being_sent_away() -> None:
    assert {c for c in Close if is_final(c)} == {c for c in Close if 4400 <= c < 4500}
    assert is_final(4401)
    assert not is_final(Close.DRAINING)
    assert not is_final(1006)
