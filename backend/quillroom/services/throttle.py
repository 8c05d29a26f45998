"""How often something may be tried, per account and per address: a token bucket each, in memory."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from quillroom.core.pace import Pace
from quillroom.services.errors import Throttled

REMEMBERED = 10_000


class Throttle:
    """`burst` tries at once, then one each `seconds`; the buckets that were used longest ago are forgotten."""

    def __init__(self, burst: float, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._paces: OrderedDict[str, Pace] = OrderedDict()

    def spend(self, key: str) -> None:
        """Count a try. Raises Throttled when there were too many, and then does not count it."""
        now = self._clock()
        pace = self._paces.pop(key, None) or Pace(1 / self._seconds, self._burst, now)
        self._paces[key] = pace
        if len(self._paces) > REMEMBERED:
            self._paces.popitem(last=False)
        wait = pace.spend(1.0, now)
        if wait > 0:
            pace.spend(-1.0, now)
            raise Throttled(wait)

    def forget(self, key: str) -> None:
        """It went well."""
        self._paces.pop(key, None)


def is_loopback(host: str) -> bool:
    """Whether this is the machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_key(address: str | None) -> str:
    """One household of IPv6 has 2^64 addresses: they count as one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "?"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
