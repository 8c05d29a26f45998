"""One connection to a Redis server: writes are gathered by turn of the loop, replies come back in order."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from quillroom.bus.address import Address, Login, Node
from quillroom.bus.resp import Garbled, RedisError, Replies, Value, pack

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 3.0
QUEUE_BYTES = 8 * 1024 * 1024  # of what Redis has not taken yet; what comes on top is dropped

Pushed = Callable[[list[Value]], None]
_PUSHES = frozenset((b"message", b"subscribe", b"unsubscribe", b"smessage", b"ssubscribe", b"sunsubscribe"))


class Lost(Exception):
    """There is no connection, or none any more; the message is a sentence for an operator."""


class Refused(Exception):
    """Redis answered a command with an error."""

    def __init__(self, error: RedisError) -> None:
        super().__init__(str(error))
        self.code = error.code


@dataclass(frozen=True, slots=True)
class Entry:
    """How to come in at a server of this installation's Redis."""

    address: Address
    login: Login
    name: str  # how Redis lists us

    @property
    def hello(self) -> list[bytes]:
        """What to say first."""
        said = []
        if self.login.password is not None:
            who = (self.login.user,) if self.login.user else ()
            said.append(pack("AUTH", *who, self.login.password))
        if self.address.database and self.address.form != "cluster":
            said.append(pack("SELECT", self.address.database))
        return said


class Link(asyncio.Protocol):
    """Call it on the event loop's thread only."""

    def __init__(self, node: Node, on_push: Pushed | None = None) -> None:
        self.node = node
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()  # why, once it is so
        self.on_error: Callable[[RedisError], None] = lambda error: None  # of what nobody waits for
        self._on_push = on_push
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._replies = Replies()
        self._asked: deque[asyncio.Future[Value] | None] = deque()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._is_paused = False

    def tell(self, command: bytes) -> bool:
        """Send it with what else is sent in this turn of the loop. False: too much waits already, it is dropped."""
        if self.lost.done() or self._waiting_bytes + len(command) > QUEUE_BYTES:
            return False
        self._enqueue(command)
        if self._on_push is None:  # whoever listens is answered by pushes
            self._asked.append(None)
        return True

    def put(self, command: bytes) -> "asyncio.Future[Value]":
        """Send it with what else is sent in this turn; the reply is for who looks at it."""
        answer: asyncio.Future[Value] = self._loop.create_future()
        if self.lost.done():
            answer.set_exception(Lost(self.lost.result()))
            answer.exception()  # else it is warned of where nobody looks
            return answer
        self._enqueue(command)
        self._asked.append(answer)
        return answer

    async def ask(self, *commands: bytes) -> list[Value]:
        """The replies to some commands, sent at once. Raises `Lost`; an error among the replies is one of them."""
        answers = [self.put(command) for command in commands]
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return [await answer for answer in answers]
        except TimeoutError:
            raise Lost(f"Redis at {self.node} does not answer within {ANSWER_SECONDS:g} seconds.") from None

    async def demand(self, command: bytes) -> Value:
        """The reply to a command that must succeed. Raises `Lost`, `Refused`."""
        (reply,) = await self.ask(command)
        if isinstance(reply, RedisError):
            raise Refused(reply)
        return reply

    def close(self, why: str = "It was closed.") -> None:
        """At once: nobody waits for a peer that may be silent for ever. Idempotent."""
        if self._transport is not None:
            self._transport.abort()
        self._end(why)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type

    def data_received(self, data: bytes) -> None:
        try:
            for reply in self._replies.feed(data):
                self._take(reply)
        except Garbled as wrong:
            self.close(f"What answers at {self.node} is not Redis: {wrong}.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"The connection to Redis at {self.node} broke ({exc or 'it was closed there'}).")

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._flush()

    def _enqueue(self, command: bytes) -> None:
        if not self._waiting and not self._is_paused:
            self._loop.call_soon(self._flush)
        self._waiting.append(command)
        self._waiting_bytes += len(command)

    def _take(self, reply: Value) -> None:
        if self._on_push is not None and isinstance(reply, list) and reply and reply[0] in _PUSHES:
            self._on_push(reply)
            return
        answer = self._asked.popleft() if self._asked else None
        if answer is not None and not answer.done():
            answer.set_result(reply)
        elif isinstance(reply, RedisError):
            self.on_error(reply)

    def _flush(self) -> None:
        if self._is_paused or not self._waiting or self._transport is None:
            return
        said, self._waiting, self._waiting_bytes = b"".join(self._waiting), [], 0
        self._transport.write(said)

    def _end(self, why: str) -> None:
        if self.lost.done():
            return
        self.lost.set_result(why)
        self._waiting.clear()
        for answer in self._asked:
            if answer is not None and not answer.done():
                answer.set_exception(Lost(why))
                answer.exception()  # whoever waited may be gone
        self._asked.clear()


async def open_link(node: Node, entry: Entry, on_push: Pushed | None = None) -> Link:
    """Connect and come in. Raises `Lost`."""
    link = Link(node, on_push)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await _connect(link, node, entry)
        for command in entry.hello:
            await link.demand(command)
        (named,) = await link.ask(pack("CLIENT", "SETNAME", entry.name))  # may be forbidden, and is only nice
        if isinstance(named, RedisError) and named.code != "NOPERM" and not named.startswith("ERR unknown"):
            raise Refused(named)
    except BaseException as trouble:
        link.close()
        if isinstance(trouble, Refused):
            raise Lost(_refusal(node, trouble)) from None
        if isinstance(trouble, TimeoutError):
            raise Lost(f"Redis at {node} does not answer within {CONNECT_SECONDS:g} seconds.") from None
        if isinstance(trouble, OSError | UnicodeError):  # the latter for a name that can be none
            why = getattr(trouble, "strerror", None) or trouble
            raise Lost(f"Redis at {node} cannot be reached ({why}).") from None
        raise
    return link


async def _connect(link: Link, node: Node, entry: Entry) -> None:
    loop = asyncio.get_running_loop()
    if node.path is not None:
        await loop.create_unix_connection(lambda: link, node.path)
        return
    name = node.host if entry.address.tls is not None else None
    await loop.create_connection(lambda: link, node.host, node.port, ssl=entry.address.tls, server_hostname=name)


def _refusal(node: Node, refused: Refused) -> str:
    match refused.code:
        case "NOAUTH":
            return f"Redis at {node} asks for a password; the URL has none."
        case "WRONGPASS":
            return f"Redis at {node} does not know this user and password."
        case "NOPERM":
            return f"Redis at {node} forbids this user what is needed ({refused})."
        case "LOADING":
            return f"Redis at {node} is still reading its data."
    return f"Redis at {node} refuses us ({refused})."
