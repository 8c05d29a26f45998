"""What a log says, replayed from a checkpoint or from its front. Slow: for the worker process and the command line.

Every checkpoint and every compaction rests on comparing two of these.
"""

from collections.abc import Sequence
from typing import NamedTuple

from quillroom.content.errors import ContentError
from quillroom.content.hash import content_hash
from quillroom.core.known import Known, News
from quillroom.core.replica import BrokenDocument, Replica
from quillroom.protocol import deletes, idset, vectors
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed
from quillroom.store.checkpoints import Checkpoint


class BrokenLog(Exception):
    """These updates cannot be replayed; the message says why."""


class DamagedCheckpoint(Exception):
    """A checkpoint does not hold what its hash and its vector say."""


class Replay(NamedTuple):
    """A document at one moment: its state as one update, the ids it knows (encoded), and the hash of what it shows."""

    state: bytes
    vector: bytes
    deletes: bytes
    types: bytes
    key_values: bytes
    hash: str

    def says_the_same_as(self, other: "Replay") -> bool:
        """Equal content and equal ids; the bytes of the state may differ."""
        return self[1:] == other[1:]


def known_at(checkpoint: Checkpoint | None) -> Known:
    """The ids a checkpoint knows. Raises Malformed."""
    if checkpoint is None:
        return Known()
    return Known(
        vectors.read_state_vector(checkpoint.vector),
        deletes.read_deletes(checkpoint.deletes),
        idset.read_ids(checkpoint.types),
        idset.read_ids(checkpoint.key_values),
    )


def replay(base: Checkpoint | None, updates: Sequence[bytes]) -> Replay:
    """`updates`: the rows of the log after `base`, in order. Raises BrokenLog."""
    try:
        known = known_at(base)
        for update in updates:
            take_in(known, update)
        before = [] if base is None else [base.state]
        replica = Replica([*before, *updates])
        doc, state = replica.doc(), replica.state()
        if replica.broken is not None:
            raise BrokenLog(replica.broken)
        if vectors.read_state_vector(doc.get_state()) != known.clocks:
            raise BrokenLog("some edits wait for others that are not there")
        return Replay(
            state,
            vectors.write_state_vector(known.clocks),
            deletes.write_deletes(dict(sorted(known.deleted.items()))),
            idset.write_ids(dict(sorted(known.types.items()))),
            idset.write_ids(dict(sorted(known.values.items()))),
            content_hash(state),
        )
    except (Malformed, BrokenDocument, ContentError) as error:
        raise BrokenLog(str(error)) from error


def take_in(known: Known, update: bytes) -> None:
    """One row of a log, as a room that opens the document takes it in. Raises BrokenLog, Malformed."""
    inspection = inspect(update)
    news = known.judge(inspection)
    if news is News.GAP:
        raise BrokenLog("a row depends on edits that are not there")
    if news is News.STRAY:
        raise BrokenLog("a row puts an edit into what holds nothing")
    if news is News.TANGLED:
        raise BrokenLog("a row puts an edit among the values of a key")
    known.add(inspection)


def checked(checkpoint: Checkpoint) -> Replay:
    """What a checkpoint holds, after a look at its bytes. Raises DamagedCheckpoint."""
    try:
        found = replay(checkpoint, [])
    except BrokenLog as error:
        raise DamagedCheckpoint(f"{checkpoint.document} at {checkpoint.seq}: {error}") from error
    if found.hash != checkpoint.hash:
        raise DamagedCheckpoint(f"{checkpoint.document} at {checkpoint.seq}: its hash differs")
    return found
