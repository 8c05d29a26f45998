"""What operators set for the workspace, and what they can look up in the audit log."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.errors import Invalid
from quillroom.services.people import check_name, committed
from quillroom.services.sharing import GENERAL_ROLES, check_role
from quillroom.services.workspace_settings import SIGN_UP, WorkspaceSettings, read_settings, write_settings
from quillroom.store import audit, events
from quillroom.store import people as people_rows
from quillroom.store.database import Connection, Database
from quillroom.store.locks import take_turns
from quillroom.store.tables import AuditRow, PersonRow
from quillroom.store.writer import Writer

DOMAINS_AT_MOST = 50
TRASH_DAYS = (1, 3650)
RECALL_SECONDS_AT_MOST = 365 * 24 * 3600
DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+\Z")
PAGE_AT_MOST = 200
EXPORTED_AT_ONCE = 500
CHECKED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first, the people in them, and whether the whole chain holds."""

    entries: list[AuditRow]
    people: dict[str, PersonRow]
    is_intact: bool


class Administration:
    """The use cases of operators around settings and the audit log."""

    def __init__(self, database: Database, writer: Writer, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._checked: tuple[float, bool] | None = None

    async def settings(self, person: Person | None) -> WorkspaceSettings:
        """As they are."""
        self._access.demand_in_workspace(person, Action.ADMINISTER)
        return await asyncio.to_thread(self._database.read, read_settings)

    async def change_settings(self, person: Person | None, wanted: dict[str, object]) -> WorkspaceSettings:
        """What is not given stays. Raises Invalid."""
        self._access.demand_in_workspace(person, Action.ADMINISTER)
        values = checked(wanted)

        def write(connection: Connection) -> WorkspaceSettings:
            by = self._access.check_in_workspace(connection, person, Action.ADMINISTER).id
            take_turns(connection, "settings")
            before = read_settings(connection)
            after = replace(before, **values)  # type: ignore[arg-type]
            changes = {name: value for name, value in asdict(after).items() if value != asdict(before)[name]}
            if changes:
                write_settings(connection, after)
                audit.append(connection, actor=by, action="settings.changed", **changes)
                data: dict[str, object] = {"names": sorted(changes)}
                events.append(connection, topic="workspace", name="settings.changed", actor=by, data=data)
            return after

        return await committed(self._writer.execute(write))

    async def audit_page(self, person: Person | None, before: int | None, limit: int) -> AuditPage:
        """Entries older than `before`."""
        self._access.demand_in_workspace(person, Action.ADMINISTER)

        def read(connection: Connection) -> AuditPage:
            entries = list(audit.entries(connection, before=before, limit=limit))
            actors = {entry.actor for entry in entries if entry.actor is not None}
            people = {id: row for id in actors if (row := people_rows.get_person(connection, id)) is not None}
            return AuditPage(entries, people, self._is_intact(connection))

        return await asyncio.to_thread(self._database.read, read)

    async def export(self, person: Person | None) -> AsyncIterator[str]:
        """The whole log as lines of JSON, oldest first, the export itself the last of them."""

        def write(connection: Connection) -> int:
            by = self._access.check_in_workspace(connection, person, Action.ADMINISTER).id
            audit.append(connection, actor=by, action="audit.exported")
            return audit.newest(connection)

        return self._lines(await committed(self._writer.execute(write)))

    async def _lines(self, last: int) -> AsyncIterator[str]:
        after = 0
        while after < last:
            first, until = after, min(after + EXPORTED_AT_ONCE, last)
            for entry in await asyncio.to_thread(self._database.read, lambda c: audit.between(c, first, until)):  # noqa: B023
                yield json.dumps(exported(entry), ensure_ascii=False) + "\n"
            after = until

    def _is_intact(self, connection: Connection) -> bool:
        """The whole chain is read for that: not more often than every half minute."""
        now = time.monotonic()
        if self._checked is None or now - self._checked[0] > CHECKED_SECONDS:
            self._checked = (now, audit.first_broken(connection) is None)
        return self._checked[1]


def exported(entry: AuditRow) -> dict[str, object]:
    """An entry with all that its hash covers, as it covers it: see docs/operating.md."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "object": entry.object,
        "data": entry.data,
        "hash": entry.hash,
    }


def checked(wanted: dict[str, object]) -> dict[str, object]:
    """Values of WorkspaceSettings. Raises Invalid."""
    values: dict[str, object] = {}
    for name, value in wanted.items():
        if name == "default_access":
            values |= _default_access(value)
        else:
            values[name] = _CHECKS[name](value)
    return values


def _default_access(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or set(value) != {"general", "role"} or value["general"] not in _GENERAL:
        raise Invalid('`default_access` must be {"general": "private" or "workspace", "role": …}.')
    return {"default_general": value["general"], "default_role": check_role(value["role"], GENERAL_ROLES).value}


def _sign_up(value: object) -> object:
    if value not in SIGN_UP:
        raise Invalid(f"`sign_up` must be one of {', '.join(SIGN_UP)}.")
    return value


def _members_invite(value: object) -> object:
    if not isinstance(value, bool):
        raise Invalid("`members_invite` must be true or false.")
    return value


def _trash_days(value: object) -> object:
    shortest, longest = TRASH_DAYS
    if isinstance(value, bool) or not isinstance(value, int) or not shortest <= value <= longest:
        raise Invalid(f"`trash_days` must be a number from {shortest} to {longest}.")
    return value


def _recall_seconds(value: object) -> object:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= RECALL_SECONDS_AT_MOST
    if value is not None and not is_number:
        raise Invalid(f"`recall_seconds` must be null or a number from 0 to {RECALL_SECONDS_AT_MOST}.")
    return value


def _allowed_domains(value: object) -> object:
    if not isinstance(value, list) or len(value) > DOMAINS_AT_MOST or not all(isinstance(each, str) for each in value):
        raise Invalid(f"`allowed_domains` must be at most {DOMAINS_AT_MOST} domains like example.org.")
    clean = [each.strip().lower().removeprefix("@") for each in value]
    for each in clean:
        if DOMAIN.match(each) is None:
            raise Invalid(f"A domain like example.org was expected, {each!r:.80} came.")
    return tuple(dict.fromkeys(clean))


_GENERAL = ("private", "workspace")
_CHECKS: dict[str, Callable[[object], object]] = {
    "workspace": check_name,
    "sign_up": _sign_up,
    "members_invite": _members_invite,
    "trash_days": _trash_days,
    "recall_seconds": _recall_seconds,
    "allowed_domains": _allowed_domains,
}
