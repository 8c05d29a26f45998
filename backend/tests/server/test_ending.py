"""A server that is asked to end does first what is left to do."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import BACKEND, READY


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_end_comes_to_the_end_of_its_program(tmp_path: Path, asked: signal.Signals) -> None:
    """Behind its serving it still commits what is queued, sends its letters, and lets its processes go."""
    command = [sys.executable, "-m", "quillroom", "serve", "--port", "0", "--data", str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(BACKEND)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(READY)
        process.send_signal(asked)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
