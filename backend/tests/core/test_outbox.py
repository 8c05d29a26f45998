"""What waits for a peer that does not read: by priority, bounded, and never half of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import Peer
from quillroom.core.outbox import CONTROL_FRAMES, Outbox, Priority

SAVED, CONTROL, EDIT, CURSOR = Priority.SAVED, Priority.CONTROL, Priority.EDIT, Priority.CURSOR


def test_while_the_peer_reads_everything_goes_at_once_and_in_order() -> None:
    peer = Peer()
    for frame, priority in ((b"1", EDIT), (b"2", CURSOR), (b"3", CONTROL), (b"4", SAVED)):
        peer.box.send(frame, priority)
    assert peer.got == [b"1", b"2", b"3", b"4"]


def test_what_waited_comes_control_first_then_edits_then_the_newest_acknowledgement() -> None:
    peer = Peer()
    peer.box.pause(0)
    for frame, priority in ((b"e1", EDIT), (b"s1", SAVED), (b"c1", CONTROL), (b"e2", EDIT), (b"s2", SAVED)):
        peer.box.send(frame, priority)
    assert peer.got == []
    peer.box.resume()
    assert peer.got == [b"c1", b"e1", b"e2", b"s2"]
    assert peer.resynced == []


def test_cursors_are_shed_first_and_asked_for_once() -> None:
    peer = Peer()
    peer.box.pause(0)
    peer.box.send(b"cursor", CURSOR)
    peer.box.send(b"cursor", CURSOR)
    peer.box.send(b"e", EDIT)
    peer.box.resume()
    assert peer.got == [b"e"]
    assert peer.resynced == [(False, True)]


def test_over_the_bound_the_edits_are_dropped_for_one_resync() -> None:
    peer = Peer(limit=10)
    peer.box.pause(0)
    for _ in range(10):
        peer.box.send(b"edit", EDIT)
        assert peer.box.queued_bytes <= 10
    assert peer.box.is_stale
    assert peer.box.queued_bytes == 0
    peer.box.send(b"told", CONTROL)
    peer.box.resume()
    assert peer.got == [b"told"]
    assert peer.resynced == [(True, False)]
    peer.box.resume()
    assert peer.resynced == [(True, False)]


def test_exactly_the_bound_still_waits() -> None:
    peer = Peer(limit=8)
    peer.box.pause(0)
    peer.box.send(b"edit", EDIT)
    peer.box.send(b"edit", EDIT)
    assert not peer.box.is_stale
    peer.box.send(b"!", EDIT)
    assert peer.box.is_stale


def test_control_frames_are_bounded_and_repeats_do_not_push_out_a_refusal() -> None:
    peer = Peer()
    peer.box.pause(0)
    peer.box.send(b"refused", CONTROL)
    for count in range(10_000):
        peer.box.send(b"heartbeat", CONTROL)
        peer.box.send(b"saved %d" % count, SAVED)
    peer.box.resume()
    assert peer.got == [b"refused", b"heartbeat", b"saved 9999"]
    peer.box.pause(0)
    peer.got.clear()
    for count in range(1000):
        peer.box.send(b"control %d" % count, CONTROL)
    peer.box.resume()
    assert peer.got == [b"control %d" % count for count in range(1000 - CONTROL_FRAMES, 1000)]


def test_what_the_peer_has_is_marked_once_when_it_stops_reading() -> None:
    peer = Peer()
    peer.box.pause(1)
    peer.box.pause(2)
    assert peer.paused == 1
    assert peer.box.paused_at == 1
    peer.box.resume()
    assert peer.box.paused_at is None


class Narrow:
    """A transport that is full after every `room` frames, and what its peer holds."""

    def __init__(self, room: int, limit: int = 1 << 20) -> None:
        self.got: list[bytes] = []
        self.sent = 0  # edits e0, e1, …
        self.has: list[int] = []
        self.marks = 0
        self.resynced: list[tuple[bool, bool]] = []
        self._room = room
        self.box = Outbox(self._write, self._mark, self._resync, limit)

    def _write(self, frame: bytes) -> None:
        self.got.append(frame)
        if frame.startswith(b"e"):
            self.has.append(int(frame[1:]))
        if len(self.got) % self._room == 0:
            self.box.pause(0)

    def _mark(self) -> None:
        self.marks += 1

    def _resync(self, edits: bool, cursors: bool) -> None:
        self.resynced.append((edits, cursors))
        if edits:
            self.has = list(range(self.sent))


def test_a_transport_that_fills_up_again_while_resuming_keeps_order_and_the_old_mark() -> None:
    narrow = Narrow(room=2)
    narrow.box.pause(0)
    for n in range(7):
        narrow.box.send(b"%d" % n, EDIT)
    narrow.box.send(b"saved", SAVED)
    for _ in range(4):
        narrow.box.resume()
    assert narrow.got == [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"saved"]
    assert narrow.marks == 1  # edits older than a second mark would still wait
    assert narrow.resynced == []


def test_a_resync_that_is_due_waits_until_the_transport_takes_it() -> None:
    narrow = Narrow(room=1, limit=1)
    narrow.box.pause(0)
    narrow.box.send(b"too long", EDIT)
    narrow.box.send(b"cursor", CURSOR)
    narrow.box.send(b"told", CONTROL)
    narrow.box.send(b"told more", CONTROL)
    narrow.box.resume()
    assert narrow.got == [b"told"]
    assert narrow.resynced == []
    assert narrow.box.is_stale
    narrow.box.resume()
    assert narrow.resynced == []
    narrow.box.resume()
    assert narrow.got == [b"told", b"told more"]
    assert narrow.resynced == [(True, True)]


@pytest.mark.parametrize("priority", [SAVED, CONTROL, EDIT])
def test_nothing_waits_without_a_pause(priority: Priority) -> None:
    peer = Peer()
    peer.box.resume()
    peer.box.send(b"x", priority)
    assert peer.got == [b"x"]


STEPS = st.lists(st.sampled_from(["edit", "saved", "control", "pause", "resume", "stale"]), max_size=60)


@given(STEPS, st.integers(1, 5), st.integers(1, 30))
def test_whatever_happens_edits_arrive_in_order_or_a_resync_is_owed(steps: list[str], room: int, limit: int) -> None:
    """Model: the edits that a peer holds are a prefix of what was sent, and a resync fills the hole in it."""
    narrow, acknowledged = Narrow(room, limit), 0
    for step in steps:
        if step == "edit":
            narrow.sent += 1
            narrow.box.send(b"e%d" % (narrow.sent - 1), EDIT)
        elif step == "saved":
            acknowledged += 1
            narrow.box.send(b"s%d" % acknowledged, SAVED)
        elif step == "control":
            narrow.box.send(b"c%d" % len(narrow.got), CONTROL)
        elif step == "pause":
            narrow.box.pause(0)
        elif step == "resume":
            narrow.box.resume()
        elif narrow.box.paused_at is not None:
            narrow.box.go_stale()
        assert narrow.has == sorted(set(narrow.has))
        assert narrow.box.queued_bytes <= limit
    for _ in range(200):
        narrow.box.resume()
    assert narrow.has == list(range(narrow.sent))
    assert not acknowledged or b"s%d" % acknowledged in narrow.got


def test_what_a_round_brings_goes_out_in_one_write() -> None:
    peer = Peer()
    peer.box.tell(b"edits ", b"saved ", b"cursors")
    assert peer.got == [b"edits saved cursors"]


def test_to_a_peer_that_does_not_read_a_round_waits_by_priority() -> None:
    peer = Peer()
    peer.box.pause(0.0)
    peer.box.tell(b"edits 1", b"saved 1", b"cursors")
    peer.box.tell(b"edits 2", b"saved 2", b"")
    peer.box.tell(b"edits 3", b"", b"")
    peer.box.resume()
    assert peer.got == [b"edits 1", b"edits 2", b"edits 3", b"saved 2"]
    assert peer.resynced == [(False, True)]
