"""Where a page stands among its siblings: texts that sort (byte by byte), with room for another between any two.

A position is read as a fraction in base 62: "V" is one half, "VV" a little more. It never ends in "0", else nothing
would fit before it.
"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_BASE = len(DIGITS)


def between(before: str | None, after: str | None) -> str:
    """A position behind `before` and in front of `after`; None is the beginning or the end.

    Raises ValueError unless `before` < `after`.
    """
    low, high = before or "", after
    if high is not None and low >= high:
        raise ValueError(f"{before!r} does not stand in front of {after!r}")
    if high is None:
        return _behind(low)
    return _middle(low, high)


def spread(count: int) -> list[str]:
    """So many positions in order, all short: for siblings whose own are equal, or have become long."""
    found: list[str] = []
    for _ in range(count):
        found.append(between(found[-1] if found else None, None))
    return found


def is_position(text: str) -> bool:
    """Whether this was made here: a text of digits of ours, with room in front of it."""
    return bool(text) and text[-1] != DIGITS[0] and all(digit in _VALUE for digit in text)


def _behind(low: str) -> str:
    """Pages are mostly added at the end: count on, in blocks of 1, 2, 4, 8… digits, so that positions stay short.

    Ten thousand pages in a row have seven digits. A block that is used up ("z", "zz") is left as it is, and the next
    and longer one begins behind it.
    """
    start, width = 0, 1
    while low[start : start + width] == DIGITS[-1] * width:
        start, width = start + width, 2 * width
    block = low[start : start + width].ljust(width, DIGITS[0])
    if not start and not low:
        return DIGITS[_BASE // 2]
    return low[:start] + _one_more(block).rstrip(DIGITS[0])


def _one_more(block: str) -> str:
    """The next number of as many digits; not for the last one."""
    kept = block.rstrip(DIGITS[-1])
    return kept[:-1] + DIGITS[_VALUE[kept[-1]] + 1] + DIGITS[0] * (len(block) - len(kept))


def _middle(low: str, high: str) -> str:
    same = 0
    while same < len(high) and (low[same] if same < len(low) else DIGITS[0]) == high[same]:
        same += 1
    start, low, high = high[:same], low[same:], high[same:]
    first, last = _VALUE[low[0]] if low else 0, _VALUE[high[0]]
    if last - first > 1:
        return start + DIGITS[(first + last) // 2]
    if len(high) > 1:
        return start + high[0]
    # The two are neighbours: behind `low`, one digit deeper.
    return start + DIGITS[first] + _behind(low[1:])
