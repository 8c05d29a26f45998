"""A server with one promise broken on purpose: `MUTANT=… python mutant_server.py serve …`."""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

from quillroom.__main__ import main
from quillroom.bus.redis import RedisBus
from quillroom.core.outbox import Priority
from quillroom.core.room import Accepted, Room
from quillroom.core.topic import Said, Topic
from quillroom.protocol import frames
from quillroom.services.room_relay import RoomRelay
from quillroom.store.writer import Writer

SLOW_SECONDS = 0.3


def says_saved_before_it_is_committed() -> None:
    """And the disk is slow, so that a kill hits between the two."""
    receive, commit = Room.receive, Writer._commit

    def receives(self: Room, member: Any, *given: Any) -> Any:
        found = receive(self, member, *given)
        if isinstance(found, Accepted):
            self.send(member, frames.saved(found.receipt.count), Priority.CONTROL)
        return found

    def commits(self: Writer, batch: Any) -> bool:
        time.sleep(SLOW_SECONDS)
        return commit(self, batch)

    Room.receive = receives  # type: ignore[assignment, method-assign]
    Writer._commit = commits  # type: ignore[method-assign]


def reads_no_gap() -> None:
    """What the bus lost is not read from the log."""
    RoomRelay._read = lambda self, room, wait=0.0: None  # type: ignore[method-assign]


def leaves_out_the_author() -> None:
    """By who they are, and not by the connection on which they said it: their other device hears nothing."""
    flush = Topic.flush

    def flushes(self: Topic) -> Collection[Said]:
        said = b"".join(each.text or b"" for each in self._batch)
        authors = {member for member in self._here if str(member.person.id).encode() in said}
        self._here -= authors
        told = flush(self)
        self._here |= authors
        return told

    Topic.flush = flushes  # type: ignore[method-assign]


def joins_nothing_again() -> None:
    """After the connection to Redis was lost."""
    proven = RedisBus.proven

    def proves(self: RedisBus, shard: Any) -> Iterable[bytes]:
        names = proven(self, shard)
        return names if self.connects < 2 else ()

    RedisBus.proven = proves  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (says_saved_before_it_is_committed, reads_no_gap, leaves_out_the_author, joins_nothing_again)
}

if __name__ == "__main__":
    MUTANTS[os.environ["MUTANT"]]()
    sys.exit(main())
