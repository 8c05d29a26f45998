"""Facts that were measured about pycrdt 0.14 and Yjs, by their numbers, and what stands between them and a document.

A fact about pycrdt that is none any more fails here too: then look again at what was built because of it.
"""

import sys
from collections.abc import Callable, Iterator
from random import Random
from types import FrameType
from typing import Any

import pycrdt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from core.people import Peer, ann, bob, saved_of, text_of
from histories.edits import delete_words, do, say, type_words
from histories.people import follows
from histories.world import replayed, tidied_hash, vector_of
from histories.yjs import Yjs
from quillroom.content import replace
from quillroom.content.errors import ContentError
from quillroom.content.guard import guarded
from quillroom.content.hash import content_hash
from quillroom.core.known import Known
from quillroom.core.member import Person
from quillroom.core.replica import Replica
from quillroom.core.room import Accepted, Receipt, Refused, Room, Trim
from quillroom.protocol import frames, vectors
from quillroom.protocol.inspector import inspect
from quillroom.store.compaction import plan, prepare
from quillroom.store.updates import Row

HISTORIES = 200


class Gate:
    """A room and its log, one commit an edit; everybody sends what the room asks for."""

    def __init__(self) -> None:
        self.room = Room("d", "g", Replica([]), Known(), 0)
        self.log: list[bytes] = []
        self.now = 0.0
        self._logged = Known()

    def joins(self, person: Person) -> Peer:
        peer = Peer(person, limit=1 << 30)
        self.room.join(peer)
        peer.messages()
        return peer

    def takes(self, peer: Peer, update: bytes, *, is_step2: bool = False) -> Accepted | Refused | None:
        """One update message."""
        self.now += 1.0
        peer.received += 1
        result = self.room.receive(peer, update, inspect(update), is_step2, self.now)
        if isinstance(result, Trim):
            update = pycrdt.get_update(update, result.vector)
            result = self.room.receive(peer, update, inspect(update), is_step2, self.now)
        assert not isinstance(result, Trim)
        if isinstance(result, Accepted):
            self._commits(result.receipt, result.update)
        elif isinstance(result, Refused):
            self.room.refuse(peer, result)
        return result

    def asks(self, peer: Peer) -> bytes | None:
        """The state vector with which the room asked this peer for what is missing, if it did."""
        for message in reversed(peer.messages()):
            if message[:2] == b"\x00\x00":
                [read] = frames.read_messages(message)
                return read.payload
        return None

    def _commits(self, receipt: Receipt, update: bytes) -> None:
        row = inspect(update)
        follows(self._logged, row)
        self._logged.add(row)
        self.log.append(update)
        self.room.commit([(receipt, update)], len(self.log))


class Written(list[tuple[int, bytes]]):
    """(writer, update) of a history, in the order in which it was written."""

    def __init__(self, seed: int, *, with_deletes: bool) -> None:
        super().__init__()
        chance = Random(seed)
        self.docs: list[Doc[Any]] = [Doc(client_id=number + 1) for number in range(3)]
        read = [0, 0, 0]
        for turn in range(30):
            writer = chance.randrange(3)
            if chance.random() < 0.4:
                for _, update in self[read[writer] :]:
                    self.docs[writer].apply_update(update)
                read[writer] = len(self)
            edits = (type_words, delete_words) if with_deletes else (say(f"⟨{turn}⟩"),)
            made = do(self.docs[writer], chance.choice(edits), chance)
            if made is not None:
                self.append((writer, made))
        for doc, so_far in zip(self.docs, read, strict=True):
            for _, update in self[so_far:]:
                doc.apply_update(update)

    def shuffled(self, seed: int) -> list[tuple[int, bytes]]:
        return Random(seed).sample(self, len(self))


@pytest.fixture(scope="module")
def yjs() -> Iterator[Yjs]:
    with Yjs() as running:
        yield running


def text_of_doc(doc: Doc[Any]) -> str:
    return str(doc.get("t", type=Text))


def typed(*words: tuple[int, str], client: int = 1) -> list[bytes]:
    """One person types words at places."""
    doc: Doc[Any] = Doc(client_id=client)
    text, updates = doc.get("t", type=Text), []
    for at, word in words:
        before = doc.get_state()
        text.insert(at, word)
        updates.append(doc.get_update(before))
    return updates


# -- L1, L2: out of order


def test_l1_pycrdt_loses_text_when_updates_come_out_of_order_and_yjs_does_not(yjs: Yjs) -> None:
    first, second, third, fourth = updates = typed((0, "xx"), (1, "aa"), (0, "b"), (2, "b"))
    assert text_of_doc(replayed(updates)) == "bxbaax"
    assert yjs.content([first, third, fourth, second])["t"] == [["bxbaax", {}]]
    lost = replayed([first, third, fourth, second])
    assert (text_of_doc(lost), vector_of(lost)) == ("bxaax", {1: 5})


def test_l1_the_gate_holds_back_what_came_too_early_and_nothing_is_lost() -> None:
    first, second, third, fourth = updates = typed((0, "xx"), (1, "aa"), (0, "b"), (2, "b"))
    gate = Gate()
    writer = gate.joins(ann())
    assert isinstance(gate.takes(writer, first), Accepted)
    assert gate.takes(writer, third) is None
    assert gate.takes(writer, fourth) is None
    assert gate.asks(writer) == vectors.write_state_vector({1: 2})
    assert gate.log == [first]
    assert isinstance(gate.takes(writer, second), Accepted)
    assert isinstance(gate.takes(writer, pycrdt.merge_updates(*updates), is_step2=True), Accepted)
    assert text_of_doc(replayed(gate.log)) == text_of_doc(gate.room.replica.doc()) == "bxbaax"
    assert saved_of(writer.messages()[-1]) == 5


@pytest.mark.parametrize("with_deletes", [False, True], ids=["l1_inserts", "l2_inserts_and_deletions"])
def test_shuffled_histories_of_three_writers_through_the_gate_are_what_yjs_shows(yjs: Yjs, with_deletes: bool) -> None:
    astray = 0
    for seed in range(HISTORIES):
        written = Written(seed, with_deletes=with_deletes)
        shuffled = written.shuffled(seed)
        # With deletions Yjs 13.6 too leaves something waiting for ever in 2 of these 200: the true order tells.
        expected = yjs.shows(update for _, update in (written if with_deletes else shuffled))
        log = _through_the_gate(written, shuffled)
        assert vector_of(replayed(log)) == expected.vector, f"seed {seed}"
        assert tidied_hash(replayed(log), expected) == expected.hash, f"seed {seed}"
        raw = replayed([update for _, update in shuffled])
        astray += vector_of(raw) != expected.vector or tidied_hash(raw, expected) != expected.hash
    assert astray > HISTORIES / 4, "pycrdt converges out of order now"


def _through_the_gate(written: Written, shuffled: list[tuple[int, bytes]]) -> list[bytes]:
    """Shuffled first; then everybody answers the question for what is missing with all that they wrote."""
    gate = Gate()
    peers = [gate.joins(Person(f"person-{n}", "device", "P", "#5A616C")) for n in range(len(written.docs))]
    for writer, update in shuffled:
        gate.takes(peers[writer], update)
    early = len(gate.log)
    for peer in peers:
        assert not peer.has_hole or gate.asks(peer) is not None
    for writer, update in written:
        gate.takes(peers[writer], update, is_step2=True)
    assert early < len(written), "nothing came too early"
    assert not any(peer.has_hole for peer in peers)
    return gate.log


# -- L6: one client id in two windows


def test_l6_one_client_id_in_two_windows_ends_in_two_documents_with_one_state_vector() -> None:
    [long], [short] = typed((0, "AAAA")), typed((0, "BB"))
    one, other = replayed([long, short]), replayed([short, long])
    assert (text_of_doc(one), text_of_doc(other)) == ("AAAA", "BBAA")
    assert one.get_state() == other.get_state()
    assert content_hash(one) != content_hash(other)


@pytest.mark.parametrize("is_open", [False, True], ids=["signed in", "open"])
@pytest.mark.parametrize("first", ["older", "newer"])
@pytest.mark.parametrize("words", [("AAAA", "BB"), ("BB", "AAAA"), ("AA", "BB")])
def test_l6_the_second_window_with_a_client_id_is_refused_and_the_texts_never_mix(
    words: tuple[str, str], first: str, is_open: bool
) -> None:
    gate = Gate()
    person = Person(None, None, "Anonymous", "#5A616C") if is_open else ann()
    older, newer = gate.joins(person), gate.joins(person)
    writes, copies = (older, newer) if first == "older" else (newer, older)
    kept = typed(*((2 * len(words[0]) * n, words[0] * 2) for n in range(3)))
    lost = typed(*((2 * len(words[1]) * n, words[1] * 2) for n in range(3)))
    gate.takes(writes, kept[0])
    refused = [result for update in lost if isinstance(result := gate.takes(copies, update), Refused)]
    assert {each.code for each in refused} <= {"duplicate_client", "foreign_client"}
    assert all(isinstance(gate.takes(writes, update), Accepted) for update in kept[1:])
    refused += [result for result in [gate.takes(copies, _longer(words[1]))] if isinstance(result, Refused)]
    assert refused, "the copy was never told"
    assert text_of_doc(replayed(gate.log)) == words[0] * 6
    told = [text_of(message) for message in copies.messages() if message[0] == frames.CONTROL]
    assert any(code in told[-1] for code in ("duplicate_client", "foreign_client"))


def _longer(word: str) -> bytes:
    [update] = typed((0, word * 40))
    return update


# -- L7: what is pending


def test_l7_pycrdt_leaves_what_is_pending_out_of_a_whole_state() -> None:
    first, second, third, fourth = typed((0, "a"), (1, "b"), (2, "c"), (3, "d"))
    state = replayed([first, third, fourth]).get_update()
    assert text_of_doc(replayed([state, second])) == "ab"


def test_l7_no_state_that_is_given_or_kept_has_a_hole() -> None:
    first, _, third, fourth = updates = typed((0, "a"), (1, "b"), (2, "c"), (3, "d"))
    gate = Gate()
    writer, reader = gate.joins(ann()), gate.joins(bob())
    for update in (first, third, fourth):
        gate.takes(writer, update)
    assert text_of_doc(replayed([gate.room.replica.state()])) == "a"
    assert vector_of(replayed([gate.room.replica.state()])) == gate.room.committed_clocks == gate.room.known.clocks
    rows = [Row(seq, seq, "ann", "laptop", 0.0, update) for seq, update in enumerate(gate.log, 1)]
    assert rows == [Row(1, 1, "ann", "laptop", 0.0, first)]
    gate.takes(writer, pycrdt.merge_updates(*updates), is_step2=True)
    reader.messages()
    assert gate.room.answer(reader, b"\x00", 0.0)
    [message] = reader.messages()
    [read] = frames.read_messages(message)
    assert text_of_doc(replayed([read.payload])) == "abcd"


def test_l7_compaction_never_joins_rows_across_a_missing_one() -> None:
    updates = typed(*((at, "x") for at in range(6)))
    rows = [Row(seq, seq, "ann", "laptop", 0.0, update) for seq, update in enumerate(updates, 1) if seq != 3]
    runs = plan(rows, verified_seq=6, pause_seconds=60.0)
    assert [[row.seq for row in run] for run in runs] == [[1, 2], [4, 5, 6]]
    merges = prepare("d", rows, runs, lambda log: content_hash(replayed(list(log))))
    assert [inspect(merge.row.update).ranges for merge in merges] == [((1, 0, 2),), ((1, 3, 6),)]


# -- L8: very much that is pending


def test_l8_twenty_thousand_pending_updates_cost_one_look_each_and_no_document() -> None:
    doc: Doc[Any] = Doc(client_id=7)
    text = doc.get("t", type=Text)
    text.insert(0, "never sent ")
    pending = []
    for at in range(20_000):
        before = doc.get_state()
        text.insert(at, "x")
        pending.append(doc.get_update(before))
    gate = Gate()
    peer = gate.joins(ann())
    few = _calls(lambda: _flood(gate, peer, pending[:100]))
    many = _calls(lambda: _flood(gate, peer, pending))
    assert many < 250 * few  # 200 times as many
    assert gate.log == []
    assert gate.room.replica.state() == b"\0\0"
    assert gate.room.known.clocks == {}


def _flood(gate: Gate, peer: Peer, updates: list[bytes]) -> None:
    for update in updates:
        gate.now -= 1.0  # all in one moment
        gate.takes(peer, update)


def _calls(run: Callable[[], object]) -> int:
    """How many Python functions are entered, whatever the machine is doing."""
    count = 0

    def counts(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counts)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


# -- L13: bytes


def test_l13_converged_replicas_may_differ_in_their_bytes_and_never_in_their_hash(yjs: Yjs) -> None:
    differ = 0
    for seed in range(50):
        written = Written(seed, with_deletes=True)
        replicas = [*written.docs, replayed([update for _, update in written])]
        differ += len({replica.get_update() for replica in replicas}) > 1
        assert len({content_hash(replica) for replica in replicas}) == 1, f"seed {seed}"
        shown = yjs.shows(update for _, update in written)
        assert tidied_hash(replicas[0], shown) == shown.hash, f"seed {seed}"
    assert differ > 0


# -- L14: characters

PIECES = st.sampled_from(
    [
        "a",
        "b",
        " ",
        "é",
        "e\u0301",
        "文",
        "字",
        "한글",
        "😀",
        "😁",
        "👩‍👩‍👧",
        "🇩🇪",
        "🇫🇷",
        "𝒳",
        "שלום",
        "\u200d",
        "ß",
        "ﬁ",
        "\ufffd",
    ]
)
texts = st.lists(PIECES, max_size=12).map("".join)


def test_l14_inside_a_character_pycrdt_panics_with_what_is_no_exception() -> None:
    doc: Doc[Any] = Doc()
    text = doc.get("t", type=Text)
    text.insert(0, "文字")
    assert len(text) == 6
    with pytest.raises(BaseException, match="remove") as told:
        del text[1:3]
    assert not isinstance(told.value, Exception)


def test_l14_the_guard_turns_that_panic_into_an_error() -> None:
    doc: Doc[Any] = Doc()
    text = doc.get("t", type=Text)
    text.insert(0, "文字")
    with pytest.raises(ContentError), guarded():
        del text[1:3]


@settings(deadline=None, print_blob=True, max_examples=150)
@given(
    before=st.lists(texts, min_size=1, max_size=4),
    after=st.lists(texts, min_size=1, max_size=4),
    titles=st.tuples(texts, texts),
)
@example(
    before=["😀"], after=["😁"], titles=("🇩🇪", "🇫🇷")
)  # the same first half of a surrogate pair, the same first letter
@example(before=["e\u0301"], after=["e"], titles=("é", "e\u0301"))
def test_l14_a_replaced_text_is_exactly_the_new_one_whatever_its_characters(
    before: list[str], after: list[str], titles: tuple[str, str], yjs: Yjs
) -> None:
    state = replace.begin_with("", titles[0]).update
    built = replace.replace_content(state, _document(before), None, None)
    state = state if built is None else pycrdt.merge_updates(state, built)
    edit = replace.replace_content(state, _document(after), None, titles[1])
    updates = [state] if edit is None else [state, edit]
    shown = yjs.content(updates)
    assert [_words(block) for block, _ in shown.get("default", [])] == after
    assert "".join(piece for piece, _ in shown.get("title", [])) == titles[1]
    assert tidied_hash(replayed(updates), yjs.shows(updates)) == yjs.shows(updates).hash


def _document(paragraphs: list[str]) -> dict[str, object]:
    return {
        "type": "doc",
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": words}]} if words else {"type": "paragraph"}
            for words in paragraphs
        ],
    }


def _words(block: list[Any]) -> str:
    """The characters of a paragraph as Yjs shows it: [name, attributes, children]."""
    return "".join(piece for text in block[2] for runs in [text] for piece, _ in runs)
