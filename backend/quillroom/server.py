"""uvicorn as we run it: it says when it is ready, and drains before it stops."""

import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn

from quillroom.api.app import build_app
from quillroom.api.context import Context
from quillroom.api.prompt import PromptHttpProtocol
from quillroom.api.socket import HandoverProtocol

GRACEFUL_SECONDS = 10


class Server(uvicorn.Server):
    """Serves until a signal, or whoever sets `should_exit`, ends it."""

    def __init__(self, context: Context, on_ready: Callable[[], None]) -> None:
        super().__init__(_config(context))
        self._context = context
        self._on_ready = on_ready

    def stop(self) -> None:
        """As a signal would."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving; uvicorn would then raise it again, and nothing behind that would still run."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse newcomers, then close what is open with 1012."""
        self._context.is_draining = True
        await super().shutdown(sockets)


def _config(context: Context) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(context),
        ws=HandoverProtocol,
        http=PromptHttpProtocol,
        ws_per_message_deflate=False,
        ws_max_size=context.settings.sync_frame_bytes,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        server_header=False,
        forwarded_allow_ips=list(context.settings.trusted_proxies),
    )
