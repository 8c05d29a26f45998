"""What a person may see of the whole tree of pages, in one walk over plain values."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from quillroom.core.access import Acl, Level, standing
from quillroom.core.member import Person, Role

DEPTH_LIMIT = 32  # pages above each other


@dataclass(frozen=True, slots=True)
class Page:
    """A page's place, and what is said about access on it."""

    parent: str | None
    level: Level


class Judged(NamedTuple):
    """A person's role on every page that they may see (none on what is in the trash), and `general` of every page."""

    roles: dict[str, Role]
    generals: dict[str, str]


def judge(person: Person | None, pages: Mapping[str, Page], now: float) -> Judged:
    """Every page in one walk: what says nothing of its own is as the page above."""
    chains: dict[str, Acl] = {}
    roles: dict[str, Role | None] = {}
    generals: dict[str, str] = {}
    for id in pages:
        if id in chains:
            continue
        for each in _from_the_top(id, pages, chains):
            page = pages[each]
            parent = page.parent
            above = None if parent is None else chains.get(parent)
            if above is not None and parent is not None and is_silent(page.level):
                chains[each], roles[each], generals[each] = above, roles[parent], generals[parent]
                continue
            chains[each] = acl = Acl((page.level, *(() if above is None else above.levels)))
            roles[each] = None if acl.is_trashed else standing(person, acl, now).role
            generals[each] = general(acl, now)
    return Judged({id: role for id in pages if (role := roles[id]) is not None}, generals)


def _from_the_top(id: str, pages: Mapping[str, Page], known: Container[str]) -> Iterable[str]:
    parent = pages[id].parent
    if parent is None or parent in known:
        return (id,)
    return reversed(list(unknown(id, pages, known)))


def chain(id: str, pages: Mapping[str, Page]) -> Acl:
    """What decides about one page: itself first, then the ones above."""
    return Acl(tuple(pages[each].level for each in unknown(id, pages, ())))


def is_silent(level: Level) -> bool:
    """Whether nothing about access is said on this page."""
    return level.access is None and level.link_role is None and not level.grants and not level.is_trashed


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
