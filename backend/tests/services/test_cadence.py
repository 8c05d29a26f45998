"""When rounds begin."""

import asyncio
import time

from quillroom.services.cadence import COMMIT_SECONDS, CYCLE_SECONDS, RATE_SECONDS, REST_SECONDS, Cadence


class Rounds:
    """A cadence whose rounds are only counted."""

    def __init__(self) -> None:
        self.began_at: list[float] = []
        self.waited: list[float] = []
        self.cadence = Cadence(lambda: self.began_at.append(time.monotonic()), self.waited.append)

    async def turns(self, turns: int = 4) -> None:
        """Let the loop turn a few times."""
        for _ in range(turns):
            await asyncio.sleep(0)

    def are_many(self) -> None:
        """Much more is committed, with what was submitted before."""
        for _ in range(1000):
            self.cadence.submitted()
        self.cadence.told(1000 + len(self.began_at), time.monotonic())


async def test_a_lone_edit_begins_its_round_at_once() -> None:
    rounds = Rounds()
    rounds.cadence.submitted()
    await rounds.turns(2)
    assert len(rounds.began_at) == 1
    rounds.cadence.told(1, time.monotonic())
    assert rounds.cadence.rest_seconds(time.monotonic()) == 0.0


async def test_all_edits_of_one_turn_share_a_round() -> None:
    rounds = Rounds()
    for _ in range(5):
        rounds.cadence.submitted()
    await rounds.turns()
    assert len(rounds.began_at) == 1


async def test_under_load_what_comes_while_the_loop_rests_begins_one_round_after_it() -> None:
    rounds = Rounds()
    rounds.cadence.submitted()
    await rounds.turns(2)
    rounds.are_many()
    rounds.cadence.submitted()  # read in the turn before the rest: it waits for what the rest brings
    await rounds.turns(1)
    assert len(rounds.began_at) == 1
    await rounds.turns()
    assert len(rounds.began_at) == 2
    assert rounds.began_at[1] - rounds.began_at[0] >= REST_SECONDS


async def test_a_round_waits_for_the_one_before_it() -> None:
    rounds = Rounds()
    rounds.cadence.submitted()
    await rounds.turns(2)
    rounds.cadence.submitted()
    await rounds.turns()
    assert len(rounds.began_at) == 1
    rounds.cadence.told(1, time.monotonic())
    assert len(rounds.began_at) == 2


async def test_what_another_round_took_along_begins_none_of_its_own() -> None:
    rounds = Rounds()
    rounds.cadence.submitted()
    rounds.cadence.told(1, time.monotonic())  # a round that something else had begun
    await rounds.turns()
    assert rounds.began_at == []
    rounds.cadence.submitted()
    await rounds.turns()
    assert len(rounds.began_at) == 1


async def test_a_loop_that_rests_anyway_waits_a_little_for_the_commit() -> None:
    rounds = Rounds()
    rounds.cadence.submitted()
    await rounds.turns(2)
    assert rounds.waited == []
    rounds.are_many()
    rounds.cadence.submitted()
    await rounds.turns()
    assert rounds.waited == [COMMIT_SECONDS]


async def test_nothing_to_commit_after_a_rest_begins_no_round() -> None:
    rounds = Rounds()
    rounds.are_many()
    await rounds.turns()
    assert rounds.began_at == []


async def test_a_loop_that_is_busy_anyway_never_rests() -> None:
    rounds = Rounds()
    rounds.cadence.submitted()
    await rounds.turns(2)
    rounds.are_many()
    assert rounds.cadence.rest_seconds(rounds.began_at[0] + CYCLE_SECONDS) <= 0


def test_a_rate_is_forgotten_when_the_edits_stop() -> None:
    cadence = Cadence(lambda: None, lambda seconds: None)
    cadence.told(1, 1000.0)
    cadence.told(0, 1000.0 + 10 * RATE_SECONDS)
    assert cadence.rest_seconds(1000.0 + 10 * RATE_SECONDS) == 0.0
