"""Whom a change concerns, held against asking for each person and page alone."""

from hypothesis import given
from hypothesis import strategies as st

from core.test_tree import ANN, BOB, NOW, is_circular, trees
from quillroom.core.access import Level
from quillroom.core.audience import Audience
from quillroom.core.member import Person, Role
from quillroom.core.tree import Page, judge

EVE = Person("eve", "device", "Eve", "#000000")
DAN = Person("dan", "device", "Dan", "#000000", kind="member", is_member=True)
PEOPLE = (ANN, BOB, EVE, DAN)


@given(trees(), trees(), st.sets(st.sampled_from([f"p{n}" for n in range(8)]), min_size=1))
def test_everyone_whose_pages_changed_is_concerned(
    before: dict[str, Page], found: dict[str, Page], changed: set[str]
) -> None:
    after = {id: page for id, page in before.items() if id not in changed}
    after |= {id: found[id] for id in changed if id in found}
    if is_circular(before) or is_circular(after):
        return
    change = Audience(before).change(changed, {id: found[id] for id in changed if id in found})
    for person in PEOPLE:
        was, now = judge(person, before, NOW), judge(person, after, NOW)
        if was.roles != now.roles or changed & (set(was.roles) | set(now.roles)):
            assert change.concerns(person, NOW), person.name
        for id in changed:
            assert change.roles(person, id, NOW) == (was.roles.get(id), now.roles.get(id))


def page(id: str, parent: str | None = None, **said: object) -> Page:
    return Page(parent, Level(id, **said))  # type: ignore[arg-type]


def test_nobody_hears_of_a_page_that_they_could_not_see_and_cannot_see_now() -> None:
    pages = {
        "top": page("top", access="private", grants={"ann": Role.MANAGE}),
        "below": page("below", "top", grants={"bob": Role.VIEW}),
    }
    renamed = Audience(pages).change({"top"}, {"top": pages["top"]})
    assert [renamed.concerns(person, NOW) for person in PEOPLE] == [True, False, False, False]
    trashed = Audience(pages).change({"top"}, {"top": page("top", access="private", is_trashed=True)})
    assert [trashed.concerns(person, NOW) for person in PEOPLE] == [True, True, False, False]
    opened = Audience(pages).change({"top"}, {"top": page("top", access="workspace", access_role=Role.VIEW)})
    assert [opened.concerns(person, NOW) for person in PEOPLE] == [True, True, False, True]


def test_who_manages_a_page_hears_that_it_left_the_trash_for_good() -> None:
    pages = {"top": page("top", access="private", grants={"ann": Role.MANAGE, "bob": Role.EDIT}, is_trashed=True)}
    purged = Audience(pages).change({"top"}, {})
    assert [purged.concerns(person, NOW) for person in PEOPLE] == [True, False, False, False]
