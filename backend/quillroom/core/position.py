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


def _behind(low: str) -> str:
    """Pages are mostly added at the end: one step, so that positions stay short."""
    for at, digit in enumerate(low):
        if digit != DIGITS[-1]:
            return low[:at] + DIGITS[_VALUE[digit] + 1]
    return low + DIGITS[_BASE // 2]


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
