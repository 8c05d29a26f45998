"""Who is here: connections make devices, devices make people; what is seen of that at each document.

Somebody is *active* until five minutes after their last input, then *idle*, and *offline* when the grace after their
last connection has passed. Leaving is told only then: a reload, or a new version of the server, is no farewell.
Signing out is. Nobody is shown before it is known that they want to be.

A connection is keyed by (user, device, connection, instance): what other servers say of theirs (`mirror`) stands beside
one's own, and everything that is asked here is answered from all of them. Only who holds a connection lets time act on
it, removes it, and is asked what it did (`changed`, `word`).
`now` is seconds of any clock that never goes back.
"""

from collections.abc import Collection

from quillroom.core.deadlines import Deadlines
from quillroom.core.whereabouts import (
    ACTIVE_SECONDS,
    EDITING_SECONDS,
    GRACE_SECONDS,
    NOBODY,
    Connection,
    Here,
    Key,
    State,
    Transition,
    User,
    Word,
    last_active,
    someone,
    state_of,
)

GATHER_SECONDS = 0.1  # what comes together is told together
TELL_SECONDS = 1.0  # a document's people are told at most this often
TELL_MANY_SECONDS = 5.0  # where there are more than MANY: what goes to each of them is of the square of them
MANY = 50
TOP = 20  # of more than MANY
_OUTDATED = Here(-1, ())  # equals nothing that can be found


class Presence:
    """An index of the connections that are there, or were a moment ago. Nothing is kept of who is gone."""

    def __init__(self, changed: set[Key] | None = None) -> None:
        """`changed` is filled with the own connections of which other servers must hear; None where there are none."""
        self._changed = changed
        self._connections: dict[Key, Connection] = {}
        self._users: dict[str, User] = {}
        self._documents: dict[str, dict[str, dict[Key, Connection]]] = {}
        self._deadlines: Deadlines[Key] = Deadlines()
        self._due: dict[str, float] = {}
        self._told_at: dict[str, float] = {}
        self._told: dict[str, Here] = {}
        self._transitions: list[Transition] = []

    def __len__(self) -> int:
        return len(self._connections)

    # -- what connections do

    def enter(
        self, key: Key, now: float, *, document: str | None = None, speaks: bool = False, is_ours: bool = True
    ) -> bool:
        """A connection; one that `speaks` tells by itself where its person is. True where the person was offline.

        Who connects is active; of our own page (`is_ours`) that is a guess, until it speaks by another connection.
        """
        is_new = key.user not in self._users
        user = self._users.setdefault(key.user, User())
        connection = Connection(key, now, speaks=speaks, is_guess=is_ours and not speaks)
        connection.is_active = not speaks and not (is_ours and self._has_spoken(key))
        self._connections[key] = user.connections[key] = connection
        self._place(connection, document, now)
        self._settle(connection, now)
        self._schedule(connection)
        return is_new

    def say(self, key: Key, now: float, *, is_active: bool, document: str | None, is_editing: bool) -> None:
        """What a connection tells of its person. Idempotent; nothing where there is no such connection."""
        connection = self._connections.get(key)
        if connection is None or connection.gone_at is not None:
            return
        if not connection.has_spoken:
            connection.has_spoken = True
            self._note(connection)
        left = connection.document
        if left != document:
            self._place(connection, document, now)
            self._let_go(key, left, now)
        if is_active:
            connection.active_at = now
            connection.active_until = now + ACTIVE_SECONDS
        if is_editing:
            connection.editing_until = now + EDITING_SECONDS
        self._flag(connection, now, is_active=is_active, is_editing=is_editing)
        self._end_guesses(key, now)

    def edit(self, key: Key, now: float) -> None:
        """A connection brought an edit. Costs next to nothing while its person goes on."""
        connection = self._connections.get(key)
        if connection is None or now < connection.editing_until - EDITING_SECONDS / 2:
            return
        connection.is_guess = False
        connection.active_at = now
        connection.active_until = now + ACTIVE_SECONDS
        connection.editing_until = now + EDITING_SECONDS
        self._flag(connection, now, is_active=True, is_editing=True)

    def leave(self, key: Key, now: float) -> None:
        """A connection ended: its person may be back in a moment. Idempotent."""
        connection = self._connections.get(key)
        if connection is None or connection.gone_at is not None:
            return
        if connection.is_active:
            connection.active_at = now
        if self._is_spoken_for(connection):
            self._drop(connection, now)
        else:
            connection.gone_at = now
            self._schedule(connection)

    def remove(self, user: str, document: str, now: float) -> None:
        """Somebody may not be at a document any more: they are not, at once. Idempotent."""
        for connection in list(self._documents.get(document, {}).get(user, {}).values()):
            if not connection.is_mirrored:
                self._place(connection, None, now)

    def sign_out(self, user: str, devices: Collection[str] | None, now: float) -> None:
        """These devices (None: all) are gone, and are told to be so at once. Idempotent."""
        found = self._users.get(user)
        if found is None:
            return
        for connection in list(found.connections.values()):
            if not connection.is_mirrored and (devices is None or connection.key.device in devices):
                if connection.is_active and connection.gone_at is None:
                    connection.active_at = now
                self._drop(connection, now)

    def show(self, user: str, now: float, *, is_shown: bool) -> None:
        """Whether others may see this person."""
        found = self._users.get(user)
        if found is None or found.is_shown is is_shown:
            return
        found.is_shown = True
        self.touch(user, now)
        found.is_shown = is_shown

    def touch(self, user: str, now: float) -> None:
        """Others must be told anew of this person: of a new name, say."""
        found = self._users.get(user)
        for connection in found.connections.values() if found is not None else ():
            if connection.document is not None:
                self._told[connection.document] = _OUTDATED
            self._mark(connection, now)

    def touch_all(self, now: float) -> None:
        """Others must be told anew of everybody."""
        for document in self._documents:
            self._told[document] = _OUTDATED
            self._due.setdefault(
                document, max(now + GATHER_SECONDS, self._told_at.get(document, 0.0) + self._rest(document))
            )

    def advance(self, now: float) -> None:
        """Time went by: what was recent is no longer."""
        for key in self._deadlines.take(now):
            connection = self._connections[key]
            if connection.gone_at is not None and now >= connection.gone_at + GRACE_SECONDS:
                self._drop(connection, now)
                continue
            is_active = connection.is_active and now < connection.active_until
            is_editing = connection.is_editing and now < connection.editing_until
            self._flag(connection, now, is_active=is_active, is_editing=is_editing)

    def end_graces(self, now: float) -> None:
        """Whoever's connection ended is gone now: nobody waits for them any more."""
        for connection in [each for each in self._connections.values() if each.gone_at is not None]:
            self._drop(connection, now)

    # -- what servers tell each other

    def mirror(self, key: Key, word: Word, now: float) -> bool:
        """What another server says of a connection of its own. Idempotent. True where the person was offline."""
        is_new = key.user not in self._users
        connection = self._connections.get(key)
        if connection is None:
            connection = Connection(key, now, speaks=word.speaks, is_guess=False, is_mirrored=True)
            self._connections[key] = self._users.setdefault(key.user, User()).connections[key] = connection
        left = connection.document
        if left != word.document:
            self._place(connection, word.document, now)
        connection.has_spoken, connection.active_at = word.has_spoken, word.active_at
        self._flag(connection, now, is_active=word.is_active, is_editing=word.is_editing)
        self._settle(connection, now)
        if word.has_spoken:
            if left != word.document:
                self._let_go(key, left, now)
            self._end_guesses(key, now)
        return is_new

    def unmirror(self, key: Key, now: float) -> None:
        """Another server has that connection no more, or is gone itself. Idempotent."""
        connection = self._connections.get(key)
        if connection is not None and connection.is_mirrored:
            self._drop(connection, now)

    def word(self, key: Key) -> Word | None:
        """What other servers may know of a connection of this one; None: it is gone."""
        connection = self._connections.get(key)
        return None if connection is None else connection.word()

    # -- what others may know

    def here(self, document: str) -> Here:
        """Everybody at a document who may be seen."""
        users = self._documents.get(document, {})
        everybody = [someone(user, at.values()) for user, at in users.items() if self._users[user].is_shown]
        if len(everybody) <= MANY:
            return Here(len(everybody), tuple(everybody))
        first = sorted(everybody, key=lambda each: (not each.is_editing, not each.is_active))[:TOP]
        top = {each.user for each in first}
        return Here(len(everybody), tuple(each for each in everybody if each.user in top))

    def documents(self) -> list[str]:
        """Where anybody is."""
        return list(self._documents)

    def users_at(self, document: str) -> list[str]:
        """Everybody at a document by a connection of this server, shown or not."""
        users = self._documents.get(document, {})
        return [user for user, at in users.items() if any(not each.is_mirrored for each in at.values())]

    def state(self, user: str) -> State:
        """What somebody is, shown or not."""
        found = self._users.get(user)
        return State.OFFLINE if found is None else found.state

    def is_shown(self, user: str) -> bool:
        """Whether somebody is there whom others may see."""
        found = self._users.get(user)
        return found is not None and found.is_shown

    def active_at(self, user: str) -> float | None:
        """When somebody who is there was last active."""
        found = self._users.get(user)
        return None if found is None else last_active(found.connections.values())

    def counts(self) -> dict[State, int]:
        """How many people are what."""
        states = [user.state for user in self._users.values()]
        return {state: states.count(state) for state in (State.ACTIVE, State.IDLE)}

    def active(self) -> list[str]:
        """Who is active by a connection of this server."""
        active = [(id, user) for id, user in self._users.items() if user.state is State.ACTIVE]
        return [id for id, user in active if any(_is_active_here(each) for each in user.connections.values())]

    # -- what is to be told

    def due(self, now: float) -> list[tuple[str, Here]]:
        """The documents whose people are to be told now: others are there, or the same ones do something else."""
        due = [document for document, at in self._due.items() if at <= now]
        self._told_at = {d: at for d, at in self._told_at.items() if at + self._rest(d) > now}
        found = []
        for document in due:
            del self._due[document]
            self._told_at[document] = now
            here = self.here(document)
            if here != self._told.get(document, NOBODY):
                found.append((document, here))
            if here.count:
                self._told[document] = here
            else:
                self._told.pop(document, None)
        return found

    def take_transitions(self) -> list[Transition]:
        """Who became what since this was last asked."""
        taken, self._transitions = self._transitions, []
        return taken

    def next(self) -> float | None:
        """When there is something to do again; None: not before somebody does something."""
        times = [*self._due.values(), *(at + self._rest(document) for document, at in self._told_at.items())]
        if (deadline := self._deadlines.next()) is not None:
            times.append(deadline)
        return min(times, default=None)

    # -- details

    def _place(self, connection: Connection, document: str | None, now: float) -> None:
        self._unplace(connection, now)
        connection.document = document
        if document is not None:
            users = self._documents.setdefault(document, {})
            users.setdefault(connection.key.user, {})[connection.key] = connection
            self._mark(connection, now)
        self._note(connection)

    def _unplace(self, connection: Connection, now: float) -> None:
        document, user = connection.document, connection.key.user
        if document is None:
            return
        self._mark(connection, now)
        users = self._documents[document]
        del users[user][connection.key]
        if not users[user]:
            del users[user]
        if not users:
            del self._documents[document]

    def _flag(self, connection: Connection, now: float, *, is_active: bool, is_editing: bool) -> None:
        if connection.is_active is not is_active or connection.is_editing is not is_editing:
            connection.is_active, connection.is_editing = is_active, is_editing
            self._mark(connection, now)
            self._settle(connection, now)
            self._note(connection)
        self._schedule(connection)

    def _mark(self, connection: Connection, now: float) -> None:
        document = connection.document
        if document is None or document in self._due or not self._users[connection.key.user].is_shown:
            return
        self._due[document] = max(now + GATHER_SECONDS, self._told_at.get(document, 0.0) + self._rest(document))

    def _rest(self, document: str) -> float:
        """How long it takes until a document's people may be told again."""
        return TELL_MANY_SECONDS if self._told.get(document, NOBODY).count > MANY else TELL_SECONDS

    def _note(self, connection: Connection) -> None:
        if self._changed is not None and not connection.is_mirrored:
            self._changed.add(connection.key)

    def _settle(self, cause: Connection, now: float) -> None:
        found = self._users[cause.key.user]
        before, found.state = found.state, state_of(found.connections.values())
        if found.state is not before:
            at = last_active(found.connections.values()) if found.connections else now
            self._transitions.append(Transition(cause.key.user, before, found.state, at, cause.key.instance))

    def _schedule(self, connection: Connection) -> None:
        at = connection.due_at()
        if at is None:
            self._deadlines.drop(connection.key)
        else:
            self._deadlines.set(connection.key, at)

    def _drop(self, connection: Connection, now: float) -> None:
        key, user = connection.key, self._users[connection.key.user]
        self._deadlines.drop(key)
        self._unplace(connection, now)
        connection.document = None
        self._note(connection)
        del self._connections[key], user.connections[key]
        if user.connections:
            self._settle(connection, now)
            return
        del self._users[key.user]
        self._transitions.append(Transition(key.user, user.state, State.OFFLINE, connection.active_at, key.instance))

    def _let_go(self, key: Key, document: str | None, now: float) -> None:
        """A device says that it is elsewhere now: what it closed there a moment ago will not come back."""
        siblings = self._siblings(key)
        if document is None or any(each.speaks and each.document == document for each in siblings):
            return
        for each in siblings:
            if each.document == document and each.gone_at is not None:
                self._drop(each, now)

    def _is_spoken_for(self, connection: Connection) -> bool:
        """Whether the same device tells by another connection where it is: then that one's word holds."""
        return not connection.speaks and self._has_spoken(connection.key)

    def _has_spoken(self, key: Key) -> bool:
        return any(each.has_spoken for each in self._siblings(key))

    def _end_guesses(self, key: Key, now: float) -> None:
        for each in self._siblings(key):
            if each.is_guess and each.is_active:
                self._flag(each, now, is_active=False, is_editing=each.is_editing)

    def _siblings(self, key: Key) -> list[Connection]:
        """The connections of the same device."""
        return [each for each in self._users[key.user].connections.values() if each.key.device == key.device]


def _is_active_here(connection: Connection) -> bool:
    return connection.is_active and not connection.is_mirrored
