"""The rules of one open document, without a socket, a clock or a database."""

import random
from typing import Any

import pycrdt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text

from core.people import Peer, ann, bob, saved_of, says, text_of
from quillroom.core.known import Known
from quillroom.core.member import Member, Role
from quillroom.core.outbox import Outbox
from quillroom.core.replica import Replica
from quillroom.core.room import (
    ASK_AGAIN_SECONDS,
    LARGE_REPLY_BYTES,
    LARGE_REPLY_SECONDS,
    REPAIRS_LIMIT,
    Accepted,
    Receipt,
    Refused,
    Room,
    Trim,
)
from quillroom.protocol import frames, vectors
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed


class Desk:
    """A room and its log: people write, and the test decides when a commit happens."""

    def __init__(self, limit: int = 1 << 20) -> None:
        self.room = Room("d", "generation", Replica([]), Known(), 0)
        self.log: list[bytes] = []
        self.now = 100.0
        self._limit = limit
        self._queued: list[tuple[Receipt, bytes]] = []

    def joins(self, member: Peer) -> Peer:
        """As the server does it, with the outbox of a real connection."""
        room, outbox = self.room, member.box
        member.outbox = Outbox(
            member.got.append,
            lambda: room.mark(member),
            lambda edits, cursors: room.resync(member, edits, cursors),
            self._limit,
        )
        assert outbox is not member.outbox
        room.join(member)
        return member

    def takes(self, member: Member, update: bytes, *, is_step2: bool = False) -> Accepted | Refused | Trim | None:
        """One update message; what is accepted is queued, what is refused is told."""
        member.received += 1
        result = self.room.receive(member, update, inspect(update), is_step2, self.now)
        if isinstance(result, Trim):
            trimmed = pycrdt.get_update(update, result.vector)
            result = self.room.receive(member, trimmed, inspect(trimmed), is_step2, self.now)
        if isinstance(result, Accepted):
            self._queued.append((result.receipt, result.update))
        elif isinstance(result, Refused):
            self.room.refuse(member, result)
        return result

    def commits(self) -> None:
        """Everything queued goes into the log in one round."""
        if self._queued:
            self.log += [update for _, update in self._queued]
            batch, self._queued = self._queued, []
            self.room.commit(batch, len(self.log))


class Page:
    """What someone's editor holds."""

    def __init__(self, client: int | None = None) -> None:
        self.doc: Doc[Any] = Doc() if client is None else Doc(client_id=client)
        self.text = self.doc.get("t", type=Text)

    def types(self, words: str) -> bytes:
        """The edit as an update."""
        before = self.doc.get_state()
        self.text.insert(len(self.text), words)
        return self.doc.get_update(before)

    def reads(self, messages: list[bytes]) -> str:
        """Apply every edit among these messages."""
        for message in messages:
            [read] = frames.read_messages(message) if message[0] == frames.SYNC else [None]
            if read is not None and read.step != frames.STEP1:
                self.doc.apply_update(read.payload)
        return str(self.text)


def saved(messages: list[bytes]) -> list[int]:
    return [count for count in map(saved_of, messages) if count is not None]


def asks(messages: list[bytes]) -> int:
    """How often the client was asked for what it has."""
    return sum(message[:2] == b"\x00\x00" for message in messages)


def reasons(messages: list[bytes]) -> list[str]:
    return [text_of(message) for message in messages if message[0] == frames.CONTROL]


# -- coming and going


def test_who_joins_is_asked_what_it_has_and_hears_who_is_here() -> None:
    desk = Desk()
    first = desk.joins(Peer(ann()))
    assert first.messages() == [frames.step1(b"\x00")]
    desk.room.awareness.receive(first, says(1, 1))
    desk.room.flush_awareness()
    second = desk.joins(Peer(bob()))
    step1, cursors = second.messages()
    assert step1 == frames.step1(b"\x00")
    assert b'"name":"Ann"' in cursors


def test_who_left_is_told_nothing_and_others_must_hear_of_its_cursor() -> None:
    desk = Desk()
    stays, leaves = desk.joins(Peer(ann())), desk.joins(Peer(bob()))
    desk.room.awareness.receive(leaves, says(2, 1))
    desk.room.flush_awareness()
    assert desk.room.leave(leaves)
    assert not desk.room.leave(leaves)
    leaves.messages(), stays.messages()
    desk.takes(stays, Page().types("a"))
    desk.commits()
    assert desk.room.flush_awareness() == []
    assert leaves.messages() == []
    assert any(b"null" in message for message in stays.messages())


def test_who_sends_rubbish_as_a_cursor_is_named_once() -> None:
    desk = Desk()
    rude = desk.joins(Peer(ann()))
    desk.room.awareness.receive(rude, says(1, 1, "{"))
    assert desk.room.flush_awareness() == [rude]
    assert desk.room.flush_awareness() == []


# -- committed before it is told


def test_an_edit_is_told_to_everyone_and_acknowledged_only_after_its_commit() -> None:
    desk, page = Desk(), Page()
    writer, reader = desk.joins(Peer(ann())), desk.joins(Peer(bob()))
    writer.messages(), reader.messages()
    desk.takes(writer, page.types("a"))
    assert (writer.messages(), reader.messages()) == ([], [])
    desk.commits()
    to_reader, to_writer = reader.messages(), writer.messages()
    assert Page().reads(to_reader) == "a"
    assert to_writer == [*to_reader, frames.saved(1)]  # a stock client knows its edit again
    assert desk.room.seq == 1


def test_an_edit_its_acknowledgement_and_the_cursor_that_moved_with_it_are_one_write() -> None:
    desk = Desk()
    alice, other = desk.joins(Peer(ann())), desk.joins(Peer(bob()))
    for each in (alice, other):
        each.messages()
    desk.room.awareness.receive(alice, says(5, 1, '{"at":1}'))
    desk.takes(alice, Page().types("hi"))
    desk.commits()
    assert (len(alice.got), len(other.got)) == (1, 1)
    assert [message[0] for message in alice.messages()] == [frames.SYNC, frames.SAVED, frames.AWARENESS]
    assert [message[0] for message in other.messages()] == [frames.SYNC, frames.AWARENESS]


def test_what_came_in_one_round_is_one_frame_and_one_acknowledgement_each() -> None:
    desk = Desk()
    first, second = desk.joins(Peer(ann())), desk.joins(Peer(bob(), is_ours=False))
    pages = Page(), Page()
    first.messages(), second.messages()
    for n in range(10):
        desk.takes(first, pages[0].types(f"{n}"))
        desk.takes(second, pages[1].types(f"{n}"))
    desk.commits()
    to_first, to_second = first.messages(), second.messages()
    assert saved(to_first) == [10]
    assert len(to_first) == 2
    assert len(to_second) == 1  # a stock client speaks no `saved`
    assert sorted(Page().reads(to_second)) == sorted("01234567890123456789")


def test_an_acknowledgement_covers_what_waited_behind_it_only_when_that_is_committed_too() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    desk.takes(writer, page.types("a"))
    first, desk._queued = desk._queued, []
    desk.takes(writer, page.types("b"))
    desk.room.commit(first, 1)
    assert saved(writer.messages()) == [1]
    desk.commits()
    assert saved(writer.messages()) == [2]
    assert (writer.in_flight, writer.in_flight_bytes) == (0, 0)


def test_what_holds_nothing_new_is_acknowledged_at_once_unless_earlier_edits_wait() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    update = page.types("a")
    desk.takes(writer, update)
    assert desk.takes(writer, update) is None  # sent twice while the first waits for the disk
    assert saved(writer.messages()) == []
    desk.commits()
    assert saved(writer.messages()) == [2]
    assert desk.takes(writer, update) is None
    assert saved(writer.messages()) == [3]
    assert len(desk.log) == 1


def test_an_update_that_repeats_what_is_known_is_logged_without_the_repeats() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    desk.takes(writer, page.types("known "))
    desk.commits()
    page.types("new")
    whole = page.doc.get_update()
    writer.received += 1
    assert isinstance(desk.room.receive(writer, whole, inspect(whole), False, 0), Trim)
    desk.takes(writer, whole)
    desk.commits()
    assert b"known" not in desk.log[1]
    assert Page().reads([frames.update(update) for update in desk.log]) == "known new"


def test_a_member_without_an_outbox_writes_and_is_told_nothing() -> None:
    desk = Desk()
    server = Member(10**9, ann(), Role.EDIT, None, is_ours=True)
    desk.room.join(server)
    assert isinstance(desk.takes(server, Page().types("by HTTP")), Accepted)
    desk.commits()
    assert server.acknowledged == 1


# -- gaps


def test_an_edit_whose_ground_is_missing_is_asked_for_and_never_logged() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    writer.messages()
    page.types("lost ")
    assert desk.takes(writer, page.types("kept")) is None
    assert asks(writer.messages()) == 1
    assert desk.takes(writer, page.types("!")) is None
    assert asks(writer.messages()) == 0  # asked a moment ago
    desk.now += ASK_AGAIN_SECONDS
    assert desk.takes(writer, page.types("?")) is None
    assert asks(writer.messages()) == 1
    desk.takes(writer, page.doc.get_update(), is_step2=True)
    desk.commits()
    assert saved(writer.messages()) == [4]
    assert Page().reads([frames.update(update) for update in desk.log]) == "lost kept!?"


def test_while_a_hole_is_open_nothing_behind_it_is_acknowledged() -> None:
    desk, page, other = Desk(), Page(), Page()
    writer = desk.joins(Peer(ann()))
    page.types("lost")
    desk.takes(writer, page.types("!"))
    desk.takes(writer, other.types("whole by itself"))
    desk.commits()
    assert saved(writer.messages()) == []
    assert desk.takes(writer, other.doc.get_update()) is None  # nothing new closes no hole
    assert saved(writer.messages()) == []
    desk.takes(writer, page.doc.get_update(), is_step2=True)
    desk.commits()
    assert saved(writer.messages()) == [4]


def test_a_whole_answer_with_nothing_new_closes_a_hole() -> None:
    desk, page = Desk(), Page()
    writer, other = desk.joins(Peer(ann())), desk.joins(Peer(ann()))
    page.types("lost")
    desk.takes(writer, page.types("!"))
    desk.takes(other, page.doc.get_update())  # it came another way
    desk.commits()
    writer.messages()
    assert desk.takes(writer, page.doc.get_update(), is_step2=True) is None
    assert saved(writer.messages()) == [2]


def test_who_never_fills_the_gap_is_refused_in_the_end() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    page.types("lost")
    for _ in range(REPAIRS_LIMIT):
        assert desk.takes(writer, page.types("!")) is None
        desk.now += ASK_AGAIN_SECONDS
    refused = desk.takes(writer, page.types("!"))
    assert isinstance(refused, Refused)
    assert refused.code == "gap"
    assert desk.log == []


# -- who may write


def test_a_reader_is_refused_what_is_new_and_acknowledged_what_is_not() -> None:
    desk, page = Desk(), Page()
    writer, reader = desk.joins(Peer(ann())), desk.joins(Peer(bob(), Role.VIEW))
    update = page.types("a")
    desk.takes(writer, update)
    desk.commits()
    reader.messages()
    assert desk.takes(reader, update, is_step2=True) is None
    assert saved(reader.messages()) == [1]
    refused = desk.takes(reader, Page().types("b"))
    assert isinstance(refused, Refused)
    told = reader.messages()
    assert saved(told) == []
    assert reasons(told) == [
        '{"event":"refused","data":{"count":2,"code":"not_allowed",'
        '"message":"You can read this document but not change it."}}'
    ]
    assert desk.takes(reader, update) is None
    assert saved(reader.messages()) == []  # what was refused stays unsaved, and all behind it
    assert len(desk.log) == 1


def test_a_stock_reader_is_refused_in_words_that_it_knows() -> None:
    desk = Desk()
    reader = desk.joins(Peer(bob(), Role.VIEW, is_ours=False))
    reader.messages()
    desk.takes(reader, Page().types("b"))
    assert reader.messages() == [frames.permission_denied("You can read this document but not change it.")]


def test_a_document_that_needs_repair_takes_nothing_more_and_says_why() -> None:
    desk = Desk()
    writer = desk.joins(Peer(ann()))
    desk.room.broken = "This document needs repair."
    refused = desk.takes(writer, Page().types("a"))
    assert refused == Refused("not_allowed", "This document needs repair.")


# -- whose client ids


def test_a_client_id_belongs_to_the_device_that_wrote_with_it_first() -> None:
    desk, page = Desk(), Page()
    writer, phone, other = desk.joins(Peer(ann())), desk.joins(Peer(ann("phone"))), desk.joins(Peer(bob()))
    claimed = desk.takes(writer, page.types("a"))
    assert isinstance(claimed, Accepted)
    assert claimed.clients == (page.doc.client_id,)
    update = page.types("b")
    for stranger in (phone, other):
        refused = desk.takes(stranger, update)
        assert isinstance(refused, Refused)
        assert refused.code == "foreign_client"
    again = desk.takes(writer, update)
    assert isinstance(again, Accepted)
    assert again.clients == ()  # the log knows it already


def test_the_owner_is_still_the_owner_when_it_left() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    desk.takes(writer, page.types("a"))
    desk.room.leave(writer)
    refused = desk.takes(desk.joins(Peer(bob())), page.types("b"))
    assert isinstance(refused, Refused)


def test_who_signed_in_again_goes_on_once_the_old_connection_is_gone() -> None:
    desk, page = Desk(), Page()
    before, again = desk.joins(Peer(ann())), desk.joins(Peer(ann("signed in again")))
    desk.takes(before, page.types("a"))
    update = page.types("b")
    assert isinstance(desk.takes(again, update), Refused)
    desk.room.leave(before)
    assert isinstance(desk.takes(desk.joins(Peer(bob())), update), Refused)
    assert isinstance(desk.takes(again, update), Accepted)
    late = desk.takes(desk.joins(Peer(ann())), page.types("c"))
    assert isinstance(late, Refused)
    assert late.code == "foreign_client"


def test_in_open_mode_a_client_id_is_free_when_its_connection_ends() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer())
    desk.takes(writer, page.types("a"))
    update = page.types("b")
    back = desk.joins(Peer())
    assert isinstance(desk.takes(back, update), Refused)
    desk.room.leave(writer)
    assert isinstance(desk.takes(back, update), Accepted)
    desk.room.leave(back)
    assert desk.room.owners == {}
    assert desk.room.writers == {}


def test_of_two_windows_with_one_client_id_the_newer_writes_and_the_older_is_told() -> None:
    desk, page = Desk(), Page()
    older, newer = desk.joins(Peer(ann())), desk.joins(Peer(ann()))
    assert isinstance(desk.takes(older, page.types("a")), Accepted)
    assert isinstance(desk.takes(newer, page.types("b")), Accepted)
    refused = desk.takes(older, page.types("c"))
    assert isinstance(refused, Refused)
    assert refused.code == "duplicate_client"
    desk.room.leave(newer)
    assert isinstance(desk.takes(older, page.doc.get_update(), is_step2=True), Accepted)


def test_someone_may_pass_on_what_another_wrote_when_it_is_known() -> None:
    desk, page = Desk(), Page()
    writer, other = desk.joins(Peer(ann())), desk.joins(Peer(bob()))
    desk.takes(writer, page.types("a"))
    desk.commits()
    hers = Page()
    hers.doc.apply_update(page.doc.get_update())
    hers.types("b")
    assert isinstance(desk.takes(other, hers.doc.get_update(), is_step2=True), Accepted)


# -- reading


def test_an_answer_holds_what_the_asker_lacks() -> None:
    desk, page = Desk(), Page()
    writer = desk.joins(Peer(ann()))
    desk.takes(writer, page.types("one "))
    desk.commits()
    half = page.doc.get_state()
    desk.takes(writer, page.types("two"))
    desk.commits()
    reader, late = desk.joins(Peer(bob())), Page()
    reader.messages()
    assert desk.room.answer(reader, b"\x00", desk.now)
    assert late.reads(reader.messages()) == "one two"
    assert desk.room.answer(reader, half, desk.now)
    [message] = reader.messages()
    assert b"one" not in message
    assert b"two" in message


def test_only_what_is_committed_is_answered() -> None:
    desk = Desk()
    writer = desk.joins(Peer(ann()))
    desk.takes(writer, Page().types("not yet"))
    writer.messages()
    desk.room.answer(writer, b"\x00", desk.now)
    assert Page().reads(writer.messages()) == ""


def test_a_large_document_is_answered_once_in_a_while() -> None:
    desk = Desk()
    writer = desk.joins(Peer(ann()))
    desk.takes(writer, Page().types("x" * (LARGE_REPLY_BYTES + 1)))
    desk.commits()
    assert desk.room.answer(writer, b"\x00", desk.now)
    assert not desk.room.answer(writer, b"\x00", desk.now + LARGE_REPLY_SECONDS - 0.1)
    assert desk.room.answer(writer, b"\x00", desk.now + LARGE_REPLY_SECONDS)


def test_a_state_vector_that_is_none_is_malformed() -> None:
    desk = Desk()
    with pytest.raises(Malformed):
        desk.room.answer(desk.joins(Peer(ann())), b"\x05\x01", desk.now)


# -- slow readers


def test_a_peer_that_reads_again_gets_in_one_piece_what_was_dropped() -> None:
    desk, page = Desk(limit=100), Page()
    writer, slow = desk.joins(Peer(ann())), desk.joins(Peer(bob()))
    has = Page()
    desk.takes(writer, page.types("before "))
    desk.commits()
    has.reads(slow.messages())
    slow.box.pause(desk.now)
    for n in range(50):
        desk.takes(writer, page.types(f"{n} "))
        desk.commits()
        desk.room.awareness.receive(writer, says(1, n + 1))
        desk.room.flush_awareness()
    assert slow.got == []
    assert slow.box.queued_bytes <= 100
    slow.box.resume()
    messages = slow.messages()
    assert len(messages) == 2  # the edits, and who is here
    assert b"before" not in messages[0]
    assert has.reads(messages) == str(page.text)


def test_a_question_of_a_peer_that_does_not_read_is_answered_when_it_does() -> None:
    desk, page = Desk(), Page()
    writer, slow = desk.joins(Peer(ann())), desk.joins(Peer(bob()))
    desk.takes(writer, page.types("all"))
    desk.commits()
    slow.messages()
    slow.box.pause(desk.now)
    for _ in range(100):
        assert desk.room.answer(slow, b"\x00", desk.now)
    assert slow.got == []
    slow.box.resume()
    [message] = slow.messages()
    assert Page().reads([message]) == "all"


def test_a_resync_without_anyone_here_says_nothing_of_cursors() -> None:
    desk = Desk()
    member = desk.joins(Peer(ann()))
    member.messages()
    desk.room.resync(member, edits=True, cursors=True)  # nothing was marked: nothing was dropped
    assert member.messages() == []


# -- everything together


@given(st.randoms(use_true_random=False), st.integers(2, 4))
def test_whatever_order_things_come_in_everyone_ends_with_the_log(choose: random.Random, people: int) -> None:
    """People type, lose messages, stop reading and read again; commits come when they come."""
    desk = Desk(limit=200)
    pages = [Page() for _ in range(people)]
    members = [desk.joins(Peer(ann(f"device {n}"), is_ours=n % 2 == 0)) for n in range(people)]
    for _ in range(40):
        n = choose.randrange(people)
        page, member = pages[n], members[n]
        what = choose.choice(["types", "types", "loses", "commit", "stops", "reads", "asks"])
        if what == "types":
            desk.takes(member, page.types(choose.choice("abc") * choose.randrange(1, 9)))
        elif what == "loses":
            page.types("lost ")
        elif what == "commit":
            desk.commits()
        elif what == "stops":
            member.box.pause(desk.now)
        elif what == "asks":
            desk.room.answer(member, page.doc.get_state(), desk.now)
        else:
            member.box.resume()
            page.reads(member.messages())
        desk.now += choose.choice([0, ASK_AGAIN_SECONDS])
        assert all(m.acknowledged <= m.contiguous <= m.received for m in members)
    for member, page in zip(members, pages, strict=True):
        member.box.resume()
        page.reads(member.messages())
        desk.takes(member, page.doc.get_update(desk.room.vector()), is_step2=True)
    desk.commits()
    log = Page().reads([frames.update(update) for update in desk.log])
    for member, page in zip(members, pages, strict=True):
        assert page.reads(member.messages()) == log
        assert member.acknowledged == member.received
    assert desk.room.committed_clocks == desk.room.known.clocks
    assert vectors.read_state_vector(desk.room.vector()) == vectors.read_state_vector(pages[0].doc.get_state())
