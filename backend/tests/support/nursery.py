"""Where processes of the program begin: one that has read it already, and forks for each of them.

Reading it takes a processor a second, and a run of the tests starts hundreds of servers. Nothing but that is shared:
each has a process, arguments, environment and output of its own, and can be killed by itself.
"""

import atexit
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

MESSAGE_BYTES = 1 << 18


class Born:
    """A process that is no child of this one, with what `subprocess.Popen` has of a child."""

    def __init__(self, nursery: "Nursery", pid: int, life: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._life = life  # a pidfd: no later process of the same number is taken for this one

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        if self.returncode is None and self._has_ended(0):
            self.returncode = self._nursery.buries(self.pid)
            os.close(self._life)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired("quillroom", timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, sent: int) -> None:
        """One that has ended hears nothing."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._life, sent)

    def _has_ended(self, timeout: float | None) -> bool:
        waiting = select.poll()
        waiting.register(self._life, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else timeout * 1000))


class Nursery:
    """`bears` processes; started with the first one, ends with this process."""

    def __init__(self) -> None:
        self._door: socket.socket | None = None
        self._lock = threading.Lock()

    def bears(
        self,
        arguments: list[str],
        environment: dict[str, str],
        *,
        script: Path | None = None,
        output: int = 1,
        errors: int = 2,
    ) -> Born:
        """A new process that does what `python -m quillroom` (or `python script`) would with these arguments."""
        wish = {"script": None if script is None else str(script), "arguments": arguments, "environment": environment}
        with self._lock:
            door = self._opened(environment)
            socket.send_fds(door, [json.dumps(wish).encode()], [output, errors])
            told, (life,), *_ = socket.recv_fds(door, 64, 1)
        return Born(self, int(told), life)

    def buries(self, pid: int) -> int:
        """How a process ended that has ended."""
        with self._lock:
            assert self._door is not None
            self._door.send(str(pid).encode())
            return int(self._door.recv(64))

    def _opened(self, environment: dict[str, str]) -> socket.socket:
        if self._door is None:
            self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end in (self._door, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MESSAGE_BYTES)
            number = theirs.fileno()
            program = [sys.executable, str(Path(__file__)), str(number)]
            process = subprocess.Popen(program, pass_fds=[number], env=environment)
            theirs.close()
            atexit.register(process.wait)
            atexit.register(self._door.close)
        return self._door


def main(door: socket.socket) -> None:
    """Fork or bury at each wish until nobody holds the other end of the door."""
    import quillroom.__main__  # noqa: F401

    while True:
        message, fds, *_ = socket.recv_fds(door, MESSAGE_BYTES, 2)
        if not message:
            return
        if not fds:
            _, status = os.waitpid(int(message), 0)
            door.send(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = os.fork()
        if pid == 0:
            door.close()
            live(fds, **json.loads(message))
            return
        life = os.pidfd_open(pid)
        socket.send_fds(door, [str(pid).encode()], [life])
        for each in (*fds, life):
            os.close(each)


def live(fds: list[int], script: str | None, arguments: list[str], environment: dict[str, str]) -> None:
    """What a new process does."""
    for standard, given in zip((1, 2), fds, strict=True):
        os.dup2(given, standard)
        os.close(given)
    os.environ.clear()
    os.environ.update(environment)
    if script is not None:
        sys.argv = [script, *arguments]
        runpy.run_path(script, run_name="__main__")
        return
    program = sys.modules["quillroom.__main__"]
    sys.modules["__main__"] = program  # whom its own worker processes take after
    sys.exit(program.main(arguments))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
