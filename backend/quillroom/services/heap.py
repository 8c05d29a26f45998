"""Keeps collections of garbage short: what survived one is not walked again by the next.

A full collection walks all containers of the process while everything waits: 48 ms for 80,000, which is a hundred
documents after an hour of edits. So what survives it is frozen, and the next one walks only what is new since then. A
circle that was frozen and became garbage later is found when nobody is connected, at the latest after a day.
"""

import asyncio
import gc
import time
from collections.abc import Callable

# Sooner than Python would (10): each full collection is the shorter, and there is no more to walk in all of them.
FULL_EVERY = 5
LOOK_SECONDS = 60.0
DAY_SECONDS = 86_400.0


class Heap:
    """`start` when all is built, `watch` as a task, `stop` at the end."""

    def __init__(self, is_busy: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._has_grown = False  # something was frozen since the last sweep
        self._swept_at = 0.0
        self._thresholds = gc.get_threshold()

    def start(self) -> None:
        """What start-up made stays; from now on every full collection ends with a freeze."""
        gc.callbacks.append(self._collected)
        young, middle, _ = self._thresholds
        gc.set_threshold(young, middle, FULL_EVERY)
        self.sweep(time.monotonic())

    def stop(self) -> None:
        """Python's own way again. Idempotent."""
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)
            gc.set_threshold(*self._thresholds)
            gc.unfreeze()

    async def watch(self) -> None:
        """Sweep when it disturbs nobody."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if self.is_due(now):
                self.sweep(now)

    def is_due(self, now: float) -> bool:
        """Whether to look through everything: it takes as long as there is much."""
        return self._has_grown and (not self._is_busy() or now - self._swept_at > DAY_SECONDS)

    def sweep(self, now: float) -> None:
        """Collect the garbage among what was frozen too."""
        self._swept_at = now
        gc.unfreeze()
        gc.collect()
        self._has_grown = False

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            gc.freeze()
            self._has_grown = True
