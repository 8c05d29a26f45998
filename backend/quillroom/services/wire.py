"""How values look in JSON, over HTTP and on `/live`."""

from datetime import UTC, datetime
from typing import overload


@overload
def iso(seconds: float) -> str: ...


@overload
def iso(seconds: float | None) -> str | None: ...


def iso(seconds: float | None) -> str | None:
    """A time (Unix seconds) as ISO 8601, to the millisecond, UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
