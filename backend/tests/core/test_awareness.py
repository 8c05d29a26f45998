"""Cursors are the server's: whose they are comes from the session, and they go with the connection."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import Peer, ann, bob, says
from quillroom.core.awareness import CLOCK_LIMIT, GONE_LIMIT, STATE_BYTES, Awareness
from quillroom.protocol import awareness as wire
from quillroom.protocol.lib0 import Malformed

Told = dict[int, tuple[int, object]]


def told(awareness: Awareness) -> Told:
    """What everyone hears at the next flush."""
    return {client: (clock, json.loads(state)) for client, clock, state in awareness.flush()}


def names(awareness: Awareness) -> dict[int, str]:
    return {client: json.loads(state)["user"]["name"] for client, _, state in awareness.everyone()}


def test_a_cursor_is_told_once_under_the_name_and_colour_of_the_session() -> None:
    awareness, member = Awareness(), Peer(ann())
    claimed = '{"user":{"id":"bob","name":"Bob","color":"red"},"cursor":[1]}'
    assert awareness.receive(member, says(7, 1, claimed))
    user = {"id": "ann", "name": "Ann", "colour": "#1F62B5", "color": "#1F62B5"}
    assert told(awareness) == {7: (1, {"user": user, "cursor": [1]})}
    assert told(awareness) == {}
    assert [client for client, _, _ in awareness.everyone()] == [7]


@pytest.mark.parametrize(
    ("claim", "name", "colour"),
    [
        ('{"name":"Zoë","color":"#AbCdEf"}', "Zoë", "#AbCdEf"),
        ('{"name":"%s"}' % ("x" * 100), "x" * 64, "#5A616C"),
        ('{"name":7,"color":"url(//evil)"}', "Anonymous", "#5A616C"),
        ('{"color":"#ffffff; background: red"}', "Anonymous", "#5A616C"),
        ('"Bob"', "Anonymous", "#5A616C"),
        ("null", "Anonymous", "#5A616C"),
    ],
)
def test_without_sessions_a_claimed_name_is_shown_cleaned(claim: str, name: str, colour: str) -> None:
    awareness, member = Awareness(), Peer()
    awareness.receive(member, says(7, 1, f'{{"user":{claim}}}'))
    assert told(awareness)[7][1] == {
        "user": {"id": f"connection-{member.id}", "name": name, "colour": colour, "color": colour}
    }


def test_of_many_states_between_two_flushes_the_latest_is_told() -> None:
    awareness, member = Awareness(), Peer(ann())
    for clock in range(1, 1000):
        awareness.receive(member, says(7, clock, f'{{"at":{clock}}}'))
    [(clock, state)] = told(awareness).values()
    assert clock == 999
    assert isinstance(state, dict)
    assert state["at"] == 999


@pytest.mark.parametrize(
    ("clock", "state", "is_news"),
    [(4, "{}", False), (5, "{}", False), (5, "null", True), (4, "null", False), (6, "{}", True), (6, "null", True)],
)
def test_an_older_clock_changes_nothing_and_the_same_one_may_only_remove(clock: int, state: str, is_news: bool) -> None:
    awareness, member = Awareness(), Peer(ann())
    awareness.receive(member, says(7, 5))
    awareness.flush()
    awareness.receive(member, says(7, clock, state))
    assert bool(told(awareness)) is is_news


def test_nobody_speaks_for_anybody_else() -> None:
    awareness, first, second = Awareness(), Peer(ann()), Peer(bob())
    awareness.receive(first, says(1, 1, '{"x":1}'))
    assert not awareness.receive(second, says(1, 2, '{"x":2}'))
    assert not awareness.receive(second, says(1, 3, "null"))
    assert awareness.receive(second, says(2, 1))
    assert names(awareness) == {}
    awareness.flush()
    assert not awareness.receive(second, says(3, 1))  # one cursor a connection
    assert names(awareness) == {1: "Ann", 2: "Bob"}


def test_a_stock_provider_that_relays_what_it_hears_only_speaks_for_itself() -> None:
    awareness, stock, other = Awareness(), Peer(ann(), is_ours=False), Peer(bob(), is_ours=False)
    awareness.receive(stock, says(1, 1))
    awareness.receive(other, says(2, 1))
    awareness.flush()
    relayed = wire.write_states([(1, 1, "{}"), (2, 9, '{"user":{"name":"Ann"}}')])
    assert awareness.receive(other, relayed)  # its own is in there as well
    assert told(awareness).keys() == {2}
    assert not awareness.receive(stock, says(2, 10))


def test_who_leaves_is_told_as_gone_once_at_the_clock_that_peers_have() -> None:
    awareness, member = Awareness(), Peer(ann())
    awareness.receive(member, says(7, 5))
    awareness.flush()
    assert awareness.leave(member)
    assert awareness.everyone() == []
    assert told(awareness) == {7: (5, None)}
    assert told(awareness) == {}
    assert not awareness.leave(member)
    assert awareness.states == {}


def test_who_never_said_anything_leaves_without_a_word() -> None:
    awareness, silent, quick = Awareness(), Peer(ann()), Peer(bob())
    assert not awareness.leave(silent)
    awareness.receive(quick, says(1, 1))
    assert not awareness.leave(quick)  # gone before anyone was told of it
    assert told(awareness) == {}


def test_who_hid_its_cursor_leaves_nothing_behind() -> None:
    awareness, member = Awareness(), Peer(ann())
    awareness.receive(member, says(7, 1))
    awareness.flush()
    awareness.receive(member, says(7, 2, "null"))
    assert told(awareness) == {7: (2, None)}
    assert not awareness.leave(member)
    assert awareness.states == {}


@pytest.mark.parametrize("is_told_between", [True, False])
def test_who_comes_back_with_the_clock_it_left_with_is_seen_by_those_who_know_that_clock(is_told_between: bool) -> None:
    awareness, before, after = Awareness(), Peer(ann(), is_ours=False), Peer(ann(), is_ours=False)
    awareness.receive(before, says(7, 5))
    awareness.flush()
    awareness.leave(before)
    if is_told_between:
        awareness.flush()
    awareness.receive(after, says(7, 5))
    assert told(awareness)[7][0] == 6
    awareness.receive(after, says(7, 7))
    assert told(awareness)[7][0] == 7


def test_a_farewell_that_is_relayed_takes_no_place() -> None:
    awareness, leaves, listens, returns = Awareness(), Peer(ann()), Peer(bob(), is_ours=False), Peer(ann())
    awareness.receive(leaves, says(7, 5))
    awareness.flush()
    awareness.leave(leaves)
    assert not awareness.receive(listens, says(7, 5, "null"))
    assert not awareness.receive(listens, says(7, 5, '{"user":{"name":"Ann"}}'))
    awareness.flush()
    assert awareness.receive(returns, says(7, 7))
    awareness.flush()
    assert names(awareness) == {7: "Ann"}


def test_the_same_window_come_back_takes_over_from_its_connection_that_is_not_known_dead() -> None:
    awareness, half_open, back = Awareness(), Peer(ann()), Peer(ann())
    awareness.receive(half_open, says(7, 5, '{"at":1}'))
    awareness.flush()
    assert awareness.receive(back, says(7, 7, '{"at":2}'))
    assert not awareness.receive(half_open, says(7, 8, '{"at":3}'))
    assert told(awareness)[7][0] == 7
    assert not awareness.leave(half_open)
    assert names(awareness) == {7: "Ann"}
    assert awareness.leave(back)


def test_another_device_or_an_older_connection_takes_nothing_over() -> None:
    awareness, older, holder, phone = Awareness(), Peer(ann()), Peer(ann()), Peer(ann("phone"))
    awareness.receive(holder, says(7, 5))
    assert not awareness.receive(older, says(7, 6))
    assert not awareness.receive(phone, says(7, 6))
    open_first, open_second = Peer(), Peer()
    awareness.receive(open_first, says(8, 1))
    assert not awareness.receive(open_second, says(8, 2))


@pytest.mark.parametrize(
    "state",
    [
        "",
        "{",
        "[]",
        "7",
        '"x"',
        "NaN",
        '{"x":NaN}',
        '{"x":-Infinity}',
        '{"x":1e999}',
        '{"x":"\\ud800"}',
        '{"\\udc00":1}',
        "[" * 4000,
        '{"x":' + "[" * 2000 + "]" * 2000 + "}",
        '{"x":[' + ",".join(["1e15"] * 800) + "]}",
    ],
)
def test_what_peers_could_not_read_is_not_told_and_its_sender_is_known(state: str) -> None:
    awareness, rude, polite = Awareness(), Peer(ann()), Peer(bob())
    awareness.receive(rude, says(1, 1, state))
    awareness.receive(polite, says(2, 1))
    assert told(awareness).keys() == {2}
    assert awareness.offenders == [rude]
    assert names(awareness) == {2: "Bob"}
    awareness.receive(rude, says(1, 1))
    assert told(awareness).keys() == {1}


@pytest.mark.parametrize("state", ['{"x":"%s"}' % ("x" * STATE_BYTES), '{"x":"%s"}' % ("世" * (STATE_BYTES // 3))])
def test_a_state_that_is_too_large_is_malformed_counted_in_bytes(state: str) -> None:
    with pytest.raises(Malformed, match="4096 bytes"):
        Awareness().receive(Peer(ann()), says(1, 1, state))


def test_a_clock_from_which_nobody_could_count_on_is_ignored() -> None:
    awareness, member = Awareness(), Peer(ann())
    assert not awareness.receive(member, says(1, CLOCK_LIMIT))
    assert awareness.receive(member, says(1, CLOCK_LIMIT - 1))


def test_two_hundred_thousand_ghosts_make_one_cursor() -> None:
    awareness, member = Awareness(), Peer(ann())
    for start in range(0, 200_000, 4000):
        awareness.receive(member, wire.write_states([(start + n, 1, "{}") for n in range(4000)]))
    assert len(told(awareness)) == 1
    with pytest.raises(Malformed):
        awareness.receive(member, wire.write_states([(n, 1, "{}") for n in range(5000)]))


def test_visitors_without_end_do_not_fill_the_memory_of_who_left() -> None:
    awareness = Awareness()
    for client in range(3 * GONE_LIMIT):
        member = Peer(ann(f"device {client}"))
        awareness.receive(member, says(client, 1))
        awareness.flush()
        awareness.leave(member)
    awareness.flush()
    assert awareness.states == {}
    assert awareness._holders == {}
    assert len(awareness._gone) == GONE_LIMIT


STEP = st.tuples(st.integers(0, 3), st.sampled_from(["says", "hides", "leaves", "flush"]), st.integers(1, 20))


@given(st.lists(STEP, max_size=60))
def test_who_listens_from_the_start_and_who_joins_late_see_the_same_people(steps: list[tuple[int, str, int]]) -> None:
    """Model: a y-protocols peer that applies every flush holds what `everyone` tells a newcomer."""
    awareness, peers = Awareness(), [Peer(ann(f"device {n}")) for n in range(4)]
    heard: dict[int, tuple[int, object]] = {}

    def listen() -> None:
        for client, clock, text in awareness.flush():
            known, state = heard.get(client, (0, None)), json.loads(text)
            if known[0] < clock or (known[0] == clock and state is None):
                heard[client] = (clock, state)

    for who, what, clock in steps:
        if what == "flush":
            listen()
        elif what == "leaves":
            awareness.leave(peers[who])
            peers[who] = Peer(ann(f"device {who}"))
        else:
            awareness.receive(peers[who], says(who, clock, "null" if what == "hides" else f'{{"at":{clock}}}'))
    listen()
    present = {client: (clock, state) for client, (clock, state) in heard.items() if state is not None}
    assert present == {client: (clock, json.loads(text)) for client, clock, text in awareness.everyone()}
