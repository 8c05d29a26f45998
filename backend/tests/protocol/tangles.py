"""Updates that put among the values of a key what cannot stand there, and then delete the parent: pycrdt 0.14.13 then
keeps what refers to freed memory. And the like that is sound, as Yjs makes it.

Freed memory that nobody has used again still reads well. `TELLTALE` makes the C library overwrite it at once, so that
a process which reads it dies of it.
"""

import random
from collections.abc import Sequence

from protocol.structs import Id, Struct, Update, put_together
from quillroom.protocol.inspector import ANY, BINARY, DELETED, EMBED, FORMAT, GC, STRING, TYPE
from quillroom.protocol.lib0 import var_bytes, write_var_uint

TELLTALE = {"MALLOC_PERTURB_": "165", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
MALLORY, EVE, TRENT = 10, 20, 30
PARENT: Id = (MALLORY, 1)
CHILD: Id = (MALLORY, 2)  # the first and only thing that lies in the parent


def values(count: int = 1, **where: Id | bytes) -> Struct:
    """Plain values in one struct."""
    return Struct(ANY, count, content=write_var_uint(count) + b"\x7e" * count, **where)  # type: ignore[arg-type]


def words(text: bytes = b"abc", **where: Id | bytes) -> Struct:
    return Struct(STRING, len(text), content=var_bytes(text), **where)  # type: ignore[arg-type]


def mark(**where: Id | bytes) -> Struct:
    return Struct(FORMAT, 1, content=b"\x04bold\x04true", **where)  # type: ignore[arg-type]


def update(client: int, clock: int, *structs: Struct, deletes: Sequence[tuple[int, int, int]] = ()) -> bytes:
    return put_together(Update({client: (clock, list(structs))} if structs else {}, list(deletes)))


def parent_with(*structs: Struct, deletes: Sequence[tuple[int, int, int]] = ()) -> bytes:
    """A paragraph within a paragraph, with a text in it; `structs` begin at clock 3."""
    return update(
        MALLORY,
        0,
        Struct(TYPE, 1, parent=b"default", content=b"\x03\x01p"),
        Struct(TYPE, 1, parent=(MALLORY, 0), content=b"\x03\x01p"),
        Struct(TYPE, 1, parent=PARENT, content=b"\x06"),
        *structs,
        deletes=deletes,
    )


GONE = update(MALLORY, 0, deletes=[(MALLORY, 0, 1)])  # the paragraph around the parent
ONE = parent_with(values(parent=PARENT, key=b"k"))
THREE = parent_with(values(3, parent=PARENT, key=b"k"))
FIRST, SECOND, THIRD = (MALLORY, 3), (MALLORY, 4), (MALLORY, 5)

# Each refused at its first or its second update; the others follow when it is not.
TANGLES = {
    "an origin among three values": [THREE, update(EVE, 0, values(origin=FIRST)), GONE],
    "a right origin among three values": [THREE, update(EVE, 0, values(right=SECOND)), GONE],
    "one of three values deleted": [THREE, update(EVE, 0, deletes=[(*SECOND, 1)]), GONE],
    "the last of three values deleted": [THREE, update(EVE, 0, deletes=[(*THIRD, 1)]), GONE],
    "three values behind one, cut": [
        ONE,
        update(EVE, 0, values(3, origin=FIRST)),
        update(TRENT, 0, values(origin=(EVE, 0))),
        GONE,
    ],
    "a text behind a value, cut": [
        ONE,
        update(EVE, 0, words(origin=FIRST)),
        update(TRENT, 0, values(origin=(EVE, 0))),
        GONE,
    ],
    "between a child and a value": [ONE, update(EVE, 0, values(origin=CHILD, right=FIRST)), GONE],
    "between a value and a child": [ONE, update(EVE, 0, values(origin=FIRST, right=CHILD)), GONE],
    "before a value": [ONE, update(EVE, 0, values(right=FIRST)), GONE],
    "a mark behind a value": [ONE, update(EVE, 0, mark(origin=FIRST)), GONE],
}
# Of these the process is known to die; the others leave the same behind, and it is read later or not at all.
DEADLY = (
    "an origin among three values",
    "a right origin among three values",
    "one of three values deleted",
    "the last of three values deleted",
    "between a child and a value",
)

DEAD_THREE = parent_with(values(3, parent=PARENT, key=b"k"), deletes=[(*FIRST, 3)])
SOUND = {
    "values one after the other": [ONE, update(EVE, 0, values(origin=FIRST)), GONE],
    "three deleted values": [DEAD_THREE, GONE],
    "an origin among three deleted values": [DEAD_THREE, update(EVE, 0, values(origin=FIRST)), GONE],
    "three deleted values behind one": [ONE, update(EVE, 0, values(3, origin=FIRST), deletes=[(EVE, 0, 3)]), GONE],
    "three values of a list": [
        update(MALLORY, 0, values(3, parent=b"a")),
        update(EVE, 0, values(3, origin=(MALLORY, 1), right=(MALLORY, 2))),
        update(TRENT, 0, values(3, origin=(EVE, 0)), deletes=[(EVE, 2, 1)]),
    ],
    "a type as a value, with children": [
        ONE,
        update(EVE, 0, Struct(TYPE, 1, origin=FIRST, content=b"\x01"), values(parent=(EVE, 0), key=b"k")),
        GONE,
    ],
    "a child beside a child": [ONE, update(EVE, 0, words(parent=CHILD), values(origin=CHILD)), GONE],
}


class Mallory:
    """Makes up updates that are well-formed and mostly point where they should not."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._clocks = dict.fromkeys((MALLORY, EVE, TRENT), 0)
        self._ids: list[Id] = []
        self._types: list[Id] = []

    def keeps(self, update: Update) -> None:
        """This one was taken; it must be told of every one that was."""
        for client, (clock, structs) in update.sections.items():
            for struct in structs:
                self._ids += [(client, clock + n) for n in range(struct.length)]
                if struct.kind == TYPE:
                    self._types.append((client, clock))
                clock += struct.length
            self._clocks[client] = clock

    def makes(self) -> Update:
        chance, made = self._chance, Update()
        deletes: set[Id] = set()
        if not self._ids or chance.random() < 0.75:
            client = chance.choice((MALLORY, EVE, TRENT))
            clock, structs = self._clocks[client], []
            for _ in range(chance.randrange(1, 4)):
                struct = self._struct()
                structs.append(struct)
                if struct.length > 1 and chance.random() < 0.3:
                    deletes |= {(client, clock + n) for n in range(struct.length)}
                clock += struct.length
            made.sections[client] = (self._clocks[client], structs)
        if self._ids and chance.random() < 0.4:
            deletes.add(chance.choice(self._types or self._ids))
        made.deletes = [(client, clock, 1) for client, clock in sorted(deletes)]
        return made

    def _struct(self) -> Struct:
        chance = self._chance
        kind = chance.choice((ANY, ANY, ANY, STRING, TYPE, TYPE, DELETED, FORMAT, EMBED, BINARY, GC))
        length = chance.choice((1, 1, 2, 3)) if kind in (ANY, STRING, DELETED, GC) else 1
        if kind == GC:
            return Struct(GC, length)
        where: dict[str, Id | bytes | None] = {}
        way = chance.randrange(7) if self._ids else 0
        if way < 3:
            is_deep = self._types and chance.random() < 0.8
            where["parent"] = chance.choice(self._types[-4:]) if is_deep else b"m"
            where["key"] = chance.choice((None, b"k", b"k", b"l"))
            length = 1 if where["key"] and chance.random() < 0.5 else length
        if way in (3, 4, 6):
            where["origin"] = self._id()
        if way in (5, 6):
            where["right"] = self._id()
        return Struct(kind, length, content=_content(kind, length, chance), **where)  # type: ignore[arg-type]

    def _id(self) -> Id:
        return self._chance.choice(self._ids[-6:] if self._chance.random() < 0.4 else self._ids)


def _content(kind: int, length: int, chance: random.Random) -> bytes:
    if kind == ANY:
        return write_var_uint(length) + b"\x7e" * length
    if kind == STRING:
        return var_bytes(b"x" * length)
    if kind == DELETED:
        return write_var_uint(length)
    if kind == TYPE:
        return chance.choice((b"\x03\x01q", b"\x06", b"\x01"))
    return {FORMAT: b"\x04bold\x04true", EMBED: b"\x041234", BINARY: b"\x02ab"}[kind]
