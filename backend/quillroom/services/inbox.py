"""Committed rounds on their way from the writer's thread to the event loop, in order."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue

from quillroom.store.writer import Round

_log = logging.getLogger(__name__)


class Inbox:
    """`put` on the writer's thread; everything else on the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, take: Callable[[Round], None]) -> None:
        """`take(round)` is called on the loop for each round."""
        self._loop = loop
        self._take = take
        self._rounds: SimpleQueue[Round] = SimpleQueue()
        self._is_awaited = False

    def put(self, round: Round) -> None:
        """A round was committed."""
        self._rounds.put(round)
        # Put before this look, and `wait` looks at the queue again after it stopped to wait: none is left lying.
        if not self._is_awaited:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._drain)

    def wait(self, seconds: float) -> None:
        """Hold the loop until a round is there, but not longer than this; take what is there."""
        self._is_awaited = True
        round: Round | None = None
        with contextlib.suppress(Empty):
            round = self._rounds.get(timeout=seconds)
        self._is_awaited = False
        if round is not None:
            self._tell(round)
        self._drain()

    def _drain(self) -> None:
        while self._rounds.qsize():
            self._tell(self._rounds.get_nowait())

    def _tell(self, round: Round) -> None:
        try:
            self._take(round)
        except Exception:  # a listener's fault must not hold up the rounds behind this one
            _log.exception("A committed round could not be told")
