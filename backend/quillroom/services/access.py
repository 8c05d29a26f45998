"""Who may do what: one function, deny by default."""

from enum import StrEnum

from quillroom.core.member import Person, Role


class Action(StrEnum):
    """What can be asked of a document or of the workspace."""

    LIST = "list"
    CREATE = "create"
    READ = "read"
    WRITE = "write"


def authorize(person: Person | None, action: Action, *, is_open: bool) -> bool:
    """Whether `person` may do `action`.

    A named guest may do everything with every document of the workspace; without a session nothing is
    allowed, except reading and writing documents on a server that was started open.
    """
    if person is not None and person.id is not None:
        return True
    return is_open and action in (Action.READ, Action.WRITE)


def role_in(person: Person | None, *, is_open: bool) -> Role | None:
    """The person's role in a document; None when it may not even be read."""
    if authorize(person, Action.WRITE, is_open=is_open):
        return Role.EDIT
    if authorize(person, Action.READ, is_open=is_open):
        return Role.VIEW
    return None
