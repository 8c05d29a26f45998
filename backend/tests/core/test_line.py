"""What several servers commit to one log is handed on once and in order, whatever the bus does."""

from hypothesis import given
from hypothesis import strategies as st

from quillroom.core.line import WAITING_AT_MOST, Line


class Follower:
    """Of a log of numbers: `read` is what it does when something is missing."""

    def __init__(self, begin: int) -> None:
        self.line: Line[int] = Line()
        self.heard: list[int] = []
        self.begin = begin

    def begins(self) -> None:
        self.heard += self.line.begin(self.begin)

    def hears(self, seq: int) -> None:
        self.heard += self.line.take(seq, seq)

    def reads(self, committed: int, limit: int) -> None:
        for seq in range((self.line.place or 0) + 1, min(committed, (self.line.place or 0) + limit) + 1):
            self.hears(seq)


@given(
    st.lists(st.integers(1, 60), max_size=120),
    st.integers(0, 60),
    st.integers(0, 120),
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 20)), max_size=6),
)
def test_whatever_comes_twice_late_or_never_each_is_heard_once_and_in_order(
    comes: list[int], begin: int, begins_at: int, reads: list[tuple[int, int]]
) -> None:
    follower, head = Follower(begin), max([*comes, begin])
    for at in range(121):
        if at == begins_at:
            follower.begins()
        if at < len(comes):
            follower.hears(comes[at])
        for when, limit in reads:
            if when == at and follower.line.place is not None:
                follower.reads(head, limit)
    assert follower.heard == list(range(begin + 1, begin + 1 + len(follower.heard)))
    assert follower.line.is_behind == (follower.line.place != head)
    while follower.line.is_behind:
        follower.reads(head, 7)
    assert follower.heard == list(range(begin + 1, head + 1))


def test_what_waits_has_a_bound_and_nothing_is_lost_by_it() -> None:
    follower = Follower(0)
    follower.begins()
    for seq in range(3, 3 * WAITING_AT_MOST):
        follower.hears(seq)
    assert len(follower.line._waiting) == WAITING_AT_MOST
    follower.hears(1)
    follower.hears(2)
    assert follower.heard[-1] == WAITING_AT_MOST + 2
    while follower.line.is_behind:
        follower.reads(3 * WAITING_AT_MOST - 1, 100)
    assert follower.heard == list(range(1, 3 * WAITING_AT_MOST))


def test_what_somebody_said_and_the_log_does_not_have_is_not_waited_for() -> None:
    follower = Follower(4)
    follower.begins()
    follower.hears(9)
    assert follower.line.is_behind
    follower.line.give_up()
    assert not follower.line.is_behind
    follower.hears(5)
    assert follower.heard == [5]
