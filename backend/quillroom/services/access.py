"""The one door: every way in asks here before it does anything for a person."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from quillroom.core.access import WORKSPACE, Acl, Action, Level, Standing, authorize, standing
from quillroom.core.member import Person, Role
from quillroom.services.errors import NotAllowed, NotFound, NotSignedIn
from quillroom.services.people import somebody
from quillroom.store import access as rows
from quillroom.store import people as people_rows
from quillroom.store.database import Connection, Database


class Access:
    """Permission, read from the database each time it is asked for."""

    def __init__(self, database: Database, *, is_open: bool) -> None:
        self._database = database
        self.is_open = is_open
        # Person, deed and page of what was refused to somebody who may see it; called from any thread.
        self.on_refused: Callable[[Person | None, str, str | None], None] = lambda person, what, object: None

    async def demand(self, person: Person | None, action: Action, document: str) -> Standing:
        """What the person is to the document. Raises NotSignedIn, NotFound (may not even see it), NotAllowed."""
        return await asyncio.to_thread(self._database.read, lambda c: self.check(c, person, action, document))

    def check(self, connection: Connection, person: Person | None, action: Action, document: str) -> Standing:
        """`demand` for a thread, or inside the transaction that rests on it: nothing can come between then."""
        return self.judge(connection, person, action, document)[0]

    def judge(
        self, connection: Connection, person: Person | None, action: Action, document: str
    ) -> tuple[Standing, Acl]:
        """`check`, and what it rests on, as far as it is about this person."""
        self.identify(person)
        acl = load_acl(connection, document, "" if person is None or person.id is None else person.id)
        return self._judged(person, action, document, acl)

    def check_several(
        self, connection: Connection, action: Action, asked: Sequence[tuple[Person, str]]
    ) -> list[Exception | None]:
        """`check` of each (person, document), in two statements: what it would have raised, or None."""
        documents, people = {document for _, document in asked}, {person.id or "" for person, _ in asked}
        if len(asked) == 1:
            acls = {document: load_acl(connection, document, *people) for document in documents}
        else:
            found = rows.levels_of_several(connection, documents, people)
            acls = {document: Acl(tuple(map(level_of, levels))) for document, levels in found.items()}
        return [self._refusal(person, action, document, acls.get(document)) for person, document in asked]

    def _refusal(self, person: Person, action: Action, document: str, acl: Acl | None) -> Exception | None:
        try:
            self.identify(person)
            self._judged(person, action, document, acl)
        except (NotFound, NotAllowed, NotSignedIn) as refusal:
            return refusal
        return None

    def _judged(self, person: Person | None, action: Action, document: str, acl: Acl | None) -> tuple[Standing, Acl]:
        if acl is None:
            raise NotFound(document)
        now = time.time()
        found = standing(person, acl, now, is_open=self.is_open)
        if authorize(person, action, acl, now, is_open=self.is_open):
            return found, acl
        if found.role is None or acl.is_trashed:
            raise NotFound(document)
        self.on_refused(person, action.value, document)
        raise NotAllowed("You can see this page, but you may not do this with it.")

    def readers(self, connection: Connection, document: str, people: Collection[str]) -> set[str]:
        """Who of these may see the page."""
        acl = load_acl(connection, document)
        if acl is None or acl.is_trashed:
            return set()
        now, is_claimed = time.time(), people_rows.is_claimed(connection)
        found = people_rows.many(connection, people).values()
        return {
            row.id
            for row in found
            if row.suspended_at is None
            and standing(somebody(row, is_claimed=is_claimed), acl, now, is_open=self.is_open).role is not None
        }

    def demand_in_workspace(self, person: Person | None, action: Action) -> Person:
        """For what is asked of no document; never waits. Raises NotSignedIn, NotAllowed."""
        if person is None or person.id is None:
            raise NotSignedIn
        if not authorize(person, action, WORKSPACE, time.time()):
            self.on_refused(person, action.value, None)
            raise NotAllowed("You may not do this.")
        return person

    def check_in_workspace(self, connection: Connection, person: Person | None, action: Action) -> Person:
        """`demand_in_workspace` inside the transaction that rests on it, by who the person is by now."""
        known = self.demand_in_workspace(person, action)
        row = people_rows.get_person(connection, known.id or "")
        if row is None or row.suspended_at is not None:
            raise NotSignedIn
        return self.demand_in_workspace(replace(known, is_operator=row.is_operator), action)

    def identify(self, person: Person | None) -> None:
        """Raises NotSignedIn when nobody is there and the server is not open."""
        if not self.is_open and (person is None or person.id is None):
            raise NotSignedIn


def load_acl(connection: Connection, document: str, person: str | None = None) -> Acl | None:
    """What decides about a document, for one person or (None) for everyone; None when there is no such document."""
    found = rows.levels(connection, document, person)
    return Acl(tuple(map(level_of, found))) if found else None


def level_of(row: rows.LevelRow) -> Level:
    """A row as the rules read it."""
    return Level(
        row.document,
        row.access,
        _role(row.access_role),
        _role(row.link_role),
        row.link_expires_at,
        {person: Role(role) for person, role in row.grants.items()},
        row.visitors,
        row.is_trashed,
    )


def _role(value: str | None) -> Role | None:
    return None if value is None else Role(value)
