"""Walks a Yjs v1 update within bounds, without a Y.Doc: what it adds, what it depends on, what it deletes.

Refuses what would crash or poison the native library behind the log: nesting over 64 levels (27,000 levels end the
process), lying counts, clocks of 2³¹ and more, circular dependencies, subdocuments, weak links, and whatever pycrdt
and Yjs read differently (each such line says so). The format is that of Yjs 13 `encodeStateAsUpdate`: per client
(count, client, clock, structs…), then the delete set. Cost is linear in the bytes (n log n where structs of several
clients depend on each other).
"""

import json
import math
import re
from bisect import bisect_right
from heapq import heappop, heappush
from typing import NamedTuple

from quillroom.protocol.keystroke import read_keystroke
from quillroom.protocol.lib0 import MAX_SAFE, Malformed, read_var_uint
from quillroom.protocol.values import Follower, Id, Values

CLOCK_LIMIT = 1 << 31
NESTING_LIMIT = 64
ROOT_NAME_BYTES = 255

GC, DELETED, JSON_, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, SUBDOCUMENT, SKIP = range(11)
_XML_ELEMENT = 3  # carries a name
# XmlHook (5) carries a name too, but pycrdt does not read it and writes an update that Yjs cannot
# read; 7 is a weak link.
_TYPES = frozenset({0, 1, 2, _XML_ELEMENT, 4, 6})
_NO_VALUES = frozenset({STRING, EMBED, FORMAT})
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_PARENT_SUB = 0x80, 0x40, 0x20

Range = tuple[int, int, int]


class Inspection(NamedTuple):
    """What an update says of itself; ids are (client, clock), ends are exclusive."""

    ranges: tuple[Range, ...]  # (client, start, end) of new structs; Skip structs split runs
    needs: tuple[tuple[int, int], ...]  # highest clock per client that it depends on, outside itself
    deletes: tuple[Range, ...]  # (client, start, end)
    roots: tuple[str, ...]  # names of root types that its structs name as their parent
    structs: int
    # (client, start, end) of what may be named as a parent: shared types, and what is so long deleted that nobody
    # can tell whether it was one (GC structs, deleted content): its children are born deleted, in Yjs and in pycrdt
    types: tuple[Range, ...]
    parents: tuple[Id, ...]  # what structs name as their parent, outside this update
    values: tuple[Range, ...]  # (client, start, end) of values of keys, see protocol/values.py
    followers: tuple[Follower, ...]  # (client, start, end) of what is a value if (client, clock) is, outside it
    beside: tuple[Id, ...]  # ids outside this update that must not be values


def inspect(update: bytes) -> Inspection:
    """Read the whole update. Raises Malformed, and nothing else, for any bytes."""
    try:
        keystroke = read_keystroke(update)
        if keystroke is None:
            return _Walk(update).result()
        client, start, end, needs, beside = keystroke
        return Inspection(((client, start, end),), needs, (), (), 1, (), (), (), (), beside)
    except IndexError:
        raise Malformed("the update ends in the middle") from None


class _Walk:
    __slots__ = ("at", "cross", "needs", "parents", "ranges", "roots", "structs", "types", "update", "values")

    def __init__(self, update: bytes) -> None:
        self.update = update
        self.at = 0
        self.ranges: list[Range] = []
        self.needs: dict[int, int] = {}
        self.roots: set[str] = set()
        self.structs = 0
        self.types: list[Range] = []
        self.parents: set[tuple[int, int]] = set()
        # (client, clock, needed client, needed clock) of structs that depend on another client
        self.cross: list[tuple[int, int, int, int]] = []
        self.values = Values()

    def result(self) -> Inspection:
        update = self.update
        sections, self.at = read_var_uint(update, 0)
        if sections > len(update):
            raise Malformed("more clients were announced than fit")
        seen: set[int] = set()
        for _ in range(sections):
            self._section(seen)
        deletes = self._deletes()
        if self.at != len(update):
            raise Malformed("the update goes on after its delete set")
        needs = self._outside_needs() if self.needs else ()
        if sections > 1 and self.cross:
            _check_order(self.ranges, self.cross)
        roots = tuple(sorted(self.roots)) if self.roots else ()
        parents = self._outside_parents() if self.parents else ()
        values, followers, beside = self.values.result(deletes, _edges(self.ranges))
        return Inspection(
            tuple(self.ranges),
            needs,
            deletes,
            roots,
            self.structs,
            tuple(self.types),
            parents,
            values,
            followers,
            beside,
        )

    def _section(self, seen: set[int]) -> None:
        update = self.update
        count, at = read_var_uint(update, self.at)
        client, at = read_var_uint(update, at)
        clock, at = read_var_uint(update, at)
        if client in seen:
            raise Malformed("a client id stands twice in the update")
        seen.add(client)
        if count > len(update) - at:
            raise Malformed("more structs were announced than fit")
        if clock >= CLOCK_LIMIT:
            raise Malformed("a clock below 2^31 was expected")
        self.structs += count
        start = clock
        values = self.values
        values.section(client, clock)
        is_plain = False  # whether what stands right before is surely no value of a key
        other = needed = right = right_needed = -1
        for _ in range(count):
            info = update[at]
            at += 1
            kind = info & 0x1F
            if kind == GC or kind == SKIP:
                if info != kind:  # Yjs ignores the flags, pycrdt reads another struct
                    raise Malformed("a GC or Skip struct without flags was expected")
                length, at = read_var_uint(update, at)
                if kind == GC:
                    self._type(client, clock, clock + length)
                is_plain = kind == GC
            else:
                if info & 0xC0:
                    if info & _HAS_ORIGIN:
                        other, at = read_var_uint(update, at)
                        needed, at = read_var_uint(update, at)
                        self._need(client, clock, other, needed)
                    if info & _HAS_RIGHT_ORIGIN:
                        right, at = read_var_uint(update, at)
                        right_needed, at = read_var_uint(update, at)
                        self._need(client, clock, right, right_needed)
                else:
                    at = self._parent(info, at, client, clock)
                if kind == STRING:
                    size, at = read_var_uint(update, at)
                    raw = update[at : at + size]
                    at += size
                    length = size if raw.isascii() else _utf16_length(raw)
                    if len(raw) != size:
                        raise Malformed("the update ends inside a text")
                    if length > 1 and info & 0xE0 == _HAS_PARENT_SUB:
                        # Yjs reads its last character, pycrdt all; and it must not be split: see protocol/values.py.
                        raise Malformed("a text of one character as the value of a key was expected")
                else:
                    length, at = self._content(kind, at)
                    if kind == TYPE or kind == DELETED:
                        self._type(client, clock, clock + length)
                if info & _HAS_RIGHT_ORIGIN or (info & _HAS_ORIGIN and kind in _NO_VALUES):
                    if info & _HAS_ORIGIN and not (is_plain and needed == clock - 1 and other == client):
                        values.avoid(other, needed)
                    if info & _HAS_RIGHT_ORIGIN:
                        values.avoid(right, right_needed)
                    is_plain = True
                elif info & _HAS_ORIGIN:
                    is_several = length > 1 and kind == ANY
                    is_plain = not values.follow(clock, clock + length, other, needed, is_several)
                elif info & _HAS_PARENT_SUB:
                    values.set(clock, clock + length, length > 1 and kind == ANY)
                    is_plain = False
                else:
                    is_plain = True
            if length == 0 or clock + length >= CLOCK_LIMIT:
                raise Malformed("a struct of at least 1 and clocks below 2^31 were expected")
            if kind == SKIP:
                if clock > start:
                    self.ranges.append((client, start, clock))
                start = clock + length
                values.skip(start)
            clock += length
        if clock > start:
            self.ranges.append((client, start, clock))
        self.at = at

    def _need(self, client: int, clock: int, other: int, needed: int) -> None:
        if other == client:
            if needed >= clock:
                raise Malformed("a struct depends on itself or on what follows it")
        else:
            if needed >= CLOCK_LIMIT:  # pycrdt would keep the lower 32 bits of it
                raise Malformed("a dependency on a clock below 2^31 was expected")
            self.cross.append((client, clock, other, needed))
        if needed > self.needs.get(other, -1):
            self.needs[other] = needed

    def _parent(self, info: int, at: int, client: int, clock: int) -> int:
        is_root, at = read_var_uint(self.update, at)
        if is_root == 1:
            name, at = self._text(at)
            if len(name) > ROOT_NAME_BYTES:
                raise Malformed(f"a root name of at most {ROOT_NAME_BYTES} bytes was expected")
            self.roots.add(name.decode())
        elif is_root == 0:
            other, at = read_var_uint(self.update, at)
            needed, at = read_var_uint(self.update, at)
            self._need(client, clock, other, needed)
            self.parents.add((other, needed))
        else:
            raise Malformed("a parent must be a root or an id")
        if info & _HAS_PARENT_SUB:
            _, at = self._text(at)
        return at

    def _type(self, client: int, start: int, end: int) -> None:
        types = self.types
        if types and types[-1][0] == client and types[-1][2] == start:
            types[-1] = (client, types[-1][1], end)
        else:
            types.append((client, start, end))

    def _content(self, kind: int, at: int) -> tuple[int, int]:
        """(length in clocks, position after the content)."""
        update = self.update
        if kind == DELETED:
            return read_var_uint(update, at)
        if kind == TYPE:
            reference, at = read_var_uint(update, at)
            if reference not in _TYPES:
                raise Malformed(f"shared types of kind {reference} are not accepted")
            if reference == _XML_ELEMENT:
                _, at = self._text(at)
            return 1, at
        if kind == FORMAT:
            _, at = self._text(at)
            return 1, self._json(at)
        if kind == EMBED:
            return 1, self._json(at)
        if kind == BINARY:
            return 1, self._skip_bytes(at)
        if kind == ANY:
            count, at = read_var_uint(update, at)
            if count > len(update) - at:
                raise Malformed("more values were announced than fit")
            for _ in range(count):
                at = _skip_any(update, at, 0)
            return count, at
        # JSON content (2) was replaced by ANY before Yjs 13, and pycrdt cannot read it.
        raise Malformed(f"content of kind {kind} is not accepted")

    def _text(self, at: int) -> tuple[bytes, int]:
        start, at = read_var_uint(self.update, at)
        raw, at = self.update[at : at + start], at + start
        if at > len(self.update):
            raise Malformed("the update ends inside a text")
        if not raw.isascii():
            _utf16_length(raw)
        return raw, at

    def _skip_bytes(self, at: int) -> int:
        size, at = read_var_uint(self.update, at)
        if at + size > len(self.update):
            raise Malformed("the update ends inside bytes")
        return at + size

    def _json(self, at: int) -> int:
        raw, at = self._text(at)
        if raw not in _PLAIN_JSON:
            _check_json(raw)
        return at

    def _deletes(self) -> tuple[Range, ...]:
        update = self.update
        clients, at = read_var_uint(update, self.at)
        self.at = at
        if clients == 0:
            return ()
        if clients > len(update) - at:
            raise Malformed("more clients were announced than fit")
        found: list[Range] = []
        seen: set[int] = set()
        for _ in range(clients):
            client, at = read_var_uint(update, at)
            count, at = read_var_uint(update, at)
            if client in seen:  # merge_updates of pycrdt would keep only the last one's deletions
                raise Malformed("a client id stands twice in the delete set")
            seen.add(client)
            if count > len(update) - at:
                raise Malformed("more deletions were announced than fit")
            for _ in range(count):
                clock, at = read_var_uint(update, at)
                length, at = read_var_uint(update, at)
                if length == 0 or clock + length >= CLOCK_LIMIT:
                    raise Malformed("a deletion of at least 1 below clock 2^31 was expected")
                found.append((client, clock, clock + length))
        self.at = at
        return tuple(found)

    def _outside_needs(self) -> tuple[tuple[int, int], ...]:
        """A need below one that lies inside is implied: each range needs all that came before it."""
        needs = self.needs
        inside: set[int] = set()
        for client, start, end in self.ranges:
            clock = needs.get(client)
            if clock is not None and start <= clock < end:
                inside.add(client)
        return tuple(need for need in needs.items() if need[0] not in inside)

    def _outside_parents(self) -> tuple[tuple[int, int], ...]:
        """pycrdt cannot apply a child of a text, an embed, a value…; Yjs drops it without a word."""
        here, types = _edges(self.ranges), _edges(self.types)
        outside: list[tuple[int, int]] = []
        for client, clock in self.parents:
            if not bisect_right(here.get(client, ()), clock) & 1:
                outside.append((client, clock))
            elif not bisect_right(types.get(client, ()), clock) & 1:
                raise Malformed("a parent that is a shared type was expected")
        return tuple(outside)


def _edges(ranges: list[Range]) -> dict[int, list[int]]:
    """Client id → start, end, start, end…: what lies inside has an odd number of edges before it."""
    edges: dict[int, list[int]] = {}
    for client, start, end in ranges:
        edges.setdefault(client, []).extend((start, end))
    return edges


def _check_order(ranges: list[Range], cross: list[tuple[int, int, int, int]]) -> None:
    """Refuse structs that wait for each other in a circle: they would stay pending for ever."""
    ends = {client: end for client, _, end in ranges}
    reached = {client: start for client, start, _ in reversed(ranges)}
    waiting: dict[int, list[tuple[int, int, int]]] = {client: [] for client in ends}
    for client, clock, other, needed in reversed(cross):
        if other in ends and reached[other] <= needed < ends[other] and client in waiting:
            waiting[client].append((clock, other, needed))
    # By the clock they wait for, so that a client which advances wakes only those it frees.
    blocked: dict[int, list[tuple[int, int]]] = {}
    ready = list(ends)
    while ready:
        client = ready.pop()
        mine = waiting[client]
        while mine and reached[mine[-1][1]] > mine[-1][2]:
            mine.pop()
        if mine:
            clock, other, needed = mine[-1]
            reached[client] = max(reached[client], clock)
            heappush(blocked.setdefault(other, []), (needed, client))
        else:
            reached[client] = ends[client]
        sleepers = blocked.get(client)
        while sleepers and sleepers[0][0] < reached[client]:
            ready.append(heappop(sleepers)[1])
    if any(waiting.values()):
        raise Malformed("structs of the update depend on each other in a circle")


def _utf16_length(raw: bytes) -> int:
    """Length in UTF-16 code units, as Yjs counts. Raises Malformed."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Malformed("UTF-8 text was expected") from None
    return len(text) + sum(c > "\uffff" for c in text) if max(text) > "\uffff" else len(text)


_PLAIN_JSON = frozenset({b"null", b"true", b"false", b"{}", b'""', b"[]"})


_JSON_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def _check_json(raw: bytes) -> None:
    """JSON that Yjs and pycrdt both read. Raises Malformed."""
    if raw.count(b"[") + raw.count(b"{") > NESTING_LIMIT and _depth(raw) > NESTING_LIMIT:
        raise Malformed(f"JSON nested at most {NESTING_LIMIT} levels was expected")
    try:
        value = json.loads(  # decoded first: of bytes, json would guess the encoding
            raw.decode(), parse_constant=_no_constant, parse_int=_integer, parse_float=_float
        )
        if b"\\u" in raw:  # pycrdt refuses half a surrogate pair
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Malformed("JSON was expected") from None


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for byte in _JSON_STRING.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> float:
    value = float(digits)
    if 2**63 <= value <= 2**64 and 2**63 <= int(digits) < 2**64:  # pycrdt takes all but these
        raise ValueError("an integer below 2^63 was expected")
    return _finite(value)


def _float(digits: str) -> float:
    return _finite(float(digits))


def _finite(value: float) -> float:
    if value in (math.inf, -math.inf):
        raise ValueError("a finite number was expected")
    return value


def _skip_any(buf: bytes, at: int, depth: int) -> int:
    """The position after one lib0 "any" value."""
    kind = buf[at]
    at += 1
    if 120 <= kind <= 122 or kind >= 126:
        if kind > 127:
            raise Malformed(f"a value of unknown kind {kind}")
        end = at + (8 if kind == 122 else 0)
    elif kind == 119 or kind == 116:
        size, at = read_var_uint(buf, at)
        end = at + size
        if kind == 119 and end <= len(buf) and not buf[at:end].isascii():
            _utf16_length(buf[at:end])
    elif kind == 125:
        end = _skip_signed(buf, at)
    elif kind == 123 or kind == 124:
        end = at + (8 if kind == 123 else 4)
    elif kind == 118 or kind == 117:
        return _skip_nested(buf, at, kind == 118, depth + 1)
    else:
        raise Malformed(f"a value of unknown kind {kind}")
    if end > len(buf):
        raise Malformed("the update ends inside a value")
    return end


def _skip_nested(buf: bytes, at: int, is_object: bool, depth: int) -> int:
    if depth > NESTING_LIMIT:
        raise Malformed(f"values nested at most {NESTING_LIMIT} levels were expected")
    count, at = read_var_uint(buf, at)
    if count > len(buf) - at:
        raise Malformed("more values were announced than fit")
    for _ in range(count):
        if is_object:
            size, at = read_var_uint(buf, at)
            if not buf[at : at + size].isascii():
                _utf16_length(buf[at : at + size])
            at += size
        at = _skip_any(buf, at, depth)
    return at


def _skip_signed(buf: bytes, at: int) -> int:
    """A lib0 signed integer: sign and 6 bits, then 7 bits a byte; Yjs cannot read beyond 2⁵³−1."""
    byte = buf[at]
    value, shift = byte & 0x3F, 6
    for end in range(at + 1, at + 9):
        if byte < 0x80:
            if value > MAX_SAFE:
                break
            return end
        byte = buf[end]
        value |= (byte & 0x7F) << shift
        shift += 7
    raise Malformed("an integer of at most 53 bits was expected")
