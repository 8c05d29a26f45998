"""Which structs of an update are values of a key (of a map, or attributes of an element), and what must not be one.

The values of one key are a chain: each new one has the one before as its origin, only the last is alive, and whoever
deletes the parent deletes that last one alone. Yjs and pycrdt free what lies in a deleted parent, and both rely on it:
of a chain in which another value is alive too, pycrdt keeps what refers to freed memory (a segmentation fault when it
encodes), and Yjs throws in every browser. A chain stays sound as long as

- a value is put behind the last one, never between two or before one (no right origin); nothing else is put there,
- a struct of several values is deleted by the update that brings it (so Yjs writes an attribute that was changed again
  and again, and is kept for undo): alive, a later edit could split it, and then two of them are.

All of it is what Yjs and pycrdt do when somebody sets a key. A struct that has an origin does not say whether it is a
value: it is one when its origin is one, which may be known to the document only.
"""

from bisect import bisect_right

from quillroom.protocol.lib0 import Malformed

Id = tuple[int, int]
Range = tuple[int, int, int]
Follower = tuple[int, int, int, int, int]  # (client, start, end) and the (client, clock) it is a value if that is one

_SURELY: Id = (-1, -1)  # instead of an id: a value whatever the document knows


class Values:
    """Gathered while the structs of one update are walked, section by section and in order."""

    __slots__ = ("_client", "_ends", "_front", "_roots", "_sections", "_several", "_starts", "beside")

    def __init__(self) -> None:
        self.beside: dict[Id, None] = {}  # ids that must not be values, in order
        self._several: list[tuple[int, int, int, Id]] = []  # structs of several values: (client, start, end, root)
        self._sections: dict[int, tuple[list[int], list[int], list[Id]]] = {}

    def section(self, client: int, clock: int) -> None:
        """The structs of this client follow."""
        self._client, self._front = client, clock
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._roots: list[Id] = []
        self._sections[client] = (self._starts, self._ends, self._roots)

    def skip(self, clock: int) -> None:
        """A gap up to here: what lies before it may be outside the update."""
        self._front = clock

    def set(self, start: int, end: int, is_several: bool) -> None:
        """A struct that names its parent and its key."""
        self._put(start, end, _SURELY)
        if is_several:
            self._several.append((self._client, start, end, _SURELY))

    def follow(self, start: int, end: int, other: int, clock: int, is_several: bool) -> bool:
        """A struct of what a value may be, put behind another and before nothing: a value if that is one, which is
        answered: whether it may be."""
        root = self._root(other, clock)
        if root is None:
            return False
        self._put(start, end, root)
        if is_several:
            self._several.append((self._client, start, end, root))
        return True

    def avoid(self, other: int, clock: int) -> None:
        """The id that something is put beside which is no value, or is not put as one."""
        root = self._root(other, clock)
        if root is not None:
            self.beside[root] = None

    def result(
        self, deletes: tuple[Range, ...], inside: dict[int, list[int]]
    ) -> tuple[tuple[Range, ...], tuple[Follower, ...], tuple[Id, ...]]:
        """(surely values, values if another id is one, ids outside that must not be values). Raises Malformed.

        `inside`: client id → edges of what the update brings. Structs must not depend on each other in a circle.
        """
        for *_, decides in _alive(self._several, deletes):
            if decides == _SURELY:
                raise Malformed("structs of one value of a key were expected, or several that are deleted")
            self.beside[decides] = None
        found: dict[Id, Id | None] = {}
        beside: dict[Id, None] = {}
        for each in self.beside:
            root = self._resolved(each, inside, found)
            if root == _SURELY:
                raise Malformed("only a value was expected behind a value of a key, and nothing before one")
            if root is not None:
                beside[root] = None
        values: list[Range] = []
        followers: list[Follower] = []
        for client, (starts, ends, roots) in self._sections.items():
            for start, end, each in zip(starts, ends, roots, strict=True):
                root = self._resolved(each, inside, found)
                if root == _SURELY:
                    values.append((client, start, end))
                elif root is not None:
                    followers.append((client, start, end, *root))
        return tuple(values), tuple(followers), tuple(beside)

    def _put(self, start: int, end: int, root: Id) -> None:
        if self._ends and self._ends[-1] == start and self._roots[-1] == root:
            self._ends[-1] = end
            return
        self._starts.append(start)
        self._ends.append(end)
        self._roots.append(root)

    def _root(self, other: int, clock: int) -> Id | None:
        """What decides whether this id is a value; None when nothing does: it is none."""
        if other != self._client or clock < self._front:
            return other, clock
        return _root_in(self._starts, self._ends, self._roots, clock)

    def _resolved(self, id: Id, inside: dict[int, list[int]], found: dict[Id, Id | None]) -> Id | None:
        """Follow through the sections of the update until it is decided, or only the document can tell."""
        passed: list[Id] = []
        root: Id | None = id
        while root is not None and root != _SURELY:
            if root in found:
                root = found[root]
                break
            passed.append(root)
            client, clock = root
            if not bisect_right(inside.get(client, ()), clock) & 1:
                break
            starts, ends, roots = self._sections[client]
            root = _root_in(starts, ends, roots, clock)
        for each in passed:
            found[each] = root
        return root


def _root_in(starts: list[int], ends: list[int], roots: list[Id], clock: int) -> Id | None:
    at = bisect_right(starts, clock) - 1
    return roots[at] if at >= 0 and clock < ends[at] else None


def _alive(several: list[tuple[int, int, int, Id]], deletes: tuple[Range, ...]) -> list[tuple[int, int, int, Id]]:
    """Those that the update does not delete whole."""
    if not several or not deletes:
        return several
    edges: dict[int, list[int]] = {}
    for client, start, end in sorted(deletes):
        mine = edges.setdefault(client, [])
        if mine and start <= mine[-1]:
            mine[-1] = max(mine[-1], end)
        else:
            mine += (start, end)
    return [each for each in several if not _covers(edges.get(each[0], []), each[1], each[2])]


def _covers(edges: list[int], start: int, end: int) -> bool:
    at = bisect_right(edges, start)
    return at & 1 == 1 and edges[at] >= end
