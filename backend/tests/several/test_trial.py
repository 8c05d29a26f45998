"""The trial itself, of one server: nothing is lost where nothing breaks, and nothing where that one is killed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from support.storm import Storm
from support.trial import Trial


async def test_in_calm_weather_all_is_well(storms: Callable[..., Storm], tmp_path: Path) -> None:
    async with Trial(storms(count=1, has_redis=False), tmp_path) as trial:
        await trial.during(trial.has_enough())
        found = await trial.ends()
    assert found["typed"] == found["saved"]
    assert found["said"] == found["sent"]


async def test_g1_g3_a_server_is_killed_and_comes_back(storms: Callable[..., Storm], tmp_path: Path) -> None:
    storm = storms(count=1, has_redis=False)

    async def kills() -> None:
        for _ in range(3):
            await asyncio.sleep(0.7)
            await asyncio.to_thread(storm[0].kill9)
            await asyncio.to_thread(storm.starts, 0)

    async with Trial(storm, tmp_path) as trial:
        await trial.during(kills())
        found = await trial.ends()
    assert found["failed"] > 0 < found["sent"]
