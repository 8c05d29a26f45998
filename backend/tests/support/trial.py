"""A storm with people in it: they write and talk while things break, and at the end every promise is looked at."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Self

import httpx
from pycrdt import Doc, Text

from quillroom.content.hash import content_hash
from support.history import History, chat_problems, document_problems, read_problems
from support.server import run
from support.storm import Storm
from support.writers import Device, Door, Reader, Talker, Typist, Who

FINISH_SECONDS = 45.0  # of a storm that has ended: everybody is back, and all that was begun is certain
CONVERGE_SECONDS = 10.0


class Trial:
    """`during(what breaks)`, then `ends`, which raises when a promise was broken."""

    def __init__(
        self, storm: Storm, folder: Path, seed: int | str = 0, *, typists: int = 3, talkers: int = 3, devices: int = 3
    ) -> None:
        self.storm = storm
        self.seed = seed
        self.history = History(folder / "history.jsonl")
        self.document = ""
        self.typists: list[Typist] = []
        self.talkers: list[Talker] = []
        self.devices: list[Device] = []
        self.readers: list[Reader] = []
        self.converged_seconds = 0.0
        self._counts = (typists, talkers, devices)
        self._until = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Everybody comes, each to a server of their own as far as there are enough."""
        first = Who.comes(self._past(0), "host")
        self.host = await first
        async with httpx.AsyncClient(base_url=self._past(0).url, headers=self.host.headers, timeout=30) as web:
            made = (await web.post("/api/documents", json={"title": "Storm"})).json()
        self.document = made["document"]["id"]
        typists, talkers, devices = self._counts
        self.typists = [await self._comes(Typist, "writer", number) for number in range(typists)]
        self.talkers = [await self._comes(Talker, "talker", number) for number in range(talkers)]
        self.devices = [await self._comes(Device, "ear", number) for number in range(devices)]
        if self.talkers:  # another device of somebody who talks
            self.devices[0].who = self.talkers[0].who
        self.readers = [await self._comes(Reader, "reader", 0)]
        for device in self.devices:
            await device.listens()
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in (*self.typists, *self.talkers, *self.devices, *self.readers):
            await each.leaves()
        self.history.closes()

    async def during(self, nemesis: Awaitable[object]) -> None:
        """They work while this happens."""
        people = [*self.typists, *self.talkers, *self.devices, *self.readers]
        self._tasks = [asyncio.create_task(each.works(self._until)) for each in people]
        breaking = asyncio.ensure_future(nemesis)
        await asyncio.wait([breaking, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        self._until.set()
        await breaking
        await asyncio.to_thread(self.storm.calms)
        async with asyncio.timeout(FINISH_SECONDS):
            await asyncio.gather(*self._tasks)
            await asyncio.gather(*(typist.finishes() for typist in self.typists))

    async def has_enough(self) -> None:
        """Wait until there is something to lose, however busy this machine is."""
        wanted = {"saved": 20, "sent": 6, "marked": 2, "saw": 2}
        async with asyncio.timeout(FINISH_SECONDS):
            while any(len(self.history.of(what)) < count for what, count in wanted.items()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def ends(self) -> dict[str, Any]:
        """Every replica, every device, every server, the log: all of them say the same, and it is what was promised."""
        began = time.monotonic()
        await self._becomes_equal()
        self.converged_seconds = time.monotonic() - began
        problems = [
            *document_problems(self.history.notes, self._replicas()),
            *chat_problems(self.history.notes, {f"ear-{n}": each.events for n, each in enumerate(self.devices)}),
            *read_problems(self.history.notes),
            *(f"ear-{n} had to begin anew" for n, each in enumerate(self.devices) if each.resets),
            *await self._differences(),
            *await asyncio.to_thread(self._found_by_verify),
        ]
        assert not problems, self.tells(problems)
        return self.counts()

    def counts(self) -> dict[str, Any]:
        """How much there was to lose."""
        kinds = ("typed", "saved", "said", "sent", "marked", "saw", "breaks", "failed")
        found: dict[str, Any] = {kind: len(self.history.of(kind)) for kind in kinds}
        return {**found, "converged_seconds": round(self.converged_seconds, 2)}

    def tells(self, problems: Sequence[str]) -> str:
        return f"seed {self.seed}, history {self.history.path}, {self.counts()}:\n" + "\n".join(problems)

    # -- at the end

    async def _becomes_equal(self) -> None:
        """Wait until nobody lacks anything that anybody has."""
        head = max((note["seq"] for note in self.history.of("sent")), default=0)
        async with asyncio.timeout(FINISH_SECONDS):
            await asyncio.gather(*(device.has_heard(head) for device in self.devices))
        until = time.monotonic() + CONVERGE_SECONDS
        while not self._is_equal() and time.monotonic() < until:
            await asyncio.gather(*(device.listens() for device in self.devices))
            await asyncio.sleep(0.05)

    def _is_equal(self) -> bool:
        places = {device.place for device in self.devices}
        return len(set(self._replicas().values())) <= 1 and len(places) <= 1

    def _replicas(self) -> dict[str, str]:
        return {each.who.name: str(each.replica.text) for each in self.typists}

    async def _differences(self) -> list[str]:
        """Between what each server shows of the document, what people have, and what the log says."""
        shown = {f"server {number}": await self._shown_by(number) for number in range(self.storm.count)}
        shown |= {each.who.name: content_hash(each.replica.doc) for each in self.typists}
        shown["the log"] = content_hash(self._logged())
        return [] if len(set(shown.values())) == 1 else [f"contents differ: {shown}"]

    async def _shown_by(self, number: int) -> str:
        address = f"/api/documents/{self.document}?format=update"
        async with httpx.AsyncClient(base_url=self._past(number).url, headers=self.host.headers, timeout=30) as web:
            answer = await web.get(address)
        return content_hash(answer.content) if answer.status_code == 200 else f"{answer.status_code} {answer.text}"

    def _logged(self) -> Doc[Any]:
        doc: Doc[Any] = Doc()
        doc.get("t", type=Text)
        query = 'SELECT "update" FROM document_update WHERE document = ? ORDER BY seq'
        for (update,) in self.storm.servers.sql(query, self.document):
            doc.apply_update(bytes(update))
        return doc

    def _found_by_verify(self) -> list[str]:
        found = run("verify", "--data", self.storm.folder / "data", "--database", self.storm.database_url)
        return [] if found.returncode == 0 else [f"verify: {found.stdout}{found.stderr}"]

    # -- details

    async def _comes(self, kind: Callable[..., Any], name: str, number: int) -> Any:
        who = await Who.comes(self._past(0), f"{name}-{number}")
        person = kind(who, self.storm.doors, self.document, self.history, f"{self.seed}/{name}/{number}")
        person.at = number
        return person

    def _past(self, number: int) -> Door:
        """The server itself, past the line to it."""
        return Door(self.storm[number].port)
