"""Parts of what is fetched (RFC 9110 §14): one range, or all of it."""

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """Nothing that was asked for is there."""


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, end) of the one range; None for all of it, also where several are asked for. Raises Unsatisfiable."""
    found = _RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if first == "":
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if last == "" else min(int(last) + 1, size)
        if last != "" and int(last) < start:
            return None
    if start >= size or end <= start:
        raise Unsatisfiable
    return start, end


def is_known(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this entity tag."""
    if header is None:
        return False
    tags = {each.strip().removeprefix("W/") for each in header.split(",")}
    return tag in tags or "*" in tags
