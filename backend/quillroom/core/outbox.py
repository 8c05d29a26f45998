"""The bounded send queue of one connection.

While the peer reads, frames go straight to the transport. When the transport is full, they wait here by priority;
over the bound the waiting edits are dropped, and the peer gets one resync when it reads again.
"""

from collections.abc import Callable
from enum import IntEnum


class Priority(IntEnum):
    """What is shed first has the highest number."""

    SAVED = 0  # cumulative: only the newest one needs to wait
    CONTROL = 1
    EDIT = 2
    CURSOR = 3


class Outbox:
    """Never blocks and never grows over `limit_bytes` plus the transport's own high-water mark."""

    __slots__ = (
        "_control",
        "_edits",
        "_on_pause",
        "_resuming",
        "_resync",
        "_saved",
        "_write",
        "deliver",
        "is_stale",
        "limit_bytes",
        "lost_cursors",
        "paused_at",
        "queued_bytes",
    )

    def __init__(
        self,
        write: Callable[[bytes], None],
        on_pause: Callable[[], None],
        resync: Callable[[bool, bool], None],
        limit_bytes: int,
    ) -> None:
        """`on_pause()` marks what the peer has; `resync(edits, cursors)` sends what was dropped since."""
        self._write = write
        # For an edit, without a look at anything: what changes when the peer stops reading is where this leads.
        self.deliver = write
        self._on_pause = on_pause
        self._resync = resync
        self.limit_bytes = limit_bytes
        self.paused_at: float | None = None
        self.queued_bytes = 0
        self.is_stale = False
        self.lost_cursors = False
        self._resuming = False
        self._saved: bytes | None = None
        self._control: list[bytes] | None = None
        self._edits: list[bytes] | None = None

    def send(self, frame: bytes, priority: Priority) -> None:
        """Write now, or keep by priority until the peer reads again."""
        if self.paused_at is None:
            self._write(frame)
        elif priority is Priority.CURSOR:
            self.lost_cursors = True
        elif priority is Priority.CONTROL:
            self._keep_control(frame)
        elif priority is Priority.SAVED:
            self._saved = frame
        else:
            self.deliver(frame)

    def tell(self, edits: bytes, saved: bytes, cursors: bytes) -> None:
        """What one round brings, in one write; `saved` and `cursors` may be empty."""
        if self.paused_at is None:
            self._write(edits + saved + cursors)
            return
        self._keep_edit(edits)
        self._saved = saved or self._saved
        self.lost_cursors = self.lost_cursors or bool(cursors)

    def pause(self, now: float) -> None:
        """The transport is full."""
        if self.paused_at is None:
            self.paused_at = now
            self.deliver = self._keep_edit
            if not self._resuming:  # else what the peer has is still what was marked before
                self._on_pause()

    def go_stale(self) -> None:
        """Drop the waiting edits: one resync will replace them."""
        self._edits = None
        self.queued_bytes = 0
        self.is_stale = True

    def resume(self) -> None:
        """The peer has read: send what waited, or one resync instead. Idempotent."""
        if self.paused_at is None:
            return
        control, edits, saved = self._control, self._edits, self._saved
        stale, cursors = self.is_stale, self.lost_cursors
        self._control = self._edits = self._saved = None
        self.is_stale = self.lost_cursors = False
        self.queued_bytes = 0
        self.paused_at = None
        self.deliver = self._write
        self._resuming = True
        # A write can fill the transport again; `send` then keeps the rest, in order.
        for frame in control or ():
            self.send(frame, Priority.CONTROL)
        for frame in edits or ():
            self.send(frame, Priority.EDIT)
        if saved is not None:
            self.send(saved, Priority.SAVED)
        self._resuming = False
        if self.paused_at is None:
            if stale or cursors:
                self._resync(stale, cursors)
            return
        self.lost_cursors = self.lost_cursors or cursors
        if stale:
            self.go_stale()

    def shut(self) -> None:
        """The connection is closing: whatever is sent from now on goes nowhere. Lets go of whom it asked."""
        self._write = self.deliver = _nowhere
        self._on_pause, self._resync = _nothing, _nothing_again

    def _keep_control(self, frame: bytes) -> None:
        if self._control is None:
            self._control = []
        if frame in self._control:  # a second heartbeat says nothing that the first does not
            return
        self._control.append(frame)
        if len(self._control) > CONTROL_FRAMES:
            del self._control[0]

    def _keep_edit(self, frame: bytes) -> None:
        if self.is_stale:
            return
        if self.queued_bytes + len(frame) > self.limit_bytes:
            self.go_stale()
            return
        if self._edits is None:
            self._edits = []
        self._edits.append(frame)
        self.queued_bytes += len(frame)


def _nowhere(frame: bytes) -> None:
    return


def _nothing() -> None:
    return


def _nothing_again(edits: bool, cursors: bool) -> None:
    return


CONTROL_FRAMES = 64
