"""How fast one connection may talk."""


class Pace:
    """A token bucket: `burst` at once, then `rate` a second. It tells how long to wait and never refuses."""

    __slots__ = ("_at", "_spent", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._spent = 0.0
        self._at = now

    def spend(self, cost: float, now: float) -> float:
        """Seconds to wait before the next message is looked at; 0.0 while there is something left."""
        spent = self._spent - (now - self._at) * self.rate
        self._spent = cost + (spent if spent > 0.0 else 0.0)
        self._at = now
        over = self._spent - self.burst
        return over / self.rate if over > 0.0 else 0.0
