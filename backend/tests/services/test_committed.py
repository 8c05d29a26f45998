"""Waiting for a write."""

import asyncio
from concurrent.futures import Future

import pytest

from quillroom.services.people import committed


@pytest.mark.parametrize("turns", range(5))
async def test_a_cancellation_that_comes_with_the_answer_is_not_forgotten(turns: int) -> None:
    future: Future[int] = Future()
    went_on = []

    async def waits() -> None:
        await committed(future)
        went_on.append(True)
        await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    future.set_result(1)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=1)
    assert task.cancelled(), f"it went on: {went_on}"
