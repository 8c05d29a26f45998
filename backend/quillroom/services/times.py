"""Times as they come over the API."""

import time
from datetime import datetime

from quillroom.services.errors import Invalid


def check_time_ahead(value: object, name: str) -> float | None:
    """Unix seconds of an ISO 8601 time; None stays None. Raises Invalid unless it lies ahead."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value if isinstance(value, str) else "").timestamp()
    except (ValueError, OverflowError, OSError):
        raise Invalid(f"`{name}` must be a time like 2030-01-31T12:00:00Z.") from None
    if at <= time.time():
        raise Invalid(f"`{name}` must lie ahead.")
    return at
