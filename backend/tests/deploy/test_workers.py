"""`serve --workers N`: several processes let people in at one port."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.processes import children_of, comes_true, connections_of, is_alive
from store.cluster import Cluster
from support.person import Person
from support.raw import Raw
from support.server import BACKEND, READY, Server, run

PEOPLE, AT_ONCE = 300, 50
FOLLOWING = "quillroom: without --redis the server processes follow each other in the database, up to a second later.\n"


@pytest.fixture
def several(tmp_path: Path, cluster: Cluster) -> Iterator[Callable[[int], Server]]:
    """Starts an open server of so many processes."""
    started: list[Server] = []

    def starts(workers: int) -> Server:
        options = ("--database", cluster.create_database(), "--workers", str(workers))
        started.append(Server(tmp_path, options=options).start())
        return started[-1]

    yield starts
    for each in started:
        each.stop()


async def test_people_are_dealt_evenly_to_the_processes(several: Callable[[int], Server]) -> None:
    server = several(3)
    people: list[Raw] = []
    while len(people) < PEOPLE:
        people += await asyncio.gather(*(Raw(server.port).joins("/sync/crowd") for _ in range(AT_ONCE)))
    shares = [connections_of(pid) for pid in children_of(server.pid)]
    assert sum(shares) == PEOPLE
    # An even deal leaves this range once in a million times.
    assert all(60 < share < 140 for share in shares), shares
    for each in people:
        each.leaves()


async def test_a_process_dies_and_everybody_goes_on(several: Callable[[int], Server]) -> None:
    server = several(2)
    ann = await Person(server.sync, "a").joins()
    await ann.types("saved ")
    await ann.is_saved()
    for pid in children_of(server.pid):
        os.kill(pid, signal.SIGKILL)
    await ann.waits(lambda: ann.close_code is not None)
    assert ann.close_code == 1006
    await comes_true(lambda: len(children_of(server.pid)) == 2 and is_ready(server))
    await ann.leaves()
    await ann.joins()
    await ann.types("again")
    await ann.is_saved()
    bob = await Person(server.sync, "a").joins()
    await bob.sees("saved again")
    await ann.leaves()
    await bob.leaves()


def is_ready(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


async def test_a_server_that_is_asked_to_end_commits_what_came_in_all_processes(
    several: Callable[[int], Server],
) -> None:
    server = several(2)
    people = [await Person(server.sync, f"d{number}").joins() for number in range(8)]
    for each in people:
        await each.types("the last word")
    await people[-1].is_saved()
    hands = children_of(server.pid)
    server.stop()
    assert not any(map(is_alive, hands))
    for each in people:
        await each.waits(lambda each=each: each.close_code is not None)  # type: ignore[misc]
        assert each.close_code == 1012
        await each.leaves()
    server.start()
    for each in people:
        await each.joins()
        await each.sees("the last word")
        await each.is_saved()
        await each.leaves()


async def test_a_parent_that_was_killed_takes_its_processes_along_and_another_one_follows_at_once(
    several: Callable[[int], Server],
) -> None:
    server = several(2)
    ann = await Person(server.sync, "a").joins()
    await ann.types("saved")
    await ann.is_saved()
    hands = children_of(server.pid)
    server.kill9()
    server.start()
    await ann.waits(lambda: ann.close_code is not None)
    assert ann.close_code == 1012
    await comes_true(lambda: not any(map(is_alive, hands)))
    await ann.leaves()
    await ann.joins()
    await ann.sees("saved")
    await ann.leaves()


def test_ctrl_c_ends_all_of_it_without_another_word(tmp_path: Path, cluster: Cluster) -> None:
    """The terminal sends it to every process of the group."""
    command = [sys.executable, "-m", "quillroom", "serve", "--port", "0", "--data", str(tmp_path)]
    command += ["--database", cluster.create_database(), "--workers", "2"]
    env = {**os.environ, "PYTHONPATH": str(BACKEND)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, text=True, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(READY)
        os.killpg(process.pid, signal.SIGINT)
        output, said = process.communicate(timeout=30)
    assert (process.returncode, output, said) == (0, "", FOLLOWING)


def test_without_redis_it_is_said_that_the_processes_follow_each_other_in_the_database(
    tmp_path: Path, cluster: Cluster
) -> None:
    command = [sys.executable, "-m", "quillroom", "serve", "--port", "0", "--data", str(tmp_path)]
    command += ["--database", cluster.create_database(), "--workers", "2"]
    env = {**os.environ, "PYTHONPATH": str(BACKEND)}
    with subprocess.Popen(command, env=env, text=True, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
    assert said == FOLLOWING


@pytest.mark.parametrize("options", [(), ("--database", "sqlite:///{data}/x.db")])
def test_several_processes_on_sqlite_are_refused_with_what_to_set(tmp_path: Path, options: tuple[str, ...]) -> None:
    named = [each.format(data=tmp_path) for each in options]
    refused = run("serve", "--port", "0", "--data", tmp_path, "--workers", "2", *named)
    assert refused.returncode == 2
    assert "--workers 2 needs PostgreSQL" in refused.stderr
    assert "--database postgresql://" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_process_at_all_is_refused(tmp_path: Path) -> None:
    refused = run("serve", "--port", "0", "--data", tmp_path, "--workers", "0")
    assert (refused.returncode, "1 or more" in refused.stderr) == (2, True)


def test_a_database_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    refused = run("serve", "--port", "0", "--data", tmp_path, "--workers", "3", "--redis", "redis://127.0.0.1",
                  "--database", f"postgresql://quillroom@/none?host={tmp_path}")  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.count("quillroom: ") == 1
    assert refused.stdout == ""


async def test_a_port_that_is_taken_is_not_shared(several: Callable[[int], Server], tmp_path: Path) -> None:
    """Two crews of one user could share it without knowing of each other."""
    server = several(2)
    database = f"postgresql://quillroom@/none?host={tmp_path}"
    refused = run("serve", "--port", str(server.port), "--data", tmp_path, "--workers", "2", "--database", database)
    assert refused.returncode == 1
    assert "Address already in use" in refused.stderr
