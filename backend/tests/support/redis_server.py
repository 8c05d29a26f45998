"""A real redis-server of our own on a free port, to be killed, frozen and emptied."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from support.ports import free_port

BINARY = shutil.which("redis-server", path=f"{os.environ.get('PATH', '')}:/usr/bin")
START_SECONDS = 20.0


class RedisServer:
    """The same port across restarts; keeps nothing on the disk, so that a restart is empty."""

    def __init__(self, *options: str, password: str | None = None, scheme: str = "redis") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="quillroom-redis-"))
        self.port = free_port()
        self.password = password
        self.scheme = scheme
        self.is_frozen = False
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RedisServer":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.remove()

    @staticmethod
    def is_installed() -> bool:
        return BINARY is not None

    @property
    def url(self) -> str:
        """For `--redis`."""
        who = f":{quote(self.password, safe='')}@" if self.password else ""
        return f"{self.scheme}://{who}127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "RedisServer":
        """Returns when it answers."""
        assert BINARY is not None, "redis-server is not installed"
        listens = (
            ("--port", "0", "--tls-port", str(self.port)) if self.scheme == "rediss" else ("--port", str(self.port))
        )
        secret = ("--requirepass", self.password) if self.password else ()
        command = [BINARY, *listens, "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder), *secret]
        log = self.folder / f"redis-{self.port}.log"
        self._process = subprocess.Popen([*command, "--logfile", str(log), *self._options], stdin=subprocess.DEVNULL)
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"redis-server ended: {log.read_text()[-2000:]}"
            assert time.monotonic() < ends, f"redis-server does not answer: {log.read_text()[-2000:]}"
            time.sleep(0.01)
        return self

    def kill9(self) -> None:
        """As if the power had gone. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process, self.is_frozen = None, False

    def remove(self) -> None:
        """Kill it and delete its files."""
        self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        """As an operator stops it: connections are closed."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
        self._process = None

    def restart(self) -> None:
        """Killed, and there again, with nothing in it."""
        self.kill9()
        self.start()

    def freeze(self) -> None:
        """From now on it takes bytes and says nothing, as if the network had swallowed it."""
        os.kill(self.pid, signal.SIGSTOP)
        self.is_frozen = True

    def thaw(self) -> None:
        """It goes on, with all that came meanwhile."""
        os.kill(self.pid, signal.SIGCONT)
        self.is_frozen = False

    def flushall(self) -> None:
        """Everything in it is gone."""
        self.cli("FLUSHALL")

    def cli(self, *words: str) -> str:
        """What redis-cli says to one command."""
        return self._cli(*words).stdout.strip()

    def figures(self, section: str) -> dict[str, str]:
        """What INFO says in one section."""
        lines = self.cli("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def calls(self, command: str) -> int:
        """How often a command was run since it was started."""
        said = self.figures("commandstats").get(f"cmdstat_{command.lower()}", "calls=0,")
        return int(said.removeprefix("calls=").partition(",")[0])

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return self.cli("PING") == "PONG"
        return False

    def _cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port)]
        if self.password:
            command += ["--no-auth-warning", "-a", self.password]
        if self.scheme == "rediss":
            command += ["--tls", "--insecure"]
        return subprocess.run([*command, *words], capture_output=True, text=True, timeout=10)
