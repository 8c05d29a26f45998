"""Three servers, and what breaks around them, one thing at a time; nobody loses anything."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.storm import Storm
from support.trial import Trial

Storms = Callable[..., Storm]
Nemesis = Callable[[Storm], Coroutine[Any, Any, None]]
SEES_SECONDS = 10.0


async def mode_of(storm: Storm, number: int) -> str:
    """What a server says of itself at `/health/ready`."""
    async with httpx.AsyncClient(base_url=storm[number].url, timeout=5) as web:
        return str((await web.get("/health/ready")).json()["mode"])


async def becomes(storm: Storm, number: int, mode: str, seconds: float = SEES_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while await mode_of(storm, number) != mode:  # noqa: ASYNC110 (in another process)
            await asyncio.sleep(0.1)


async def goes_through(storm: Storm, folder: Path, nemesis: Nemesis, **how: int) -> dict[str, Any]:
    """Everybody works while this happens, and at the end every promise was kept."""
    async with Trial(storm, folder, **how) as trial:
        await trial.during(asyncio.gather(nemesis(storm), trial.has_enough()))
        return await trial.ends()


async def kills_one_after_the_other(storm: Storm) -> None:
    for number in (0, 1, 2):
        await asyncio.sleep(0.5)
        await asyncio.to_thread(storm[number].kill9)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(storm.starts, number)


async def kills_redis(storm: Storm) -> None:
    """F3, and F4: it comes back empty."""
    assert storm.redis is not None
    await becomes(storm, 0, "normal")
    await asyncio.to_thread(storm.redis.kill9)
    for number in range(3):
        await becomes(storm, number, "degraded")
    await asyncio.sleep(1.0)
    await asyncio.to_thread(storm.redis.start)
    for number in range(3):
        await becomes(storm, number, "normal", 20)
    await asyncio.sleep(0.5)


async def empties_redis(storm: Storm) -> None:
    for _ in range(3):
        await asyncio.sleep(0.7)
        storm.asks_redis("FLUSHALL")


async def one_line_to_redis_is_a_black_hole(storm: Storm) -> None:
    await becomes(storm, 1, "normal")
    storm.to_redis[1].is_black_hole()
    await becomes(storm, 1, "degraded")
    assert await mode_of(storm, 0) == await mode_of(storm, 2) == "normal"
    await asyncio.sleep(1.0)
    storm.to_redis[1].heals()
    await becomes(storm, 1, "normal", 20)


async def loses_messages(storm: Storm) -> None:
    for link in storm.to_redis:
        link.messages.lost = link.messages.doubled = link.messages.reordered = 0.05
    await asyncio.sleep(2.0)
    storm.asks_redis("CLIENT", "KILL", "TYPE", "pubsub")
    await asyncio.sleep(2.0)
    storm.asks_redis("CLIENT", "KILL", "TYPE", "pubsub")
    await asyncio.sleep(1.0)
    counts = [link.messages.counts for link in storm.to_redis]
    assert all(sum(each[what] for each in counts) > 0 for what in ("lost", "doubled")), counts


async def restarts_postgresql(storm: Storm) -> None:
    for _ in range(2):
        await asyncio.sleep(1.0)
        await asyncio.to_thread(storm.cluster.stop)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(storm.cluster.start)


async def freezes_a_server(storm: Storm) -> None:
    """Its sockets stay open: PostgreSQL, Redis and people wait for it, and go elsewhere."""
    await asyncio.sleep(0.5)
    storm[1].freeze()
    await asyncio.sleep(6.0)
    storm[1].thaw()
    await asyncio.sleep(1.0)


async def people_are_half_cut_off(storm: Storm) -> None:
    await asyncio.sleep(0.5)
    storm.people[0].is_black_hole(down=False)
    storm.people[1].is_black_hole(up=False)
    storm.people[2].half_closes(up=False)
    await asyncio.sleep(4.0)
    storm.people[0].heals()
    storm.people[1].heals()
    await asyncio.sleep(0.5)


async def restarts_each(storm: Storm) -> None:
    """Drained, and started again, as for a new version."""
    for server in storm.servers.each:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)


FAULTS: dict[str, Nemesis] = {
    "f1_g1_g3_g4_servers_are_killed": kills_one_after_the_other,
    "f3_f4_g1_g5_redis_dies_and_comes_back_empty": kills_redis,
    "f5_g1_redis_forgets_everything": empties_redis,
    "f6_g5_the_line_of_one_server_to_redis_is_a_black_hole": one_line_to_redis_is_a_black_hole,
    "f7_g4_g5_redis_loses_doubles_and_reorders_messages": loses_messages,
    "f8_g1_postgresql_is_restarted": restarts_postgresql,
    "f12_g3_a_server_stands_still": freezes_a_server,
    "f12_g3_people_are_heard_and_hear_nothing_and_the_other_way_round": people_are_half_cut_off,
    "f16_g10_every_server_is_restarted_in_turn": restarts_each,
}


EVERY_RUN = ("f1_", "f3_")
_CASES = [pytest.param(f, marks=() if f.startswith(EVERY_RUN) else (pytest.mark.nightly,)) for f in FAULTS]


@pytest.mark.parametrize("fault", _CASES)
async def test_nothing_is_lost_while(fault: str, storms: Storms, tmp_path: Path) -> None:
    found = await goes_through(storms(), tmp_path, FAULTS[fault])
    print(fault, found)


async def test_g4_in_calm_weather_without_redis(storms: Storms, tmp_path: Path) -> None:
    async with Trial(storms(has_redis=False), tmp_path) as trial:
        await trial.during(trial.has_enough())
        found = await trial.ends()
    assert found["typed"] == found["saved"]
