"""One Redis server as the bus uses it: by one connection we speak, by another we listen, and we hear ourselves.

Pub/Sub loses what it carries without any error: where a connection is swallowed by the network, or cut and made again
by somebody else. So we speak to ourselves; as long as that comes back, both connections do what they should.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, Protocol

from quillroom.bus.address import Node
from quillroom.bus.link import ANSWER_SECONDS, Entry, Link, Lost, open_link
from quillroom.bus.resp import RedisError, Value, pack

TICK_SECONDS = 0.5
BEAT_TICKS = 4  # we speak to ourselves every 2 s
SILENT_TICKS = 8  # and have lost the way when nothing came back for 4 s
AT_ONCE = 500  # channels in one command


@dataclass(frozen=True, slots=True)
class Words:
    """The commands of Pub/Sub: of one server, or of a cluster, where a channel belongs to one part."""

    publish: str
    subscribe: str
    unsubscribe: str
    at_once: int  # channels; those of a cluster need not lie together


PLAIN = Words("PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE", AT_ONCE)
SHARDED = Words("SPUBLISH", "SSUBSCRIBE", "SUNSUBSCRIBE", 1)


class Owner(Protocol):
    """Whose shard it is."""

    def beat(self, shard: "Shard", number: bytes) -> bytes:
        """It is time to say that we are there; returns what to say to ourselves."""

    def took(self, shard: "Shard", name: bytes, sealed: bytes) -> None:
        """A message came."""

    def joined(self, name: bytes) -> None:
        """From now on messages of this channel come."""

    def proven(self, shard: "Shard") -> Iterable[bytes]:
        """It works now; returns the channels to join."""

    def moved(self) -> None:
        """A channel belongs to another server."""

    def refused(self, error: RedisError) -> None:
        """Redis did not take something."""

    def pinged(self, seconds: float) -> None:
        """So long it took until we heard ourselves."""


class Shard:
    """Used from the event loop's thread only."""

    def __init__(self, node: Node, entry: Entry, words: Words, echo: bytes, owner: Owner) -> None:
        self.node = node
        self.is_proven = False
        self.speaker: Link | None = None
        self.echo = echo  # the channel on which we speak to ourselves
        self._entry, self._words, self._owner = entry, words, owner
        self._loop = asyncio.get_running_loop()
        self._listener: Link | None = None
        self._trouble: asyncio.Future[str] = self._loop.create_future()
        self._is_listening: asyncio.Future[str] = self._loop.create_future()
        self._publish = b"*3\r\n" + pack(words.publish).partition(b"\r\n")[2]
        self._wanted: set[bytes] = set()
        self._asked: set[bytes] = set()  # what Redis was last told to send us
        self._unconfirmed: dict[bytes, int] = {}
        self._changed: dict[bytes, None] = {}
        self._role: asyncio.Future[Value] | None = None
        self._silent_ticks = 0
        self._number = 0
        self._spoke_at = 0.0

    def publish(self, name: bytes, sealed: bytes) -> bool:
        """False: it was dropped."""
        speaker = self.speaker
        return speaker is not None and speaker.tell(
            b"%b$%d\r\n%b\r\n$%d\r\n%b\r\n" % (self._publish, len(name), name, len(sealed), sealed)
        )

    def join(self, name: bytes) -> None:
        """Idempotent."""
        self._wanted.add(name)
        self._change(name)

    def leave(self, name: bytes) -> None:
        """Idempotent."""
        self._wanted.discard(name)
        self._change(name)

    def join_again(self) -> None:
        """What Redis took away or refused, when it belongs here after all."""
        for name in self._wanted:
            if name not in self._asked or name in self._unconfirmed:
                self._asked.discard(name)
                self._unconfirmed.pop(name, None)
                self._change(name)

    def heard(self, number: bytes) -> None:
        """What we said to ourselves came back."""
        self._silent_ticks = 0
        if int.from_bytes(number) == self._number:
            self._owner.pinged(time.perf_counter() - self._spoke_at)
        if not self.is_proven:
            self.is_proven = True
            for name in self._owner.proven(self):
                self.join(name)

    async def live(self) -> NoReturn:
        """Connect, prove that it works, and go on until that is no longer so. Raises `Lost`. Once for each shard."""
        with contextlib.ExitStack() as ends:
            ends.callback(setattr, self, "is_proven", False)
            self.speaker = await open_link(self.node, self._entry)
            ends.callback(self.speaker.close)
            self.speaker.on_error = self._refused
            self._listener = await open_link(self.node, self._entry, self._push)
            ends.callback(self._listener.close)
            self._listener.on_error = self._refused_to_listen
            self._asked.add(self.echo)
            self._listener.tell(pack(self._words.subscribe, self.echo))
            await self._pass(self._is_listening, ANSWER_SECONDS)
            await self._beat_for_ever(self.speaker)

    async def _beat_for_ever(self, speaker: Link) -> NoReturn:
        # Counted in turns and not by the clock: if it is we who slept, the answer lies there already.
        tick = 0
        while True:
            if tick % BEAT_TICKS == 0:
                self._beat(speaker)
            await self._pass(None, TICK_SECONDS)
            tick += 1
            self._silent_ticks += 1
            if self._silent_ticks >= SILENT_TICKS:
                seconds = SILENT_TICKS * TICK_SECONDS
                raise Lost(
                    f"What was published through Redis at {self.node} did not come back for {seconds:g} seconds."
                )
            self._look_at_role()

    async def _pass(self, goal: "asyncio.Future[str] | None", seconds: float) -> None:
        """So long, or until the goal is reached. Raises `Lost` as soon as it is so, and where there was a goal."""
        assert self.speaker is not None
        assert self._listener is not None
        ends = (self.speaker.lost, self._listener.lost, self._trouble)
        awaited = ends if goal is None else (*ends, goal)
        done, _ = await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if done and goal not in done:
            raise Lost(done.pop().result())
        if goal is not None and not done:
            raise Lost(f"Redis at {self.node} does not answer within {seconds:g} seconds.")

    def _beat(self, speaker: Link) -> None:
        self._number += 1
        self._spoke_at = time.perf_counter()  # the loop of uvloop counts in milliseconds
        self.publish(self.echo, self._owner.beat(self, self._number.to_bytes(8)))
        if self._role is None or self._role.done():
            self._role = speaker.put(pack("ROLE"))

    def _look_at_role(self) -> None:
        # A replica takes what is published and tells it to those who listen at it: we would hear ourselves,
        # and nobody who has gone on to the master.
        role = self._role
        if role is not None and role.done() and not role.exception():
            match role.result():
                case [b"slave", *_]:
                    raise Lost(f"Redis at {self.node} is a replica; the servers meet at the master.")

    def _push(self, reply: list[Value]) -> None:
        match reply:
            case [b"message" | b"smessage", bytes() as name, bytes() as sealed]:
                self._owner.took(self, name, sealed)
            case [b"subscribe" | b"ssubscribe", bytes() as name, int()]:
                self._confirmed(name)
            case [b"unsubscribe" | b"sunsubscribe", bytes() as name, int()] if name in self._asked:
                # Nobody asked for it: the channel's part of the cluster went elsewhere.
                self._asked.discard(name)
                self._owner.moved()

    def _confirmed(self, name: bytes) -> None:
        if name == self.echo and not self._is_listening.done():
            self._is_listening.set_result("")
        left = self._unconfirmed.pop(name, 1) - 1
        if left > 0:
            self._unconfirmed[name] = left
        elif name in self._asked and self.is_proven:
            self._owner.joined(name)

    def _change(self, name: bytes) -> None:
        if not self._changed:
            self._loop.call_soon(self._tell_changes)
        self._changed[name] = None

    def _tell_changes(self) -> None:
        changed, self._changed = self._changed, {}
        listener = self._listener
        if listener is None or listener.lost.done():
            return
        wanted = [name for name in changed if name in self._wanted]
        coming = [name for name in wanted if name not in self._asked]
        going = [name for name in changed if name not in self._wanted and name in self._asked]
        # Left and joined in one breath: Redis was told nothing of it, and will confirm nothing.
        back = [name for name in wanted if name in self._asked and name not in self._unconfirmed]
        for name in coming:
            self._unconfirmed[name] = self._unconfirmed.get(name, 0) + 1
        self._asked.update(coming)
        self._asked.difference_update(going)
        has_come = self._tell_in_parts(listener, self._words.subscribe, coming)
        if not (self._tell_in_parts(listener, self._words.unsubscribe, going) and has_come):
            self._give_up(f"Redis at {self.node} does not take what we want to hear.")
        for name in back:
            self._owner.joined(name)

    def _tell_in_parts(self, listener: Link, word: str, names: list[bytes]) -> bool:
        size = self._words.at_once
        return all(listener.tell(pack(word, *names[at : at + size])) for at in range(0, len(names), size))

    def _refused(self, error: RedisError) -> None:
        if error.code in ("MOVED", "ASK"):
            self._owner.moved()
        else:
            self._owner.refused(error)

    def _refused_to_listen(self, error: RedisError) -> None:
        if error.code in ("MOVED", "ASK"):
            self._owner.moved()
        elif error.startswith("ERR unknown command"):
            self._give_up(f"Redis at {self.node} is too old for this: a cluster needs Redis 7.")
        else:
            self._give_up(f"Redis at {self.node} does not let us listen ({error}).")

    def _give_up(self, why: str) -> None:
        if not self._trouble.done():
            self._trouble.set_result(why)
