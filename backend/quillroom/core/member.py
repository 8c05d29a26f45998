"""One connection in one room: who it is, what it may do, and how far its edits are committed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from quillroom.core.outbox import Outbox

Owner = tuple[str, str] | int


class Role(StrEnum):
    """What a member may do in a document."""

    VIEW = "view"
    COMMENT = "comment"
    EDIT = "edit"
    MANAGE = "manage"

    @property
    def rank(self) -> int:
        """A higher one may all that a lower one may."""
        return _RANKS[self]

    @property
    def may_write(self) -> bool:
        """Whether it may change the text."""
        return self is Role.EDIT or self is Role.MANAGE


_RANKS = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts, as the session says it. `device` is the session; None for both in open mode."""

    id: str | None
    device: str | None
    name: str
    colour: str
    expires_at: float | None = None  # when the session ends, in Unix seconds
    avatar: str | None = None  # the hash of a picture
    kind: str = "guest"  # or "member"
    is_member: bool = False  # of the workspace; while nobody has an account, everyone who came by name is
    is_operator: bool = False
    scopes: frozenset[str] | None = None  # of an API token; None: everything
    session: str | None = None  # the id by which its person can name this session


# Whoever connects to an open server without a session.
ANONYMOUS = Person(None, None, "Anonymous", "#5A616C")
_ANONYMOUS_ID = "connection-"


def anonymous_id(connection: int) -> str:
    """What such a one is called by others, instead of a person's id; `connection` is the id of a `Member`."""
    return f"{_ANONYMOUS_ID}{connection}"


def is_anonymous(id: str) -> bool:
    """Whether this is such a one."""
    return id.startswith(_ANONYMOUS_ID)


class Member:
    """A live connection. Its fields are changed by `Room` alone."""

    __slots__ = (
        "acknowledged",
        "allowed_until",
        "asked_at",
        "awareness_client",
        "contiguous",
        "hang_up",
        "has_hole",
        "id",
        "in_flight",
        "in_flight_bytes",
        "is_limited",
        "is_ours",
        "mark",
        "outbox",
        "person",
        "received",
        "repairs",
        "repeats",
        "role",
        "sent_bytes_at",
    )

    def __init__(self, id: int, person: Person, role: Role, outbox: Outbox | None, is_ours: bool) -> None:
        self.id = id
        self.person = person
        self.role = role
        self.outbox = outbox
        self.is_ours = is_ours
        self.received = 0  # update messages seen on this connection
        self.contiguous = 0  # of these, the first so many are logged, queued, or held nothing new
        self.acknowledged = 0  # what `saved` last said
        self.in_flight = 0  # entries queued and not yet committed
        self.in_flight_bytes = 0
        self.has_hole = False  # an update was dropped: only a whole SyncStep2 closes it
        self.asked_at: float | None = None  # when SyncStep1 was last sent because of a hole
        self.repairs = 0  # holes in a row that asking did not close
        self.repeats: frozenset[int] = frozenset()  # client ids under which it sent what their live writer had sent
        self.awareness_client: int | None = None
        self.mark: dict[int, int] | None = None  # what the peer had when its transport filled up
        self.sent_bytes_at: float | None = None  # when a large state was last sent
        self.allowed_until: float | None = None  # when its role must be asked for again, in Unix seconds
        self.is_limited = False  # it may less than its person, for a reason of the connection's own
        self.hang_up: Callable[[int, str], None] | None = None  # ends the connection with a close code and why

    @property
    def owner(self) -> Owner:
        """What a Yjs client id is bound to: the person's device, or this connection in open mode."""
        if self.person.id is None or self.person.device is None:
            return self.id
        return (self.person.id, self.person.device)
