"""What Redis is told and what it answers, as bytes: RESP2.

https://redis.io/docs/latest/develop/reference/protocol-spec/. Of our own because the bus handles thousands of messages
a second on the event loop: docs/decisions/0008-redis-without-a-client-library.md.
"""

from typing import TypeAlias

REPLY_BYTES = 16 * 1024 * 1024  # more than anything that we ask for: then this is not Redis, or not for us
DEPTH = 8


class RedisError(str):
    """Redis refused a command, and says why: `NOAUTH Authentication required.`"""

    __slots__ = ()

    @property
    def code(self) -> str:
        """The first word: NOAUTH, MOVED, NOPERM, ERR…"""
        return self.partition(" ")[0]


Value: TypeAlias = "int | bytes | RedisError | list[Value] | None"


class Garbled(ValueError):
    """This is not the protocol of Redis."""


class _Incomplete(Exception):
    """The rest is still to come."""


def pack(*words: bytes | str | int | float) -> bytes:
    """One command."""
    said = [_word(word) for word in words]
    return b"*%d\r\n" % len(said) + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in said])


def _word(word: bytes | str | int | float) -> bytes:
    return word if isinstance(word, bytes) else str(word).encode(errors="surrogatepass")


class Replies:
    """Cuts what comes in into replies."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Value]:
        """The replies that are complete now. Raises `Garbled`."""
        buf = self._rest + data if self._rest else data
        at, found = 0, []
        try:
            while at < len(buf):
                value, at = _read(buf, at, DEPTH)
                found.append(value)
        except _Incomplete:
            if len(buf) - at > REPLY_BYTES:
                raise Garbled(f"a reply of at most {REPLY_BYTES} bytes was expected") from None
        self._rest = buf[at:]
        return found


def _read(buf: bytes, at: int, depth: int) -> tuple[Value, int]:
    end = buf.find(b"\r\n", at)
    if end < 0:
        raise _Incomplete
    mark = buf[at]
    if mark == 0x24:  # $
        return _read_bulk(buf, end + 2, _number(buf[at + 1 : end]))
    if mark == 0x3A:  # :
        return _number(buf[at + 1 : end]), end + 2
    if mark == 0x2A:  # *
        return _read_array(buf, end + 2, _number(buf[at + 1 : end]), depth)
    if mark == 0x2B:  # +
        return buf[at + 1 : end], end + 2
    if mark == 0x2D:  # -
        return RedisError(buf[at + 1 : end].decode(errors="replace")), end + 2
    raise Garbled(f"a reply of Redis was expected, {buf[at : at + 16]!r} came")


def _read_bulk(buf: bytes, at: int, length: int) -> tuple[Value, int]:
    if length == -1:
        return None, at
    _check(length)
    end = at + length
    if len(buf) < end + 2:
        raise _Incomplete
    return buf[at:end], end + 2


def _read_array(buf: bytes, at: int, length: int, depth: int) -> tuple[Value, int]:
    if length == -1:
        return None, at
    _check(length)
    if depth == 0:
        raise Garbled(f"at most {DEPTH} arrays in each other were expected")
    found = []
    for _ in range(length):
        value, at = _read(buf, at, depth - 1)
        found.append(value)
    return found, at


def _check(length: int) -> None:
    if not 0 <= length <= REPLY_BYTES:
        raise Garbled(f"a length up to {REPLY_BYTES} was expected, {length} came")


def _number(digits: bytes) -> int:
    try:
        return int(digits)
    except ValueError:
        raise Garbled(f"a number was expected, {digits[:16]!r} came") from None
