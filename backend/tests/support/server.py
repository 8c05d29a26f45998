"""A real server in a process of its own, to be killed and started again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[2]
READY = "Quillroom is ready on "


class Server:
    """`start`, `kill9`, `stop`; the same port and data folder across restarts."""

    program: tuple[str, ...] = ("-m", "quillroom")

    def __init__(self, data: Path, *, is_open: bool = True, options: tuple[str, ...] = ()) -> None:
        self.data = data
        self.port = 0
        self._options = (*(("--open",) if is_open else ()), *options)
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sync(self) -> str:
        return f"ws://127.0.0.1:{self.port}/sync"

    @property
    def database(self) -> Path:
        return self.data / "quillroom.db"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "Server":
        """Start and wait until it says that it is ready."""
        self._process = subprocess.Popen(
            [sys.executable, *self.program, "serve", *self._where(), *self._options],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(BACKEND)},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith(READY), f"the server said {line!r}"
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def _where(self) -> tuple[str, ...]:
        return ("--port", str(self.port), "--data", str(self.data))

    def kill9(self) -> None:
        """As if the power had gone."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._close()

    def stop(self) -> None:
        """Ask it to end; idempotent."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _close(self) -> None:
        assert self._process is not None
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
