"""What people decide for themselves: what they hear of and how, of which pages, and what others learn of them."""

import asyncio
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.core.notify import Channel, Kind, Level, Preferences, described, preferences
from quillroom.services.access import Access
from quillroom.services.documents import check_name
from quillroom.services.errors import Invalid
from quillroom.services.people import committed
from quillroom.store import events
from quillroom.store import notifications as rows
from quillroom.store import preferences as kept
from quillroom.store.database import Connection, Database
from quillroom.store.writer import Writer

NOTIFICATIONS, PRIVACY = "notifications", "privacy"


@dataclass(frozen=True, slots=True)
class Privacy:
    """What others learn of a person."""

    receipts: bool = True  # how far they have read
    is_invisible: bool = False
    last_seen: bool = True


_PRIVACY = {field.name for field in fields(Privacy)}


def privacy_of(connection: Connection, people: Collection[str]) -> dict[str, Privacy]:
    """Of each of these people."""
    found = kept.of_people(connection, people, PRIVACY)
    return {person: _privacy(found.get(person)) for person in people}


def preferences_of(connection: Connection, people: Collection[str]) -> dict[str, Preferences]:
    """Of each of these people."""
    found = kept.of_people(connection, people, NOTIFICATIONS)
    return {person: preferences(found.get(person)) for person in people}


class Choices:
    """The use cases of deciding for oneself."""

    def __init__(self, database: Database, writer: Writer, access: Access) -> None:
        self._database = database
        self._writer = writer
        self._access = access

    async def notifications(self, person: Person) -> dict[str, object]:
        """Every event by every channel."""
        id = person.id or ""
        return described((await asyncio.to_thread(self._database.read, lambda c: preferences_of(c, [id])))[id])

    async def choose_notifications(self, person: Person, said: dict[str, object]) -> dict[str, object]:
        """What is not said stays. Raises Invalid."""
        id = person.id or ""
        _check_notifications(said)

        def write(connection: Connection) -> Preferences:
            now = described(preferences_of(connection, [id])[id])
            chosen = preferences(_merged(now, said))
            kept.write(connection, id, NOTIFICATIONS, described(chosen))
            events.append(connection, topic=f"user:{id}", name="preferences.changed", actor=id, data={})
            return chosen

        return described(await committed(self._writer.execute(write)))

    async def privacy(self, person: Person) -> Privacy:
        """As it is."""
        id = person.id or ""
        return (await asyncio.to_thread(self._database.read, lambda c: privacy_of(c, [id])))[id]

    async def choose_privacy(self, person: Person, said: dict[str, object]) -> Privacy:
        """What is not said stays. Raises Invalid."""
        id = person.id or ""
        wanted = {name: _boolean(name, value) for name, value in said.items() if name in _PRIVACY}

        def write(connection: Connection) -> Privacy:
            chosen = replace(privacy_of(connection, [id])[id], **wanted)
            kept.write(connection, id, PRIVACY, asdict(chosen))
            events.append(connection, topic=f"user:{id}", name="privacy.changed", actor=id, data={})
            return chosen

        return await committed(self._writer.execute(write))

    async def level(self, person: Person | None, document: str) -> Level | None:
        """What the person wants to hear of a page. Raises NotFound."""
        check_name(document)

        def read(connection: Connection) -> Level | None:
            self._access.check(connection, person, Action.READ, document)
            found = rows.level(connection, _id(person), document)
            return None if found is None else Level(found)

        return await asyncio.to_thread(self._database.read, read)

    async def watch(self, person: Person | None, document: str, level: object) -> None:
        """Hear all of a page, or nothing of it. Idempotent. Raises Invalid, NotFound."""
        known = self._access.demand_in_workspace(person, Action.STAR)
        check_name(document)
        if level not in list(Level):
            raise Invalid(f"`level` must be one of {', '.join(Level)}.")
        wanted = Level(str(level))

        def write(connection: Connection) -> None:
            self._access.check(connection, known, Action.READ, document)
            rows.set_level(connection, _id(known), document, wanted)
            _tell_level(connection, _id(known), document)

        await committed(self._writer.execute(write))

    async def unwatch(self, person: Person | None, document: str) -> None:
        """The usual again. Idempotent; also where the person may no longer see the page."""
        known = self._access.demand_in_workspace(person, Action.STAR)
        check_name(document)

        def write(connection: Connection) -> None:
            if rows.set_level(connection, _id(known), document, None):
                _tell_level(connection, _id(known), document)

        await committed(self._writer.execute(write))


def _tell_level(connection: Connection, person: str, document: str) -> None:
    data: dict[str, object] = {"document": document}
    events.append(connection, topic=f"user:{person}", name="watch.changed", actor=person, data=data)


def _privacy(value: object) -> Privacy:
    said = value if isinstance(value, dict) else {}
    return Privacy(**{name: said[name] for name in _PRIVACY if isinstance(said.get(name), bool)})


def _merged(now: dict[str, object], said: dict[str, object]) -> dict[str, object]:
    before, wanted = now["events"], said.get("events", {})
    assert isinstance(before, dict)
    assert isinstance(wanted, dict)
    merged = {kind: {**channels, **wanted.get(kind, {})} for kind, channels in before.items()}
    return {**now, **said, "events": merged}


def _check_notifications(said: dict[str, object]) -> None:
    if "shows_preview" in said:
        _boolean("shows_preview", said["shows_preview"])
    wanted = said.get("events", {})
    if not isinstance(wanted, dict) or not set(wanted) <= set(Kind):
        raise Invalid(f"`events` must be an object with some of {', '.join(Kind)}.")
    for kind, channels in wanted.items():
        if not isinstance(channels, dict) or not set(channels) <= set(Channel):
            raise Invalid(f"`events.{kind}` must be an object with some of {', '.join(Channel)}.")
        for channel, value in channels.items():
            _boolean(f"events.{kind}.{channel}", value)


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"`{name}` must be true or false.")
    return value


def _id(person: Person | None) -> str:
    assert person is not None
    assert person.id is not None
    return person.id
