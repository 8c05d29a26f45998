"""Updates taken apart and put together again, and ways to change their structure so that they stay well-formed."""

import random
from dataclasses import dataclass, field, replace

from quillroom.protocol.inspector import DELETED, FORMAT, GC, SKIP, STRING, TYPE, inspect
from quillroom.protocol.lib0 import read_var_bytes, read_var_uint, var_bytes, write_var_uint

Id = tuple[int, int]
ELEMENT = 3


@dataclass(frozen=True)
class Struct:
    """One struct; `content` is what comes after the parent, as it is."""

    kind: int
    length: int
    origin: Id | None = None
    right: Id | None = None
    parent: bytes | Id | None = None  # the name of a root, or an id
    key: bytes | None = None
    content: bytes = b""


@dataclass
class Update:
    """Sections by client: (clock, structs); deletions: (client, clock, length)."""

    sections: dict[int, tuple[int, list[Struct]]] = field(default_factory=dict)
    deletes: list[tuple[int, int, int]] = field(default_factory=list)


def take_apart(raw: bytes) -> Update:
    """An update that the inspector accepts."""
    update = Update()
    sections, at = read_var_uint(raw, 0)
    for _ in range(sections):
        count, at = read_var_uint(raw, at)
        client, at = read_var_uint(raw, at)
        clock, at = read_var_uint(raw, at)
        structs: list[Struct] = []
        update.sections[client] = (clock, structs)
        for _ in range(count):
            struct, at = _read_struct(raw, at)
            structs.append(struct)
    update.deletes = [(client, start, end - start) for client, start, end in inspect(raw).deletes]
    return update


def _read_struct(raw: bytes, at: int) -> tuple[Struct, int]:
    info, at = raw[at], at + 1
    kind = info & 0x1F
    if kind in (GC, SKIP):
        length, at = read_var_uint(raw, at)
        return Struct(kind, length), at
    origin = right = None
    parent: bytes | Id | None = None
    key = None
    if info & 0x80:
        origin, at = _read_id(raw, at)
    if info & 0x40:
        right, at = _read_id(raw, at)
    if not info & 0xC0:
        is_root, at = read_var_uint(raw, at)
        parent, at = read_var_bytes(raw, at) if is_root else _read_id(raw, at)
        if info & 0x20:
            key, at = read_var_bytes(raw, at)
    end = _end_of_content(raw, at, kind)
    return Struct(kind, _length_of(kind, raw[at:end]), origin, right, parent, key, raw[at:end]), end


def _read_id(raw: bytes, at: int) -> tuple[Id, int]:
    client, at = read_var_uint(raw, at)
    clock, at = read_var_uint(raw, at)
    return (client, clock), at


def _end_of_content(raw: bytes, at: int, kind: int) -> int:
    """The inspector knows: the content ends where an update with this struct alone is accepted."""
    for end in range(at + 1, len(raw) + 1):
        alone = b"\x01\x01\x01\x00" + bytes([kind]) + b"\x01\x01t" + raw[at:end] + b"\x00"
        try:
            inspect(alone)
        except ValueError:
            continue
        return end
    raise AssertionError("no end of the content was found")


def _length_of(kind: int, content: bytes) -> int:
    [(_, _, length)] = inspect(b"\x01\x01\x01\x00" + bytes([kind]) + b"\x01\x01t" + content + b"\x00").ranges
    return length


def put_together(update: Update) -> bytes:
    """The bytes of it."""
    parts = [write_var_uint(len(update.sections))]
    for client, (clock, structs) in update.sections.items():
        parts += map(write_var_uint, (len(structs), client, clock))
        parts += map(_write_struct, structs)
    clients = sorted({client for client, _, _ in update.deletes})
    parts.append(write_var_uint(len(clients)))
    for client in clients:
        mine = sorted((clock, length) for c, clock, length in update.deletes if c == client)
        parts += (write_var_uint(client), write_var_uint(len(mine)))
        parts += (write_var_uint(number) for pair in mine for number in pair)
    return b"".join(parts)


def _write_struct(struct: Struct) -> bytes:
    if struct.kind in (GC, SKIP):
        return bytes([struct.kind]) + write_var_uint(struct.length)
    info, head = struct.kind, b""
    if struct.origin is not None:
        info, head = info | 0x80, head + _id(struct.origin)
    if struct.right is not None:
        info, head = info | 0x40, head + _id(struct.right)
    if struct.origin is None and struct.right is None:
        assert struct.parent is not None
        head += b"\x01" + var_bytes(struct.parent) if isinstance(struct.parent, bytes) else b"\x00" + _id(struct.parent)
        if struct.key is not None:
            info, head = info | 0x20, head + var_bytes(struct.key)
    return bytes([info]) + head + struct.content


def _id(id: Id) -> bytes:
    return write_var_uint(id[0]) + write_var_uint(id[1])


class Twister:
    """Changes updates at random; remembers what ids there are to point at."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ids: list[Id] = []
        self._structs: list[Struct] = [
            Struct(TYPE, 1, parent=b"default", content=b"\x03\x01q"),
            Struct(TYPE, 1, parent=b"default", content=b"\x06"),
            Struct(TYPE, 1, parent=b"default", content=b"\x01"),
            Struct(STRING, 2, parent=b"t", content=b"\x02xy"),
            Struct(FORMAT, 1, parent=b"t", content=b"\x04bold\x04true"),
            Struct(DELETED, 2, parent=b"t", content=b"\x02"),
            Struct(GC, 2),
        ]

    def remember(self, update: Update) -> None:
        """These ids are in the document now."""
        for client, (clock, structs) in update.sections.items():
            for struct in structs:
                self._ids += [(client, clock), (client, clock + struct.length - 1)]
                clock += struct.length
            self._structs += structs[-3:]

    def twisted(self, update: Update) -> Update:
        """The update with one to three of its structs or deletions changed."""
        twisted = Update({c: (clock, list(s)) for c, (clock, s) in update.sections.items()}, list(update.deletes))
        for _ in range(self._chance.randrange(1, 4)):
            lists = [structs for _, structs in twisted.sections.values() if structs]
            if not lists or self._chance.random() < 0.1:
                client, clock = self._some_id()
                twisted.deletes.append((client, clock, 1))
                continue
            structs = self._chance.choice(lists)
            at = self._chance.randrange(len(structs))
            structs[at] = self._changed(structs[at])
            if self._chance.random() < 0.2:
                structs.insert(at, self._changed(self._chance.choice(self._structs)))
        return twisted

    def _some_id(self) -> Id:
        return self._chance.choice(self._ids) if self._ids else (1, 0)

    def _changed(self, struct: Struct) -> Struct:
        chance = self._chance
        if struct.kind in (GC, SKIP) or (struct.origin, struct.right, struct.parent) == (None, None, None):
            struct = replace(chance.choice(self._structs))
        match chance.randrange(9):
            case 0:
                struct = replace(struct, origin=self._some_id())
            case 1:
                struct = replace(struct, right=self._some_id())
            case 2:
                struct = replace(struct, origin=self._some_id(), right=self._some_id())
            case 3:
                struct = replace(struct, origin=None, right=None, parent=self._some_id())
            case 4:
                root = chance.choice([b"t", b"a", b"m", b"default", b"u"])
                struct = replace(struct, origin=None, right=None, parent=root)
            case 5:
                key = chance.choice([None, b"k", b"level"])
                struct = replace(struct, origin=None, right=None, parent=struct.parent or self._some_id(), key=key)
            case 6:
                struct = Struct(GC, struct.length)
            case 7:
                struct = replace(struct, kind=DELETED, content=write_var_uint(struct.length))
            case _:
                other = chance.choice(self._structs)
                if other.kind not in (GC, SKIP):
                    struct = replace(struct, kind=other.kind, length=other.length, content=other.content)
        if struct.kind not in (GC, SKIP) and (struct.origin, struct.right, struct.parent) == (None, None, None):
            struct = replace(struct, parent=b"default")
        return struct
