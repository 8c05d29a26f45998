"""What is said at the same moment goes into the log together, and costs no more statements than one message."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from quillroom.core.chat import Draft
from quillroom.core.member import Person
from quillroom.services import message_search
from quillroom.services.access import Access
from quillroom.services.chat import Chat
from quillroom.services.errors import Conflict, Invalid, NotFound
from quillroom.services.message_search import MessageSearch
from quillroom.services.notices import Notices
from quillroom.services.posting import Posted
from quillroom.services.projections import Projections
from quillroom.store import documents, messages, people
from quillroom.store.access import grant
from quillroom.store.database import Connection, Database
from quillroom.store.tables import PersonRow
from quillroom.store.tree import set_general
from store.scribe import Scribe

PEOPLE, PAGES = 50, 10


class Hall:
    """Fifty members and ten pages that all of them may write beside; `page9` is nobody's but the first one's."""

    def __init__(self, scribe: Scribe, projections: Projections) -> None:
        self.writer = scribe.writer
        access = Access(scribe.database, is_open=False)
        notices = Notices(is_open=False, has_mail=False)
        projections.add(notices.names, notices.project)
        projections.add(message_search.SAYING, MessageSearch(scribe.database, scribe.writer, access).project)
        self.chat = Chat(scribe.writer, access)
        self.people = [Person(f"p{n}", f"P{n}", "#000", f"d{n}", is_member=True) for n in range(PEOPLE)]
        self.writer.execute(self._furnish).result(20)

    def _furnish(self, connection: Connection) -> None:
        for person in self.people:
            people.add_member(
                connection, PersonRow(id=person.id or "", name=person.name, kind="member", created_at=1.0)
            )
        for n in range(PAGES):
            documents.create_document(
                connection, id=f"page{n}", title="", created_by="p0", generation="g", now=1.0, access="workspace"
            )
            set_general(connection, f"page{n}", "workspace" if n < PAGES - 1 else "restricted", "edit")
        grant(connection, document="page9", person="p0", role="edit", granted_by=None, now=1.0)

    def says(self, *said: tuple[int, int, Draft]) -> "list[Posted | BaseException]":
        """(person, page, draft), all at once."""

        async def say() -> list[Posted | BaseException]:
            posts = (self.chat.post(self.people[who], f"page{page}", draft) for who, page, draft in said)
            return await asyncio.gather(*posts, return_exceptions=True)

        return asyncio.run(say())


@pytest.fixture
def hall(database: Database) -> Iterator[Hall]:
    projections = Projections()
    with Scribe(database, project=projections.run) as scribe:
        yield Hall(scribe, projections)


def draft(id: str, text: str = "Ahoy", reply_to: str | None = None) -> Draft:
    return Draft(f"client-{id}", text, reply_to=reply_to)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Statements that SQLAlchemy runs; the round's own few are not among them."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_fifty_messages_on_nine_pages_take_hardly_more_statements_than_one(hall: Hall, database: Database) -> None:
    with counted(database) as one:
        assert not any(isinstance(each, BaseException) for each in hall.says((0, 0, draft("lone"))))
    with counted(database) as many:
        came = hall.says(*((n, n % 9, draft(f"m{n}")) for n in range(PEOPLE)))
    assert not any(isinstance(each, BaseException) for each in came)
    assert len(one) <= 8, one
    assert len(many) <= len(one) + (10 if database.is_sqlite else 2), many  # SQLite looks for the end of each log


def test_each_page_has_what_was_said_there_in_the_order_in_which_it_was_said(hall: Hall, database: Database) -> None:
    hall.says(*((n % 5, n % 3, draft(f"m{n}", f"{n}")) for n in range(30)))
    for page in range(3):
        ids = database.read(lambda c, page=page: messages.after(c, f"page{page}", 0, 100)).ids  # type: ignore[misc]
        rows = database.read(lambda c, ids=ids: messages.many(c, ids))  # type: ignore[misc]
        assert [rows[id].text for id in ids] == [str(n) for n in range(page, 30, 3)]
        assert [rows[id].seq for id in ids] == list(range(1, 11))
        assert database.read(lambda c, page=page: list(messages.problems(c, f"page{page}"))) == []  # type: ignore[misc]


def test_who_may_not_and_what_cannot_be_are_refused_and_hold_up_nobody(hall: Hall) -> None:
    first, refused, wrong, last = hall.says(
        (0, 9, draft("mine")), (1, 9, draft("no")), (2, 0, draft("odd", reply_to="nowhere")), (3, 0, draft("good"))
    )
    assert isinstance(first, tuple), first
    assert isinstance(refused, NotFound)
    assert isinstance(wrong, Invalid)
    assert isinstance(last, tuple)
    assert last[0]["seq"] == 1


def test_what_is_said_twice_at_the_same_moment_is_there_once(hall: Hall, database: Database) -> None:
    first, again, other = hall.says((0, 0, draft("x")), (0, 0, draft("x")), (0, 0, draft("x", "Something else")))
    assert isinstance(first, tuple)
    assert isinstance(again, tuple)
    assert (first[1], again[1], first[0]["id"]) == (True, False, again[0]["id"])
    assert isinstance(other, Conflict)
    assert len(database.read(lambda c: messages.after(c, "page0", 0, 100)).ids) == 1


def test_what_nobody_foresaw_of_one_message_is_that_ones_alone(hall: Hall) -> None:
    good, bad, last = hall.says((0, 0, draft("a")), (1, 0, draft("b", "\ud800")), (2, 0, draft("c")))
    assert isinstance(good, tuple)
    assert isinstance(bad, Exception)
    assert isinstance(last, tuple)
