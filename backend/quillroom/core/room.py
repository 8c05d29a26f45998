"""One open document: who may write, what is news, what is committed, and what to send to whom.

What must stay true:
- only committed updates are told to anyone, and only in the order of the log;
- a message is acknowledged when all that it says is committed, also what another connection brought and still waits;
- an update with unknown dependencies is never logged (pycrdt does not converge out of causal order, so the
  log must be replayable from the front); its sender is asked for everything with SyncStep1 instead;
- a Yjs client id belongs to the first (person, device) that wrote with it in this document, and to another session of
  that person once no connection writes with it; in open mode, to the connection that writes with it while it lives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from quillroom.core.awareness import Awareness
from quillroom.core.known import Known, News
from quillroom.core.member import Member, Owner
from quillroom.core.outbox import Outbox, Priority
from quillroom.core.replica import Replica, merged
from quillroom.protocol import awareness as awareness_wire
from quillroom.protocol import frames, vectors
from quillroom.protocol.inspector import Inspection
from quillroom.protocol.lib0 import Malformed
from quillroom.protocol.websocket import encode_frame

ASK_AGAIN_SECONDS = 2.0
REPAIRS_LIMIT = 20
# What one update may bring, so that judging it holds nobody up: 100,000 ranges take some 40 ms. They are many because
# the deletions of the whole document are in every SyncStep2 of a client.
RANGES_LIMIT = 100_000
NEW_CLIENTS_LIMIT = 4096
VECTOR_BYTES = 16 * 1024
LARGE_REPLY_BYTES = 256 * 1024
LARGE_REPLY_SECONDS = 5.0


class Accepted(NamedTuple):
    """Log this: `clients` are the client ids that become the author's by it."""

    update: bytes
    clients: tuple[int, ...]
    receipt: "Receipt"


class Refused(NamedTuple):
    """Not logged; `code` and `message` are told to the member."""

    code: str
    message: str


class Trim(NamedTuple):
    """Repeats what is known: cut it down to what `vector` lacks, inspect again, receive again."""

    vector: bytes


class Followed(NamedTuple):
    """A row of the log that came from elsewhere, and whose the client ids are that it brings."""

    owner: Owner | None
    update: bytes
    inspection: Inspection


@dataclass(slots=True)
class Receipt:
    """Travels with a queued update through the writer and back."""

    room: "Room"
    member: Member
    count: int
    ranges: tuple[tuple[int, int, int], ...]
    size_bytes: int
    received_at: float


class Room:
    """The rules of one open document. Plain values in, frames to outboxes out."""

    def __init__(self, document: str, generation: str, replica: Replica, known: Known, seq: int):
        self.document = document
        self.generation = generation
        self.replica = replica
        self.known = known
        self.committed_clocks = dict(known.clocks)
        self.seq = seq
        self.members: set[Member] = set()
        self.holds = 0  # how many are about to join or to write: it must stay the one room of its document
        self._outboxes: set[Outbox] = set()
        self.awareness = Awareness()
        self.owners: dict[int, Owner] = {}
        self.writers: dict[int, Member] = {}
        self._vector: bytes | None = None  # a document with thousands of client ids takes milliseconds to tell
        self.broken: str | None = None  # why this document can only be read
        self._accepted = 0  # entries for the log since this room was loaded
        self._committed = 0  # of these, the first so many are committed
        self._owed: dict[Member, int] = {}  # acknowledge all that is contiguous when so many are committed

    @property
    def read_only(self) -> str | None:
        """Why nobody can change this document, if so."""
        if self.replica.broken is not None:
            return f"This document needs repair: {self.replica.broken}"
        return self.broken

    # -- coming and going

    def join(self, member: Member) -> None:
        """Add the member, ask what it has, and tell it who is here."""
        self.members.add(member)
        if member.outbox is not None:
            self._outboxes.add(member.outbox)
        self.send(member, frames.step1(self.vector()), Priority.CONTROL)
        states = self.awareness.everyone()
        if states:
            self.send(member, _awareness(states), Priority.CURSOR)

    def leave(self, member: Member) -> bool:
        """Idempotent. True when the others must be told that its cursor is gone."""
        self.members.discard(member)
        if member.outbox is not None:
            self._outboxes.discard(member.outbox)
        self._owed.pop(member, None)
        for client in [c for c, w in self.writers.items() if w is member]:
            del self.writers[client]
            if self.owners.get(client) == member.id:
                del self.owners[client]
        return self.awareness.leave(member)

    # -- edits

    def receive(
        self, member: Member, update: bytes, inspection: Inspection, is_step2: bool, now: float
    ) -> Accepted | Refused | Trim | None:
        """Judge one update message; None when it needs nothing more (told already, or nothing new).

        The caller counts the message with `begin` first, and queues what is Accepted at once,
        before it receives anything else.
        """
        if _pieces(inspection) > RANGES_LIMIT:
            return Refused("bad_update", _TOO_MANY)
        news = self.known.judge(inspection)
        if news in _REPEATS and not is_step2:
            self._note_repeats(member, inspection)
        if news is News.NOTHING:
            self._settle(member, is_step2)
            return None
        if not member.role.may_write:
            return Refused("not_allowed", "You can read this document but not change it.")
        if self.read_only is not None:
            return Refused("not_allowed", self.read_only)
        if news is News.GAP:
            return self._ask(member, now)
        if news is News.STRAY:
            return Refused("bad_update", _STRAY)
        if news is News.TANGLED:
            return Refused("bad_update", _TANGLED)
        if news is News.OVERLAP:
            return Trim(self.vector())
        claims = self._claims(member, inspection)
        if isinstance(claims, Refused):
            return claims
        self.known.add(inspection)
        self._vector = None
        if is_step2:
            member.has_hole, member.repairs, member.asked_at = False, 0, None
        if not member.has_hole:
            member.contiguous = member.received
        self._accepted += 1
        self._owed.pop(member, None)  # this entry is committed later, and says it then
        member.in_flight += 1
        member.in_flight_bytes += len(update)
        count = member.contiguous
        return Accepted(update, claims, Receipt(self, member, count, inspection.ranges, len(update), now))

    def refuse(self, member: Member, refused: Refused) -> None:
        """Tell the member that its latest update message is not kept, and why."""
        member.has_hole = True
        if member.is_ours:
            data = {"count": member.received, "code": refused.code, "message": refused.message}
            self.send(member, frames.control("refused", data), Priority.CONTROL)
        else:
            self.send(member, frames.permission_denied(refused.message), Priority.CONTROL)

    def commit(self, receipts: Iterable[tuple[Receipt, bytes]], seq: int, *, is_told: bool = False) -> None:
        """What one round committed of this document, in order: tell everyone, then acknowledge.

        `is_told`: it was read from the log already, by `follow`.
        """
        updates: list[bytes] = []
        senders: dict[Member, int] = {}
        clocks = self.committed_clocks
        for receipt, update in receipts:
            updates.append(update)
            for client, _, end in receipt.ranges:
                if end > clocks.get(client, 0):
                    clocks[client] = end
            member = receipt.member
            member.in_flight -= 1
            member.in_flight_bytes -= receipt.size_bytes
            senders[member] = receipt.count
        self._committed += len(updates)
        if self._owed:
            for member in [each for each, until in self._owed.items() if until <= self._committed]:
                del self._owed[member]
                senders[member] = member.contiguous
        if is_told:
            for member, count in senders.items():
                self._say_saved(member, count)
            return
        self.seq = seq
        self._tell(self._applied(updates), senders)

    def follow(self, rows: Iterable[Followed], seq: int) -> bool:
        """The next rows of the log, up to `seq`, as another server wrote them: tell everyone.

        False where one does not fit what is known: then what is before it is told, and the place stays where it was.
        """
        updates: list[bytes] = []
        fits = True
        for row in rows:
            fits = self._fits(row)
            if not fits:
                break
            updates.append(row.update)
        self._vector = None
        if fits:
            self.seq = seq
        if updates:
            self._tell(self._applied(updates), {})
        return fits

    # -- reads

    def answer(self, member: Member, vector: bytes, now: float) -> bool:
        """Reply to SyncStep1 with what the member lacks; False when it asks for too much too often.

        Raises Malformed for bytes that are not a state vector.
        """
        # What is asked with cannot be much more than what we know and the asker's own.
        if len(vector) > VECTOR_BYTES + 16 * len(self.known.clocks):
            raise Malformed(f"a state vector of {len(vector)} bytes does not fit this document")
        clocks = vectors.read_state_vector(vector)
        if member.outbox is not None and member.outbox.paused_at is not None:
            member.mark = clocks
            member.outbox.go_stale()
            return True
        update = self.replica.missing(vector if clocks else None)
        if len(update) > LARGE_REPLY_BYTES:
            if member.sent_bytes_at is not None and now - member.sent_bytes_at < LARGE_REPLY_SECONDS:
                return False
            member.sent_bytes_at = now
        self.send(member, frames.step2(update), Priority.EDIT)
        return True

    def mark(self, member: Member) -> None:
        """The member's transport is full: remember what it has been sent."""
        member.mark = dict(self.committed_clocks)

    def resync(self, member: Member, edits: bool, cursors: bool) -> None:
        """The member reads again: send in one piece what was dropped meanwhile."""
        if edits and member.mark is not None:
            update = self.replica.missing(vectors.write_state_vector(member.mark))
            self.send(member, frames.step2(update), Priority.EDIT)
        if cursors:
            states = self.awareness.everyone()
            if states:
                self.send(member, _awareness(states), Priority.CURSOR)

    def vector(self) -> bytes:
        """State vector of all that was received, committed or queued."""
        if self._vector is None:
            self._vector = vectors.write_state_vector(self.known.clocks)
        return self._vector

    # -- cursors

    def flush_awareness(self) -> list[Member]:
        """Tell everyone what changed since the last call; returns members that sent rubbish."""
        changed = self.awareness.flush()
        if changed:
            self.broadcast(_awareness(changed), Priority.CURSOR)
        offenders, self.awareness.offenders = self.awareness.offenders, []
        return offenders

    # -- sending

    def send(self, member: Member, message: bytes, priority: Priority) -> None:
        """One y-protocols message to one member."""
        if member.outbox is not None:
            member.outbox.send(encode_frame(message), priority)

    def broadcast(self, message: bytes, priority: Priority) -> None:
        """One y-protocols message to all members, encoded once."""
        frame = encode_frame(message)
        if priority is Priority.EDIT:
            for outbox in self._outboxes:
                outbox.deliver(frame)
        else:
            for outbox in self._outboxes:
                outbox.send(frame, priority)

    def _fits(self, row: Followed) -> bool:
        inspection = row.inspection
        if self.known.judge(inspection) in _MISFITS:
            return False
        for client in self.known.new_clients(inspection):
            if row.owner is not None:
                self.owners.setdefault(client, row.owner)
            if client in self.writers:  # two windows, on two servers, under one client id
                self.writers[client].repeats |= {client}
        self.known.add(inspection)
        for client, _, end in inspection.ranges:
            if end > self.committed_clocks.get(client, 0):
                self.committed_clocks[client] = end
        return True

    def _applied(self, updates: list[bytes]) -> bytes:
        edits = b""
        for update in updates if len(updates) == 1 else merged(updates):
            self.replica.add(update)
            edits += encode_frame(frames.update(update))
        return edits

    def _tell(self, edits: bytes, senders: dict[Member, int]) -> None:
        """To each in one write: the edits, how many of its own are committed, and the cursors that moved with them."""
        saved = {member.outbox: frame for member, count in senders.items() if (frame := _saved(member, count))}
        moved = self.awareness.flush()
        if not saved and not moved:
            for outbox in self._outboxes:
                outbox.deliver(edits)
            return
        cursors = encode_frame(_awareness(moved)) if moved else b""
        for outbox in self._outboxes:
            outbox.tell(edits, saved.get(outbox, b""), cursors)

    # -- details

    def _claims(self, member: Member, inspection: Inspection) -> tuple[int, ...] | Refused:
        mine = member.owner
        new: list[int] = []
        clients = self.known.new_clients(inspection)
        if len(clients) > NEW_CLIENTS_LIMIT:
            return Refused("bad_update", _TOO_MANY)
        for client in clients:
            owner = self.owners.get(client)
            if owner is None:
                new.append(client)
            elif owner != mine and not self._goes_on(client, owner, mine):
                return Refused("foreign_client", _FOREIGN)
            elif client in member.repeats or self.writers.get(client, member).id > member.id:
                return Refused("duplicate_client", _DUPLICATE)
        for client in clients:
            self.owners[client] = mine
            self.writers[client] = member
        return tuple(new)

    def _goes_on(self, client: int, owner: Owner, mine: Owner) -> bool:
        """Whether somebody goes on who signed in again: another session of theirs, and nobody writes as the old one."""
        is_same_person = isinstance(owner, tuple) and isinstance(mine, tuple) and owner[0] == mine[0]
        return is_same_person and client not in self.writers

    def _note_repeats(self, member: Member, inspection: Inspection) -> None:
        """Two windows may write under one client id, each its own text at the same clocks: then the state vectors
        agree and the texts never will. Passing on what another wrote looks the same, until something new comes.
        """
        clocks, writers = self.known.clocks, self.writers
        for client, start, _ in inspection.ranges:
            if start < clocks.get(client, 0) and writers.get(client, member) is not member:
                member.repeats |= {client}

    def _ask(self, member: Member, now: float) -> Refused | None:
        member.has_hole = True
        if member.asked_at is not None and now - member.asked_at < ASK_AGAIN_SECONDS:
            return None
        member.repairs += 1
        if member.repairs > REPAIRS_LIMIT:
            return Refused("gap", _GAP)
        member.asked_at = now
        self.send(member, frames.step1(self.vector()), Priority.CONTROL)
        return None

    def _say_saved(self, member: Member, count: int) -> None:
        frame = _saved(member, count)
        if frame and member.outbox is not None:
            member.outbox.send(frame, Priority.SAVED)

    def _settle(self, member: Member, is_step2: bool) -> None:
        if is_step2:
            member.has_hole, member.repairs, member.asked_at = False, 0, None
        if not member.has_hole:
            member.contiguous = member.received
            if self._committed == self._accepted:
                self._say_saved(member, member.contiguous)
            else:  # what is known may only be queued yet
                self._owed[member] = self._accepted


def _pieces(inspection: Inspection) -> int:
    return len(inspection.ranges) + len(inspection.deletes) + len(inspection.followers) + len(inspection.beside)


def _saved(member: Member, count: int) -> bytes:
    """Note that so many of the member's edits are committed; the frame that says so, where there is one to send."""
    if count <= member.acknowledged:
        return b""
    member.acknowledged = count
    return encode_frame(frames.saved(count)) if member.is_ours else b""


def _awareness(states: list[tuple[int, int, str]]) -> bytes:
    return frames.awareness(awareness_wire.write_states(states))


_REPEATS = (News.NOTHING, News.OVERLAP)
_MISFITS = (News.GAP, News.STRAY, News.TANGLED)
_FOREIGN = "This edit is written under a client id that belongs to someone else."
_DUPLICATE = "Another window is writing under this window's client id. Reload this window."
_STRAY = "Not accepted: the edit puts something into what holds nothing: a text, a mark or a value."
_TANGLED = "Not accepted: the edit puts something beside a value that only the next value may follow."
_TOO_MANY = "Not accepted: the edit is made of too many pieces."
_GAP = "The edits sent depend on edits that were never sent. Reload to continue."
