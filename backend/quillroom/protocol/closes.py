"""WebSocket close codes: what each means, and whether a client may come back (RFC 6455 §7.4; 4000–4999 are ours)."""

from enum import IntEnum


class Close(IntEnum):
    """44xx are final for a client; 45xx, 101x and 1001 mean "come back, with jitter"."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    LOST = 1006  # never sent: the connection ended without a goodbye (RFC 6455 §7.4.1)
    INVALID_TEXT = 1007
    TOO_BIG = 1009
    RESTART = 1012
    BAD_FRAME = 4400
    SIGNED_OUT = 4401
    ACCESS_ENDED = 4403
    GONE = 4404
    HELLO_TOO_SLOW = 4408
    SCHEMA_TOO_OLD = 4409
    DOCUMENT_FULL = 4413
    SLOW_DOWN = 4429
    DRAINING = 4503


def is_final(code: int) -> bool:
    """Whether a client must not reconnect by itself after this code."""
    return 4400 <= code < 4500
