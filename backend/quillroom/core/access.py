"""Who may do what: one function over plain values, deny by default.

`Acl` is what the database says of one document and the pages above it; nothing here reads or remembers anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quillroom.core.member import Person, Role


class Action(StrEnum):
    """What can be asked of a document or of the workspace."""

    # of a document
    READ = "read"
    COMMENT = "comment"
    WRITE = "write"
    ADD_PAGE = "add_page"  # a sub-page
    MOVE = "move"  # away from its parent: that may change who sees it
    SHARE = "share"
    TRASH = "trash"
    # of a document in the trash
    RESTORE = "restore"
    PURGE = "purge"
    # of the workspace
    LIST = "list"  # the pages that one may see
    CREATE = "create"  # a page at the top
    DIRECTORY = "directory"  # who else is a member
    STAR = "star"  # pages, for oneself
    COME_AND_GO = "come and go"  # ask to be let in, open a link, leave
    INVITE = "invite"  # to become a member
    ADMINISTER = "administer"
    # of oneself
    ACCOUNT = "account"  # password, sessions, tokens: never by an API token


class Scope(StrEnum):
    """What an API token may be used for; a session may everything."""

    READ = "read"
    WRITE = "write"
    MANAGE = "manage"
    ADMIN = "admin"


class Workspace:
    """The object of what is asked of no document."""


WORKSPACE = Workspace()

_NEEDS = {
    Action.READ: Role.VIEW,
    Action.COMMENT: Role.COMMENT,
    Action.WRITE: Role.EDIT,
    Action.ADD_PAGE: Role.EDIT,
    Action.MOVE: Role.MANAGE,
    Action.SHARE: Role.MANAGE,
    Action.TRASH: Role.MANAGE,
    Action.RESTORE: Role.MANAGE,
    Action.PURGE: Role.MANAGE,
}
_IN_TRASH = {Action.RESTORE, Action.PURGE}
_OF_ANYBODY = {Action.LIST, Action.ACCOUNT, Action.STAR, Action.COME_AND_GO}
_OF_MEMBERS = {Action.CREATE, Action.ADD_PAGE, Action.DIRECTORY, Action.INVITE}
_SCOPE = {
    Action.READ: Scope.READ,
    Action.LIST: Scope.READ,
    Action.DIRECTORY: Scope.READ,
    Action.COMMENT: Scope.WRITE,
    Action.WRITE: Scope.WRITE,
    Action.ADD_PAGE: Scope.WRITE,
    Action.CREATE: Scope.WRITE,
    Action.MOVE: Scope.MANAGE,
    Action.SHARE: Scope.MANAGE,
    Action.TRASH: Scope.MANAGE,
    Action.RESTORE: Scope.MANAGE,
    Action.PURGE: Scope.MANAGE,
    Action.STAR: Scope.WRITE,
    Action.COME_AND_GO: Scope.MANAGE,
    Action.INVITE: Scope.MANAGE,
    Action.ADMINISTER: Scope.ADMIN,
}
_SCOPE_OF_ROLE = {
    Role.VIEW: Scope.READ,
    Role.COMMENT: Scope.WRITE,
    Role.EDIT: Scope.WRITE,
    Role.MANAGE: Scope.MANAGE,
}


@dataclass(frozen=True, slots=True)
class Level:
    """What is said about access on one page."""

    document: str
    access: str | None = None  # "private", "workspace", None: as the page above
    access_role: Role | None = None
    link_role: Role | None = None
    link_expires_at: float | None = None
    grants: Mapping[str, Role] | None = None
    visitors: frozenset[str] = frozenset()
    is_trashed: bool = False

    def is_over(self, now: float) -> bool:
        """Whether its link has run out."""
        return self.link_expires_at is not None and self.link_expires_at <= now


@dataclass(frozen=True, slots=True)
class Acl:
    """A document and the pages above it, itself first."""

    levels: tuple[Level, ...]

    @property
    def document(self) -> str:
        """Its id."""
        return self.levels[0].document

    @property
    def is_trashed(self) -> bool:
        """In the trash, by itself or with a page above it."""
        return any(level.is_trashed for level in self.levels)

    @property
    def general(self) -> Level | None:
        """The nearest page that says who of the workspace may come; None: nobody does."""
        return next((level for level in self.levels if level.access is not None), None)

    @property
    def link(self) -> Level | None:
        """The nearest page with a link; a page that says itself who may come has no other link than its own."""
        for level in self.levels:
            if level.link_role is not None:
                return level
            if level.access is not None:
                return None
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's role on a document; None: it does not exist for them. It may change at `until` (Unix seconds)."""

    role: Role | None
    until: float | None = None


def standing(person: Person | None, acl: Acl, now: float, *, is_open: bool = False) -> Standing:
    """The highest role that anything gives, in the trash or not."""
    role: Role | None = Role.EDIT if is_open else None
    if person is None or person.id is None:
        return Standing(role)
    for level in acl.levels:
        role = higher(role, (level.grants or {}).get(person.id))
    general = acl.general
    if general is not None and general.access == "workspace" and person.is_member:
        role = higher(role, general.access_role)
    link, until = acl.link, None
    if link is not None and person.id in link.visitors and not link.is_over(now):
        role, until = higher(role, link.link_role), link.link_expires_at
    return Standing(_limited(role, person.scopes), until)


def _limited(role: Role | None, scopes: frozenset[str] | None) -> Role | None:
    """A token has no role that its scopes do not name."""
    if role is None or scopes is None:
        return role
    named = [each for each, scope in _SCOPE_OF_ROLE.items() if scope.value in scopes and each.rank <= role.rank]
    return max(named, key=lambda each: each.rank, default=None)


def higher(one: Role | None, other: Role | None) -> Role | None:
    """The one that may more."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other, key=lambda role: role.rank)


def authorize(
    person: Person | None, action: Action, object: Acl | Workspace, now: float, *, is_open: bool = False
) -> bool:
    """Whether `person` may do `action` to `object`. In open mode anyone may read and write any document."""
    if not _is_in_scope(person, action):
        return False
    if isinstance(object, Acl):
        needed = _NEEDS.get(action)
        if needed is None or (action in _IN_TRASH) != object.is_trashed:
            return False
        if action in _OF_MEMBERS and not (person is not None and person.is_member):
            return False
        role = standing(person, object, now, is_open=is_open).role
        return role is not None and role.rank >= needed.rank
    if person is None or person.id is None:
        return False
    if action in _OF_ANYBODY:
        return True
    if action in _OF_MEMBERS and action not in _NEEDS:
        return person.is_member
    return action is Action.ADMINISTER and person.is_operator


def _is_in_scope(person: Person | None, action: Action) -> bool:
    if person is None or person.scopes is None:
        return True
    scope = _SCOPE.get(action)
    return scope is not None and scope.value in person.scopes
