"""What is queued in the table `delivery`, done one after another for each person, whatever happens to this process.

A task is claimed for LEASE_SECONDS and removed when it is done: a process that dies in between leaves it to be done
again. So each is done at least once. Nobody waits for it, and nobody waits for somebody else's.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import DBAPIError

from quillroom.services.errors import TryLater
from quillroom.services.leases import Leases
from quillroom.services.people import committed
from quillroom.store import clock, notifications
from quillroom.store import deliveries as rows
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.tables import DeliveryRow
from quillroom.store.writer import GivenUp, Writer

NAMES = ("notification.added", "delivery.queued")
AT_ONCE = 50
PEOPLE_AT_ONCE = 16
LEASE_SECONDS = 30.0
LOOK_SECONDS = 15.0  # another server may have queued something
TROUBLE_SECONDS = 2.0
TIDY_SECONDS = 3600.0
TIDIED_AT_ONCE = 1000
READ_SECONDS = 90 * 24 * 3600.0  # lines that were read go after so long
LOST_SECONDS = 2 * 24 * 3600.0  # a task that nobody does any more: mail was turned off, say
_TROUBLE = (DBAPIError, GivenUp, TryLater)
_log = logging.getLogger(__name__)
Do = Callable[[DeliveryRow], Awaitable[None]]


class Errands:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, writer: Writer, leases: Leases | None = None) -> None:
        self._database = database
        self._writer = writer
        self._leases = leases or Leases(database)
        self._ways: dict[str, Do] = {}
        self._tidied_at = float("-inf")
        self._woken = asyncio.Event()
        self._turn = asyncio.Semaphore(PEOPLE_AT_ONCE)
        self._lanes: dict[str, deque[DeliveryRow]] = {}  # what is claimed, for each person in order
        self._running: set[asyncio.Task[None]] = set()

    def add(self, channel: str, do: Do) -> None:
        """`do` is what is done for a task of this channel; it removes the task, or puts it off."""
        self._ways[channel] = do

    def add_job(self, channel: str, job: Callable[[Connection, DeliveryRow], None]) -> None:
        """The same for what is one job of the writer."""

        async def do(task: DeliveryRow) -> None:
            await committed(self._writer.execute(lambda c: job(c, task)))

        self._ways[channel] = do

    async def follow(self, events: list[Event]) -> None:
        """Something was queued."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        if self._database.is_sqlite:  # what is claimed was claimed by a process that is no more
            until = time.time() + LEASE_SECONDS
            self._writer.attempt(lambda c: rows.release(c, until))
        try:
            while True:
                self._woken.clear()
                try:
                    if not await self._claim():
                        await self._rest()
                except _TROUBLE:
                    _log.warning("What is queued for people cannot be looked at now", exc_info=True)
                    await asyncio.sleep(TROUBLE_SECONDS)
        finally:
            for task in self._running:
                task.cancel()

    async def _claim(self) -> bool:
        """Begin what is due; whether there may be more."""
        if time.monotonic() - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = time.monotonic()
            await self._tidy()
        seconds = await self._seconds_to_next()
        if seconds is None or seconds > 0.0:
            return False
        tasks = await committed(
            self._writer.attempt(lambda c: rows.claim(c, self._ways.keys(), LEASE_SECONDS, AT_ONCE))
        )
        for task in tasks:
            lane = self._lanes.get(task.person)
            if lane is None:
                lane = self._lanes[task.person] = deque()
                running = asyncio.get_running_loop().create_task(self._do_all(task.person, lane))
                self._running.add(running)
                running.add_done_callback(self._running.discard)
            if task.id not in [each.id for each in lane]:  # its lease may have run out while it waited here
                lane.append(task)
        return len(tasks) == AT_ONCE

    async def _do_all(self, person: str, lane: deque[DeliveryRow]) -> None:
        try:
            while lane:
                async with self._turn:
                    await self._ways[lane[0].channel](lane[0])
                lane.popleft()
        except _TROUBLE:
            _log.warning("Something queued for people cannot be done now", exc_info=True)
        except Exception:  # a fault in one must not stop those of others; it is due again after its lease
            _log.exception("Something queued for people was not done")
        finally:
            del self._lanes[person]

    async def _rest(self) -> None:
        due = await self._seconds_to_next()
        seconds = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0.0, due))
        # Not `wait_for`, which in Python 3.11 may lose a cancellation that comes together with what it waits for.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _seconds_to_next(self) -> float | None:
        return await asyncio.to_thread(self._database.read, lambda c: rows.seconds_to_next(c, self._ways.keys()))

    async def _tidy(self) -> None:
        async with self._leases.hold("tidy") as is_mine:
            if is_mine:
                await committed(self._writer.attempt(lambda c: _tidy(c, clock.now(c))))


def _tidy(connection: Connection, now: float) -> None:
    notifications.remove_old(connection, now - READ_SECONDS, TIDIED_AT_ONCE)
    rows.remove_old(connection, now - LOST_SECONDS)
