"""What is put among the values of a key: Yjs's own way is accepted, and what would end the process later is refused."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from protocol.structs import Struct, Update, put_together
from protocol.tangles import (
    CHILD,
    DEADLY,
    EVE,
    FIRST,
    MALLORY,
    ONE,
    PARENT,
    SECOND,
    SOUND,
    TANGLES,
    TELLTALE,
    TRENT,
    mark,
    parent_with,
    update,
    values,
    words,
)
from quillroom.core.known import Known, News
from quillroom.protocol.idset import has_id, read_ids, write_ids
from quillroom.protocol.inspector import TYPE, inspect
from quillroom.protocol.lib0 import Malformed

# More of them: QUILLROOM_TEST_TANGLES=100000
COUNT = int(os.environ.get("QUILLROOM_TEST_TANGLES", "1200"))
PARTS = 2
PROGRAM = Path(__file__).with_name("tangle_run.py")
BACKEND = Path(__file__).parents[2]


def ran(*arguments: str, histories: Iterable[list[bytes]] = ()) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        input="\n\n".join("\n".join(update.hex() for update in updates) for updates in histories),
        env={**os.environ, **TELLTALE, "PYTHONPATH": str(BACKEND)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return run.returncode, run.stdout[:2000] + run.stderr[-2000:]


def news_of(*updates: bytes) -> list[News | str]:
    """What a room says to each; it keeps only what is fresh."""
    known, said = Known(), list[News | str]()
    for each in updates:
        try:
            inspection = inspect(each)
        except Malformed:
            said.append("malformed")
            continue
        news = known.judge(inspection)
        said.append(news)
        if news is News.FRESH:
            known.add(inspection)
    return said


@pytest.mark.skipif(sys.platform != "linux", reason="the C library must overwrite what is freed")
@pytest.mark.parametrize("name", DEADLY)
def test_unguarded_pycrdt_dies_of_it(name: str) -> None:
    """The premise of all of this. When it fails, pycrdt has learned better: see whether the rules are still needed."""
    code, _ = ran("replays", histories=[TANGLES[name]])
    assert code == -11


@pytest.mark.parametrize("name", TANGLES)
def test_what_would_tangle_the_values_is_refused(name: str) -> None:
    said = news_of(*TANGLES[name])
    assert "malformed" in said[:1] or said[:2] == [News.FRESH, News.TANGLED]


@pytest.mark.parametrize("name", SOUND)
def test_what_leaves_the_values_in_order_is_accepted(name: str) -> None:
    assert set(news_of(*SOUND[name])) == {News.FRESH}


def test_neither_what_is_left_of_those_nor_these_end_the_process() -> None:
    assert ran("replays", "guarded", histories=TANGLES.values()) == (0, "")
    assert ran("replays", histories=SOUND.values()) == (0, "")


@pytest.mark.parametrize("seed", range(PARTS))
def test_whatever_an_attacker_makes_up_nothing_alive_lies_in_what_is_deleted(seed: int) -> None:
    assert ran("invents", str(seed), str(COUNT // PARTS)) == (0, "")


# -- one update, or several that say the same


def joined(*sections: tuple[int, int, list[Struct]], deletes: list[tuple[int, int, int]] | None = None) -> bytes:
    return put_together(Update({client: (clock, structs) for client, clock, structs in sections}, deletes or []))


def test_a_value_is_found_through_the_sections_of_one_update() -> None:
    """Trent's text hangs on Eve's value, which is one because Mallory's is; the sections come in the other order."""
    chain = [(EVE, 0, [values(origin=FIRST)]), (MALLORY, 3, [values(parent=PARENT, key=b"k")])]
    paragraph = parent_with()
    assert news_of(paragraph, joined((TRENT, 0, [values(origin=(EVE, 0))]), *chain)) == [News.FRESH, News.FRESH]
    assert news_of(paragraph, joined((TRENT, 0, [words(origin=(EVE, 0))]), *chain)) == [News.FRESH, "malformed"]


def test_what_follows_a_value_of_the_document_is_a_value_itself() -> None:
    """Nothing in Eve's bytes says so."""
    both = joined((EVE, 0, [values(origin=FIRST)]), (TRENT, 0, [values(origin=(EVE, 0))]))
    assert news_of(ONE, both, update(MALLORY, 4, words(origin=(TRENT, 0)))) == [News.FRESH, News.FRESH, News.TANGLED]


def test_what_follows_a_child_is_no_value() -> None:
    both = joined((EVE, 0, [values(origin=CHILD)]), (TRENT, 0, [values(3, origin=(EVE, 0))]))
    assert news_of(ONE, both, update(MALLORY, 4, words(origin=(TRENT, 1)))) == [News.FRESH] * 3


def test_an_id_in_a_gap_of_the_update_is_looked_for_in_the_document() -> None:
    """The skipped clock is the value; what stands before the gap and behind it says nothing of it."""
    gap = Struct(10, 1)
    before = [Struct(TYPE, 1, parent=b"default", content=b"\x03\x01p")]
    raw = joined((MALLORY, 2, [*before, gap, words(origin=FIRST)]))
    assert inspect(raw).beside == (FIRST,)


def test_values_are_dead_only_when_the_same_update_deletes_all_of_them() -> None:
    for length, said in ((2, "malformed"), (3, News.FRESH)):
        raw = parent_with(values(3, parent=PARENT, key=b"k"), deletes=[(*FIRST, length)])
        assert news_of(raw) == [said]
    in_pieces = parent_with(values(3, parent=PARENT, key=b"k"), deletes=[(*SECOND, 2), (*FIRST, 1)])
    assert news_of(in_pieces) == [News.FRESH]


def test_a_mark_typed_beside_text_of_the_same_author_is_none_of_this() -> None:
    """The author of the attribute types on: what is known of her values must not be read into her text."""
    typed = update(MALLORY, 4, words(parent=CHILD), mark(origin=(MALLORY, 6)), words(origin=(MALLORY, 7)))
    assert news_of(ONE, typed) == [News.FRESH, News.FRESH]


def test_values_survive_a_checkpoint() -> None:
    known = Known()
    for each in (ONE, update(EVE, 0, values(origin=FIRST), words(parent=CHILD))):
        known.add(inspect(each))
    again = read_ids(write_ids(known.values))
    assert [has_id(again, *id) for id in (FIRST, (EVE, 0), (EVE, 1), CHILD)] == [True, True, False, False]
    loaded = Known(known.clocks, known.deleted, known.types, again)
    assert loaded.judge(inspect(update(TRENT, 0, words(origin=(EVE, 0))))) is News.TANGLED
