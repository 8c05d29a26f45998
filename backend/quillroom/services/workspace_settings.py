"""What operators decide for the whole workspace, with what holds until they do."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from quillroom.store import settings as rows
from quillroom.store.database import Connection

SIGN_UP = ("open", "invitation", "closed")


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """Read anew where it is needed: another server may have changed it."""

    workspace: str = "Quillroom"
    sign_up: str = "invitation"
    members_invite: bool = True
    default_general: str = "workspace"  # "private" or "workspace": of new pages at the top
    default_role: str = "edit"  # what "workspace" lets members do
    trash_days: int = 30
    recall_seconds: int | None = 120  # how long after sending it one may take a message back; None: always, 0: never
    allowed_domains: tuple[str, ...] = ()  # of e-mail addresses that may sign up; () is all

    def admits(self, email: str) -> bool:
        """Whether somebody with this address may sign up where it is open."""
        return not self.allowed_domains or email.rpartition("@")[2] in self.allowed_domains


_NAMES = {field.name for field in fields(WorkspaceSettings)}


def read_settings(connection: Connection) -> WorkspaceSettings:
    """As they are now."""
    found: dict[str, Any] = {name: value for name, value in rows.read_all(connection).items() if name in _NAMES}
    if "allowed_domains" in found:
        found["allowed_domains"] = tuple(found["allowed_domains"])
    return WorkspaceSettings(**found)


def write_settings(connection: Connection, settings: WorkspaceSettings) -> None:
    """Keep what differs from now; values were checked before."""
    now = asdict(read_settings(connection))
    for name, value in asdict(settings).items():
        if value != now[name]:
            rows.write(connection, name, value)
