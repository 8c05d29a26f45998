"""The tree of pages through a real server: what each can do, and what happens to whoever has a page open."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

from pycrdt import Doc
from sqlalchemy import inspect, text

from quillroom.protocol.closes import Close
from quillroom.protocol.vectors import read_state_vector
from support.person import Person
from support.server import Server
from support.team import Mate


def row_counts(server: Server, id: str) -> dict[str, int]:
    """How many rows of each table name this document."""
    found = {}
    with server.opens() as database, database.engine.connect() as connection:
        look = inspect(connection)
        for name in server.tables():
            columns = {column["name"] for column in look.get_columns(name)}
            key = "id" if name == "document" else "document" if "document" in columns else None
            if key is not None:
                count = text(f"SELECT count(*) FROM {name} WHERE {key} = :id")
                found[name] = connection.execute(count, {"id": id}).scalar_one()
    [(topic,)] = server.sql("SELECT count(*) FROM event WHERE topic = ?", f"doc:{id}")
    return {name: count for name, count in {**found, "event": topic}.items() if count}


async def becomes_true(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - rows of a database tell nobody that they came or went
            await asyncio.sleep(0.02)


async def is_gone(server: Server, id: str) -> None:
    """Wait until no row of it is left."""
    await becomes_true(lambda: not row_counts(server, id))


async def is_sent_away(person: Person, code: int) -> None:
    await person.waits(lambda: person.close_code is not None)
    assert person.close_code == code


async def test_pages_are_made_below_pages_and_say_where_they_are(ann: Mate, bob: Mate) -> None:
    plan = await ann.makes("Plan")
    week = await ann.makes("Week 1", plan)
    await bob.makes("Monday", week)
    assert await bob.tree() == {"": ["Plan"], "Plan": ["Week 1"], "Week 1": ["Monday"]}
    described = (await bob.gets(f"/api/documents/{week}"))["document"]
    assert described["breadcrumbs"] == [{"id": plan, "title": "Plan"}]
    assert (described["parent"], described["role"], described["general"]) == (plan, "edit", "workspace")
    await ann.hides(plan)
    await ann.lets(bob, week, "comment")
    described = (await bob.gets(f"/api/documents/{week}"))["document"]
    assert (described["breadcrumbs"], described["parent"]) == ([], None)
    assert (described["role"], described["general"]) == ("comment", "private")
    assert await bob.tree() == {"": ["Week 1"], "Week 1": ["Monday"]}
    assert (await bob.asks("POST", "/api/documents", title="x", parent=week)).status_code == 403
    assert (await bob.asks("POST", "/api/documents", title="x", parent=plan)).status_code == 404


async def test_two_hundred_moves_at_once_leave_a_tree(ann: Mate, bob: Mate, closed_server: Server) -> None:
    pages = [await ann.makes(f"{n}") for n in range(10)]
    for page in pages:
        await ann.lets(bob, page, "manage")
    chance = random.Random(7)

    async def moves(mate: Mate) -> int:
        id, parent, beside = chance.choice(pages), chance.choice([None, *pages]), chance.choice([None, *pages])
        body: dict[str, Any] = {"parent": parent} | ({"before": beside} if beside else {})
        return (await mate.asks("POST", f"/api/documents/{id}/move", **body)).status_code

    answers = await asyncio.gather(*(moves(mate) for mate in [ann, bob] * 100))
    assert set(answers) <= {200, 409}
    assert answers.count(200) > 10
    tree = (await ann.gets("/api/tree"))["pages"]
    assert sorted(page["id"] for page in tree) == sorted(pages)
    above = {page["id"]: page["parent"] for page in tree}
    for id in pages:
        steps, at = 0, above[id]
        while at is not None:
            at, steps = above[at], steps + 1
            assert steps < len(pages), "a circle"
    places = [(page["parent"], page["position"]) for page in tree]
    assert len(set(places)) == len(places)


MOVES: list[tuple[dict[str, Any], int]] = [
    ({}, 400),
    ({"parent": 1}, 400),
    ({"parent": None, "index": 1}, 400),
    ({"parent": "none"}, 404),
    ({"parent": "../etc"}, 400),
    ({"parent": None, "before": "none"}, 404),
    ({"parent": None}, 200),
]


async def test_a_move_is_checked(ann: Mate) -> None:
    page = await ann.makes("P")
    for body, status in MOVES:
        answer = await ann.asks("POST", f"/api/documents/{page}/move", **body)
        assert answer.status_code == status, body
        assert status == 200 or answer.json()["error"]["message"]


async def test_whoever_has_a_page_open_is_sent_away_when_it_goes_to_the_trash(ann: Mate, bob: Mate) -> None:
    top = await ann.makes("Top")
    below = await ann.makes("Below", top)
    other = await ann.makes("Other")
    open_top, open_below, open_other = await bob.opens(top), await bob.opens(below), await bob.opens(other)
    await open_below.types("kept")
    await open_below.is_saved()
    assert (await bob.asks("DELETE", f"/api/documents/{top}")).status_code == 403
    await ann.does("DELETE", f"/api/documents/{top}")
    for person in (open_top, open_below):
        await is_sent_away(person, Close.GONE)
    for id in (top, below):
        for path in (f"/api/documents/{id}", f"/api/documents/{id}?format=update"):
            assert (await ann.asks("GET", path)).status_code == 404
        assert (await ann.asks("PUT", f"/api/documents/{id}/content", markdown="x")).status_code == 404
        assert (await ann.asks("PATCH", f"/api/documents/{id}", title="x")).status_code == 404
    assert await bob.tree() == {"": ["Other"]}
    [trashed] = (await ann.gets("/api/trash"))["pages"]
    assert (trashed["id"], trashed["trashed_by"]["name"]) == (top, "Ann")
    assert (await bob.gets("/api/trash"))["pages"] == []
    assert (await bob.asks("POST", f"/api/trash/{top}/restore")).status_code == 404
    assert (await ann.asks("POST", f"/api/trash/{below}/restore")).status_code == 404
    restored = (await ann.does("POST", f"/api/trash/{top}/restore"))["document"]
    assert restored["title"] == "Top"
    assert await bob.tree() == {"": ["Top", "Other"], "Top": ["Below"]}
    again = await bob.opens(below)
    await again.sees("kept")
    for person in (open_top, open_below, open_other, again):
        await person.leaves()


async def test_a_page_that_is_purged_while_somebody_types_leaves_no_row(
    ann: Mate, bob: Mate, closed_server: Server
) -> None:
    top = await ann.makes("Top", markdown="words")
    below = await ann.makes("Below", top)
    other = await ann.makes("Other")
    await ann.does("PUT", f"/api/documents/{below}/favourite")
    typing, elsewhere = await bob.opens(below), await bob.opens(other)
    await typing.types("before")
    await typing.is_saved()
    tables = {"document", "document_update", "document_client", "favourite", "visit"}
    await becomes_true(lambda: tables <= set(row_counts(closed_server, below)))

    async def types_on() -> None:
        while typing.close_code is None:
            await typing.types(".")
            await asyncio.sleep(0.001)

    going_on = asyncio.create_task(types_on())
    assert (await bob.asks("DELETE", f"/api/trash/{top}")).status_code == 403
    await ann.does("DELETE", f"/api/documents/{top}")
    assert (await bob.asks("DELETE", f"/api/trash/{top}")).status_code == 404
    await ann.does("DELETE", f"/api/trash/{top}")
    await is_sent_away(typing, Close.GONE)
    await going_on
    for id in (top, below):
        await is_gone(closed_server, id)
        assert (await ann.asks("GET", f"/api/documents/{id}")).status_code == 404
        assert (await ann.asks("POST", f"/api/trash/{id}/restore")).status_code == 404
    await elsewhere.types("all is well")
    await elsewhere.is_saved()
    assert (await ann.gets("/api/favourites"))["documents"] == []
    closed_server.stop()
    closed_server.start()
    assert row_counts(closed_server, below) == row_counts(closed_server, top) == {}
    await typing.leaves()
    await elsewhere.leaves()


async def test_what_lay_in_the_trash_too_long_is_purged_and_what_is_new_there_is_not(
    ann: Mate, closed_server: Server
) -> None:
    old, new = await ann.makes("Old"), await ann.makes("New")
    for id in (old, new):
        await ann.does("DELETE", f"/api/documents/{id}")
    closed_server.stop()
    long_ago = time.time() - 31 * 24 * 3600
    closed_server.sql("UPDATE document SET trashed_at = ? WHERE id = ?", long_ago, old)
    closed_server.start()
    await is_gone(closed_server, old)
    assert [page["id"] for page in (await ann.gets("/api/trash"))["pages"]] == [new]
    await ann.does("DELETE", "/api/trash")
    await is_gone(closed_server, new)


async def test_a_copy_shows_the_same_and_has_a_history_of_its_own(ann: Mate, bob: Mate, closed_server: Server) -> None:
    top = await ann.makes("Plan", markdown="# One\n\n*two*")
    await ann.makes("A", top, markdown="a")
    secret = await ann.makes("Secret", top)
    await ann.hides(secret)
    await ann.makes("Last")
    made = (await bob.does("POST", f"/api/documents/{top}/duplicate", with_children=True))["document"]
    assert (made["title"], made["role"]) == ("Copy of Plan", "manage")
    assert await bob.tree() == {
        "": ["Plan", "Copy of Plan", "Last"],
        "Plan": ["A"],
        "Copy of Plan": ["A"],
    }
    words = [(await ann.asks("GET", f"/api/documents/{id}?format=text")).text for id in (top, made["id"])]
    assert words[0] == words[1]
    ids = [await clients_of(ann, id) for id in (top, made["id"])]
    assert not ids[0] & ids[1]
    alone = (await bob.does("POST", f"/api/documents/{top}/duplicate"))["document"]
    assert alone["title"] == "Copy of Plan"
    assert (await bob.asks("POST", f"/api/documents/{secret}/duplicate")).status_code == 404
    copy = (await ann.does("POST", f"/api/documents/{secret}/duplicate"))["document"]
    assert copy["general"] == "private"
    editor = await bob.opens(made["id"])
    await editor.types("Bob's")
    await editor.is_saved()
    await editor.leaves()


async def clients_of(mate: Mate, id: str) -> set[int]:
    """Under which client ids the document was written."""
    doc: Doc[Any] = Doc()
    doc.apply_update((await mate.asks("GET", f"/api/documents/{id}?format=update")).content)
    return set(read_state_vector(doc.get_state()))


async def test_a_page_begins_as_a_copy_of_a_template(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Minutes", markdown="- [ ] Who writes?")
    assert (await bob.asks("POST", "/api/documents", template=page)).status_code == 409
    await bob.does("PATCH", f"/api/documents/{page}", is_template=True)
    assert [each["id"] for each in (await bob.gets("/api/templates"))["documents"]] == [page]
    made = (await bob.does("POST", "/api/documents", template=page, title="Monday", parent=page))["document"]
    assert (made["title"], made["is_template"], made["parent"]) == ("Monday", False, page)
    assert "Who writes?" in (await bob.asks("GET", f"/api/documents/{made['id']}?format=markdown")).text
    named = (await bob.does("POST", "/api/documents", template=page))["document"]
    assert named["title"] == "Minutes"
    await ann.hides(page)
    assert (await bob.asks("POST", "/api/documents", template=page)).status_code == 404
    assert (await bob.gets("/api/templates"))["documents"] == []


async def test_stars_and_what_was_opened_are_each_persons_own(ann: Mate, bob: Mate) -> None:
    one, two = await ann.makes("One"), await ann.makes("Two")
    for id in (two, one):
        await ann.does("PUT", f"/api/documents/{id}/favourite")
        await ann.does("PUT", f"/api/documents/{id}/favourite")
    assert [each["title"] for each in (await ann.gets("/api/favourites"))["documents"]] == ["Two", "One"]
    assert (await bob.gets("/api/favourites"))["documents"] == []
    assert (await ann.gets(f"/api/documents/{one}"))["document"]["is_favourite"] is True
    assert (await bob.gets(f"/api/documents/{one}"))["document"]["is_favourite"] is False
    for id in (one, two):
        await (await bob.opens(id)).leaves()
    async with asyncio.timeout(5):  # each server notes in a second what was opened there
        while [each["title"] for each in (await bob.gets("/api/recents"))["documents"]] != ["Two", "One"]:
            pass
    assert (await ann.gets("/api/recents"))["documents"] == []
    await bob.does("PUT", f"/api/documents/{one}/favourite")
    await ann.hides(one)
    assert (await bob.gets("/api/favourites"))["documents"] == []
    assert [each["title"] for each in (await bob.gets("/api/recents"))["documents"]] == ["Two"]
    assert (await bob.asks("PUT", f"/api/documents/{one}/favourite")).status_code == 404
    assert (await bob.asks("DELETE", f"/api/documents/{one}/favourite")).status_code == 204


async def test_a_title_that_somebody_types_is_soon_in_the_tree(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Before")
    listening = await bob.listens()
    await ann.does("PATCH", f"/api/documents/{page}", title="After")
    await listening.hears("pages.changed")
    assert await bob.tree() == {"": ["After"]}
    await listening.leaves()


async def test_the_tree_is_for_people_with_a_session(closed_server: Server) -> None:
    nobody = Mate(closed_server, "Nobody")
    for path in ("/api/tree", "/api/trash", "/api/favourites", "/api/recents", "/api/templates"):
        assert (await nobody.asks("GET", path)).status_code == 401
    assert (await nobody.asks("DELETE", "/api/trash")).status_code == 401
    await nobody.leaves()
