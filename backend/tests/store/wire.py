"""A wire to PostgreSQL that is cut at the worst moment: when COMMIT was sent and its answer has not come."""

import contextlib
import socket
import threading
from pathlib import Path
from types import TracebackType

PORT_FILE = ".s.PGSQL.5432"


class Wire:
    """Listens in `folder` for the server whose socket is in `target`. Cuts the first COMMIT only.

    `answered`: cut when the server has answered, so that it is certain to have committed. Otherwise cut at once, while
    it may still be committing. `delivered=False`: the COMMIT never reaches the server.
    """

    def __init__(self, folder: Path, target: Path, *, answered: bool = True, delivered: bool = True) -> None:
        self.is_cut = threading.Event()
        self._target = str(target / PORT_FILE)
        self._answered = answered
        self._delivered = delivered
        self._armed = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / PORT_FILE))
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "Wire":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def arms(self) -> None:
        """From now on the next COMMIT is cut."""
        self._armed = True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            threading.Thread(target=self._carry_to_server, args=(client, server), daemon=True).start()
            threading.Thread(target=_carry, args=(server, client), daemon=True).start()

    def _carry_to_server(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while sent := client.recv(65536):
                if self._armed and b"COMMIT" in sent:
                    self._armed = False
                    self._cut(client, server, sent)
                    break
                server.sendall(sent)
        _close(client, server)

    def _cut(self, client: socket.socket, server: socket.socket, sent: bytes) -> None:
        # Both ways at once for the client: whatever the server says from here on is lost.
        client.shutdown(socket.SHUT_RDWR)
        if self._delivered:
            server.sendall(sent)
            if self._answered:
                server.settimeout(10)
                # The other thread reads too: whoever gets the answer, the server has sent it before the end of file.
                server.shutdown(socket.SHUT_WR)
                with contextlib.suppress(OSError):
                    while server.recv(65536):
                        pass
        self.is_cut.set()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
