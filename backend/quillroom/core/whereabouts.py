"""Where people are: a connection as it is known, and a person as their connections make them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

ACTIVE_SECONDS = 300.0
EDITING_SECONDS = 10.0
GRACE_SECONDS = 10.0


class State(StrEnum):
    """What somebody is to the workspace; the best of their connections."""

    ACTIVE = "active"
    IDLE = "idle"
    OFFLINE = "offline"


class Key(NamedTuple):
    """One connection. `device` is the session, `instance` the server that holds it."""

    user: str
    device: str
    connection: int
    instance: str


class Word(NamedTuple):
    """What a server says of one of its connections to the others."""

    document: str | None
    is_active: bool
    is_editing: bool
    speaks: bool
    has_spoken: bool
    active_at: float  # of the clock of who holds this


@dataclass(frozen=True, slots=True)
class Someone:
    """Somebody at a document, all of their devices taken together."""

    user: str
    is_active: bool
    is_editing: bool
    devices: int
    active_at: float = field(compare=False)  # the last sign of life: nothing to be told for its own sake


@dataclass(frozen=True, slots=True)
class Here:
    """Everybody at a document, in the order they came; of many only some."""

    count: int
    people: tuple[Someone, ...]


NOBODY = Here(0, ())


@dataclass(frozen=True, slots=True)
class Transition:
    """Somebody became something else."""

    user: str
    before: State
    after: State
    active_at: float
    instance: str  # the server whose connection made it so


class Connection:
    """One connection, of this server or as another one says it is (`is_mirrored`)."""

    __slots__ = (
        "active_at",
        "active_until",
        "document",
        "editing_until",
        "gone_at",
        "has_spoken",
        "is_active",
        "is_editing",
        "is_guess",
        "is_mirrored",
        "key",
        "speaks",
    )

    def __init__(self, key: Key, now: float, *, speaks: bool, is_guess: bool, is_mirrored: bool = False) -> None:
        self.key = key
        self.document: str | None = None
        self.speaks = speaks
        self.has_spoken = False
        self.is_guess = is_guess
        self.is_mirrored = is_mirrored
        self.is_active = False
        self.active_at = now
        self.active_until = now + (GRACE_SECONDS if is_guess else ACTIVE_SECONDS)
        self.is_editing = False
        self.editing_until = 0.0
        self.gone_at: float | None = None

    def word(self) -> Word:
        """What other servers may know of it."""
        return Word(self.document, self.is_active, self.is_editing, self.speaks, self.has_spoken, self.active_at)

    def due_at(self) -> float | None:
        """When time alone changes something; never for what another server says: time is that one's business."""
        if self.is_mirrored:
            return None
        deadlines = [self.active_until] if self.is_active else []
        if self.is_editing:
            deadlines.append(self.editing_until)
        if self.gone_at is not None:
            deadlines.append(self.gone_at + GRACE_SECONDS)
        return min(deadlines, default=None)


class User:
    """One person, with all of their connections."""

    __slots__ = ("connections", "is_shown", "state")

    def __init__(self) -> None:
        self.connections: dict[Key, Connection] = {}
        self.state = State.OFFLINE
        self.is_shown = False


def state_of(connections: Collection[Connection]) -> State:
    """What somebody with these connections is."""
    if not connections:
        return State.OFFLINE
    return State.ACTIVE if any(each.is_active for each in connections) else State.IDLE


def last_active(connections: Iterable[Connection]) -> float:
    """The last sign of life on any of these."""
    return max(each.active_at for each in connections)


def someone(user: str, connections: Collection[Connection]) -> Someone:
    """What is seen of somebody with these connections at a document."""
    return Someone(
        user,
        any(each.is_active for each in connections),
        any(each.is_editing for each in connections),
        len({each.key.device for each in connections}),
        last_active(connections),
    )
