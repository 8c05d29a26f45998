"""Someone who follows one topic over any number of connections, as the page does."""

import asyncio
import random
from typing import Any, Self

from support.listener import Listener
from support.team import Mate


class Follower:
    """`goes_on` connects and follows from the last place; `told` is what came of the topic on all connections."""

    def __init__(self, mate: Mate, topic: str) -> None:
        self.mate = mate
        self.topic = topic
        self.told: list[dict[str, Any]] = []
        self.resets = 0
        self.epoch: str | None = None
        self.ear: Listener | None = None

    @property
    def places(self) -> list[int]:
        self.take()
        return [each["seq"] for each in self.told]

    @property
    def place(self) -> int:
        return self.told[-1]["seq"] if self.told else 0

    async def goes_on(self) -> Self:
        """Follow, on a new connection where there is none; it may be cut while that is under way."""
        if self.ear is None:
            self.ear = await self.mate.listens()
        self.take()
        since = {} if self.epoch is None else {"epoch": self.epoch}
        said = await self.ear.does("follow", topic=self.topic, after=self.place, **since)
        self.epoch, self.resets = said["epoch"], self.resets + said["is_reset"]
        return self

    async def is_cut(self) -> None:
        """The connection breaks, wherever it is."""
        if self.ear is not None:
            ear, self.ear = self.ear, None
            await ear.breaks()
            self._take_from(ear)

    async def has_everything(self, head: int) -> None:
        """Wait until the place was told."""
        assert self.ear is not None
        await self.ear.waits(lambda: bool(self.places) and self.place >= head)

    async def comes_and_goes(self, by_chance: random.Random, times: int) -> None:
        """Break and go on, each time at some moment: of following, of catching up, of being told."""
        for _ in range(times):
            going = asyncio.create_task(self.goes_on())
            await asyncio.sleep(by_chance.choice([0.0, 0.002, 0.01, 0.05]) * by_chance.random())
            if by_chance.random() < 0.5:
                await asyncio.wait([going])
                await asyncio.sleep(by_chance.random() * 0.05)
            going.cancel()
            await asyncio.wait([going])
            await self.is_cut()
        await self.goes_on()

    def take(self) -> None:
        """What came so far: the page keeps it, and goes on from there."""
        if self.ear is not None:
            self._take_from(self.ear)

    def _take_from(self, ear: Listener) -> None:
        self.told += ear.of_topic(self.topic)
        ear.told = [each for each in ear.told if each.get("topic") != self.topic or "seq" not in each]
