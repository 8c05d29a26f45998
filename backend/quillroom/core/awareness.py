"""Who is where in one document. The server owns it: identity comes from the session, never from the payload.

A state is kept as JSON text, already rewritten, so that a frame for everyone is one join of strings.
"""

import json
import re

from quillroom.core.member import Member, Owner, anonymous_id
from quillroom.protocol import awareness as wire
from quillroom.protocol.bus import Cursor
from quillroom.protocol.lib0 import Malformed

STATE_BYTES = 4096
IDENTITY_BYTES = 1024  # what `user` may add to a state
GONE_LIMIT = 1024
CLOCK_LIMIT = 1 << 31
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_DEFAULT_COLOUR = "#5A616C"
_NULL = "null"


class Awareness:
    """The latest state of each client id that a live connection of this document has announced, here or elsewhere."""

    __slots__ = (
        "_changed",
        "_elsewhere",
        "_gone",
        "_holders",
        "_moved",
        "_waiting",
        "is_shared",
        "offenders",
        "states",
    )

    def __init__(self) -> None:
        self.states: dict[int, tuple[int, str]] = {}
        self.offenders: list[Member] = []
        self.is_shared = False  # other servers are told what changes here
        self._moved: list[Cursor] = []  # of connections here, for the other servers
        self._elsewhere: dict[int, tuple[str, str | None]] = {}  # by which server it is held, and whose it is
        self._holders: dict[int, Member] = {}
        self._waiting: dict[Member, tuple[int, str]] = {}
        self._changed: set[int] = set()
        self._gone: dict[int, tuple[int, Owner]] = {}  # the last clock and owner of who left lately

    def receive(self, member: Member, payload: bytes) -> bool:
        """Keep the member's own latest state for the next `flush`; True when there is something.

        States of other client ids are ignored: stock providers relay everything they hear.
        Raises Malformed for bytes that are not an awareness update.
        """
        for client, clock, state in wire.read_states(payload):
            if clock >= CLOCK_LIMIT or not self._may_speak(member, client, clock, state):
                continue
            if len(state.encode()) > STATE_BYTES:
                raise Malformed(f"an awareness state of at most {STATE_BYTES} bytes was expected")
            self._waiting[member] = (clock, state)
        return member in self._waiting

    def flush(self) -> list[tuple[int, int, str]]:
        """What changed since the last flush, as (client, clock, JSON text).

        Whoever sent what is not JSON is added to `offenders`.
        """
        for member, (clock, state) in self._waiting.items():
            try:
                self._take(member, clock, state)
            except Malformed:
                self.offenders.append(member)
        self._waiting.clear()
        changed = [(client, *self.states[client]) for client in self._changed]
        self._changed.clear()
        if self.is_shared:
            self._moved += [self._cursor(*each) for each in changed if each[0] not in self._elsewhere]
        for client in [c for c, _, state in changed if state == _NULL]:
            if client not in self._holders:
                del self.states[client]
                self._elsewhere.pop(client, None)
        return changed

    def everyone(self) -> list[tuple[int, int, str]]:
        """All present states, for someone who joins."""
        return [(c, clock, s) for c, (clock, s) in self.states.items() if s != _NULL]

    def leave(self, member: Member) -> bool:
        """Remove the member's state; True when someone must be told."""
        self._waiting.pop(member, None)
        return self._drop(member)

    # -- other servers

    def take_moved(self) -> list[Cursor]:
        """What `flush` told of connections here since this was last asked."""
        moved, self._moved = self._moved, []
        return moved

    def here(self) -> list[Cursor]:
        """The present states of connections here."""
        return [self._cursor(c, *self.states[c]) for c in self._holders if self.states.get(c, (0, _NULL))[1] != _NULL]

    def follow(self, instance: str, cursors: list[Cursor]) -> bool:
        """What another server tells of its connections; True when someone must be told."""
        for client, clock, owner, state in cursors:
            if client in self._holders:  # it has come here since
                continue
            before = self.states.get(client)
            if state == _NULL:
                if before is None or self._elsewhere.get(client, ("", None))[0] != instance:
                    continue
            elif before is not None and clock <= before[0]:
                continue
            self.states[client] = (clock if before is None else max(clock, before[0]), state)
            self._elsewhere[client] = (instance, owner)
            self._changed.add(client)
        return bool(self._changed)

    def forget(self, instance: str) -> bool:
        """Another server is gone, and whoever was shown from there; True when someone must be told."""
        for client in [client for client, (where, _) in self._elsewhere.items() if where == instance]:
            self.states[client] = (self.states[client][0], _NULL)
            self._changed.add(client)
        return bool(self._changed)

    def _cursor(self, client: int, clock: int, state: str) -> Cursor:
        holder = self._holders.get(client)
        return Cursor(client, clock, None if holder is None else holder.person.id, state)

    # -- details

    def _may_speak(self, member: Member, client: int, clock: int, state: str) -> bool:
        if member.awareness_client == client:
            return True
        # A place is taken by someone who is there, not by a relayed farewell.
        if member.awareness_client is not None or state == _NULL:
            return False
        holder = self._holders.get(client)
        if client in self._elsewhere:
            if not (member.is_ours and member.person.id is not None and self._elsewhere[client][1] == member.person.id):
                return False
            del self._elsewhere[client]  # the same window, come from another server
        elif holder is not None:
            if not _replaces(member, holder):
                return False
            holder.awareness_client = None
            self._waiting.pop(holder, None)
        elif self._is_relayed(member, client, clock):
            return False
        member.awareness_client = client
        self._holders[client] = member
        return True

    def _is_relayed(self, member: Member, client: int, clock: int) -> bool:
        """Whether this only repeats what someone else said before leaving. Open mode cannot tell."""
        if member.person.id is None:
            return False
        gone = self._gone.get(client)
        return gone is not None and clock <= gone[0] and gone[1] != member.owner

    def _take(self, member: Member, clock: int, state: str) -> None:
        client = member.awareness_client
        if client is None:
            return
        gone = self._gone.pop(client, None)
        if gone is not None:
            # Peers ignore a clock that they have seen: a stock client comes back with the clock it left with.
            clock = max(clock, gone[0] + 1)
        before = self.states.get(client)
        if before is not None and clock <= before[0] and not (clock == before[0] and state == _NULL):
            return
        self.states[client] = (clock, _identified(state, member))
        self._changed.add(client)

    def _drop(self, member: Member) -> bool:
        client, member.awareness_client = member.awareness_client, None
        if client is None:
            return False
        self._holders.pop(client, None)
        if client not in self.states:
            return False
        clock, state = self.states[client]
        self._remember(client, clock, member)
        if state == _NULL and client not in self._changed:
            del self.states[client]  # everyone knows
            return False
        # The same clock, as y-protocols does it: peers take a removal at the clock they have.
        self.states[client] = (clock, _NULL)
        self._changed.add(client)
        return True

    def _remember(self, client: int, clock: int, member: Member) -> None:
        self._gone[client] = (clock, member.owner)
        if len(self._gone) > GONE_LIMIT:
            del self._gone[next(iter(self._gone))]


def _replaces(member: Member, holder: Member) -> bool:
    """Whether this is the same window again, come back before its old connection was found dead.

    Only our own client: a stock provider relays what it hears from its neighbour's window.
    """
    return member.is_ours and member.person.id is not None and member.owner == holder.owner and member.id > holder.id


def _identified(state: str, member: Member) -> str:
    """The state with `user` replaced by who the session says it is."""
    try:
        value = json.loads(state, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"an awareness state must be JSON: {error}") from None
    if value is None:
        return _NULL
    if not isinstance(value, dict):
        raise Malformed("an awareness state must be a JSON object or null")
    value["user"] = _identity(member, value.get("user"))
    return _written(value)


def _written(value: dict[str, object]) -> str:
    """JSON that every peer can read: 1e999 and half a surrogate pair are read by Python, and by nobody else."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except (ValueError, RecursionError) as error:
        raise Malformed(f"an awareness state must be JSON: {error}") from None
    if size > STATE_BYTES + IDENTITY_BYTES:
        raise Malformed(f"an awareness state of at most {STATE_BYTES} bytes was expected")
    return text


def _identity(member: Member, claimed: object) -> dict[str, str]:
    person = member.person
    if person.id is not None:
        return _user(person.id, person.name, person.colour)
    # Open mode has no sessions: a claimed name and colour are shown, cleaned.
    claim = claimed if isinstance(claimed, dict) else {}
    name, colour = claim.get("name"), claim.get("color")
    return _user(
        anonymous_id(member.id),
        name[:64] if isinstance(name, str) else person.name,
        colour if isinstance(colour, str) and _COLOUR.match(colour) else _DEFAULT_COLOUR,
    )


def _user(id: str, name: str, colour: str) -> dict[str, str]:
    # Stock carets read `color`; one person has one colour, under both spellings.
    return {"id": id, "name": name, "colour": colour, "color": colour}


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
