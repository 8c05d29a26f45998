"""The tree of pages stays a tree, whoever moves what, and whatever stood there before."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from quillroom.core.access import Action
from quillroom.core.member import Person, Role
from quillroom.core.tree import DEPTH_LIMIT
from quillroom.services import placing
from quillroom.services.access import Access, load_acl
from quillroom.services.errors import Conflict, NotAllowed, NotFound
from quillroom.services.pages import _move
from quillroom.services.placing import NewPage, Place, add_page, default_general, demand_depth, demand_place
from quillroom.services.trash import _restore
from quillroom.services.tree import forest
from quillroom.store import people, tree
from quillroom.store.access import grant
from quillroom.store.database import Connection, Database
from store.scribe import Scribe

ANN = Person("ann", "laptop", "Ann", "#000000", kind="member", is_member=True)
BOB = Person("bob", "laptop", "Bob", "#000000", kind="member", is_member=True)
PEOPLE = (ANN, BOB)


class Grove:
    """Pages, and people who put them elsewhere."""

    def __init__(self, database: Database, scribe: Scribe) -> None:
        self.database = database
        self._writer = scribe.writer
        self._access = Access(database, is_open=False)
        for person in PEOPLE:
            who = {"id": person.id or "", "name": person.name, "kind": "guest"}
            self._do(lambda c, who=who: people.add_person(c, now=1.0, **who))
        self.clear()

    def clear(self) -> None:
        def empty(connection: Connection) -> None:
            connection.execute(text("DELETE FROM document_grant"))
            connection.execute(text("DELETE FROM document"))

        self._do(empty)

    def plants(self, id: str, parent: str | None = None, person: Person = ANN, access: str | None = None) -> str:
        def write(connection: Connection) -> None:
            demand_place(connection, self._access, person, Place(parent))
            demand_depth(connection, parent)
            general = default_general(connection, parent) if access is None else (access, None)
            add_page(connection, NewPage(id, Place(parent), general), person)

        self._do(write)
        return id

    def moves(
        self,
        id: str,
        parent: str | None,
        *,
        person: Person = ANN,
        before: str | None = None,
        after: str | None = None,
    ) -> None:
        self._do(lambda c: _move(c, self._access, person, id, Place(parent, before, after)))

    def trashes(self, id: str) -> None:
        self._do(lambda c: tree.set_trashed(c, id, 5.0, "ann"))

    def restores(self, id: str, person: Person = ANN) -> None:
        self._do(lambda c: _restore(c, self._access, person, id))

    def lets(self, person: Person, id: str, role: str) -> None:
        self._do(lambda c: grant(c, document=id, person=person.id or "", role=role, granted_by=None, now=1.0))

    def sees(self, person: Person) -> dict[str, Role]:
        return self.database.read(lambda c: forest(c, person).roles)

    def order(self, parent: str | None = None) -> list[str]:
        return [id for id, _ in self.database.read(lambda c: tree.siblings(c, parent))]

    def parents(self) -> dict[str, str | None]:
        return {row.id: row.parent for row in self.database.read(tree.pages)}

    def is_a_forest(self) -> None:
        rows = self.database.read(tree.pages)
        parents = {row.id: row.parent for row in rows}
        for id in parents:
            at, depth = parents[id], 1
            while at is not None:
                at, depth = parents[at], depth + 1
                assert depth <= DEPTH_LIMIT, f"{id} is in a circle, or too deep"
        places = Counter((row.parent, row.position) for row in rows)
        assert max(places.values(), default=1) == 1

    def _do(self, job: object) -> None:
        self._writer.execute(job).result(20)  # type: ignore[arg-type]


@pytest.fixture
def grove(database: Database) -> Iterator[Grove]:
    with Scribe(database) as scribe:
        yield Grove(database, scribe)


@pytest.fixture
def sqlite_grove(sqlite: Database) -> Iterator[Grove]:
    with Scribe(sqlite) as scribe:
        yield Grove(sqlite, scribe)


PAGES = [f"p{n}" for n in range(7)]
MOVES = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(PAGES),
    st.none() | st.sampled_from(PAGES),
    st.none() | st.sampled_from(PAGES),
    st.booleans(),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MOVES, max_size=15), st.sets(st.sampled_from(PAGES), max_size=3))
def test_any_moves_by_anybody_leave_a_forest_in_which_every_place_is_taken_once(
    sqlite_grove: Grove, moves: list[tuple[Person, str, str | None, str | None, bool]], private: set[str]
) -> None:
    grove = sqlite_grove
    grove.clear()
    for id in PAGES:
        grove.plants(id, access="private" if id in private else None)
    for person, id, parent, neighbour, is_before in moves:
        seen = grove.sees(person)
        try:
            grove.moves(
                id,
                parent,
                person=person,
                before=neighbour if is_before else None,
                after=None if is_before else neighbour,
            )
        except (Conflict, NotAllowed, NotFound):
            assert grove.sees(person) == seen
            continue
        assert seen[id].may_write
        assert grove.sees(person)[id].rank >= seen[id].rank
        assert not private & set(grove.sees(BOB)), "a private page was moved, and is none any more"
    grove.is_a_forest()
    assert set(grove.parents()) == set(PAGES)


def test_pages_stand_where_they_were_put(grove: Grove) -> None:
    for id in ("a", "b", "c", "d"):
        grove.plants(id)
    grove.moves("d", None, before="a")
    grove.moves("a", None, after="c")
    grove.moves("b", None, before="c", after="d")
    assert grove.order() == ["d", "b", "c", "a"]
    grove.moves("d", None)
    assert grove.order() == ["b", "c", "a", "d"]
    grove.moves("c", "a")
    grove.moves("d", "a", before="c")
    assert (grove.order(), grove.order("a")) == (["b", "a"], ["d", "c"])


@pytest.mark.parametrize("position", ["", "V", "V0", "no position"])
def test_siblings_whose_positions_leave_no_room_get_new_ones(grove: Grove, position: str) -> None:
    for id in ("a", "b", "c", "d"):
        grove.plants(id)
    with grove.database.engine.begin() as connection:
        connection.execute(text("UPDATE document SET position = :position"), {"position": position})
    grove.moves("d", None, before="b")
    assert grove.order() == ["a", "d", "b", "c"]
    grove.plants("e")
    assert grove.order() == ["a", "d", "b", "c", "e"]
    grove.is_a_forest()


def test_positions_that_many_moves_made_long_are_made_short_again(
    grove: Grove, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "LONG", 4)
    for id in ("a", "b", "c"):
        grove.plants(id)
    for n in range(60):
        grove.moves("bc"[n % 2], None, after="a")
    assert grove.order() == ["a", "c", "b"]
    assert max(len(row.position) for row in grove.database.read(tree.pages)) <= 4


def test_a_page_is_never_moved_below_itself(grove: Grove) -> None:
    grove.plants("top")
    grove.plants("middle", "top")
    grove.plants("low", "middle")
    for below in ("top", "middle", "low"):
        with pytest.raises(Conflict, match="below itself"):
            grove.moves("top", below)
    grove.moves("low", "top")
    assert grove.parents() == {"top": None, "middle": "top", "low": "top"}


def test_pages_are_nested_so_deep_and_no_deeper(grove: Grove) -> None:
    above: str | None = None
    for n in range(DEPTH_LIMIT):
        above = grove.plants(f"p{n}", above)
    with pytest.raises(Conflict, match="levels deep"):
        grove.plants("more", above)
    grove.plants("a")
    grove.plants("b", "a")
    with pytest.raises(Conflict, match="levels deep"):
        grove.moves("a", f"p{DEPTH_LIMIT - 2}")
    grove.moves("a", f"p{DEPTH_LIMIT - 3}")
    grove.is_a_forest()


def test_neighbours_that_are_elsewhere_by_now_are_said_to_be(grove: Grove) -> None:
    for id in ("a", "b", "c"):
        grove.plants(id)
    grove.plants("below", "a")
    for before, after in (("below", None), (None, "below"), ("b", "c")):
        with pytest.raises(Conflict, match="Look again"):
            grove.moves("c" if before != "b" else "a", None, before=before, after=after)
    assert grove.order() == ["a", "b", "c"]


def test_who_edits_may_sort_and_only_who_manages_moves_away(grove: Grove) -> None:
    for id in ("a", "b", "c"):
        grove.plants(id)
    grove.moves("c", None, before="a", person=BOB)
    with pytest.raises(NotAllowed):
        grove.moves("c", "a", person=BOB)
    grove.lets(BOB, "c", "manage")
    grove.moves("c", "a", person=BOB)
    assert grove.parents()["c"] == "a"


def test_no_page_is_put_below_one_or_beside_one_that_its_mover_may_not_see(grove: Grove) -> None:
    grove.plants("secret", access="private")
    grove.plants("mine", person=BOB)
    with pytest.raises(NotFound):
        grove.moves("mine", "secret", person=BOB)
    with pytest.raises(NotFound):
        grove.moves("mine", None, before="secret", person=BOB)
    grove.lets(BOB, "secret", "view")
    with pytest.raises(NotAllowed):
        grove.moves("mine", "secret", person=BOB)
    grove.lets(BOB, "secret", "edit")
    grove.moves("mine", "secret", person=BOB)


def test_a_page_put_below_a_private_one_is_private_and_a_private_one_stays_so(grove: Grove) -> None:
    grove.plants("secret", access="private")
    grove.plants("open")
    grove.plants("diary", access="private")
    assert set(grove.sees(BOB)) == {"open"}
    grove.moves("open", "secret")
    assert grove.sees(BOB) == {}
    grove.plants("hall")
    grove.moves("diary", "hall")
    assert set(grove.sees(BOB)) == {"hall"}
    grove.moves("open", None)  # nobody of the workspace sees more than before
    assert set(grove.sees(BOB)) == {"hall"}
    assert grove.sees(ANN)["open"] is Role.MANAGE


def test_who_managed_a_page_by_the_one_above_manages_it_elsewhere_too(grove: Grove) -> None:
    grove.plants("top")
    grove.plants("bobs", "top", person=BOB)
    assert grove.sees(ANN)["bobs"] is Role.MANAGE
    grove.moves("bobs", None)
    assert (grove.sees(ANN)["bobs"], grove.sees(BOB)["bobs"]) == (Role.MANAGE, Role.MANAGE)


def test_what_was_in_the_trash_before_stays_there(grove: Grove) -> None:
    grove.plants("top")
    grove.plants("kept", "top")
    grove.plants("old", "top")
    grove.trashes("old")
    grove.trashes("top")
    assert grove.sees(ANN) == {}
    with pytest.raises(NotFound):
        grove.restores("kept")  # it was not put there by itself
    grove.restores("top")
    assert set(grove.sees(ANN)) == {"top", "kept"}
    grove.restores("old")
    assert grove.order("top") == ["kept", "old"]


def test_a_page_whose_parent_is_in_the_trash_comes_back_at_the_top(grove: Grove) -> None:
    grove.plants("top", access="private")
    grove.plants("page", "top")
    grove.trashes("page")
    grove.trashes("top")
    grove.restores("page")
    assert grove.parents()["page"] is None
    assert set(grove.sees(ANN)) == {"page"}
    assert grove.sees(BOB) == {}, "what was private above it is private now"
    grove.is_a_forest()


def test_a_page_comes_back_at_the_top_for_who_may_not_see_the_one_above(grove: Grove) -> None:
    grove.plants("secret", access="private")
    grove.plants("page", "secret")
    grove.lets(BOB, "page", "manage")
    grove.trashes("page")
    grove.restores("page", BOB)
    assert grove.parents()["page"] is None
    assert set(grove.sees(BOB)) == {"page"}


def test_the_position_of_a_page_sorts_byte_by_byte_in_every_database(grove: Grove) -> None:
    for id in ("a", "b", "c"):
        grove.plants(id)
    with grove.database.engine.begin() as connection:
        for id, position in (("a", "Z"), ("b", "a"), ("c", "b")):
            connection.execute(text("UPDATE document SET position = :p WHERE id = :i"), {"p": position, "i": id})
        if not grove.database.is_sqlite:
            query = "SELECT collation_name FROM information_schema.columns WHERE (table_name, column_name) = (:t, :c)"
            found = connection.execute(text(query), {"t": "document", "c": "position"}).scalar()
            assert found == "C"
    assert grove.order() == ["a", "b", "c"]
    assert grove.database.read(lambda c: tree.last_position(c, None)) == "b"


def test_what_the_tree_says_is_what_the_door_says(grove: Grove) -> None:
    grove.plants("top", access="private")
    grove.plants("below", "top")
    grove.plants("hall")
    grove.lets(BOB, "below", "comment")
    access = Access(grove.database, is_open=False)
    for person in PEOPLE:
        for id, role in grove.sees(person).items():
            assert grove.database.read(lambda c, p=person, i=id: access.check(c, p, Action.READ, i)).role is role  # type: ignore[misc]
    assert grove.database.read(lambda c: load_acl(c, "top")) is not None
    assert set(grove.sees(BOB)) == {"below", "hall"}
