"""Jobs that one of several servers does: whoever holds the lease of a name, until it gives it back or is heard no more.

A lease is renewed while the job goes on, by the database's clock. A server that was killed in the middle (or held up
for long) loses it; so what a lease guards must also be right when it is done twice. It saves work and proves nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from quillroom.services.people import new_id
from quillroom.store import leases as rows
from quillroom.store.database import Connection, Database

T = TypeVar("T")
LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
AGAIN_SECONDS = 5.0  # after which to ask for a job that somebody else is at, and may have died at
_log = logging.getLogger(__name__)


class Leases:
    """Used from the event loop's thread only. A server that has its database for itself may do everything."""

    def __init__(self, database: Database, holder: str | None = None) -> None:
        """`holder`: this server, among all that were ever started."""
        self._database = database
        self._holder = holder or new_id()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[bool]:
        """Whether the job is ours, for as long as it takes."""
        if self._database.is_sqlite:
            yield True
            return
        if not await self._ask(lambda c: rows.take(c, name, self._holder, LEASE_SECONDS)):
            yield False
            return
        renewing = asyncio.get_running_loop().create_task(self._renew(name))
        try:
            yield True
        finally:
            renewing.cancel()
            with contextlib.suppress(SQLAlchemyError):  # it runs out by itself
                await self._ask(lambda c: rows.give_back(c, name, self._holder))

    async def _renew(self, name: str) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._ask(lambda c: rows.take(c, name, self._holder, LEASE_SECONDS))
            except SQLAlchemyError:
                _log.warning("The lease of %s cannot be renewed now", name)

    async def _ask(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._at_once, query)

    def _at_once(self, query: Callable[[Connection], T]) -> T:
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return query(connection)
