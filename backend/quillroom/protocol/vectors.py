"""State vectors: the next clock of each client id (Yjs v1 encoding)."""

from quillroom.protocol.lib0 import Malformed, read_var_uint, write_var_uint

CLIENTS = 200_000
CLOCK_LIMIT = 1 << 31


def read_state_vector(vector: bytes) -> dict[int, int]:
    """Client id → next clock. Raises Malformed; its cost is bounded by its length."""
    count, at = read_var_uint(vector, 0)
    if count > CLIENTS or count * 2 > len(vector) - at:
        raise Malformed(f"a state vector of {count} clients does not fit {len(vector)} bytes")
    clocks: dict[int, int] = {}
    for _ in range(count):
        client, at = read_var_uint(vector, at)
        clock, at = read_var_uint(vector, at)
        if clock >= CLOCK_LIMIT:
            raise Malformed("a clock below 2^31 was expected")
        clocks[client] = clock
    if at != len(vector):
        raise Malformed("the state vector goes on after its last client")
    return clocks


def write_state_vector(clocks: dict[int, int]) -> bytes:
    """Encode; clients in descending order, as Yjs writes them."""
    parts = [write_var_uint(len(clocks))]
    for client in sorted(clocks, reverse=True):
        parts += (write_var_uint(client), write_var_uint(clocks[client]))
    return b"".join(parts)
