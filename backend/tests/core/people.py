"""Members without sockets: what would have gone to the peer is kept in a list."""

import itertools

from quillroom.core.member import ANONYMOUS, Member, Person, Role
from quillroom.core.outbox import Outbox
from quillroom.protocol import awareness, frames
from quillroom.protocol.lib0 import read_var_string, read_var_uint
from support.written import frames_of, payload_of

_numbers = itertools.count(1)


class Peer(Member):
    """A member whose transport is a list, and fills up when the test says so."""

    def __init__(self, person: Person = ANONYMOUS, role: Role = Role.EDIT, *, is_ours: bool = True, limit: int = 1000):
        self.got: list[bytes] = []
        self.paused = 0
        self.resynced: list[tuple[bool, bool]] = []
        outbox = Outbox(self.got.append, self._on_pause, lambda *what: self.resynced.append(what), limit)
        super().__init__(next(_numbers), person, role, outbox, is_ours)

    @property
    def box(self) -> Outbox:
        assert self.outbox is not None
        return self.outbox

    def messages(self) -> list[bytes]:
        """What came since the last call, without WebSocket framing."""
        came, self.got[:] = [message for written in self.got for message in map(payload_of, frames_of(written))], []
        return came

    def _on_pause(self) -> None:
        self.paused += 1


def ann(device: str = "laptop") -> Person:
    return Person("ann", device, "Ann", "#1F62B5")


def bob(device: str = "phone") -> Person:
    return Person("bob", device, "Bob", "#A3307E")


def says(client: int, clock: int, state: str = "{}") -> bytes:
    """An awareness update of one state."""
    return awareness.write_states([(client, clock, state)])


def saved_of(message: bytes) -> int | None:
    """The count of a `saved` message, None for any other."""
    return read_var_uint(message, 1)[0] if message[0] == frames.SAVED else None


def text_of(message: bytes) -> str:
    """The JSON of a control message."""
    assert message[0] == frames.CONTROL
    return read_var_string(message, 1)[0]
