"""A set of ids of a document: client id → edges (start, end, start, end…) of disjoint ranges.

What lies inside a range has an odd number of edges at or before it. Edges are clocks of 32 bits in an array: a long
document has a type for every paragraph and every run of text, and a tuple for each would be twenty times as large.
"""

from array import array
from bisect import bisect_right

from quillroom.protocol.lib0 import Malformed, read_var_uint, write_var_uint

CLOCK_LIMIT = 1 << 31

IdSet = dict[int, "array[int]"]


def has_id(ids: IdSet, client: int, clock: int) -> bool:
    """Whether this id is one of them."""
    edges = ids.get(client)
    return edges is not None and bisect_right(edges, clock) & 1 == 1


def add_ids(ids: IdSet, client: int, start: int, end: int) -> None:
    """Take in one range, wherever it lies."""
    edges = ids.get(client)
    if edges is None:
        ids[client] = array("I", (start, end))
    elif start > edges[-1]:
        edges.extend((start, end))
    elif start == edges[-1]:
        edges[-1] = end
    else:
        first, last = bisect_right(edges, start - 1), bisect_right(edges, end)
        between = array("I")
        if not first & 1:
            between.append(start)
        if not last & 1:
            between.append(end)
        edges[first:last] = between


def read_ids(encoded: bytes) -> IdSet:
    """What `write_ids` wrote. Raises Malformed; its cost is bounded by its length."""
    ids: IdSet = {}
    clients, at = read_var_uint(encoded, 0)
    for _ in range(clients):
        client, at = read_var_uint(encoded, at)
        if client in ids:
            raise Malformed("a client id stands twice in a set of ids")
        count, at = read_var_uint(encoded, at)
        if count == 0 or count * 2 > len(encoded) - at:
            raise Malformed(f"{count} ranges do not fit {len(encoded) - at} bytes")
        edges, clock = array("I"), 0
        for step in range(2 * count):
            distance, at = read_var_uint(encoded, at)
            clock += distance
            if (distance == 0 and step) or clock >= CLOCK_LIMIT:
                raise Malformed("sorted, disjoint ranges below clock 2^31 were expected")
            edges.append(clock)
        ids[client] = edges
    if at != len(encoded):
        raise Malformed("the ids go on after their last range")
    return ids


def write_ids(ids: IdSet) -> bytes:
    """Encode as (client, ranges, (distance to the start, length)…): two bytes for most ranges."""
    parts = [write_var_uint(len(ids))]
    for client, edges in ids.items():
        parts += (write_var_uint(client), write_var_uint(len(edges) // 2))
        before = 0
        for edge in edges:
            parts.append(write_var_uint(edge - before))
            before = edge
    return b"".join(parts)
