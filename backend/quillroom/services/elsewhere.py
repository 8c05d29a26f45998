"""People who are connected to other servers: what reaches them there and is in no log, being worth something only now.

It is carried by the bus and by nothing else; where it matters that something was missed, there is a look at the rows.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from quillroom.core.member import Member
from quillroom.core.outbox import Priority
from quillroom.protocol.bus import Kind, read_json, write_json
from quillroom.protocol.lib0 import Malformed
from quillroom.protocol.live import EVENTS
from quillroom.services.live import Live
from quillroom.services.relay import Relay
from quillroom.services.topics import PERSON

Data = Mapping[str, object]
Hinted = Callable[[str, Data], None]
TOLD = "told"


class MayShow(Protocol):
    """Whether it is to be shown here that somebody on another server types, or no longer does."""

    def __call__(self, topic: str, person: str, *, is_typing: bool) -> bool: ...


class Elsewhere:
    """Used from the event loop's thread only."""

    def __init__(self, relay: Relay, live: Live) -> None:
        self._relay = relay
        self._live = live
        self._hinted: dict[str, Hinted] = {}
        self.may_show: MayShow = lambda topic, person, *, is_typing: True  # that somebody elsewhere types
        relay.on(Kind.SHOWN, self._take_shown)
        relay.on(Kind.HINT, self._take_hint)
        live.on_shown, live.on_told = self._show, self._tell
        live.on_enter(self._came)
        live.on_leave(self._left)
        self.on_hint(TOLD, self._take_told)

    def on_hint(self, what: str, take: Hinted) -> None:
        """`take(channel, data)` is called when another server says that there is something to look at anew."""
        self._hinted[what] = take

    def hint(self, channel: str, what: str, **data: object) -> None:
        """Say so to the others."""
        if self._relay.is_connected:
            self._relay.publish(channel, Kind.HINT, write_json({"what": what, "data": data}))

    # -- who is here

    def _came(self, member: Member) -> None:
        if member.person.id is not None:
            self._relay.join(PERSON + member.person.id)

    def _left(self, member: Member) -> None:
        id = member.person.id
        if id is not None and not self._live.hub.of_person(id):
            self._relay.leave(PERSON + id)

    # -- what is only worth something now

    def _show(self, topic: str, event: str, data: Data, kind: str, except_: str | None) -> None:
        if self._relay.is_connected:
            what = {"event": event, "data": data, "kind": kind, "except": except_}
            self._relay.publish(topic, Kind.SHOWN, write_json(what))

    def _take_shown(self, channel: str, instance: str, payload: bytes) -> None:
        said = _object(payload)
        event, data, kind, except_ = (said.get(each) for each in ("event", "data", "kind", "except"))
        if not (isinstance(kind, str) and isinstance(except_, str | None)):
            raise Malformed("something to be shown was expected")
        event, data = _event(event, data)
        if event == "typing" and not self.may_show(channel, except_ or "", is_typing=data.get("is_typing") is True):
            return
        self._live.show_here(channel, event, data, kind, except_)

    # -- what one person is told, on whichever server

    def _tell(self, person: str, event: str, data: Data, priority: Priority) -> None:
        self.hint(PERSON + person, TOLD, event=event, data=data, priority=priority.value)

    def _take_told(self, channel: str, said: Data) -> None:
        event, data = _event(said.get("event"), said.get("data"))
        priority = said.get("priority")
        if not isinstance(priority, int):
            raise Malformed("a priority was expected")
        self._live.tell(self._live.hub.of_person(channel.removeprefix(PERSON)), event, data, Priority(priority))

    def _take_hint(self, channel: str, instance: str, payload: bytes) -> None:
        said = _object(payload)
        what, data = said.get("what"), said.get("data")
        if not (isinstance(what, str) and isinstance(data, dict)):
            raise Malformed("a hint was expected")
        take = self._hinted.get(what)
        if take is not None:
            take(channel, data)


def _object(payload: bytes) -> Data:
    said = read_json(payload)
    if not isinstance(said, dict):
        raise Malformed("an object was expected")
    return said


def _event(event: object, data: object) -> tuple[str, Data]:
    if not (isinstance(event, str) and event in EVENTS and isinstance(data, dict)):
        raise Malformed("an event with its data was expected")
    return event, data
