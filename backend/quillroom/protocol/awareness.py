"""Awareness updates of y-protocols: (client id, clock, JSON text) per peer."""

from quillroom.protocol.lib0 import (
    Malformed,
    read_var_string,
    read_var_uint,
    var_string,
    write_var_uint,
)

STATES_PER_UPDATE = 4096

State = tuple[int, int, str]


def read_states(update: bytes, limit: int = STATES_PER_UPDATE) -> list[State]:
    """All states of an awareness update; the JSON is not parsed. Raises Malformed."""
    count, at = read_var_uint(update, 0)
    if count > limit:
        raise Malformed(f"at most {limit} awareness states were expected, {count} came")
    states: list[State] = []
    for _ in range(count):
        client, at = read_var_uint(update, at)
        clock, at = read_var_uint(update, at)
        state, at = read_var_string(update, at)
        states.append((client, clock, state))
    if at != len(update):
        raise Malformed("the awareness update goes on after its last state")
    return states


def write_states(states: list[State]) -> bytes:
    """Encode states as one awareness update."""
    parts = [write_var_uint(len(states))]
    for client, clock, state in states:
        parts += (write_var_uint(client), write_var_uint(clock), var_string(state))
    return b"".join(parts)
