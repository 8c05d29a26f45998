"""What follows from committed events, on the loop: in order, a batch at a time, and no follower harms another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence

from quillroom.store.events import Event
from quillroom.store.writer import Round

_log = logging.getLogger(__name__)
Follow = Callable[[list[Event]], Awaitable[None]]


class Followers:
    """Who follows which events; registered once, in `main`."""

    def __init__(self) -> None:
        self._followers: list[_Follower] = []

    def add(self, names: Collection[str], follow: Follow, *, everywhere: bool = False) -> None:
        """`follow` gets the events of these names. What arrives while it works is its next batch.

        With `everywhere`, also those that other servers committed: who follows only its own acts once for all of them.
        """
        self._followers.append(_Follower(frozenset(names), follow, everywhere))

    @property
    def everywhere(self) -> Collection[str]:
        """The names of the events that every server must hear."""
        return {name for follower in self._followers if follower.is_everywhere for name in follower.names}

    def on_round(self, round: Round) -> None:
        """A round was committed."""
        if not round.events:
            return
        for follower in self._followers:
            follower.take([event for event in round.events if event.name in follower.names])

    def on_remote(self, events: Sequence[Event]) -> None:
        """Another server committed these."""
        for follower in self._followers:
            if follower.is_everywhere:
                follower.take([event for event in events if event.name in follower.names])


class _Follower:
    def __init__(self, names: frozenset[str], follow: Follow, is_everywhere: bool) -> None:
        self.names = names
        self.is_everywhere = is_everywhere
        self._follow = follow
        self._waiting: list[Event] = []
        self._task: asyncio.Task[None] | None = None

    def take(self, events: list[Event]) -> None:
        self._waiting += events
        if self._waiting and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await self._follow(batch)
                except Exception:  # its fault must not stop the ones behind it
                    _log.exception("Nobody followed %s", ", ".join(sorted({event.name for event in batch})))
        finally:
            self._task = None
