"""The worker process lives no longer than its server."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quillroom.services.workers import WorkerDied, Workers

BACKEND = Path(__file__).parents[2]
PATIENCE_SECONDS = 20.0
SERVER = """
import asyncio, os
from quillroom.services.workers import Workers

async def main():
    workers = Workers()
    print(await workers.run(os.getpid), flush=True)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(") ")[2][0] != "Z"


def test_a_worker_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        assert is_running(worker)
        server.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running(worker):
        assert time.monotonic() < deadline, "the worker outlived its server"
        time.sleep(0.02)


async def test_a_worker_that_dies_is_replaced() -> None:
    workers = Workers()
    with pytest.raises(WorkerDied):
        await workers.run(os._exit, 1)
    assert await workers.run(len, b"four") == 4
    workers.close()
