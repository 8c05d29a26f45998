"""F17: three servers in random storms, over and over: what breaks, and when, is made by a seed.

QUILLROOM_SEED=… repeats one run; QUILLROOM_STORMS=200 and QUILLROOM_STORM_SECONDS=60 are for a night.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from support.nemesis import FAULTS, SHARED, plan, strikes
from support.storm import Storm
from support.trial import Trial

SECONDS = float(os.environ.get("QUILLROOM_STORM_SECONDS", "12"))
STORMS = int(os.environ.get("QUILLROOM_STORMS", "2"))
CHOSEN = os.environ.get("QUILLROOM_SEED")
SEEDS = [CHOSEN] if CHOSEN else [str(random.SystemRandom().randrange(2**32)) for _ in range(STORMS)]


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(len(SEEDS)))
async def test_f17_g1_g3_g4_g5_nothing_is_lost_doubled_or_disordered(
    number: int, storms: Callable[..., Storm], tmp_path: Path
) -> None:
    seed = SEEDS[number]
    print(f"QUILLROOM_SEED={seed}")
    storm = storms(seed=int(seed))
    blows = plan(seed, SECONDS, storm.count)
    async with Trial(storm, tmp_path, seed) as trial:
        await trial.during(strikes(storm, blows, trial.history))
        print(await trial.ends())


def test_a_seed_makes_one_plan_and_another_seed_another() -> None:
    assert plan(1, 60, 3) == plan(1, 60, 3) != plan(2, 60, 3)


def test_over_many_seeds_everything_breaks_and_nothing_twice_at_once() -> None:
    plans = [plan(seed, 30, 3) for seed in range(50)]
    assert {blow.what for blows in plans for blow in blows} == FAULTS.keys()
    assert {blow.server for blows in plans for blow in blows} == {0, 1, 2}
    for blows in plans:
        free: dict[tuple[str, int], float] = {}
        for blow in blows:
            organ = FAULTS[blow.what].organ
            where = (organ, 0 if organ in SHARED else blow.server)
            assert blow.at >= free.get(where, 0.0)
            assert blow.at + blow.seconds <= 30.0
            free[where] = blow.at + blow.seconds
    assert not [blow for blow in plan(1, 300, 3, has_redis=False) if "Redis" in blow.what]
