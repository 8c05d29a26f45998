"""Rounds come from the writer's thread to the loop: each once, in order, whoever waits."""

import asyncio
import threading

from quillroom.services.inbox import Inbox
from quillroom.store.writer import Round


def round_of(number: int) -> Round:
    return Round(float(number), [], 0.0)


async def test_each_round_comes_once_and_in_order_while_the_loop_waits_now_and_then() -> None:
    came: list[float] = []
    inbox = Inbox(asyncio.get_running_loop(), lambda round: came.append(round.at))

    def write() -> None:
        for number in range(2000):
            inbox.put(round_of(number))

    writer = threading.Thread(target=write)
    writer.start()
    async with asyncio.timeout(20):
        while len(came) < 2000:
            inbox.wait(0.0005)
            await asyncio.sleep(0)
    writer.join()
    assert came == [float(n) for n in range(2000)]


async def test_a_loop_that_waits_for_nothing_goes_on() -> None:
    inbox = Inbox(asyncio.get_running_loop(), lambda round: None)
    inbox.wait(0.001)


async def test_a_round_that_cannot_be_told_does_not_hold_up_the_next() -> None:
    came: list[float] = []

    def take(round: Round) -> None:
        if round.at == 0:
            raise LookupError("a listener's fault")
        came.append(round.at)

    inbox = Inbox(asyncio.get_running_loop(), take)
    inbox.put(round_of(0))
    inbox.put(round_of(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert came == [1.0]
