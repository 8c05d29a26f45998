"""The proof is proved: servers that break one promise on purpose, and what finds them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from several.test_counting import Crowd
from several.test_faults import kills_one_after_the_other, loses_messages
from support import mutant_server
from support.storm import Storm
from support.trial import Trial

Storms = Callable[..., Storm]
MUTANT = Path(mutant_server.__file__)

pytestmark = pytest.mark.skipif("QUILLROOM_MUTANTS" not in os.environ, reason="of the night: QUILLROOM_MUTANTS=1")


@pytest.fixture
def mutants(storms: Storms, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Storm]:
    def begins(name: str) -> Storm:
        assert name in mutant_server.MUTANTS
        monkeypatch.setenv("MUTANT", name)
        return storms(script=MUTANT)

    return begins


async def test_saved_before_it_is_committed(mutants: Callable[[str], Storm], tmp_path: Path) -> None:
    storm = mutants("says_saved_before_it_is_committed")
    async with Trial(storm, tmp_path, typists=6) as trial:
        for _ in range(2):
            await trial.during(kills_one_after_the_other(storm))
        with pytest.raises(AssertionError, match=r"lacks saved words"):
            await trial.ends()


async def test_a_gap_that_is_not_read(mutants: Callable[[str], Storm], tmp_path: Path) -> None:
    storm = mutants("reads_no_gap")
    async with Trial(storm, tmp_path) as trial:
        with pytest.raises((AssertionError, TimeoutError)):  # noqa: PT012 (what is behind a gap is never acknowledged)
            await trial.during(loses_messages(storm))
            await trial.ends()


async def test_the_other_device_of_whoever_said_it_is_left_out(mutants: Callable[[str], Storm], tmp_path: Path) -> None:
    async with Trial(mutants("leaves_out_the_author"), tmp_path) as trial:
        await trial.during(trial.has_enough())
        with pytest.raises((AssertionError, TimeoutError)) as found:
            await trial.ends()
    assert isinstance(found.value, TimeoutError) or "ear-0" in str(found.value)


async def test_nothing_is_joined_again(mutants: Callable[[str], Storm]) -> None:
    crowd = await Crowd(mutants("joins_nothing_again")).begins()
    await crowd.opens(0)
    await crowd.opens(1)
    await crowd.are_subscribed(2)
    crowd.storm.asks_redis("CLIENT", "KILL", "TYPE", "pubsub")
    with pytest.raises(TimeoutError):
        await crowd.are_subscribed(2)
    await crowd.leave()
