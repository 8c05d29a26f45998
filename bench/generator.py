"""Runs the load generator against one server and reads its numbers."""

import json
import subprocess
from collections.abc import Mapping

from bench.install import load_generator
from bench.server import GENERATOR_CORE, Server, pinned

LIMIT_SECONDS = 240.0


class RunFailed(Exception):
    """The load could not be carried out; the message is the generator's sentence."""


def measure(server: Server, settings: Mapping[str, str]) -> dict[str, object]:
    """One run. Raises `RunFailed`, for instance when clients could not be synced in time."""
    words = [str(load_generator()), "--port", str(server.port)]
    words += ["--dialect", server.target.dialect, "--prefix", server.target.prefix]
    words += ["--joins", str(server.target.joins_in_flight)]
    for pid in server.process_ids():
        words += ["--pid", str(pid)]
    for name, value in settings.items():
        words += [name, value]
    try:
        done = subprocess.run(pinned(words, GENERATOR_CORE), capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise RunFailed(f"No result after {LIMIT_SECONDS:.0f} s.") from late
    if done.returncode != 0:
        raise RunFailed(done.stderr.strip()[-300:] or f"exit code {done.returncode}")
    result: dict[str, object] = json.loads(done.stdout)
    return result
