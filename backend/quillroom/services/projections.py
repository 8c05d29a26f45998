"""What follows from an event in its own transaction: quick, and all or nothing with what it follows from.

A projection that raises undoes the change, and whoever asked for it gets the error. What may fail by itself, or takes
time, follows after the commit (`followers.py`).
"""

from collections.abc import Callable, Collection

from quillroom.store.database import Connection
from quillroom.store.events import Event

Projection = Callable[[Connection, Event], None]


class Projections:
    """Who writes along with which events; registered once, in `main`, before the writer starts."""

    def __init__(self) -> None:
        self._of: dict[str, list[Projection]] = {}

    def add(self, names: Collection[str], projection: Projection) -> None:
        """`projection` runs on the writer's thread, after those that were added before it."""
        for name in names:
            self._of.setdefault(name, []).append(projection)

    def run(self, connection: Connection, event: Event) -> None:
        """An event was appended; what a projection appends itself comes here too."""
        for projection in self._of.get(event.name, ()):
            projection(connection, event)
