"""Ports on this machine."""

import socket
import subprocess
import time
from contextlib import suppress

WAIT_SECONDS = 10.0


def free_port() -> int:
    """One that nobody has right now."""
    return free_ports(1)[0]


def free_ports(number: int) -> list[int]:
    """So many, each another one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def answers(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens there; the process that is to do so must not end before."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        assert process.poll() is None, "it ended instead of listening"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < until, f"nobody listens on {port}"
        time.sleep(0.005)
