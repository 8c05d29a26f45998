"""The live plane: the connections that are here, what they are told, and what they may ask.

Events are committed before they come here, and every connection here was admitted by its session. Whoever adds
something to it registers that in `main`: `command`, `told`, `on_follow`, `on_enter`, `on_leave`.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import cast

from quillroom.core.hub import Hub
from quillroom.core.member import Member
from quillroom.core.outbox import Priority
from quillroom.protocol.live import COMMANDS, EVENTS, BadEvent, Command, problem_of, write
from quillroom.protocol.live_schema import FollowCommand, UnfollowCommand
from quillroom.services.access import Access
from quillroom.services.backlog import Load
from quillroom.services.errors import Invalid
from quillroom.services.lines import Lines
from quillroom.services.page_news import PageNews
from quillroom.services.people import shown
from quillroom.services.topics import OF_ACCESS, Topics
from quillroom.store.database import Database
from quillroom.store.events import Event
from quillroom.store.writer import Round

_log = logging.getLogger(__name__)

BUILT_IN = frozenset(("ping", "follow", "unfollow"))
EVERYONE = "everyone"  # the topic of what every connection hears
Data = Mapping[str, object]
Answer = Callable[[Member, Data], Awaitable[Data | None]]


class Live:
    """Used from the event loop's thread only."""

    def __init__(self, database: Database, access: Access, epoch: str, lines: Lines | None = None) -> None:
        """`lines`, where other servers write the same logs."""
        self.hub = Hub()
        self.epoch = epoch
        self.topics = Topics(database, access, lambda member, *what: self.tell([member], *what), self.until_read, lines)
        self.news = PageNews(database, self.hub, self.tell, is_open=access.is_open)
        self.topics.on_left = self._left
        self.syncing: Callable[[], Data] | None = None  # the event `servers`, where there are several
        # What those are told who are connected to other servers.
        self.on_shown: Callable[[str, str, Data, str, str | None], None] = lambda *what: None
        self.on_told: Callable[[str, str, Data, Priority], None] = lambda *what: None
        self._commands: dict[str, Answer] = {}
        self._on_follow: list[Callable[[Member, str], Awaitable[None] | None]] = []
        self._on_unfollow: list[Callable[[Member, str], None]] = []
        self._on_enter: list[Callable[[Member], None]] = []
        self._on_leave: list[Callable[[Member], None]] = []
        self._catching_up: dict[Member, asyncio.Task[None]] = {}
        self._full: dict[Member, asyncio.Event] = {}  # for those who wait until one of these reads again

    # -- what others add, in `main`

    def command(self, name: str, answer: Answer) -> None:
        """`answer(member, data)` is what happens on a command; its result goes into the ack, what it raises is said."""
        assert name in COMMANDS, f"{name} is not in shared/live-schema.json"
        assert name not in self._commands, name
        self._commands[name] = answer

    def told(self, names: Collection[str], load: Load) -> None:
        """These events are told to those who follow their topic: as `Event.told` says while they are committed; to
        whoever was away as `load(connection, events)` finds it then, None for what there is nothing to tell of.
        """
        assert EVENTS.issuperset(names), names
        self.topics.told(names, load)

    def on_follow(self, call: Callable[[Member, str], Awaitable[None] | None]) -> None:
        """After somebody began to follow a topic: what is told of it already reaches them."""
        self._on_follow.append(call)

    def on_unfollow(self, call: Callable[[Member, str], None]) -> None:
        """After somebody ceased to follow a topic, whatever the reason."""
        self._on_unfollow.append(call)

    def on_enter(self, call: Callable[[Member], None]) -> None:
        """After a connection was greeted for the first time."""
        self._on_enter.append(call)

    def on_leave(self, call: Callable[[Member], None]) -> None:
        """After a connection has ended."""
        self._on_leave.append(call)

    # -- connections

    async def prepare(self) -> None:
        """Before a connection is greeted."""
        await self.news.prepare()

    def enter(self, member: Member) -> None:
        """The connection is greeted, and hears everything from now on."""
        self.hub.join(EVERYONE, member)
        self.greet(member)
        for call in self._on_enter:
            call(member)

    def greet(self, member: Member) -> None:
        """Who it is; also to whoever may have missed something: then everything is to be asked and followed anew."""
        self.topics.leave_all(member)
        person = member.person
        user = shown(person.id or "", person.name, person.colour, person.avatar)
        self.tell([member], "hello", {"user": user, "epoch": self.epoch})
        if self.syncing is not None:
            self.tell([member], "servers", self.syncing())

    def catch_up(self, member: Member) -> None:
        """To a connection that reads again, and missed only what is worth something now: how things stand."""
        if member not in self._catching_up:
            task = asyncio.get_running_loop().create_task(self._catch_up(member))
            self._catching_up[member] = task
            task.add_done_callback(lambda _: self._catching_up.pop(member, None))

    def leave(self, member: Member) -> None:
        """Idempotent."""
        self.hub.leave(EVERYONE, member)
        self.news.forget(member)
        self.topics.leave_all(member)
        if member.outbox is not None:
            member.outbox.shut()
            member.outbox.resume()
        self.drained(member)
        for call in self._on_leave:
            call(member)

    async def answer(self, member: Member, command: Command) -> None:
        """One command of a connection, and its ack. Raises BadEvent, and what can go wrong with it."""
        if command.event not in self._commands and command.event not in BUILT_IN:
            raise BadEvent("unknown_event", f"There is no event {command.event!r:.80} here.", command.id)
        problem = problem_of(command)
        if problem is not None:
            raise Invalid(problem)
        if command.event == "ping":
            self.pong(member, command)
        elif command.event == "follow":
            await self._follow(member, command)
        elif command.event == "unfollow":
            self.topics.leave(member, cast(UnfollowCommand, command.data)["topic"])
            self._ack(member, command, {})
        else:
            self._ack(member, command, await self._commands[command.event](member, command.data) or {})

    def pong(self, member: Member, command: Command) -> None:
        """Somebody is here."""
        id = {} if command.id is None else {"id": command.id}
        self.tell([member], "pong", {**id, "heads": self.topics.heads(member)}, Priority.CONTROL)

    def refuse(self, member: Member, id: str | None, code: str, message: str) -> None:
        """Say what was wrong."""
        data = {"code": code, "message": message}
        self.tell([member], "error", data if id is None else {"id": id, **data}, Priority.CONTROL)

    async def until_read(self, member: Member) -> None:
        """Wait while this connection does not read what it was told."""
        while member.outbox is not None and member.outbox.paused_at is not None:
            await self._full.setdefault(member, asyncio.Event()).wait()

    def drained(self, member: Member) -> None:
        """It reads again, or never will."""
        waited = self._full.pop(member, None)
        if waited is not None:
            waited.set()

    # -- telling

    def tell(
        self,
        members: Collection[Member],
        event: str,
        data: Data,
        priority: Priority = Priority.EDIT,
    ) -> None:
        """One event that is of no topic, encoded once."""
        assert event in EVENTS, event
        if not members:
            return
        frame = write(event, data, time.time())
        for member in members:
            if member.outbox is not None:
                member.outbox.send(frame, priority)

    def tell_topic(
        self,
        topic: str,
        event: str,
        data: Data,
        priority: Priority = Priority.EDIT,
        *,
        except_: Member | str | None = None,
        kind: str | None = None,
    ) -> None:
        """One event without a place in the log, to those who follow a topic, except for a connection or a person.

        With CURSOR the latest of each `kind` (by itself: of each event) is told within a moment, and what is only worth
        something now is shed first where there is too much to do.
        """
        assert event in EVENTS, event
        if priority is Priority.CURSOR:
            self.show_here(topic, event, data, kind or event, except_)
            self.on_shown(topic, event, data, kind or event, except_ if isinstance(except_, str) else None)
        elif except_ is None:
            self.topics.tell(topic, event, data, time.time())
            self.topics.flush([topic])
        else:
            them = [each for each in self.followers(topic) if each is not except_ and each.person.id != except_]
            self.tell(them, event, data, priority)

    def tell_person(self, person: str, event: str, data: Data, priority: Priority = Priority.EDIT) -> None:
        """One event to all connections of one person."""
        self.tell(self.hub.of_person(person), event, data, priority)
        self.on_told(person, event, data, priority)

    def show_here(self, topic: str, event: str, data: Data, kind: str, except_: Member | str | None) -> None:
        """What is only worth something now, to the followers that are connected to this server."""
        self.topics.show(topic, event, kind, data, except_, time.time())

    def followers(self, topic: str) -> Collection[Member]:
        """The connections that follow a topic."""
        return self.topics.members(topic)

    # -- what happens elsewhere

    def on_round(self, round: Round) -> None:
        """A round was committed: whoever follows a topic hears it now."""
        if not round.events:
            return
        changes = sum(event.name in OF_ACCESS for event in round.events)
        if changes:
            self.topics.hold(changes)
        self.topics.on_round(round.events, time.time())

    async def follow(self, events: list[Event]) -> None:
        """What concerns connections whatever topics they follow."""
        pages = []
        for event in events:
            about = FOLLOWED.get(event.name)
            if about is None:
                pages.append(event)
            else:
                about(self, event)
        if pages:
            await self.news.follow(pages)

    async def look_anew(self) -> None:
        """Nobody knows what was missed: everybody asks anew who they are, and for all pages."""
        await self.news.read_anew()
        self.session_changed(self.hub.everyone())

    def servers_changed(self) -> None:
        """Tell everybody whether what is written here reaches other servers at once."""
        if self.syncing is not None:
            self.tell(self.hub.everyone(), "servers", self.syncing())

    def session_changed(self, members: Collection[Member]) -> None:
        """Tell them to ask who they are anew; what they may see may have changed with it."""
        self.tell(members, "session.changed", {})
        self.news.changed(members)

    # -- details

    async def _follow(self, member: Member, command: Command) -> None:
        asked = cast(FollowCommand, command.data)
        topic, known, epoch = asked["topic"], asked.get("after"), asked.get("epoch")
        if known is not None and epoch is not None and epoch != self.epoch:
            known = -1
        followed = await self.topics.follow(member, topic, known)
        data = {"topic": topic, "seq": followed.seq, "epoch": self.epoch, "is_reset": followed.is_reset}
        self._ack(member, command, data)
        await self._followed(member, topic)

    async def _catch_up(self, member: Member) -> None:
        for topic in list(self.topics.topics_of(member)):
            await self._followed(member, topic)

    async def _followed(self, member: Member, topic: str) -> None:
        for call in self._on_follow:
            following = call(member, topic)
            if inspect.isawaitable(following):
                await following

    def _ack(self, member: Member, command: Command, data: Data) -> None:
        # Behind what was told of topics: whoever reads an ack has everything that came before it.
        if command.id is not None or command.event == "follow":
            self.tell([member], "ack", data if command.id is None else {"id": command.id, **data})

    def _left(self, member: Member, topic: str) -> None:
        for call in self._on_unfollow:
            call(member, topic)


def _about_session(live: Live, event: Event) -> None:
    live.session_changed(live.hub.of_person(event.topic.removeprefix("user:")))


def _about_everyone(live: Live, event: Event) -> None:
    live.session_changed(live.hub.everyone())


def _about_favourites(live: Live, event: Event) -> None:
    live.tell(live.hub.of_person(event.topic.removeprefix("user:")), "favourites.changed", {})


# What else than pages is followed of what is committed.
FOLLOWED: dict[str, Callable[[Live, Event], None]] = {
    "person.changed": _about_session,
    "favourites.changed": _about_favourites,
    "workspace.claimed": _about_everyone,
    "settings.changed": _about_everyone,
}
