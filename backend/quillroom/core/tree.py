"""What a person may see of the whole tree of pages, in one walk over plain values."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from quillroom.core.access import Acl, Level, standing
from quillroom.core.member import Person, Role

DEPTH_LIMIT = 32  # pages above each other


@dataclass(frozen=True, slots=True)
class Page:
    """A page's place, and what is said about access on it."""

    parent: str | None
    level: Level


def roles(person: Person | None, pages: Mapping[str, Page], now: float) -> dict[str, Role]:
    """The role of a person on every page that they may see; what is in the trash is left out."""
    chains: dict[str, Acl] = {}
    found: dict[str, Role | None] = {}
    for id in pages:
        for each in reversed(list(unknown(id, pages, found))):
            found[each] = _role(person, each, pages, chains, found, now)
    return {id: role for id in pages if (role := found[id]) is not None}


def _role(
    person: Person | None,
    id: str,
    pages: Mapping[str, Page],
    chains: dict[str, Acl],
    found: Mapping[str, Role | None],
    now: float,
) -> Role | None:
    """Of a page below one that is known already."""
    page = pages[id]
    above = None if page.parent is None else chains.get(page.parent)
    if above is not None and is_silent(page.level):
        chains[id] = above  # it says nothing of its own: what decides above decides here
        return found[page.parent or ""]
    chains[id] = acl = Acl((page.level, *(() if above is None else above.levels)))
    return None if acl.is_trashed else standing(person, acl, now).role


def chain(id: str, pages: Mapping[str, Page]) -> Acl:
    """What decides about one page: itself first, then the ones above."""
    return Acl(tuple(pages[each].level for each in unknown(id, pages, ())))


def is_silent(level: Level) -> bool:
    """Whether nothing about access is said on this page."""
    return level.access is None and level.link_role is None and not level.grants and not level.is_trashed


def generals(pages: Mapping[str, Page], now: float) -> dict[str, str]:
    """`general` of every page."""
    chains: dict[str, Acl] = {}
    found: dict[str, str] = {}
    for id in pages:
        for each in reversed(list(unknown(id, pages, found))):
            page = pages[each]
            above = None if page.parent is None else chains.get(page.parent)
            if above is not None and is_silent(page.level):
                chains[each], found[each] = above, found[page.parent or ""]
            else:
                chains[each] = acl = Acl((page.level, *(() if above is None else above.levels)))
                found[each] = general(acl, now)
    return found


def general(acl: Acl, now: float) -> str:
    """Who may come without being named: "private" (nobody), "workspace", or "anyone" who has the link."""
    if acl.link is not None and not acl.link.is_over(now):
        return "anyone"
    said = acl.general
    return "private" if said is None or said.access is None else said.access


def below(ids: Iterable[str], pages: Mapping[str, Page]) -> set[str]:
    """These pages and all below them."""
    children: dict[str, list[str]] = {}
    for id, page in pages.items():
        if page.parent is not None:
            children.setdefault(page.parent, []).append(id)
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += children.get(id, ())
    return found


def unknown(id: str, pages: Mapping[str, Page], known: Container[str]) -> Iterator[str]:
    """A page and the ones above it, up to the first known one; a circle, which must not be, is walked once."""
    seen: set[str] = set()
    at: str | None = id
    while at is not None and at in pages and at not in known and at not in seen:
        seen.add(at)
        yield at
        at = pages[at].parent
