"""When a round begins: a lone edit's at once; under load, after all that arrived meanwhile was read in one go.

At some hundred edits a second most of the cost of one is waking up for it: one poll, one look at cold caches, one
hand-over to the writer each. So under load the loop rests after a round, for at most `REST_SECONDS`, and then finds
several edits waiting. A person sees frames of 16 ms. A loop that is busy for so long anyway never rests.
"""

import asyncio
import math
import time
from collections.abc import Callable

CYCLE_SECONDS = 0.0065  # from round to round: a commit and its telling take some 1.5 ms of it
REST_SECONDS = 0.005
RATE_SECONDS = 0.05  # how long the rate of edits is remembered
COMMIT_SECONDS = 0.002  # how long a loop that would rest anyway waits for a commit; a disk that stalls holds up nobody
WORTH_EDITS = 2.0  # expected in one cycle; fewer are not worth waiting for


class Cadence:
    """Used from the event loop's thread only."""

    def __init__(self, begin_round: Callable[[], None], await_round: Callable[[float], None]) -> None:
        """`begin_round()` has everything committed that was submitted so far; `await_round(seconds)` tells what was
        committed by then, and waits no longer."""
        self._begin_round = begin_round
        self._await_round = await_round
        self._is_turn_queued = False
        self._is_resting = False
        self._has_rested = False
        self._is_under_way = False
        self._outstanding = 0  # edits submitted and not told
        self._began_at = 0.0
        self._told_at = 0.0
        self._edits_a_second = 0.0

    def submitted(self) -> None:
        """An edit is ready: begin a round at the end of this turn of the loop, with whatever else it brings."""
        self._outstanding += 1
        if not self._is_turn_queued:
            self._is_turn_queued = True
            asyncio.get_running_loop().call_soon(self._turn)

    def told(self, edits: int, now: float) -> None:
        """A round of so many edits was committed and told; `now` as `time.monotonic` gives it."""
        fading = math.exp((self._told_at - now) / RATE_SECONDS)
        self._edits_a_second = self._edits_a_second * fading + edits / RATE_SECONDS
        self._told_at = now
        self._outstanding -= edits
        self._is_under_way = False
        if self._is_resting:
            return
        self._has_rested = self.rest_seconds(now) > 0
        if self._has_rested:
            self._is_resting = True
            # Not here: what was just written is sent at the end of this turn.
            asyncio.get_running_loop().call_soon(self._rest)
        else:
            self._turn()

    def rest_seconds(self, now: float) -> float:
        """How long the loop may rest before it reads on; 0 or less when it should not."""
        if self._edits_a_second * CYCLE_SECONDS < WORTH_EDITS:
            return 0.0
        return min(REST_SECONDS, CYCLE_SECONDS - (now - self._began_at))

    def _rest(self) -> None:
        rest = self.rest_seconds(time.monotonic())
        if rest > 0:
            time.sleep(rest)
        # What arrived is read before this is called: then the round begins.
        asyncio.get_running_loop().call_soon(self._rested)

    def _rested(self) -> None:
        self._is_resting = False
        self._turn()

    def _turn(self) -> None:
        # One round at a time: the writer could only begin the next one behind this, with fewer edits in it.
        if self._is_resting or self._is_under_way or not self._is_turn_queued:
            return
        self._is_turn_queued = False
        if not self._outstanding:  # somebody else's round took them along
            return
        self._is_under_way = True
        self._began_at = time.monotonic()
        self._begin_round()
        if self._has_rested:
            # Nothing else to do, and a loop that turns meanwhile takes the interpreter from the writer.
            self._await_round(COMMIT_SECONDS)
