"""What changes nothing and is still of interest to operators, in the audit log: refusals, and pages taken along.

Once a minute for each person, deed and page, so that a script cannot fill it.
"""

import threading
import time
from collections.abc import Callable

from quillroom.core.member import Person
from quillroom.store import audit
from quillroom.store.writer import Writer

MINUTE = 60.0
REMEMBERED = 10_000


class Notes:
    """Called from any thread; never waits, and gives way where the database has no room."""

    def __init__(self, writer: Writer, clock: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[tuple[str, str, str, str | None], float] = {}

    def refused(self, person: Person | None, what: str, object: str | None) -> None:
        """Somebody was not allowed to do this with what they may see."""
        self._note(person, "access.refused", what, object)

    def exported(self, person: Person | None, format: str, document: str) -> None:
        """Somebody took a whole page along."""
        self._note(person, "page.exported", format, document)

    def _note(self, person: Person | None, action: str, what: str, object: str | None) -> None:
        """Who came without a session is nobody that a log could name."""
        if person is None or person.id is None or not self._is_news((person.id, action, what, object)):
            return
        who = person.id
        self._writer.attempt(lambda c: audit.append(c, actor=who, action=action, object=object, what=what), ("audit",))

    def _is_news(self, deed: tuple[str, str, str, str | None]) -> bool:
        now = self._clock()
        with self._lock:
            if now - self._noted.get(deed, -MINUTE) < MINUTE:
                return False
            if len(self._noted) >= REMEMBERED:
                self._noted.clear()
            self._noted[deed] = now
        return True
