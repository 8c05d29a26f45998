"""A server under test: a process on its own core, with its data in its own directory."""

import os
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.targets import Target, command, environment

SERVER_CORE = 0
GENERATOR_CORE = 1 if (os.cpu_count() or 1) > 1 else 0
START_SECONDS = 30.0
STOP_SECONDS = 15.0
READY = re.compile(r"on http://127\.0\.0\.1:(\d+)")


class DidNotStart(Exception):
    """The server ended or stayed silent instead of saying where it listens."""


class Server(NamedTuple):
    """A running server."""

    target: Target
    process: subprocess.Popen[bytes]
    port: int
    data: Path

    def process_ids(self) -> list[int]:
        """The process and everything it started."""
        return _family(self.process.pid)

    def kill(self) -> None:
        """kill -9: no goodbye, nothing flushed."""
        for pid in reversed(self.process_ids()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self) -> None:
        """Asks it to end, as an operator would; kills it when it does not."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


def start(target: Target, data: Path, *, core: int | None = SERVER_CORE) -> Server:
    """Starts the target and waits for its ready line. Raises `DidNotStart`."""
    with (data / "server.log").open("ab") as log:
        process = subprocess.Popen(
            pinned(command(target, data), core),
            env=environment(target),
            cwd=data,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    return Server(target, process, read_port(target, process, data), data)


@contextmanager
def running(target: Target) -> Iterator[Server]:
    """A fresh server with fresh data; both are gone afterwards."""
    with data_directory() as data:
        server = start(target, data)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def data_directory() -> Iterator[Path]:
    raise_file_limit()
    data = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)


def raise_file_limit() -> None:
    """Thousands of connections need as many descriptors; children inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pinned(words: list[str], core: int | None) -> list[str]:
    taskset = shutil.which("taskset")
    return words if core is None or taskset is None else [taskset, "-c", str(core), *words]


def read_port(target: Target, process: subprocess.Popen[bytes], data: Path) -> int:
    assert process.stdout is not None
    until, said = time.monotonic() + START_SECONDS, ""
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.2)[0]:
            chunk = os.read(process.stdout.fileno(), 4096)
            said += chunk.decode(errors="replace")
            if found := READY.search(said):
                return int(found[1])
            if not chunk:
                break
    process.kill()
    process.wait()
    log = (data / "server.log").read_text(errors="replace")[-1500:]
    raise DidNotStart(f"{target.name} did not start: {said[-500:]}{log}")


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _family(int(child))
    return found


def cpu_seconds(process_ids: Iterable[int]) -> float:
    """What these processes have used of a processor since they began."""
    ticks = 0
    for pid in process_ids:
        after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after[11]) + int(after[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def read_line(generator: subprocess.Popen[str]) -> str:
    """What a load generator says next. Raises RuntimeError where it ends instead."""
    assert generator.stdout is not None
    line = generator.stdout.readline()
    if not line:
        raise RuntimeError(f"the load generator ended: {generator.wait(STOP_SECONDS)}")
    return line
