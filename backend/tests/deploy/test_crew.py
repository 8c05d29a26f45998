"""Several server processes of one parent: one that dies is replaced, and none outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.processes import children_of, comes_true, is_alive
from support.server import BACKEND


class Little:
    """`little_crew.py`, and what it says line by line."""

    def __init__(self, folder: Path, size: int, deed: str) -> None:
        command = [sys.executable, str(Path(__file__).with_name("little_crew.py")), str(size), deed]
        env = {**os.environ, "PYTHONPATH": str(BACKEND)}
        self.process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def says(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def is_complete(self, size: int) -> set[int]:
        """Read on until it is; the numbers of those at work."""
        lines = [self.says() for _ in range(size + 1)]
        assert lines.count("complete") == 1, lines
        return {int(line.split()[-1]) for line in lines if line != "complete"}

    def complains(self) -> str:
        """Its next line on stderr."""
        assert self.process.stderr is not None
        return self.process.stderr.readline().rstrip("\n")

    def ends(self) -> tuple[int, str, str]:
        """Exit status, and what is left of its two outputs."""
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors


@pytest.fixture
def little(tmp_path: Path) -> Iterator[Callable[..., Little]]:
    """Starts one; it is gone afterwards."""
    started: list[Little] = []

    def starts(size: int, deed: str) -> Little:
        started.append(Little(tmp_path, size, deed))
        return started[-1]

    yield starts
    for each in started:
        each.process.kill()
        each.process.communicate(timeout=30)


async def test_when_all_are_ready_it_is_said_once_and_a_dead_one_is_replaced(little: Callable[..., Little]) -> None:
    crew = little(3, "waits")
    first = crew.is_complete(3)
    assert first == children_of(crew.process.pid)
    dead = first.pop()
    os.kill(dead, signal.SIGKILL)
    assert crew.complains() == f"quillroom: server process {dead} was killed (Killed). Another one starts in 0.1 s."
    said = crew.says()
    assert said.startswith("at work ")
    assert children_of(crew.process.pid) == first | {int(said.split()[-1])}


async def test_what_cannot_start_ends_all_of_it_with_its_own_sentence_and_status(little: Callable[..., Little]) -> None:
    code, output, errors = little(3, "cannot_start").ends()
    assert code == 3
    assert "complete" not in output
    assert set(errors.splitlines()) == {"there is no room"}


async def test_what_dies_again_and_again_is_started_ever_more_seldom(little: Callable[..., Little]) -> None:
    crew = little(1, "dies_once_ready")
    said = [crew.complains() for _ in range(4)]
    assert [line.rpartition("starts in ")[2] for line in said] == ["0.1 s.", "0.2 s.", "0.4 s.", "0.8 s."]
    assert "ended with status 4" in said[0]
    crew.process.send_signal(signal.SIGTERM)
    assert crew.ends()[0] == 0


async def test_one_that_cannot_start_again_yet_is_tried_again_while_the_others_go_on(
    little: Callable[..., Little], tmp_path: Path
) -> None:
    """As when the database is away just then."""
    (tmp_path / "way").touch()
    crew = little(2, "starts_only_once")
    one, other = crew.is_complete(2)
    (tmp_path / "way").unlink()
    os.kill(one, signal.SIGKILL)
    assert crew.complains().startswith(f"quillroom: server process {one} was killed")
    assert crew.says().startswith("at work ")
    assert crew.complains() == "there is no room"
    assert "ended with status 3. Another one starts in 0.2 s." in crew.complains()
    (tmp_path / "way").touch()
    await comes_true(lambda: len(children_of(crew.process.pid)) == 2)
    assert other in children_of(crew.process.pid)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_is_passed_on_and_the_end_of_the_last_one_is_the_end(
    little: Callable[..., Little], asked: signal.Signals
) -> None:
    """These know no signal, so they end by it, which is not as it should be: the exit status says so."""
    crew = little(2, "waits")
    hands = crew.is_complete(2)
    crew.process.send_signal(asked)
    code, output, _ = crew.ends()
    assert (code, output) == (1, "over\n")
    assert not any(map(is_alive, hands))


async def test_one_that_does_not_end_is_killed(little: Callable[..., Little]) -> None:
    crew = little(2, "hears_nothing")
    hands = crew.is_complete(2)
    crew.process.send_signal(signal.SIGTERM)
    code, output, errors = crew.ends()
    assert (code, output) == (1, "over\n")
    assert errors.startswith("quillroom: not ended within 1 s, so it is killed: ")
    assert all(str(hand) in errors for hand in hands)
    assert not any(map(is_alive, hands))


async def test_nobody_outlives_a_parent_that_was_killed(little: Callable[..., Little]) -> None:
    crew = little(3, "waits")
    hands = crew.is_complete(3)
    crew.process.kill()
    assert {crew.says() for _ in range(3)} == {f"alone {hand}" for hand in hands}
    await comes_true(lambda: not any(map(is_alive, hands)))
