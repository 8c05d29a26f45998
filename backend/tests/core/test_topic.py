"""Who comes into a topic gets each event once and in order, whenever they come."""

import json
import random
from typing import Any

import pytest

from core.test_tree import ANN, BOB
from quillroom.core.member import Member, Role
from quillroom.core.outbox import Outbox
from quillroom.core.spacing import Spacing
from quillroom.core.topic import KEPT_EVENTS, MOST_DELAYS, Arrival, Said, Topic
from quillroom.protocol.live import FRAME_BYTES, FRAME_EVENTS, frames_of, said
from support.written import frames_of as written_frames
from support.written import payload_of


class Hears:
    """Someone who reads everything at once."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.member = Member(1, ANN, Role.VIEW, Outbox(self.frames.append, lambda: None, lambda *_: None, 1), True)

    @property
    def places(self) -> list[int]:
        return [each.get("seq", 0) for frame in self.frames for each in events_of(frame)]


def events_of(written: bytes) -> list[Any]:
    found = []
    for frame in written_frames(written):
        said = json.loads(payload_of(frame))
        found += said if isinstance(said, list) else [said]
    return found


def event(seq: int) -> Said:
    return Said(seq, said("noted", {}, 0.0, topic="doc:d", seq=seq or None))


class Log:
    """A log, a topic that is told of it a while after each commit, and readers that see what is committed."""

    def __init__(self) -> None:
        self.topic = Topic("doc:d")
        self.committed = 0
        self.told = 0

    def tells_one(self) -> None:
        if self.told < self.committed:
            self.told += 1
            self.topic.tell(event(self.told))

    def tells_all(self) -> None:
        while self.told < self.committed:
            self.tells_one()
        self.topic.flush()

    def is_read_by(self, arrival: Arrival) -> None:
        """What a page holds that was read at this moment."""
        for seq in range(arrival.sent + 1, self.committed + 1):
            outbox = arrival.member.outbox
            assert outbox is not None
            outbox.deliver(frames_of([event(seq).text])[0])
        arrival.sent = self.committed


@pytest.mark.parametrize("seed", range(300))
def test_whenever_somebody_comes_nothing_is_missed_and_nothing_comes_twice(seed: int) -> None:
    by_chance = random.Random(seed)  # the seed is the name of the test
    log, hears, arrivals = Log(), [Hears() for _ in range(4)], dict[int, Arrival]()
    begins = dict[int, int]()
    moment = list(range(4)) * 5
    has_read = set[int]()
    by_chance.shuffle(moment)
    steps = [by_chance.choice(["commit", "tell", "flush", "come"]) for _ in range(120)]
    for step in steps:
        if step == "commit":
            log.committed += by_chance.choice([1, 1, 3])
        elif step == "tell":
            log.tells_one()
        elif step == "flush":
            log.topic.flush()
        elif moment:
            who = moment.pop()
            if who not in arrivals:
                arrivals[who] = log.topic.arrive(hears[who].member)
                begins[who] = arrivals[who].sent = by_chance.randint(0, log.committed)
                arrivals[who].begin()
            elif who not in has_read:
                log.is_read_by(arrivals[who])
                has_read.add(who)
            elif not arrivals[who].is_settled:
                arrivals[who].settle()
    log.tells_all()
    for who, arrival in arrivals.items():
        if arrival.is_settled:
            assert hears[who].places == list(range(begins[who] + 1, log.committed + 1))


def test_who_was_kept_waiting_for_too_much_reads_again_and_misses_nothing() -> None:
    log, hears = Log(), Hears()
    arrival = log.topic.arrive(hears.member)
    arrival.begin()
    log.committed = KEPT_EVENTS + 5
    log.tells_all()
    arrival.settle()
    assert not arrival.is_settled
    arrival.begin()
    log.is_read_by(arrival)
    arrival.settle()
    assert arrival.is_settled
    log.committed += 2
    log.tells_all()
    assert hears.places == list(range(1, log.committed + 1))


def test_who_left_while_it_came_hears_nothing_and_is_told_so() -> None:
    topic, hears = Topic("doc:d"), Hears()
    arrival = topic.arrive(hears.member)
    arrival.begin()
    topic.tell(event(1))
    assert topic.leave(hears.member)
    assert arrival.is_over
    assert topic.is_empty
    topic.flush()
    assert hears.frames == []
    assert not topic.leave(hears.member)


def test_what_has_no_place_reaches_who_is_here_but_not_who_still_reads() -> None:
    topic, here, reads = Topic("doc:d"), Hears(), Hears()
    settled = topic.arrive(here.member)
    settled.sent = 7
    settled.settle()
    topic.arrive(reads.member).begin()
    topic.tell(event(0))
    topic.flush()
    topic.tell(event(8))
    topic.flush()
    assert (here.places, reads.places) == ([0, 8], [])


@pytest.mark.parametrize(("count", "size"), [(1, 10), (FRAME_EVENTS, 10), (1000, 10), (50, 5000), (3, FRAME_BYTES)])
def test_frames_are_bounded_and_keep_the_order(count: int, size: int) -> None:
    texts = [said("noted", {"x": "y" * size}, 0.0, topic="doc:d", seq=n + 1) for n in range(count)]
    frames = frames_of(texts)
    found = [events_of(frame) for frame in frames]
    assert [each["seq"] for batch in found for each in batch] == list(range(1, count + 1))
    assert all(len(batch) <= FRAME_EVENTS for batch in found)
    assert all(len(frame) <= FRAME_BYTES + 10 for frame, batch in zip(frames, found, strict=True) if len(batch) > 1)


def here(topic: Topic) -> Hears:
    someone = Hears()
    arrival = topic.arrive(someone.member)
    arrival.settle()
    topic.tell(event(1))
    topic.flush()
    someone.frames.clear()
    return someone


def names(someone: Hears) -> list[str]:
    return [each["event"] for frame in someone.frames for each in events_of(frame)]


def fleeting(name: str, what: int) -> bytes:
    return said(name, {"what": what}, 0.0)


def test_of_what_is_only_worth_something_now_the_latest_of_each_kind_is_told() -> None:
    topic = Topic("doc:d")
    someone, writer = here(topic), here(topic)
    someone.frames.clear()
    for n in range(10):
        topic.show("typing ann", fleeting("typing", n), writer.member)
        topic.show("presence", fleeting("presence", n), None)
    assert topic.flush_fleeting(is_crowded=False) == (2, 0)
    assert [each["data"]["what"] for frame in someone.frames for each in events_of(frame)] == [9, 9]
    assert names(writer) == ["presence"]
    assert not topic.is_showing


def test_who_types_hears_nothing_of_it_on_any_device() -> None:
    topic = Topic("doc:d")
    someone = here(topic)
    topic.show("typing ann", fleeting("typing", 1), ANN.id)
    topic.show("typing bob", fleeting("typing", 2), BOB.id)
    topic.flush_fleeting(is_crowded=False)
    assert [each["data"]["what"] for frame in someone.frames for each in events_of(frame)] == [2]


def test_where_there_is_too_much_to_do_typing_is_given_up_and_who_is_here_waits() -> None:
    topic = Topic("doc:d")
    someone = here(topic)
    topic.show("typing ann", fleeting("typing", 1), None)
    topic.show("presence", fleeting("presence", 1), None)
    assert topic.flush_fleeting(is_crowded=True) == (0, 1)
    topic.tell(event(2))
    topic.flush()
    assert names(someone) == ["noted"]
    assert topic.flush_fleeting(is_crowded=False) == (1, 0)
    assert names(someone) == ["noted", "presence"]


def test_who_is_here_is_told_in_the_end_however_long_there_is_too_much_to_do() -> None:
    topic = Topic("doc:d")
    someone = here(topic)
    for n in range(2 * MOST_DELAYS):
        topic.show("typing ann", fleeting("typing", n), None)
        topic.show("presence", fleeting("presence", n), None)
        topic.flush_fleeting(is_crowded=True)
    assert names(someone) == ["presence", "presence"]


def test_for_who_does_not_read_what_is_fleeting_is_dropped_and_what_is_said_is_kept() -> None:
    topic, got, missed = Topic("doc:d"), list[bytes](), list[tuple[bool, bool]]()
    outbox = Outbox(got.append, lambda: None, lambda *what: missed.append(what), 1000)
    topic.arrive(Member(1, ANN, Role.VIEW, outbox, True)).settle()
    outbox.pause(0.0)
    topic.show("typing ann", fleeting("typing", 1), None)
    topic.flush_fleeting(is_crowded=False)
    topic.tell(event(1))
    topic.flush()
    outbox.resume()
    assert [each["event"] for frame in got for each in events_of(frame)] == ["noted"]
    assert missed == [(False, True)]


def test_what_comes_alone_waits_for_nothing_and_what_costs_much_comes_less_often() -> None:
    spacing = Spacing()
    assert spacing.wait(10.0) == 0.0
    spacing.sent(10.0, took=0.000_05)
    assert spacing.wait(10.0) == 0.0  # a room of ten: cheaper than a timer
    spacing.sent(10.0, took=0.002)
    assert spacing.wait(10.001) == pytest.approx(0.015)
    spacing.sent(10.0, took=1.0)
    assert spacing.wait(10.0) == pytest.approx(0.05)
    assert spacing.wait(10.05) == 0.0
    spacing.sent(10.0, took=0.0, is_crowded=True)
    assert spacing.wait(10.0) == pytest.approx(0.05)
