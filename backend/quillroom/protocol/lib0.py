"""lib0 encoding with bounds: variable-length integers (7 bits a byte, low first), and byte strings with a length.

pycrdt's own decoder has no limits (50 KB of 0xFF block it for 0.2 s) and counts characters where bytes belong.
"""

VAR_UINT_BYTES = 8
MAX_SAFE = (1 << 53) - 1
_TOO_LONG = "a number of at most 53 bits in its shortest form was expected"


class Malformed(ValueError):
    """These bytes are not what they claim to be; the message says what was expected."""


def read_var_uint(buf: bytes, at: int) -> tuple[int, int]:
    """Return (value, position after it). At most 8 bytes and 2⁵³−1."""
    try:
        byte = buf[at]
        if byte < 0x80:
            return byte, at + 1
        second = buf[at + 1]
        if 0 < second < 0x80:
            return byte & 0x7F | second << 7, at + 2
        value, shift = byte & 0x7F | (second & 0x7F) << 7, 14
        if second == 0:
            raise Malformed(_TOO_LONG)
        for here in range(at + 2, at + VAR_UINT_BYTES):
            byte = buf[here]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > MAX_SAFE or byte == 0:  # one number, one encoding
                    break
                return value, here + 1
            shift += 7
    except IndexError:
        raise Malformed("the message ends inside a number") from None
    raise Malformed(_TOO_LONG)


def read_var_bytes(buf: bytes, at: int) -> tuple[bytes, int]:
    """Return (bytes, position after them)."""
    length, at = read_var_uint(buf, at)
    end = at + length
    if end > len(buf):
        raise Malformed(f"{length} bytes were announced, {len(buf) - at} came")
    return buf[at:end], end


def read_var_string(buf: bytes, at: int) -> tuple[str, int]:
    """Return (text, position after it); the length counts UTF-8 bytes."""
    raw, at = read_var_bytes(buf, at)
    try:
        return raw.decode(), at
    except UnicodeDecodeError:
        raise Malformed("UTF-8 text was expected") from None


def write_var_uint(value: int) -> bytes:
    """Encode a non-negative integer."""
    if value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def var_bytes(value: bytes) -> bytes:
    """Length and bytes."""
    return write_var_uint(len(value)) + value


def var_string(value: str) -> bytes:
    """Length in UTF-8 bytes and text."""
    return var_bytes(value.encode())


_SMALL = [bytes([n]) for n in range(0x80)]
