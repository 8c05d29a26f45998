"""The inspector's short way for what most updates are: one run of ASCII text typed behind or before something known.

It decides nothing of its own: for every update it either says what the walk would say, or leaves it to the walk.
"""

from quillroom.protocol.lib0 import read_var_uint

_STRING = 4
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN = 0x80, 0x40
_ASIDE = _HAS_ORIGIN | _HAS_RIGHT_ORIGIN
_WITH_ORIGIN, _WITH_RIGHT_ORIGIN, _WITH_BOTH = (_STRING | flags for flags in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _ASIDE))
_FREE_BITS = 0xFF & ~0x20  # Yjs and pycrdt do not look at "parent sub" where there is an origin

Ids = tuple[tuple[int, int], ...]
Keystroke = tuple[int, int, int, Ids, Ids]


def read_keystroke(update: bytes) -> Keystroke | None:
    """(client, start, end, needs, beside) of an update with one such struct and nothing deleted; None for any other.

    Raises Malformed or IndexError where the walk would raise Malformed, too.
    """
    if update[:2] != b"\x01\x01" or update[-1]:
        return None
    client, at = read_var_uint(update, 2)
    clock, at = read_var_uint(update, at)
    info = update[at] & _FREE_BITS
    at += 1
    if info == _WITH_ORIGIN or info == _WITH_RIGHT_ORIGIN:
        other, at = read_var_uint(update, at)
        needed, at = read_var_uint(update, at)
        if other == client and needed >= clock:
            return None
        needs: Ids = ((other, needed),)
        beside: Ids = needs
    elif info == _WITH_BOTH:
        other, at = read_var_uint(update, at)
        needed, at = read_var_uint(update, at)
        right, at = read_var_uint(update, at)
        right_needed, at = read_var_uint(update, at)
        if (other == client and needed >= clock) or (right == client and right_needed >= clock):
            return None
        needs = beside = ((other, needed), (right, right_needed))
        if other == right:
            if needed == right_needed:
                return None
            needs = ((other, max(needed, right_needed)),)
    else:
        return None
    length = update[at]  # more than 127 bytes are no keystroke
    at += 1
    end = clock + length
    is_whole = at + length + 1 == len(update) and 0 < length < 0x80
    if not is_whole or end >= _CLOCK_LIMIT or not update[at:-1].isascii():
        return None
    for _, needed in needs:
        if needed >= _CLOCK_LIMIT:
            return None
    return client, clock, end, needs, beside


_CLOCK_LIMIT = 1 << 31
