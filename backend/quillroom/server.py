"""uvicorn as we run it: it says when it is ready, and drains before it stops."""

import asyncio
import contextlib
import math
import random
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn

from quillroom.api.app import build_app
from quillroom.api.context import Context
from quillroom.api.prompt import PromptHttpProtocol
from quillroom.api.socket import HandoverProtocol, Socket

SETTLE_SECONDS = 2.0
AT_ONCE = 50  # so many come back at once without anybody noticing
SPREAD_PER_SECOND, LONGEST_SPREAD_SECONDS = 200.0, 5.0
BATCH_SECONDS = 0.1
GRACEFUL_SECONDS = 10  # for requests that are being answered, and for peers to say goodbye


class Server(uvicorn.Server):
    """Serves until a signal, or `leave`, ends it."""

    def __init__(self, context: Context, on_ready: Callable[[], None], settle: Callable[[], Awaitable[object]]) -> None:
        super().__init__(_config(context))
        self._context = context
        self._on_ready = on_ready
        self._settle = settle  # what was queued until now is committed, and those who wait for it are told

    def leave(self) -> None:
        """End as at a signal."""
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
        """Take nobody new, commit what is queued, let go of everybody little by little, then of the rest at once.

        The port is closed first: a proxy goes on to the next server, without having to ask this one how it is. Who is
        connected already is answered as long as it lasts, and told that it was the last answer.
        """
        self._context.is_draining = True
        for each in self.servers:
            each.close()
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]  # so nobody asks again here
        await asyncio.wait({asyncio.ensure_future(self._settle())}, timeout=SETTLE_SECONDS)
        await self._let_go()
        await super().shutdown(sockets)

    async def _let_go(self) -> None:
        """Close the WebSockets with 1012 in batches, as all come back elsewhere a moment later."""
        held = [each for each in self.server_state.connections if isinstance(each, Socket)]
        random.shuffle(held)
        size = batch_size(len(held))
        while held and not self.force_exit:
            for each in held[:size]:
                each.shutdown()
            del held[:size]
            if held:
                await asyncio.sleep(BATCH_SECONDS * random.uniform(0.5, 1.5))


def batch_size(sockets: int) -> int:
    """How many are closed at once: all while they are few, and as many as it takes to be through in time."""
    if sockets <= AT_ONCE:
        return AT_ONCE
    seconds = min(sockets / SPREAD_PER_SECOND, LONGEST_SPREAD_SECONDS)
    return math.ceil(sockets * BATCH_SECONDS / seconds)


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
