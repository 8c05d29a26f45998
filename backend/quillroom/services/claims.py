"""What connections of `/live` say that they look at: only what their person may read."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from quillroom.core.access import Acl, Action, standing
from quillroom.core.member import Member
from quillroom.services.access import Access
from quillroom.services.documents import check_name


@dataclass(frozen=True, slots=True)
class Claim:
    """One page on one screen."""

    document: str
    may_write: bool
    until: float | None  # when it must be asked again, in Unix seconds


class Claims:
    """At most one a connection. Used from the event loop's thread only."""

    def __init__(self, access: Access, changes: Callable[[], int]) -> None:
        """`changes()` counts how often access to anything changed."""
        self._access = access
        self._changes = changes
        self._of: dict[Member, Claim] = {}
        self._at: dict[str, set[Member]] = {}

    async def ask(self, member: Member, document: str) -> Claim:
        """The claim of this document; the database is asked only for another one. Raises Invalid, NotFound."""
        claim = self._of.get(member)
        if claim is not None and claim.document == document and (claim.until is None or claim.until > time.time()):
            return claim
        check_name(document)
        while True:
            changes = self._changes()
            found = await self._access.demand(member.person, Action.READ, document)
            if changes == self._changes():
                break  # else who was judged meanwhile was judged without this one
        return Claim(document, found.role is not None and found.role.may_write, found.until)

    def put(self, member: Member, claim: Claim) -> bool:
        """It holds from now on, instead of another one. Whether it is of another document."""
        before = self._of.get(member)
        if before is None or before.document != claim.document:
            self.drop(member)
            self._at.setdefault(claim.document, set()).add(member)
        self._of[member] = claim
        return before is None or before.document != claim.document

    def drop(self, member: Member) -> None:
        """Idempotent."""
        claim = self._of.pop(member, None)
        if claim is None:
            return
        members = self._at[claim.document]
        members.discard(member)
        if not members:
            del self._at[claim.document]

    def judge(self, document: str, acl: Acl | None) -> None:
        """What decides about a document changed."""
        now = time.time()
        for member in list(self.at(document)):
            is_gone = acl is None or acl.is_trashed
            found = None if acl is None or is_gone else standing(member.person, acl, now, is_open=self._access.is_open)
            if found is None or found.role is None:
                self.drop(member)
            else:
                self._of[member] = Claim(document, found.role.may_write, found.until)

    def at(self, document: str) -> Collection[Member]:
        """Whose screen shows it."""
        return self._at.get(document, ())

    def documents(self) -> set[str]:
        """Everything that somebody's screen shows."""
        return set(self._at)
