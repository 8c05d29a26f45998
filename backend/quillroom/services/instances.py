"""The servers of this installation as operators see them, and whether this one runs as it should.

Where several share a database, each renews a row of it, by the database's clock: no other clock is asked who is here.
A server that has its database for itself writes nothing and answers from memory.
"""

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from quillroom import __version__
from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.store import instances as rows
from quillroom.store.database import Connection, Database
from quillroom.store.heads import heads
from quillroom.store.tables import InstanceRow
from quillroom.store.trouble import trouble_of

RENEW_SECONDS = 5.0
GONE_SECONDS = 20.0  # after which a server that says nothing is gone
SHOWN_SECONDS = 600.0  # and is shown as that
LOOK_SECONDS = 1.0
NORMAL, DEGRADED = "normal", "degraded"
T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Load:
    """What there is to do here."""

    sync_connections: int
    live_connections: int
    topics: int
    loop_lag_seconds: float  # the longest since this was last asked


@dataclass(frozen=True, slots=True)
class Seen:
    """A server, and whether it was heard of lately."""

    row: InstanceRow
    is_here: bool
    is_this: bool


class Instances:
    """Used from the event loop's thread only; `run` is a task of the server's."""

    def __init__(
        self,
        database: Database,
        access: Access,
        id: str,
        load: Callable[[], Load],
        places: Callable[[], Mapping[str, int]],
    ) -> None:
        """`places`: the documents that are open here, and how far their logs were read."""
        self.id = id
        self._database = database
        self._access = access
        self._load = load
        self._places = places
        self._started_at = time.time()
        self._trouble: str | None = None  # why this server could not say that it is here
        self._behind = 0
        self.count = 1  # of those that are here, as of the last renewal
        self.unable: Callable[[], str | None] = lambda: None  # why nothing can be saved
        self.slow: Callable[[], str | None] = lambda: None  # why what is written here reaches other servers later
        self.on_mode: Callable[[], None] = lambda: None  # `slow` is another one

    def trouble(self) -> str | None:
        """Why nothing can be saved; None when it can."""
        return self.unable() or self._trouble

    def why(self) -> str | None:
        """Why this server does not run as it should; None when it does."""
        return self.trouble() or self.slow()

    def syncing(self) -> dict[str, object]:
        """Whether what is written here reaches other servers as quickly as it should, as everybody is told."""
        why = self.slow()
        return {"mode": NORMAL if why is None else DEGRADED, "why": why}

    async def every(self, person: Person | None) -> tuple[float, list[Seen]]:
        """(the time, those that are here or were a moment ago). For operators. Raises NotSignedIn, NotAllowed."""
        self._access.demand_in_workspace(person, Action.ADMINISTER)
        if self._database.is_sqlite:
            row = self._row()
            return row.seen_at, [Seen(row, is_here=True, is_this=True)]
        now, found = await asyncio.to_thread(self._database.read, rows.every)
        return now, [Seen(row, now - row.seen_at <= GONE_SECONDS, row.id == self.id) for row in found]

    async def run(self) -> None:
        """Renew what is said of this server, and tell of another mode, for ever."""
        slow, due = self.slow(), 0.0
        while True:
            if not self._database.is_sqlite and time.monotonic() >= due:
                due = time.monotonic() + RENEW_SECONDS
                await self._renew()
            if self.slow() != slow:
                slow = self.slow()
                self.on_mode()
            await asyncio.sleep(LOOK_SECONDS)

    async def end(self) -> None:
        """It stops as it should: nobody needs to wonder where it is."""
        if not self._database.is_sqlite:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.to_thread(self._write, lambda c: rows.remove(c, self.id))

    async def _renew(self) -> None:
        row = self._row()
        try:
            found, self.count = await asyncio.to_thread(self._say, row, self._places())
        except SQLAlchemyError as error:
            if self._trouble is None:
                _log.warning("This server cannot say that it is here: %s", trouble_of(error))
            self._trouble = trouble_of(error)
            return
        self._trouble = None
        here = self._places()  # by now: what is under way is no lag
        self._behind = sum(max(0, head - here.get(document, head)) for document, head in found.items())

    def _say(self, row: InstanceRow, documents: Collection[str]) -> tuple[dict[str, int], int]:
        """(heads of these documents, how many servers are here)."""

        def write(connection: Connection) -> tuple[dict[str, int], int]:
            rows.renew(connection, row)
            rows.sweep(connection, SHOWN_SECONDS)
            return heads(connection, documents, ())[0], rows.count(connection, GONE_SECONDS)

        return self._write(write)

    def _write(self, job: Callable[[Connection], T]) -> T:
        """Not by the writer: whether that one can commit is what this is about."""
        with self._database.engine.begin() as connection:
            return job(connection)

    def _row(self) -> InstanceRow:
        load, why, now = self._load(), self.why(), time.time()
        return InstanceRow(
            id=self.id, host=socket.gethostname(), pid=os.getpid(), version=__version__,
            started_at=self._started_at, seen_at=now, mode=NORMAL if why is None else DEGRADED, why=why,
            sync_connections=load.sync_connections, live_connections=load.live_connections, rooms=len(self._places()),
            topics=load.topics, loop_lag_ms=round(load.loop_lag_seconds * 1000, 1), rss_mb=_rss_mb(),
            behind=self._behind,
        )  # fmt: skip


def _rss_mb() -> float:
    """Resident memory; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
