"""Damaged updates: what the inspector accepts, the native library must be able to apply."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# The whole amount, before a release: QUILLROOM_TEST_MUTATIONS=100000
COUNT = int(os.environ.get("QUILLROOM_TEST_MUTATIONS", "8000"))
PARTS = 4
BACKEND = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", range(PARTS))
def test_whatever_is_accepted_can_be_applied(seed: int) -> None:
    program = Path(__file__).with_name("mutation_run.py")
    run = subprocess.run(
        [sys.executable, str(program), str(seed), str(COUNT // PARTS)],
        env={**os.environ, "PYTHONPATH": str(BACKEND)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (run.returncode, run.stdout[:2000], run.stderr[-2000:]) == (0, "", "")
