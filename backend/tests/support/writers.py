"""People who go on writing, talking, listening and reading while servers die, each noting what was promised to them."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.exceptions import InvalidHandshake, WebSocketException

from quillroom.protocol import frames
from quillroom.protocol.lib0 import read_var_uint
from support.history import Event, History, word
from support.listener import Listener
from support.person import Person

PATIENCE_SECONDS = 3.0  # for an answer; then one goes to another server
REST_SECONDS = 0.1
FORGETS = 0.5  # how often the tab was closed: another one holds nothing of what was written, saved or not
TROUBLES = (OSError, TimeoutError, WebSocketException, InvalidHandshake, EOFError, httpx.TransportError)


@dataclass(frozen=True)
class Door:
    """Where people come in: one server, or what stands before it."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sync(self) -> str:
        return f"ws://127.0.0.1:{self.port}/sync"


@dataclass(frozen=True)
class Who:
    """Somebody with a session: the same on all servers."""

    name: str
    id: str
    headers: dict[str, str]

    @classmethod
    async def comes(cls, door: Door, name: str) -> "Who":
        async with httpx.AsyncClient(base_url=door.url, timeout=30) as web:
            made = (await web.post("/api/session/guest", json={"name": name, "token": True})).json()
        return cls(name, made["user"]["id"], {"Authorization": f"Bearer {made['token']}"})


class Replica(Person):
    """Knows of each word whether it is saved; `goes` to any server with all that it holds."""

    def __init__(self, who: Who, document: str, history: History) -> None:
        super().__init__("", document, headers=who.headers)
        self.waiting: dict[str, int | None] = {}  # with which count it is saved; None: not sent on this connection
        self.since = 0.0  # the oldest of them waits
        self._document = document
        self._history = history
        self._who = who

    @property
    def is_here(self) -> bool:
        return self._socket is not None and self._reader is not None and not self._reader.done()

    @property
    def waits_seconds(self) -> float:
        return time.monotonic() - self.since if self.waiting else 0.0

    async def goes(self, door: Door) -> None:
        """Raises one of TROUBLES."""
        self._address = f"{door.sync}/{self._document}?client=quillroom&schema=1"
        self.waiting = dict.fromkeys(self.waiting)
        self.since = time.monotonic()
        self.close_code = None
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.joins()

    async def breaks(self) -> None:
        """The connection is given up at once; idempotent."""
        if self._socket is not None:
            self._socket.transport.abort()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError, *TROUBLES):
                await self._reader
        self._socket = self._reader = None

    async def writes(self, token: str, at: int) -> None:
        """Put it there, and send that."""
        before = self.doc.get_state()
        self.text.insert(at, token)
        self._history.note("typed", who=self._who.name, token=token)
        if not self.waiting:
            self.since = time.monotonic()
        self.waiting[token] = self.sent + 1
        await self.sends_update(self.doc.get_update(before))

    async def _take(self, frame: bytes) -> None:
        kind, at = read_var_uint(frame, 0)
        is_question = kind == frames.SYNC and read_var_uint(frame, at)[0] == frames.STEP1
        if is_question:  # what was not sent yet goes with the answer
            answer = self.sent + 1
            self.waiting = {token: answer if count is None else count for token, count in self.waiting.items()}
        await super()._take(frame)
        if kind == frames.SAVED:
            self._are_saved([token for token, n in self.waiting.items() if n is not None and n <= self.saved])
        for event in self.events:
            self._history.note("told", who=self._who.name, event=event["event"], data=event["data"])
        self.events.clear()

    def _are_saved(self, tokens: Sequence[str]) -> None:
        for token in tokens:
            del self.waiting[token]
            self._history.note("saved", who=self._who.name, token=token)
        if tokens:
            self.since = time.monotonic()


class Tireless:
    """Somebody with work to do, who comes back whatever happens: `works` until told, `finishes` what is begun."""

    def __init__(self, who: Who, doors: Sequence[Door], document: str, history: History, seed: str) -> None:
        self.who = who
        self.document = document
        self.history = history
        self.chance = random.Random(seed)
        self.doors = doors
        self.at = 0  # which door
        self.number = 0

    @property
    def door(self) -> Door:
        return self.doors[self.at % len(self.doors)]

    async def works(self, until: asyncio.Event) -> None:
        raise NotImplementedError

    async def leaves(self) -> None:
        raise NotImplementedError

    async def goes_elsewhere(self) -> None:
        """This server does not answer: the next one, after a moment."""
        self.at += 1
        await asyncio.sleep(REST_SECONDS * self.chance.uniform(0.5, 1.5))


class Typist(Tireless):
    """Puts words between the words of one document."""

    def __init__(self, *given: Any, pace_seconds: float = 0.15) -> None:
        super().__init__(*given)
        self.replica = Replica(self.who, self.document, self.history)
        self._pace = pace_seconds

    async def works(self, until: asyncio.Event) -> None:
        while not until.is_set():
            if await self._is_here():
                await self._types()
                await asyncio.sleep(self._pace * self.chance.uniform(0.3, 1.7))

    async def finishes(self) -> None:
        """Until everything is saved."""
        while self.replica.waiting or not self.replica.is_here:
            if await self._is_here():
                await asyncio.sleep(0.02)

    async def leaves(self) -> None:
        await self.replica.breaks()

    async def _is_here(self) -> bool:
        if self.replica.is_here and self.replica.waits_seconds < PATIENCE_SECONDS:
            return True
        await self.replica.breaks()
        if self.chance.random() < FORGETS:
            self.replica = Replica(self.who, self.document, self.history)
        try:
            await self.replica.goes(self.door)
        except TROUBLES as trouble:
            self.history.note("failed", who=self.who.name, door=self.at % len(self.doors), why=repr(trouble))
            await self.replica.breaks()
            await self.goes_elsewhere()
        return self.replica.is_here

    async def _types(self) -> None:
        text = str(self.replica.text)
        starts = [at for at, sign in enumerate(text) if sign == "["]
        await self.replica.writes(word(self.who.name, self.number), self.chance.choice([*starts, len(text)]))
        self.number += 1


class Talker(Tireless):
    """Says one thing after the other in the chat, over `/live` and over HTTP, each until it is certain."""

    def __init__(self, *given: Any, pace_seconds: float = 0.7) -> None:
        super().__init__(*given)
        self._pace = pace_seconds  # a person may say two things a second
        self._ear: Listener | None = None
        self._web = httpx.AsyncClient(timeout=PATIENCE_SECONDS)

    async def works(self, until: asyncio.Event) -> None:
        while not until.is_set():
            await self._says(word(self.who.name, self.number))
            self.number += 1
            await asyncio.sleep(self._pace * self.chance.uniform(0.5, 1.5))

    async def leaves(self) -> None:
        await self._breaks()
        await self._web.aclose()

    async def _says(self, text: str) -> None:
        id = f"{self.who.name}-{self.number}-of-this-run"
        self.history.note("said", who=self.who.name, id=id, text=text)
        while True:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    message = await (self._over_live if self.number % 3 else self._over_http)(id, text)
            except TROUBLES as trouble:
                self.history.note("failed", who=self.who.name, door=self.at % len(self.doors), why=repr(trouble))
                await self._breaks()
                await self.goes_elsewhere()
                continue
            if message is not None:
                self.history.note("sent", who=self.who.name, id=id, seq=message["seq"])
                return
            await asyncio.sleep(REST_SECONDS)

    async def _over_live(self, id: str, text: str) -> dict[str, Any] | None:
        if self._ear is None:
            ear = Listener(self.door.url, self.who.headers, is_checking=False)
            await ear.joins()
            self._ear = ear
        answer = await self._ear.asks("message.send", document=self.document, client_id=id, text=text)
        if answer["event"] == "error":
            self._must_wait(answer["data"]["code"], answer["data"])
            return None
        message: dict[str, Any] = answer["data"]["message"]
        return message

    async def _over_http(self, id: str, text: str) -> dict[str, Any] | None:
        address = f"{self.door.url}/api/documents/{self.document}/messages"
        answer = await self._web.post(address, json={"client_id": id, "text": text}, headers=self.who.headers)
        if answer.status_code >= 500:
            raise httpx.RemoteProtocolError(f"{answer.status_code} {answer.text[:200]}")
        if answer.status_code >= 400:
            self._must_wait(answer.json()["error"]["code"], answer.text)
            return None
        message: dict[str, Any] = answer.json()
        return message

    def _must_wait(self, code: str, said: object) -> None:
        """It is to be said again; anything else than haste or a server in trouble is a fault."""
        self.history.note("refused", who=self.who.name, code=code)
        assert code in ("throttled", "try_later", "internal"), said

    async def _breaks(self) -> None:
        ear, self._ear = self._ear, None
        if ear is not None:
            await ear.breaks()


class Device(Tireless):
    """Follows a chat from where it stopped, over any number of connections."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: list[dict[str, Any]] = []
        self.resets = 0
        self._epoch: str | None = None
        self._ear: Listener | None = None

    @property
    def place(self) -> int:
        return self.told[-1]["seq"] if self.told else 0

    @property
    def events(self) -> list[Event]:
        return [_event(each) for each in self.told]

    async def works(self, until: asyncio.Event) -> None:
        while not until.is_set():
            await self.listens()
            with suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), 0.5)

    async def has_heard(self, seq: int) -> None:
        """Wait until everything up to there was told."""
        while self.place < seq:
            await self.listens()
            await asyncio.sleep(0.02)

    async def listens(self) -> None:
        """Be connected, take what came, and make sure that somebody is still there."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if self._ear is None:
                    await self._follows()
                else:
                    await self._ear.asks("ping")
                    self._take()
        except TROUBLES as trouble:
            self.history.note("failed", who=self.who.name, door=self.at % len(self.doors), why=repr(trouble))
            await self.leaves()
            await self.goes_elsewhere()

    async def leaves(self) -> None:
        ear, self._ear = self._ear, None
        if ear is not None:
            await ear.breaks()
            self._take_from(ear)

    async def _follows(self) -> None:
        ear = Listener(self.door.url, self.who.headers, is_checking=False)
        await ear.joins()
        self._ear = ear
        since = {} if self._epoch is None else {"epoch": self._epoch}
        said = await ear.does("follow", topic=f"doc:{self.document}", after=self.place, **since)
        self._epoch, self.resets = said["epoch"], self.resets + said["is_reset"]

    def _take(self) -> None:
        if self._ear is not None:
            self._take_from(self._ear)

    def _take_from(self, ear: Listener) -> None:
        self.told += ear.of_topic(f"doc:{self.document}")
        ear.told.clear()


class Reader(Tireless):
    """Says how far they have read, on one server, and looks how far that is, on another."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._web = httpx.AsyncClient(timeout=PATIENCE_SECONDS, headers=self.who.headers)
        self._head = 0

    async def works(self, until: asyncio.Event) -> None:
        while not until.is_set():
            self.at = self.chance.randrange(len(self.doors))
            try:
                await (self._marks if self._head and self.chance.random() < 0.5 else self._looks)()
            except TROUBLES as trouble:
                self.history.note("failed", who=self.who.name, door=self.at, why=repr(trouble))
            await asyncio.sleep(0.2 * self.chance.random())

    async def leaves(self) -> None:
        await self._web.aclose()

    async def _marks(self) -> None:
        self.history.note("marks", who=self.who.name, seq=self._head)
        said = await self._asks("PUT", "read", {"seq": self._head})
        if said is not None:
            self.history.note("marked", who=self.who.name, seq=self._head)

    async def _looks(self) -> None:
        since = self.history.note("looks", who=self.who.name)
        said = await self._asks("GET", "messages?limit=1")
        if said is not None:
            self._head = max(self._head, said["seq"])
            self.history.note("saw", who=self.who.name, seq=said["read"], since=since)

    async def _asks(self, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
        address = f"{self.door.url}/api/documents/{self.document}/{path}"
        answer = await self._web.request(method, address, json=body)
        if answer.status_code < 400:
            said: dict[str, Any] = answer.json() if answer.content else {}
            return said
        self.history.note("refused", who=self.who.name, code=str(answer.status_code))
        assert answer.status_code in (429, 500, 502, 503, 504), answer.text
        return None


def _event(told: dict[str, Any]) -> Event:
    message = told["data"].get("message") or {}
    author = (message.get("author") or {}).get("id", "")
    return Event(told["seq"], told["event"], str(message.get("client_id", "")), author, str(message.get("text", "")))
