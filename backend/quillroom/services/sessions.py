"""Ends sessions: a socket lives no longer than the session it was opened with."""

import asyncio
import time
from collections.abc import Iterable

from quillroom.core.hub import Hub
from quillroom.core.member import Member, Person
from quillroom.protocol.closes import Close
from quillroom.services.people import People

SWEEP_SECONDS = 5.0
REMEMBERED_SECONDS = 60.0


class Sessions:
    """Signing out, and running out, as the open sockets feel it."""

    def __init__(self, people: People, hub: Hub) -> None:
        self._people = people
        self._hub = hub
        # A handshake may have read its session just before it ended, and come in just after.
        self._ended: dict[tuple[str | None, str | None], float] = {}

    async def end(self, token: str) -> None:
        """Sign out; the sockets of this session are closed before this returns, no others are. Idempotent."""
        person = await self._people.find(token)
        await self._people.end(token)
        if person is None or person.id is None:
            return
        self._ended[person.id, person.device] = time.time()
        _close(m for m in self._hub.of_person(person.id) if m.person.device == person.device)

    def has_ended(self, person: Person, now: float) -> bool:
        """Whether a session that was found a moment ago is over by now."""
        is_over = person.expires_at is not None and person.expires_at <= now
        return is_over or (person.id, person.device) in self._ended

    def sweep(self, now: float) -> None:
        """Close the sockets of sessions that ran out."""
        _close(m for m in self._hub.everyone() if self.has_ended(m.person, now))
        self._ended = {who: at for who, at in self._ended.items() if now - at < REMEMBERED_SECONDS}

    async def watch(self) -> None:
        """Sweep for ever."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(time.time())


def _close(members: Iterable[Member]) -> None:
    for member in list(members):
        if member.hang_up is not None:
            member.hang_up(Close.SIGNED_OUT, "the session has ended")
