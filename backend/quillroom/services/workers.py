"""Heavy pure functions in a process of their own: pycrdt never releases the GIL, and hostile bytes may crash it."""

import asyncio
import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class WorkerDied(Exception):
    """The process ended while it worked on this input: never give it to the server itself."""


class Workers:
    """One worker process, started when first needed and replaced when it dies."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a module-level function elsewhere. Raises WorkerDied, or what the function raised."""
        pool = self._started()
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wrap_future(pool.submit(call, *args, **kwargs), loop=loop)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            raise WorkerDied(f"a worker process died in {call.__name__}") from error

    def close(self) -> None:
        """Let go of the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_settle_in,
            )
        return self._pool


def _settle_in() -> None:
    with contextlib.suppress(OSError):
        os.nice(10)
    threading.Thread(target=_end_with_server, name="end-with-server", daemon=True).start()


def _end_with_server() -> None:
    # The pool's own pipe never tells: its writing end is open in this process too, and a worker of a server that was
    # killed would wait for work for ever.
    server = multiprocessing.parent_process()
    if server is not None:
        server.join()
        os._exit(0)
