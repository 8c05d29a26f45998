"""What a person may see of the whole tree of pages, in one walk over plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quillroom.core.access import Acl, Level, standing
from quillroom.core.member import Person, Role


@dataclass(frozen=True, slots=True)
class Page:
    """A page's place, and what is said about access on it."""

    parent: str | None
    level: Level


def roles(person: Person | None, pages: Mapping[str, Page], now: float) -> dict[str, Role]:
    """The role of a person on every page that they may see; what is in the trash is left out."""
    chains: dict[str, tuple[Level, ...]] = {}
    found: dict[str, Role] = {}
    for id in pages:
        acl = Acl(_chain(id, pages, chains))
        role = None if acl.is_trashed else standing(person, acl, now).role
        if role is not None:
            found[id] = role
    return found


def _chain(id: str, pages: Mapping[str, Page], chains: dict[str, tuple[Level, ...]]) -> tuple[Level, ...]:
    path = list(_unknown(id, pages, chains))
    for each in reversed(path):
        parent = pages[each].parent
        above = chains.get(parent, ()) if parent is not None else ()
        chains[each] = (pages[each].level, *above)
    return chains[id]


def _unknown(id: str, pages: Mapping[str, Page], chains: Mapping[str, object]) -> Iterable[str]:
    seen: set[str] = set()
    at: str | None = id
    while at is not None and at in pages and at not in chains and at not in seen:
        seen.add(at)
        yield at
        at = pages[at].parent
