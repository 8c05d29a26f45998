"""Who is here, on all servers: what changed here is told to the others, and what they tell is kept beside it.

Each server numbers its changes. In Redis stands how far each has come, for as long as it says so: one item a server,
however many people there are. Whoever finds that it missed something asks for everything. While there is no way to the
others nobody knows whether somebody is there besides those who are connected here (`is_partial`).
"""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Protocol

from quillroom.core.mirrors import SILENT_SECONDS, Mirrors
from quillroom.core.presence import Presence
from quillroom.core.report import Report
from quillroom.core.whereabouts import Key
from quillroom.protocol.bus import Kind
from quillroom.protocol.presence import Ask, Changes, Head, Message, Part, decode, encode
from quillroom.services.relay import Relay

CHANNEL = "presence"
GATHER_SECONDS = 0.1
RENEW_SECONDS = 5.0
LASTS_SECONDS = 15.0
ASK_SECONDS = 1.0  # of whoever is behind; also what is answered is answered at most this often
SETTLE_SECONDS = 1.0


class Store(Protocol):
    """What all servers have in common for a while; nothing is kept, and nothing known, while there is no Redis."""

    async def renew(self, items: Collection[str], seconds: float) -> None:
        """They are there for so long from now on, by the clock of Redis."""

    async def remove(self, items: Collection[str]) -> None:
        """They are there no more."""

    async def read(self) -> list[str] | None:
        """Those that are there now; None when nobody knows."""


class SharedPresence:
    """Used from the event loop's thread only. `presence` is everybody's."""

    def __init__(self, relay: Relay, store: Store) -> None:
        changed: set[Key] = set()
        self.presence = Presence(changed)
        self.instance = relay.instance
        self.is_partial = True
        self.on_heard: Callable[[list[str]], None] = lambda met: None  # after others said something; who came with it
        self.on_partial: Callable[[], None] = lambda: None  # after `is_partial` has changed
        self._relay = relay
        self._store = store
        self._report = Report(self.presence, changed)
        self._mirrors = Mirrors(self.presence)
        self._item: str | None = None  # what stands in Redis of this server
        self._listed: set[str] | None = None  # the other servers, as Redis had them since there is a way to them
        self._spoke: set[str] = set()  # those who said something since then
        self._awake_at = time.monotonic()  # when this server was last seen to run
        self._silent_until = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self._answering: asyncio.TimerHandle | None = None
        self._asking: asyncio.TimerHandle | None = None
        self._answered_at = self._asked_at = -ASK_SECONDS
        self._look_now = asyncio.Event()
        relay.on(Kind.PRESENCE, self._take)
        relay.on_joined(CHANNEL, self._joined)
        relay.on_gone(self._gone)
        relay.on_mode(self._mode)

    # -- what happens here

    def note(self) -> None:
        """Something may have changed: it is told in a moment."""
        if self._report.is_due and self._telling is None:
            self._telling = _later(GATHER_SECONDS, self._tell)

    async def run(self) -> None:
        """Say for ever that this server is there, and look how far the others are."""
        self._relay.join(CHANNEL)
        while True:
            self._wake()
            await self._look()
            try:
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._look_now.wait()
            except TimeoutError:
                continue
            self._look_now.clear()

    async def close(self) -> None:
        """This server stops. Its people are not said to be gone: most of them come back elsewhere."""
        if self._item is not None:
            await self._store.remove([self._item])

    # -- telling

    def _tell(self) -> None:
        self._telling = None
        if (wait := self._rest()) > 0:
            self._telling = _later(wait, self._tell)
            return
        for changes in self._report.changes(time.monotonic()):
            self._publish(changes)

    def _answer(self) -> None:
        self._answering = None
        if (wait := self._rest()) > 0:
            self._answering = _later(wait, self._answer)
            return
        self._tell_now()
        self._answered_at = time.monotonic()
        for part in self._report.everything(self._answered_at):
            self._publish(part)

    def _tell_now(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._tell()

    def _publish(self, message: Message) -> None:
        if self._relay.is_connected:
            self._relay.publish(CHANNEL, Kind.PRESENCE, encode(message))

    async def _look(self) -> None:
        item, before = f"{self.instance} {self._report.version}", self._item
        self._item = item
        await self._store.renew([item], LASTS_SECONDS)
        if before is not None and before != item:
            await self._store.remove([before])
        found, now = await self._store.read(), time.monotonic()
        if found is not None and self._relay.is_connected:
            heads = [(instance, head) for instance, head in map(_head, found) if instance != self.instance]
            self._listed = {instance for instance, _ in heads}
            for instance, head in heads:
                self._mirrors.expect(instance, head, now)
        self._forget(self._mirrors.silent(now))
        self._ask_soon()
        self._judge()

    # -- hearing

    def _take(self, channel: str, instance: str, payload: bytes) -> None:
        self._wake()
        said, now = decode(payload), time.monotonic()
        self._spoke.add(instance)
        match said:
            case Ask(instances):
                if self.instance in instances and self._answering is None:
                    self._answering = _later(max(GATHER_SECONDS, self._answered_at + ASK_SECONDS - now), self._answer)
                return
            case Head(version, is_call):
                self._mirrors.expect(instance, version, now)
                if is_call:
                    self._publish(Head(self._report.version, is_call=False))
            case Changes() | Part():
                self.on_heard(self._mirrors.hear(instance, said, now))
        self._ask_soon()
        self._judge()

    def _joined(self, rest: str) -> None:
        self._tell_now()
        self._publish(Head(self._report.version, is_call=True))
        self._look_now.set()

    def _ask_soon(self) -> None:
        """Not at once: what is missing may be on its way."""
        if self._mirrors.behind() and self._asking is None:
            wait = max(GATHER_SECONDS, self._asked_at + ASK_SECONDS - time.monotonic())
            self._asking = _later(wait, self._ask)

    def _ask(self) -> None:
        self._asking = None
        behind = self._mirrors.behind()
        if behind and self._relay.is_connected:
            self._asked_at = time.monotonic()
            self._relay.counters["gaps"]["presence"] += 1
            self._publish(Ask(tuple(behind)))
            self._ask_soon()

    # -- who is gone

    def _gone(self, instance: str) -> None:
        self._wake()
        if self._silent_until < time.monotonic():
            self._forget([instance])

    def _forget(self, instances: Collection[str]) -> None:
        if instances:
            self._mirrors.forget(instances, time.monotonic())
            self._spoke.difference_update(instances)
            if self._listed is not None:
                self._listed.difference_update(instances)
            self.on_heard([])
            self._judge()

    def _mode(self, is_connected: bool) -> None:
        self._listed = None
        self._spoke.clear()
        self._look_now.set()
        self._judge()

    def _judge(self) -> None:
        """Whether this server knows of everybody."""
        is_whole = self._listed is not None and self._relay.is_connected
        if is_whole and self.is_partial:  # later on what is missed is asked for, which is no reason to say anything
            others = {*(self._listed or ()), *self._relay.siblings()}
            is_whole = others <= self._spoke and not self._mirrors.behind()
        if self.is_partial is is_whole:
            self.is_partial = not is_whole
            self.on_partial()

    def _wake(self) -> None:
        """Whoever stood still for so long was taken to be gone, and does not know yet which of its people are."""
        now = time.monotonic()
        slept, self._awake_at = now - self._awake_at, now
        if slept >= SILENT_SECONDS:
            self._mirrors.excuse(now)
            self._silent_until = now + SETTLE_SECONDS

    def _rest(self) -> float:
        """How long nothing is to be told yet; then nobody is waited for who left meanwhile."""
        self._wake()
        now = time.monotonic()
        if 0.0 < self._silent_until <= now:
            self._silent_until = 0.0
            self.presence.end_graces(now)
            self.on_heard([])
        return max(0.0, self._silent_until - now)


def _later(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)


def _head(item: str) -> tuple[str, int]:
    """Of an item; what is none is nobody's, and says nothing."""
    instance, _, version = item.partition(" ")
    return instance, int(version) if version.isdecimal() and len(version) < 16 else 0
