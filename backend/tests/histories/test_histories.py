"""Whole histories at random: whatever people, networks and servers do, everybody ends with the same document.

QUILLROOM_HISTORIES=N runs N of them; one that fails is shrunk, and printed with its blob. Happenings that do nothing
(`rests`) are only there to be shrunk to.
"""

import asyncio
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from histories.local_server import PatientLoop
from histories.world import HAPPENINGS, Step, World
from histories.yjs import Yjs

HISTORIES = int(os.environ.get("QUILLROOM_HISTORIES", "100"))
_documents = itertools.count()

steps = st.lists(
    st.builds(Step, st.sampled_from(HAPPENINGS), st.integers(0, 3), st.integers(0, 2**16)), min_size=20, max_size=120
)


@settings(
    max_examples=HISTORIES, deadline=None, print_blob=True, database=None,
    suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate, Phase.shrink),
)  # fmt: skip
@given(history=steps, people=st.integers(2, 4))
def test_whatever_happens_everybody_ends_with_the_same_document_and_no_saved_word_is_lost(
    history: list[Step], people: int, database: Path, yjs: Yjs
) -> None:
    live(history, people, database, yjs)


def test_g1_what_only_waits_is_not_called_saved_to_a_connection_that_came_later(database: Path, yjs: Yjs) -> None:
    """The server knows the edit from the connection before, and a database that is busy has not committed it yet."""
    live(told("says 0, returns 0, returns 0, dies 0"), 2, database, yjs)


def test_g1_what_somebody_else_did_too_is_not_called_saved_before_that_is_committed(database: Path, yjs: Yjs) -> None:
    """Ann takes out what Bob has just taken out: nothing new, and yet nothing that is committed. Her edit before is."""
    both_have_a_block = "flows 0, flows 1, adds 0, flows 0, round 0, flows 0, flows 1"
    both_delete_it = "says 0, up 0, commits 0, deletes 1, up 1, deletes 0, up 0, tells 0, flows 0, dies 0"
    live(told(f"{both_have_a_block}, {both_delete_it}"), 2, database, yjs)


def test_what_the_server_heard_twice_is_logged_once(database: Path, yjs: Yjs) -> None:
    """The old connection's last edit arrives when the new one has already made its answer, which holds it too."""
    live(
        told("flows 0, says 0, walks 0, joins 0, says 0, down 0, down 0, ghost 0, up 0, up 0, round 0"),
        2,
        database,
        yjs,
    )


def test_a_reader_who_stopped_gets_all_that_was_dropped_meanwhile(database: Path, yjs: Yjs) -> None:
    """What is queued but not committed when the reading stops must be among it."""
    talk = "says 0, flows 0, round 0, " * 6
    live(told(f"flows 0, flows 1, says 0, flows 0, deaf 1, {talk}hears 1"), 2, database, yjs)


def told(history: str) -> list[Step]:
    """ "says 0, up 0": what happens, and to whom."""
    return [Step(what, int(who), 1) for what, who in (step.split() for step in history.split(", "))]


def live(history: Sequence[Step], people: int, database: Path, yjs: Yjs) -> None:
    """A history from its first word to the comparison of all that is left."""
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        runner.run(_live(history, people, database, yjs))


async def _live(history: Sequence[Step], people: int, database: Path, yjs: Yjs) -> None:
    world = World(database, f"history-{next(_documents)}", people)
    try:
        await world.begins()
        for step in history:
            await world.happens(step)
        await world.makes_peace()
        await world.everybody_agrees(yjs)
    finally:
        world.ends()
