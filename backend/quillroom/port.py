"""The port that people come to: listened on by one process, or by several at once."""

import errno
import socket
import time
from contextlib import closing

BACKLOG = 2048
PATIENCE_SECONDS = 3.0
LOOK_SECONDS = 0.05


def listen(host: str, port: int) -> socket.socket:
    """For a server that is the only one on its port; 0 is a free one."""
    listener = _bound(host, port)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def reserve(host: str, port: int) -> socket.socket:
    """Keep a port for processes that `join` it; nobody is let in by this socket.

    Raises OSError when somebody else listens there, if it is not only for another moment: the processes of a parent
    that was killed let go of the port when they notice.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            # First alone: sharing succeeds beside any processes of this user that share it, another crew's too.
            with closing(_bound(host, port)) as alone:
                found: int = alone.getsockname()[1]
            return _bound(host, found, is_shared=True)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE or port == 0 or time.monotonic() > until:
                raise
        time.sleep(LOOK_SECONDS)


def join(reserved: socket.socket) -> socket.socket:
    """A listener of this process's own on a port that is kept.

    The system deals newcomers to the processes that listen by a hash of their addresses. Of one listener that all of
    them share, whoever wakes up first would take what has come: 300 connections at once went 63, 154, 10, 73 to four
    processes, and 84, 71, 61, 84 this way.
    """
    host, port, *_ = reserved.getsockname()
    listener = _bound(host, port, is_shared=True)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def address_of(host: str, listener: socket.socket) -> str:
    """How to reach it: as it was named, with the port that it got."""
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bound(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host, port))
    except BaseException:
        made.close()
        raise
    return made
