"""Whom a change of the tree concerns: whoever could see one of the changed pages before, or can see one now.

What decided about every page is remembered as it was when a change was last told; one memory for all connections, some
hundred bytes a page. What each of them has seen would be a set a connection, and asking the database tells only how
things are now: who has just lost a page would never hear of it.
"""

from collections.abc import Iterable, Iterator, Mapping

from quillroom.core.access import Acl, standing
from quillroom.core.member import Person, Role
from quillroom.core.tree import Page, below, chain, general, is_silent

_NOBODY = "\0"  # the id of nobody: no page names it
Pair = tuple[Acl | None, Acl | None]  # before and after; None: there was no such page, or is none


class Change:
    """What decided about the changed pages, and about those below them, before and after."""

    def __init__(self, pages: Mapping[str, Pair], below: Iterable[Pair]) -> None:
        self._pages = pages
        self._below = list(below)
        self._named: dict[str, list[tuple[Pair, bool]]] = {}  # (pair, is it of a changed page) in which a person occurs
        self._strangers: dict[Person, bool] = {}
        for pair, is_changed in self._pairs():
            for person in _named_in(pair):
                self._named.setdefault(person, []).append((pair, is_changed))

    def concerns(self, person: Person, now: float, *, is_open: bool = False) -> bool:
        """Whether the person could see a changed page, or can; of those below, whether they are something else now.

        Whoever is named nowhere is judged once for all of their kind: there may be hundreds of people and of pages.
        """
        stranger = _kind(person)
        if stranger not in self._strangers:
            self._strangers[stranger] = _is_hit(stranger, self._pairs(), now, is_open=is_open)
        return self._strangers[stranger] or _is_hit(person, self._named.get(person.id or "", ()), now, is_open=is_open)

    def roles(self, person: Person, page: str, now: float, *, is_open: bool = False) -> tuple[Role | None, Role | None]:
        """What the person was to a changed page, and is."""
        before, after = self._pages[page]
        return _role(person, before, now, is_open=is_open), _role(person, after, now, is_open=is_open)

    def _pairs(self) -> Iterator[tuple[Pair, bool]]:
        yield from ((pair, True) for pair in self._pages.values())
        yield from ((pair, False) for pair in self._below)


class Audience:
    """What decides about every page, for everyone."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = dict(pages)

    def change(self, ids: Iterable[str], found: Mapping[str, Page]) -> Change:
        """These pages are now as they were found; the ones that were not are gone."""
        changed = set(ids)
        affected = below(changed, self._pages)
        before = self._chains(affected)
        for id in changed:
            if id in found:
                self._pages[id] = found[id]
            else:
                self._pages.pop(id, None)
        affected |= below(changed, self._pages)
        after = self._chains(affected)
        pairs = {id: (before.get(id), after.get(id)) for id in affected}
        alike = {(_key(pairs[id][0]), _key(pairs[id][1])): pairs[id] for id in affected - changed}
        return Change({id: pairs[id] for id in changed}, alike.values())

    def readers(
        self, documents: Iterable[str], people: Iterable[Person], now: float, *, is_open: bool = False
    ) -> dict[str, set[Person]]:
        """Who of these people may read which of these documents."""
        everybody = [(person, _kind(person)) for person in people]
        found = {}
        for id, acl in self._chains(set(documents)).items():
            named, kinds = _named_in((acl, None)), dict[Person, bool]()
            readers = found[id] = set[Person]()
            for person, kind in everybody:
                who = person if person.id in named else kind
                if who not in kinds:
                    kinds[who] = _role(who, acl, now, is_open=is_open) is not None
                if kinds[who]:
                    readers.add(person)
        return found

    def _chains(self, ids: Iterable[str]) -> dict[str, Acl]:
        return {id: chain(id, self._pages) for id in ids if id in self._pages}


def _kind(person: Person) -> Person:
    """Somebody who is named on no page, and otherwise like this one."""
    return Person(_NOBODY, None, "", "", is_member=person.is_member, scopes=person.scopes)


def _key(acl: Acl | None) -> tuple[int, ...] | None:
    """Most pages of a tree say nothing of their own: then whatever decides about one decides about many."""
    return None if acl is None else tuple(id(level) for level in acl.levels if not is_silent(level))


def _named_in(pair: Pair) -> set[str]:
    levels = [level for acl in pair if acl is not None for level in acl.levels]
    return {person for level in levels for person in (*(level.grants or ()), *level.visitors)}


def _is_hit(person: Person, pairs: Iterable[tuple[Pair, bool]], now: float, *, is_open: bool) -> bool:
    return any(
        any(acl is not None and _sees(person, acl, now, is_open=is_open) for acl in pair)
        if is_changed
        else _differs(person, *pair, now, is_open=is_open)
        for pair, is_changed in pairs
    )


def _sees(person: Person, acl: Acl, now: float, *, is_open: bool) -> bool:
    """Also in the trash, where whoever manages a page sees it."""
    role = standing(person, acl, now, is_open=is_open).role
    return role is Role.MANAGE if acl.is_trashed else role is not None


def _differs(person: Person, before: Acl | None, after: Acl | None, now: float, *, is_open: bool) -> bool:
    was, role = _role(person, before, now, is_open=is_open), _role(person, after, now, is_open=is_open)
    if was is not role or before is None or after is None:
        return was is not role
    return role is not None and general(before, now) != general(after, now)


def _role(person: Person, acl: Acl | None, now: float, *, is_open: bool) -> Role | None:
    return None if acl is None or acl.is_trashed else standing(person, acl, now, is_open=is_open).role
