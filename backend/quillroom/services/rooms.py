"""The open documents: loading, the way of an edit through the log, and letting go of what nobody reads.

An edit: `receive` → Room judges → the writer commits → `on_round` (through the bus) → Room tells everyone.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

import pycrdt

from quillroom.core.awareness import STATE_BYTES
from quillroom.core.hub import Hub
from quillroom.core.known import Known, News
from quillroom.core.member import Member, Person, Role
from quillroom.core.meters import Histogram
from quillroom.core.outbox import Priority
from quillroom.core.replica import WAITING_UPDATES, BrokenDocument, Replica
from quillroom.core.room import Accepted, Receipt, Refused, Room, Trim
from quillroom.protocol import frames
from quillroom.protocol.closes import Close
from quillroom.protocol.inspector import Inspection, inspect
from quillroom.protocol.lib0 import Malformed
from quillroom.services.cadence import Cadence
from quillroom.services.errors import NotFound, TryLater
from quillroom.services.replay import known_at
from quillroom.services.workers import WorkerDied, Workers
from quillroom.store import checkpoints, documents, updates
from quillroom.store.database import Connection, Database
from quillroom.store.rounds import REFUSED
from quillroom.store.writer import Entry, Round, Writer

Batch = list[tuple[Receipt, bytes]]
LARGE_UPDATE_BYTES = 16 * 1024
TRIMS = 3  # others may bring the same edits while the worker trims
CURSOR_SECONDS = 0.025
IDLE_SECONDS = 30.0
IN_FLIGHT_BYTES = 8 * 1024 * 1024
AWARENESS_FRAME_BYTES = 16 * STATE_BYTES


@dataclass(slots=True)
class Counters:
    """Plain numbers that `/metrics` reads; no lock, one thread."""

    updates: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "nothing": 0, "refused": 0, "gap": 0})
    refusals: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    rooms_loaded: int = 0
    commit_seconds: Histogram = field(default_factory=Histogram)
    ack_seconds: Histogram = field(default_factory=Histogram)
    load_seconds: Histogram = field(default_factory=Histogram)


class Several(Protocol):
    """What joins the rooms of this server to those of others that write the same log (`room_relay`)."""

    def opening(self, document: str) -> None:
        """A document is about to be read from the log."""

    def opened(self, room: Room) -> None:
        """It was."""

    def closed(self, document: str) -> None:
        """Nobody here has it open any more, or there is none."""

    def committed(self, room: Room, first: int, last: int, batch: Batch) -> None:
        """This server committed these rows of its log."""

    def moved(self, room: Room) -> None:
        """Cursors were told to everyone here."""


class Rooms:
    """All documents that are open in this process. Used from the event loop's thread only."""

    def __init__(self, database: Database, writer: Writer, workers: Workers) -> None:
        self.hub = Hub()
        self.counters = Counters()
        self.trouble: str | None = None  # why nothing can be committed now
        self.several: Several | None = None
        self.on_load: Callable[[Room, int, int, int], None] = lambda room, since, state_bytes, tail_bytes: None
        self.on_idle: Callable[[Room], None] = lambda room: None
        self.on_refused: Callable[[Person | None, str, str | None], None] = lambda person, what, object: None
        self.on_commit: Callable[[Room], None] = lambda room: None
        self.on_enter: Callable[[str, Member], None] = lambda document, member: None
        self.on_leave: Callable[[Member], None] = lambda member: None
        self.is_hidden: Callable[[Member], bool] = lambda member: False
        self.on_edit: Callable[[Member], None] = lambda member: None
        self._database = database
        self._writer = writer
        self.await_round: Callable[[float], None] = lambda seconds: None
        self._cadence = Cadence(writer.wake, lambda seconds: self.await_round(seconds))
        self._workers = workers
        self._rooms: dict[str, Room] = {}
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._ending: set[Room] = set()  # looked at in a while: is anybody still there?
        self._next_member = 0
        self._noisy: set[Room] = set()  # someone's cursor moved
        self._is_flush_due = False
        self._waiting: dict[Member, Callable[[int], None]] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def commit_retries(self) -> int:
        """Rounds that the database refused and that were begun once more."""
        return self._writer.retries

    # -- opening and closing

    async def open(self, document: str) -> Room:
        """The room of a document that exists; loaded once however many ask. Raises NotFound.

        It may be closed again at the next await: use `held` where there is one.
        """
        room = self._rooms.get(document)
        while room is None:
            task = self._loading.get(document)
            is_ours = task is None
            if task is None:
                task = asyncio.create_task(self._load(document))
                self._loading[document] = task
                task.add_done_callback(lambda _: self._loading.pop(document, None))
            try:
                await asyncio.shield(task)
            except NotFound:
                if is_ours:
                    raise  # else somebody looked before it was made: look again
            room = self._rooms.get(document)
        self._close_later(room)
        return room

    @asynccontextmanager
    async def held(self, document: str) -> AsyncIterator[Room]:
        """`open`, and nobody closes it meanwhile: two rooms of one document would go separate ways."""
        room = await self.open(document)
        room.holds += 1
        try:
            yield room
        finally:
            room.holds -= 1

    def opened(self, document: str) -> Room | None:
        """The room, if it is open."""
        return self._rooms.get(document)

    def places(self) -> dict[str, int]:
        """The documents that are open here, and up to where each log is told."""
        return {document: room.seq for document, room in self._rooms.items()}

    def forget(self, room: Room) -> None:
        """Its document is gone: nothing more is written to it, and whoever asks for it next reads what there is."""
        room.broken = "This document no longer exists."
        self._drop(room)

    def number_members_from(self, first: int) -> None:
        """Where others number theirs, too: whoever has no session is known by this number."""
        self._next_member = first

    def new_member_id(self) -> int:
        """Unique in this process, and where several write one log in all of them, but for a miracle; later connections
        have higher numbers."""
        self._next_member += 1
        return self._next_member

    def enter(self, room: Room, member: Member) -> None:
        """The member is connected: hub, SyncStep1, cursors."""
        self.hub.join(room.document, member)
        room.join(member)
        self.on_enter(room.document, member)

    def change_role(self, room: Room, member: Member, role: Role, why: str) -> None:
        """From now on the member may do other things; what it sent before and is queued will be committed."""
        if member.role is role:
            return
        member.role = role
        if member.is_ours:
            room.send(member, frames.control("role", {"role": role.value, "why": why}), Priority.CONTROL)

    def leave(self, room: Room, member: Member) -> None:
        """The member's connection ended. Idempotent."""
        self.hub.leave(room.document, member)
        self.on_leave(member)
        if room.leave(member):
            self.cursors_changed(room)
        self._close_later(room)

    # -- an edit

    def receive(
        self, room: Room, member: Member, update: bytes, is_step2: bool, inspection: Inspection
    ) -> Refused | None:
        """Take one inspected update message of a member; a refusal is told to the member too."""
        result = self._judged(room, member, update, is_step2, inspection)
        if isinstance(result, Trim):
            result = self._judged(room, member, *_trimmed(update, result.vector, is_step2))
        return self._settled(room, member, result)

    async def receive_large(self, room: Room, member: Member, update: bytes, is_step2: bool) -> Refused | None:
        """As `receive`, for what is too large to be looked at on the loop. Raises Malformed."""
        inspection = await self.inspect(update)
        result = self._judged(room, member, update, is_step2, inspection)
        for _ in range(TRIMS):
            if not isinstance(result, Trim):
                break
            try:
                trimmed = await self._workers.run(_trimmed, update, result.vector, is_step2)
            except WorkerDied as error:
                raise Malformed("the update could not be read") from error
            result = self._judged(room, member, *trimmed)
        return self._settled(room, member, result)

    def refuse(self, room: Room, member: Member, code: str, message: str) -> None:
        """Say that the member's latest update message is not kept."""
        self._told(room, member, Refused(code, message))

    async def inspect(self, update: bytes) -> Inspection:
        """Inspect what is too large for the loop. Raises Malformed."""
        try:
            return await self._workers.run(inspect, update)
        except WorkerDied as error:
            raise Malformed("the update could not be read") from error

    async def edit(self, room: Room, person: Person, update: bytes) -> int:
        """An edit made by the server for a person; answers its seq after the commit."""
        member = Member(self.new_member_id(), person, Role.EDIT, None, is_ours=False)
        member.received = 1
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[member] = done.set_result
        try:
            inspection = await self.inspect(update) if is_large(update) else inspect(update)
            refused = self.receive(room, member, update, True, inspection)
            if refused is not None:
                raise TryLater(refused.message)
            if member.acknowledged == member.received:
                return room.seq
            return await asyncio.wait_for(asyncio.shield(done), timeout=30)
        except TimeoutError:
            raise TryLater(self.trouble or "The server could not save this in time.") from None
        finally:
            self._waiting.pop(member, None)
            room.leave(member)

    def on_round(self, round: Round) -> None:
        """A committed round, in order of the log; called on the loop."""
        if not round.committed:
            return
        self.counters.commits += 1
        self.counters.commit_seconds.observe(round.seconds)
        try:
            self._tell(round)
        finally:
            self._cadence.told(len(round.committed), time.monotonic())

    def _tell(self, round: Round) -> None:
        batches: dict[Room, tuple[int, int, Batch]] = {}
        for entry, seq in round.committed:
            receipt = entry.token
            if not isinstance(receipt, Receipt):
                continue
            if seq <= 0:
                self._refused(receipt.room, is_gone=seq != REFUSED)
                continue
            first, _, batch = batches.get(receipt.room, (seq, 0, []))
            batch.append((receipt, entry.update))
            batches[receipt.room] = (first, seq, batch)
        for room, (first, seq, batch) in batches.items():
            if self.several is None:
                self.commit(room, seq, batch)
            else:
                self.several.committed(room, first, seq, batch)

    def on_trouble(self, trouble: str | None) -> None:
        """The writer cannot commit, or can again: every browser is told."""
        self.trouble = trouble
        frame = frames.control("storage", {"saving": trouble})
        for document in list(self._rooms.values()):
            for member in document.members:
                if member.is_ours:
                    document.send(member, frame, Priority.CONTROL)

    # -- cursors

    def receive_awareness(self, room: Room, member: Member, payload: bytes) -> None:
        """Keep a cursor for the next flush. Raises Malformed."""
        if len(payload) > AWARENESS_FRAME_BYTES:
            raise Malformed(f"an awareness frame of at most {AWARENESS_FRAME_BYTES} bytes was expected")
        if not self.is_hidden(member) and room.awareness.receive(member, payload):
            self.cursors_changed(room)

    def hide(self, person: str) -> None:
        """Somebody wants not to be seen any more."""
        for member in self.hub.of_person(person):
            for room in [self._rooms[id] for id in self.hub.documents_of(member) if id in self._rooms]:
                if room.awareness.leave(member):
                    self.cursors_changed(room)

    # -- details

    async def _load(self, document: str) -> None:
        started_at = time.monotonic()
        if self.several is not None:
            self.several.opening(document)
        # In a thread to the end: walking a long tail of the log takes longer than the loop may be held.
        found = await asyncio.to_thread(self._read_room, document)
        if found is None:
            if self.several is not None:
                self.several.closed(document)
            raise NotFound(document)
        room, loaded = found
        self.counters.load_seconds.observe(time.monotonic() - started_at)
        self.counters.rooms_loaded += 1
        state_bytes, tail_bytes = len(loaded.state or b""), sum(len(row.update) for row in loaded.tail)
        self._rooms[document] = room
        self.on_load(room, loaded.seq, state_bytes, tail_bytes)
        if self.several is not None:
            self.several.opened(room)

    def _read_room(self, document: str) -> "tuple[Room, _Loaded] | None":
        loaded = self._database.read(lambda c: _read(c, document))
        if loaded is None:
            return None
        room = _build(document, loaded)
        if len(loaded.tail) > WAITING_UPDATES:
            with suppress(BrokenDocument):  # whoever reads it hears of that
                room.replica.doc()  # here the loop gets its turn between the parts
        return room, loaded

    def _log(self, member: Member, room: Room, accepted: Accepted) -> None:
        self.counters.updates["accepted"] += 1
        self.on_edit(member)
        person = member.person
        self._writer.add(
            Entry(room.document, person.id, person.device, accepted.update, accepted.clients, accepted.receipt, room)
        )
        self._cadence.submitted()

    def _judged(
        self, room: Room, member: Member, update: bytes, is_step2: bool, inspection: Inspection
    ) -> Accepted | Refused | Trim | None:
        result = room.receive(member, update, inspection, is_step2, time.monotonic())
        if isinstance(result, Accepted):
            self._log(member, room, result)
        return result

    def _settled(self, room: Room, member: Member, result: Accepted | Refused | Trim | None) -> Refused | None:
        if isinstance(result, Accepted):
            return None
        if isinstance(result, Trim):  # it was trimmed and still overlaps: only bytes made to do so can
            result = Refused("bad_update", "The update repeats known edits.")
        return self._told(room, member, result)

    def _told(self, room: Room, member: Member, result: Refused | None) -> Refused | None:
        if result is None:
            self.counters.updates["gap" if member.has_hole else "nothing"] += 1
            return None
        self.counters.updates["refused"] += 1
        self.counters.refusals[result.code] = self.counters.refusals.get(result.code, 0) + 1
        if result.code == "not_allowed":
            self.on_refused(member.person, "write", room.document)
        room.refuse(member, result)
        return result

    def commit(self, room: Room, seq: int, batch: Batch, *, is_told: bool = False) -> None:
        """What this server committed, everything before it being told."""
        try:
            room.commit(batch, seq, is_told=is_told)
        except BrokenDocument as error:
            # The log holds bytes that cannot be applied: keep them, take no more, say so.
            room.broken = f"This document needs repair: {error}"
        # Of what a round tells, the edit that waited longest: one number a round and document, not one an edit.
        self.counters.ack_seconds.observe(asyncio.get_running_loop().time() - batch[0][0].received_at)
        if self._waiting:
            self._answer_edits(seq, {receipt.member for receipt, _ in batch})
        self.on_commit(room)

    def _answer_edits(self, seq: int, written: set[Member]) -> None:
        """Server edits that are committed now, by themselves or because another edit said the same."""
        for member in [each for each in self._waiting if each in written or each.acknowledged == each.received]:
            self._waiting.pop(member)(seq)

    def cursors_changed(self, room: Room) -> None:
        """Tell everyone in a moment."""
        self._noisy.add(room)
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_later(CURSOR_SECONDS, self._flush_all_cursors)

    def _flush_all_cursors(self) -> None:
        self._is_flush_due = False
        for room in list(self._noisy):
            self._flush_cursors(room)

    def _flush_cursors(self, room: Room) -> None:
        self._noisy.discard(room)
        for offender in room.flush_awareness():
            room.send(offender, frames.permission_denied("That cursor is not JSON."), Priority.CONTROL)
        if self.several is not None:
            self.several.moved(room)

    def _refused(self, room: Room, *, is_gone: bool) -> None:
        """The database did not take an edit, and will take nothing more that was queued by this room."""
        if self._rooms.get(room.document) is not room:  # it is known already
            return
        self.forget(room)
        if is_gone:
            return
        room.broken = "This page is being opened again."
        for member in list(room.members):  # what they are not told to be saved they send again
            if member.hang_up is not None:
                member.hang_up(Close.RESTART, "another server took in an edit that this one does not agree with")

    def _drop(self, room: Room) -> None:
        if self._rooms.get(room.document) is room:
            del self._rooms[room.document]
            if self.several is not None:
                self.several.closed(room.document)

    def _close_later(self, room: Room) -> None:
        if not room.members and room not in self._ending:
            self._ending.add(room)
            asyncio.get_running_loop().call_later(IDLE_SECONDS, self._close_if_idle, room)

    def _close_if_idle(self, room: Room) -> None:
        self._ending.discard(room)
        if room.members or self._rooms.get(room.document) is not room:
            return
        if room.holds or self._writer.pending_bytes:
            self._close_later(room)
            return
        self._drop(room)
        self.on_idle(room)


def is_large(update: bytes) -> bool:
    """Whether this is too much to look at on the loop (the inspector walks 1.5 MB/s at worst)."""
    return len(update) > LARGE_UPDATE_BYTES


@dataclass(frozen=True, slots=True)
class _Loaded:
    generation: str
    seq: int  # of the checkpoint
    state: bytes | None
    known: Known
    tail: list[updates.Row]
    owners: dict[int, tuple[str | None, str | None]]


def _read(connection: Connection, document: str) -> _Loaded | None:
    row = documents.get_document(connection, document)
    if row is None or row.purged_at is not None:
        return None
    checkpoint = checkpoints.newest_checkpoint(connection, document)
    known = None if checkpoint is None else _known(checkpoint)
    if checkpoint is None or known is None:
        seq, state, known = 0, None, Known()
    else:
        seq, state = checkpoint.seq, checkpoint.state
    tail = updates.tail(connection, document, seq)
    return _Loaded(row.generation, seq, state, known, tail, updates.clients(connection, document))


def _known(checkpoint: checkpoints.Checkpoint) -> Known | None:
    """What a checkpoint contains; None when it cannot be read: it is only for speed, the log tells it all."""
    try:
        return known_at(checkpoint)
    except Malformed:
        return None


def _build(document: str, loaded: _Loaded) -> Room:
    known, seq = loaded.known, loaded.seq
    history = [] if loaded.state is None else [loaded.state]
    broken: str | None = None
    for row in loaded.tail:
        problem = _taken(known, row.update)
        if problem is None:
            history.append(row.update)
        elif broken is None:
            broken = f"This document needs repair: {problem} (entry {row.seq} of its log)."
        seq = row.seq
    room = Room(document, loaded.generation, Replica(history), known, seq)
    room.broken = broken
    room.owners = {
        client: (person, device)
        for client, (person, device) in loaded.owners.items()
        if person is not None and device is not None
    }
    return room


def _taken(known: Known, update: bytes) -> str | None:
    """Take over a row of the log, or why it cannot be: such bytes never reach the native library, they may kill it."""
    try:
        inspection = inspect(update)
    except Malformed as problem:
        return str(problem)
    news = known.judge(inspection)
    if news is News.GAP:
        return "an edit depends on what is not there"
    if news is News.STRAY:
        return "an edit is put into what holds nothing"
    if news is News.TANGLED:
        return "an edit is put among the values of a key"
    known.add(inspection)
    return None


def _trimmed(update: bytes, vector: bytes, is_step2: bool) -> tuple[bytes, bool, Inspection]:
    """The part of an update that someone with this state vector lacks, as `_judged` takes it."""
    try:
        trimmed = bytes(pycrdt.get_update(update, vector))
    except ValueError as error:
        raise Malformed(f"the update could not be read: {error}") from error
    return trimmed, is_step2, inspect(trimmed)
