"""When people were last here. Noted in memory and written now and then: nobody waits for it, and nothing else does."""

import asyncio
import contextlib
import time

from quillroom.services.errors import TryLater
from quillroom.services.people import committed
from quillroom.store import seen as rows
from quillroom.store.writer import GivenUp, Writer

WRITE_SECONDS = 60.0  # of one person at most once in so long
FLUSH_SECONDS = 5.0


class LastSeen:
    """Used from the event loop's thread only."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._noted: dict[str, float] = {}
        self._written: dict[str, float] = {}

    def note(self, person: str, at: float) -> None:
        """Somebody was here at that time (Unix seconds)."""
        self._noted[person] = max(at, self._noted.get(person, 0.0))

    def forget(self, person: str) -> None:
        """They do not want it to be known."""
        self._noted.pop(person, None)

    def of(self, person: str, written: float | None) -> float | None:
        """What is known of somebody, given what is written of them."""
        noted = self._noted.get(person)
        return noted if written is None else max(written, noted or 0.0)

    async def flush(self, *, is_last: bool = False) -> None:
        """Write what is due. What cannot be written now is tried again: it is nobody's work, but costs nothing."""
        now = time.time()
        self._written = {person: at for person, at in self._written.items() if now - at < WRITE_SECONDS}
        due = {person: at for person, at in self._noted.items() if is_last or person not in self._written}
        if not due:
            return
        with contextlib.suppress(GivenUp, TryLater):
            await committed(self._writer.attempt(lambda c: rows.seen(c, due)))
            self._written |= dict.fromkeys(due, now)
            for person, at in due.items():
                if self._noted.get(person) == at:
                    del self._noted[person]

    async def watch(self) -> None:
        """Write for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
