"""Which servers of Redis carry what: one, whichever the sentinels name, or the parts of a cluster."""

from array import array
from binascii import crc_hqx
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from quillroom.bus.address import Address, Node
from quillroom.bus.link import Entry, Lost, open_link
from quillroom.bus.resp import RedisError, Value, pack

SLOTS = 16384
_NOBODY = 0xFFFF


@dataclass(frozen=True, slots=True)
class Layout:
    """The masters, and in a cluster which of them has which slot."""

    nodes: tuple[Node, ...]
    owners: "array[int] | None" = None  # by slot, a place in `nodes`

    @property
    def is_cluster(self) -> bool:
        """Whether a channel belongs to one of several parts."""
        return self.owners is not None

    def place(self, name: bytes) -> int:
        """Which of `nodes` has a channel or key."""
        return 0 if self.owners is None else self.owners[slot_of(name)]


def slot_of(name: bytes) -> int:
    """Redis Cluster specification, "Key distribution model": what stands in braces decides alone."""
    _, brace, rest = name.partition(b"{")
    tag, end, _ = rest.partition(b"}")
    return crc_hqx(tag if brace and end and tag else name, 0) % SLOTS


async def find_layout(address: Address, name: str, known: Sequence[Node] = ()) -> Layout:
    """Ask for it; `known` are servers of the cluster that were there the last time. Raises `Lost`."""
    if address.form == "sentinel":
        return Layout((await _ask_sentinels(address, name),))
    troubles = []
    for node in dict.fromkeys((*known, *address.nodes)):
        try:
            return await _ask_node(address, node, name)
        except Lost as lost:
            troubles.append(lost)
    raise troubles[-1]


async def _ask_node(address: Address, node: Node, name: str) -> Layout:
    link = await open_link(node, Entry(address, address.login, name))
    with closing(link):
        (reply,) = await link.ask(pack("CLUSTER", "SLOTS"))
    if isinstance(reply, list):
        return read_slots(reply, node)
    if address.form == "cluster":
        raise Lost(f"Redis at {node} does not say how its cluster is laid out ({reply!s}).")
    return Layout((node,))


def read_slots(reply: Sequence[Value], asked: Node) -> Layout:
    """What CLUSTER SLOTS answered: ranges, each with its master first. Raises `Lost`."""
    owners = array("H", [_NOBODY]) * SLOTS
    nodes: dict[Node, int] = {}
    for part in reply:
        match part:
            case [int(first), int(last), [(bytes() | None) as host, int(port), *_], *_] if 0 <= first <= last < SLOTS:
                node = Node(host.decode() if host else asked.host, port)
                owners[first : last + 1] = array("H", [nodes.setdefault(node, len(nodes))]) * (last + 1 - first)
    if _NOBODY in owners:
        raise Lost(f"Part of the Redis cluster at {asked} is served by nobody.")
    return Layout(tuple(nodes), owners)


async def _ask_sentinels(address: Address, name: str) -> Node:
    why = ""
    for sentinel in address.nodes:
        try:
            link = await open_link(sentinel, Entry(address, address.sentinel_login, name))
        except Lost as lost:
            why = str(lost)
            continue
        with closing(link):
            try:
                (reply,) = await link.ask(pack("SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.service))
            except Lost as lost:
                why = str(lost)
                continue
        match reply:
            case [bytes(host), bytes(port)] if port.isdigit():
                return Node(host.decode(), int(port))
            case RedisError():
                why = f"The sentinel at {sentinel} refuses us ({reply})."
            case _:
                why = f"The sentinel at {sentinel} knows no service {address.service!r}."
    raise Lost(why)
