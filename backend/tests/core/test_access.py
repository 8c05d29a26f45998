"""The rules of access, as a table and as properties."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.core.access import WORKSPACE, Acl, Action, Level, authorize, standing
from quillroom.core.member import ANONYMOUS, Person, Role

NOW = 1000.0
OF_PAGE = {Action.READ, Action.COMMENT, Action.WRITE, Action.ADD_PAGE, Action.MOVE, Action.SHARE, Action.TRASH}
OF_TRASH = {Action.RESTORE, Action.PURGE}
OF_WORKSPACE = set(Action) - OF_PAGE - OF_TRASH


def person(id: str = "ann", **more: Any) -> Person:
    return Person(id, "device", "Ann", "#000000", **{"kind": "member", "is_member": True, **more})


def acl(*levels: Level) -> Acl:
    return Acl(levels or (Level("page"),))


def allowed(who: Person | None, page: Acl) -> set[Action]:
    return {action for action in Action if authorize(who, action, page, NOW)}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (None, set()),
        (Role.VIEW, {Action.READ}),
        (Role.COMMENT, {Action.READ, Action.COMMENT}),
        (Role.EDIT, {Action.READ, Action.COMMENT, Action.WRITE, Action.ADD_PAGE}),
        (Role.MANAGE, OF_PAGE),
    ],
)
def test_what_each_role_may(role: Role | None, may: set[Action]) -> None:
    grants = {} if role is None else {"ann": role}
    assert allowed(person(), acl(Level("page", grants=grants))) == may
    assert allowed(person("bob"), acl(Level("page", grants=grants))) == set()
    assert allowed(None, acl(Level("page", grants=grants))) == set()
    assert allowed(ANONYMOUS, acl(Level("page", grants=grants))) == set()
    in_trash = may - OF_PAGE | (OF_TRASH if role is Role.MANAGE else set())
    assert allowed(person(), acl(Level("page", grants=grants, is_trashed=True))) == in_trash
    assert allowed(person(), acl(Level("page", grants=grants), Level("above", is_trashed=True))) == in_trash


def test_what_is_asked_of_the_workspace() -> None:
    expected: list[tuple[Person | None, set[Action]]] = [
        (None, set()),
        (ANONYMOUS, set()),
        (person(kind="guest", is_member=False), {Action.LIST, Action.ACCOUNT, Action.STAR, Action.COME_AND_GO}),
        (person(), OF_WORKSPACE - {Action.ADMINISTER}),
        (person(is_operator=True), OF_WORKSPACE),
        (person(is_operator=True, scopes=frozenset({"read"})), {Action.LIST, Action.DIRECTORY}),
        (person(scopes=frozenset({"admin"})), set()),
        (person(is_operator=True, scopes=frozenset({"admin"})), {Action.ADMINISTER}),
    ]
    for who, may in expected:
        assert {action for action in Action if authorize(who, action, WORKSPACE, NOW)} == may


def test_an_operator_reads_no_page_by_being_one() -> None:
    assert allowed(person(is_operator=True), acl(Level("page", access="private"))) == set()


def test_open_mode_lets_anyone_read_and_write_and_nothing_else() -> None:
    page = acl(Level("page", access="private"))
    may = {action for action in Action if authorize(None, action, page, NOW, is_open=True)}
    assert may == {Action.READ, Action.COMMENT, Action.WRITE}


def test_the_workspace_is_members_and_a_page_of_its_own_access_leaves_what_is_above() -> None:
    shared = Level("top", access="workspace", access_role=Role.EDIT)
    guest = person("guest", is_member=False, kind="guest")
    assert standing(person(), acl(Level("page"), shared), NOW).role is Role.EDIT
    assert standing(guest, acl(Level("page"), shared), NOW).role is None
    assert standing(person(), acl(Level("page", access="private"), shared), NOW).role is None
    below = Level("page", access="workspace", access_role=Role.VIEW)
    assert standing(person(), acl(below, shared), NOW).role is Role.VIEW


def test_a_link_lets_in_who_opened_it_until_it_runs_out() -> None:
    link = Level("top", link_role=Role.COMMENT, link_expires_at=NOW + 5, visitors=frozenset({"ann"}))
    page = acl(Level("page"), link)
    found = standing(person(is_member=False), page, NOW)
    assert (found.role, found.until) == (Role.COMMENT, NOW + 5)
    assert standing(person("bob"), page, NOW).role is None
    assert standing(person(is_member=False), page, NOW + 5).role is None
    assert standing(person(), acl(Level("page", visitors=frozenset({"ann"}))), NOW).role is None


def test_a_link_ends_where_a_page_says_itself_who_may_come() -> None:
    link = Level(
        "top", access="workspace", access_role=Role.VIEW, link_role=Role.EDIT, visitors=frozenset({"ann", "bob"})
    )
    guest = person(is_member=False, kind="guest")
    for own, role in (
        (Level("page"), Role.EDIT),
        (Level("page", access="private"), None),
        (Level("page", access="workspace", access_role=Role.EDIT), None),
        (Level("page", access="workspace", access_role=Role.VIEW, link_role=Role.VIEW), None),
        (Level("page", access="private", grants={"ann": Role.VIEW}), Role.VIEW),
    ):
        assert standing(guest, acl(Level("below"), own, link), NOW).role is role


def test_a_token_has_no_role_that_its_scopes_do_not_name() -> None:
    page = acl(Level("page", grants={"ann": Role.MANAGE}))
    roles = {
        (): None,
        ("read",): Role.VIEW,
        ("write",): Role.EDIT,
        ("read", "write"): Role.EDIT,
        ("manage",): Role.MANAGE,
        ("admin",): None,
    }
    for scopes, role in roles.items():
        assert standing(person(scopes=frozenset(scopes)), page, NOW).role is role
    assert allowed(person(scopes=frozenset({"read"})), page) == {Action.READ}


ROLES = st.sampled_from([None, *Role])
LEVELS = st.builds(
    Level,
    document=st.just("page"),
    access=st.sampled_from([None, "workspace"]),
    access_role=ROLES,
    grants=st.dictionaries(st.sampled_from(["ann", "bob"]), st.sampled_from(list(Role))),
)


@given(st.lists(LEVELS, min_size=1, max_size=5), st.sampled_from(list(Role)))
def test_what_is_given_to_a_person_above_holds_below(levels: list[Level], role: Role) -> None:
    top = Level("top", grants={"ann": role})
    found = standing(person(is_member=False), Acl((*levels, top)), NOW).role
    assert found is not None
    assert found.rank >= role.rank


@given(st.lists(LEVELS, min_size=1, max_size=5), st.sampled_from(list(Action)))
def test_a_higher_role_never_loses_a_right(levels: list[Level], action: Action) -> None:
    page = Acl(tuple(levels))
    if authorize(person(), action, page, NOW):
        raised = Acl((Level("page", grants={"ann": Role.MANAGE}), *levels))
        assert authorize(person(), action, raised, NOW)
