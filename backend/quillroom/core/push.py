"""What a push service's answer means, and when to try again (RFC 8030 §5, §8.4): plain decisions."""

from datetime import UTC
from email.utils import parsedate_to_datetime

KEPT_SECONDS = 24 * 3600.0  # later it is no news
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 4.0, 900.0


def result_of(status: int) -> str:
    """ "sent", "gone" (the browser does not want it any more), "later", or "refused" (never)."""
    if 200 <= status < 300:
        return "sent"
    if status in (404, 410):
        return "gone"
    return "later" if status in (0, 408, 425, 429) or status >= 500 else "refused"


def wait_seconds(attempts: int, retry_after: str | None, now: float, chance: float) -> float:
    """As the service says, else longer each time; spread out, since many wait for the same. `chance`: from 0 to 1."""
    asked = _asked_seconds(retry_after, now)
    if asked is not None:
        return min(asked, KEPT_SECONDS) + chance * FIRST_RETRY_SECONDS
    return float(min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts, 16)) * (0.5 + chance))


def _asked_seconds(said: str | None, now: float) -> float | None:
    """Seconds or a date (RFC 9110 §10.2.3)."""
    if said is None:
        return None
    if said.isascii() and said.strip().isdigit():
        return float(said[:12])
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() - now)
