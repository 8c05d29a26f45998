"""How often secrets may be guessed, mails be asked for, guests come: however many servers there are, as with one.

Where one process has the database for itself the buckets lie in its memory; where several share one, in rows of it,
under hashes. A server remembers only until when somebody must wait, so a flood costs no more than that.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from quillroom.services.errors import Throttled, TryLater
from quillroom.services.throttle import Throttle
from quillroom.store import attempts as rows
from quillroom.store.database import Connection, Database

T = TypeVar("T")
REMEMBERED = 10_000
SWEPT_ONCE_IN = 200


class Attempts:
    """`burst` tries at once for each key, then one each `seconds`. Used from the event loop's thread only."""

    def __init__(self, database: Database, name: str, burst: float, seconds: float) -> None:
        """`name`: the same on every server, and no other's."""
        self._database = database
        self._name = name
        self._burst = burst
        self._seconds = seconds
        self._alone = Throttle(burst, seconds) if database.is_sqlite else None
        self._blocked: OrderedDict[bytes, float] = OrderedDict()  # until when, by the clock of this process

    async def spend(self, key: str) -> None:
        """Count a try, before it is known what comes of it: or many at once would all be let through.

        Raises Throttled when there were too many, and then does not count it; TryLater where nobody can count.
        """
        if self._alone is not None:
            self._alone.spend(key)
            return
        hashed, now = self._hashed(key), time.monotonic()
        wait = self._blocked.get(hashed, 0.0) - now
        if wait <= 0.0:
            wait = await self._ask(lambda c: rows.spend(c, hashed, self._burst, self._seconds))
            self._remember(hashed, now + wait)
        if wait > 0.0:
            raise Throttled(wait)

    async def forget(self, key: str) -> None:
        """It went well."""
        if self._alone is not None:
            self._alone.forget(key)
            return
        hashed = self._hashed(key)
        self._blocked.pop(hashed, None)
        await self._ask(lambda c: rows.forget(c, hashed))

    def _remember(self, hashed: bytes, until: float) -> None:
        self._blocked.pop(hashed, None)
        if until > time.monotonic():
            self._blocked[hashed] = until
            if len(self._blocked) > REMEMBERED:
                self._blocked.popitem(last=False)

    async def _ask(self, query: Callable[[Connection], T]) -> T:
        try:
            return await asyncio.to_thread(self._at_once, query)
        except DBAPIError as error:
            raise TryLater("Nothing can be checked right now. Try again in a moment.") from error

    def _at_once(self, query: Callable[[Connection], T]) -> T:
        """Not by the writer: its transaction would hold the row while everything else in its round is written."""
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if secrets.randbelow(SWEPT_ONCE_IN) == 0:
                rows.sweep(connection)
            return query(connection)

    def _hashed(self, key: str) -> bytes:
        return hashlib.sha256(f"{self._name}\0{key}".encode()).digest()
