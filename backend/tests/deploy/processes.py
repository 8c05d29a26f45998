"""What the system says of processes: who started whom, and who holds how many sockets."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

WAIT_SECONDS = 15.0


def children_of(pid: int) -> set[int]:
    """None of a process that is gone."""
    try:
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def connections_of(pid: int) -> int:
    """How many TCP connections a process has."""
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    established = {f"socket:[{row[9]}]" for row in rows if row[3] == "01"}
    return sum(os.readlink(each) in established for each in Path(f"/proc/{pid}/fd").iterdir())


def is_alive(pid: int) -> bool:
    """A process that nobody has waited for yet is not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def comes_true(condition: Callable[[], bool]) -> None:
    """Wait for what no event tells; TimeoutError otherwise."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
