"""One walk over the tree says of each page what the rules of access say of it alone."""

from hypothesis import given
from hypothesis import strategies as st

from quillroom.core.access import Acl, Level, standing
from quillroom.core.member import Person, Role
from quillroom.core.tree import Page, below, chain, general, judge

NOW = 1000.0
ANN = Person("ann", "device", "Ann", "#000000", kind="member", is_member=True)
BOB = Person("bob", "device", "Bob", "#000000")
ROLES = st.sampled_from(Role)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Page]:
    """A tree in any order, which even a circle may be in."""
    ids = [f"p{n}" for n in range(draw(st.integers(1, 8)))]
    pages = {}
    for id in draw(st.permutations(ids)):
        access = draw(st.sampled_from([None, None, "private", "workspace"]))
        level = Level(
            id,
            access,
            draw(ROLES) if access == "workspace" else None,
            draw(st.none() | ROLES),
            draw(st.sampled_from([None, NOW - 1, NOW + 1])),
            draw(st.dictionaries(st.sampled_from(["ann", "bob", "eve"]), ROLES, max_size=2)),
            draw(st.frozensets(st.sampled_from(["ann", "bob", "eve"]), max_size=2)),
            draw(st.sampled_from([False, False, False, True])),
        )
        pages[id] = Page(draw(st.sampled_from([None, *ids])), level)
    return pages


def is_circular(pages: dict[str, Page]) -> bool:
    for id in pages:
        at, steps = pages[id].parent, 0
        while at is not None and steps <= len(pages):
            at, steps = pages[at].parent if at in pages else None, steps + 1
        if at is not None:
            return True
    return False


def alone(id: str, pages: dict[str, Page]) -> Acl:
    levels, at = [], id
    while at in pages:
        levels.append(pages[at].level)
        at = pages[at].parent or ""
    return Acl(tuple(levels))


@given(trees())
def test_one_walk_says_of_each_page_what_is_said_of_it_alone(pages: dict[str, Page]) -> None:
    if is_circular(pages):
        assert set(judge(ANN, pages, NOW).roles) <= set(pages)  # it ends
        return
    for person in (ANN, BOB, None):
        expected = {
            id: role
            for id in pages
            if not alone(id, pages).is_trashed and (role := standing(person, alone(id, pages), NOW).role) is not None
        }
        assert judge(person, pages, NOW).roles == expected
    assert judge(None, pages, NOW).generals == {id: general(alone(id, pages), NOW) for id in pages}
    for id in pages:
        assert chain(id, pages) == alone(id, pages)
        assert below([id], pages) == {each for each in pages if pages[id].level in alone(each, pages).levels}


def test_whoever_may_see_a_page_without_the_one_above_sees_it_at_the_top() -> None:
    secret = Page(None, Level("secret", "private"))
    shared = Page("secret", Level("shared", grants={"bob": Role.VIEW}))
    assert judge(BOB, {"shared": shared, "secret": secret}, NOW).roles == {"shared": Role.VIEW}


def test_a_link_reaches_what_is_below_and_ends_in_time() -> None:
    def said(ends: float | None) -> str:
        return general(Acl((Level("below"), Level("top", "private", None, Role.VIEW, ends))), NOW)

    assert [said(None), said(NOW + 1), said(NOW)] == ["anyone", "anyone", "private"]
