"""Which of some documents a person may see: asked for a few at a time, and each is judged once."""

import time
from collections.abc import Collection

from quillroom.core.member import Person
from quillroom.core.tree import Page, judge
from quillroom.services.tree import forest, level_for
from quillroom.store import tree as rows
from quillroom.store.database import Connection

AT_ONCE = 500


class Readable:
    """For one read of the database; what it says holds at that moment."""

    def __init__(self, connection: Connection, person: Person) -> None:
        self._connection = connection
        self._person = person
        self._grants = rows.grants_of(connection, person.id or "")
        self._visits = rows.visits_of(connection, person.id or "")
        self._asked: set[str] = set()
        self._pages: dict[str, Page] = {}
        self._titles: dict[str, str] = {}
        self._seen: set[str] = set()

    def of(self, documents: Collection[str]) -> set[str]:
        """Those that the person may see now; what is in the trash nobody sees."""
        if new := set(documents) - self._asked:
            self._asked |= new
            self._load(new)
            self._seen = set(judge(self._person, self._pages, time.time()).roles)
        return self._seen.intersection(documents)

    def all(self) -> set[str]:
        """Every document that the person may see: some ten microseconds for each that there is."""
        return set(forest(self._connection, self._person).roles)

    def title(self, document: str) -> str:
        """Of one that was asked for."""
        return self._titles[document]

    def _load(self, wanted: set[str]) -> None:
        # The pages above decide too.
        while wanted:
            some = sorted(wanted)[:AT_ONCE]
            found = rows.some_pages(self._connection, some)
            for id, row in found.items():
                level = level_for(row, self._person.id or "", self._grants, self._visits)
                self._pages[id], self._titles[id] = Page(row.parent, level), row.title
            above = {row.parent for row in found.values() if row.parent is not None}
            wanted = wanted.difference(some) | (above - self._pages.keys())
