"""Delete sets (Yjs v1 encoding): client id → sorted, disjoint ranges of deleted clocks."""

from quillroom.protocol.lib0 import Malformed, read_var_uint, write_var_uint

Deletes = dict[int, list[tuple[int, int]]]


def read_deletes(encoded: bytes) -> Deletes:
    """What `write_deletes` wrote. Raises Malformed."""
    deletes: Deletes = {}
    clients, at = read_var_uint(encoded, 0)
    for _ in range(clients):
        client, at = read_var_uint(encoded, at)
        if client in deletes:
            raise Malformed("a client id stands twice in the delete set")
        count, at = read_var_uint(encoded, at)
        ranges: list[tuple[int, int]] = []
        for _ in range(count):
            start, at = read_var_uint(encoded, at)
            length, at = read_var_uint(encoded, at)
            if length == 0 or (ranges and start <= ranges[-1][1]):
                raise Malformed("sorted, disjoint ranges were expected")
            ranges.append((start, start + length))
        deletes[client] = ranges
    if at != len(encoded):
        raise Malformed("the delete set goes on after its last range")
    return deletes


def write_deletes(deletes: Deletes) -> bytes:
    """Encode as (client, count, (start, length)…)."""
    parts = [write_var_uint(len(deletes))]
    for client, ranges in deletes.items():
        parts += (write_var_uint(client), write_var_uint(len(ranges)))
        for start, end in ranges:
            parts += (write_var_uint(start), write_var_uint(end - start))
    return b"".join(parts)
