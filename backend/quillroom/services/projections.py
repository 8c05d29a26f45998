"""What follows from an event in its own transaction: quick, and all or nothing with what it follows from.

A projection that raises undoes the change, and whoever asked for it gets the error. What may fail by itself, or takes
time, follows after the commit (`followers.py`).
"""

from collections.abc import Callable, Collection, Sequence
from itertools import groupby

from quillroom.store.database import Connection
from quillroom.store.events import Event

Projection = Callable[[Connection, Sequence[Event]], None]


class Projections:
    """Who writes along with which events; registered once, in `main`, before the writer starts."""

    def __init__(self) -> None:
        self._of: dict[str, list[Projection]] = {}

    def add(self, names: Collection[str], projection: Projection) -> None:
        """`projection` gets neighbours of one name, on the writer's thread, after those that were added before it."""
        for name in names:
            self._of.setdefault(name, []).append(projection)

    def run(self, connection: Connection, events: Sequence[Event]) -> None:
        """These were appended; what a projection appends itself comes here too."""
        for name, neighbours in groupby(events, lambda event: event.name):
            some = list(neighbours)
            for projection in self._of.get(name, ()):
                projection(connection, some)
