"""What a server wrote to a transport."""


def frames_of(written: bytes) -> list[bytes]:
    """The WebSocket frames of one write, whole: one or several."""
    found = []
    while written:
        end = _payload_at(written) + _size(written)
        found.append(written[:end])
        written = written[end:]
    return found


def payload_of(frame: bytes) -> bytes:
    """What an unmasked frame holds."""
    return frame[_payload_at(frame) :]


def _payload_at(frame: bytes) -> int:
    return 2 + {126: 2, 127: 8}.get(frame[1], 0)


def _size(frame: bytes) -> int:
    at = _payload_at(frame)
    return frame[1] if at == 2 else int.from_bytes(frame[2:at], "big")
