"""Whoever looks for a message finds what they may read, all of it, and learns nothing of the rest."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from quillroom.core.chat import Draft
from quillroom.core.member import Person
from quillroom.services import message_search
from quillroom.services.access import Access
from quillroom.services.chat import Chat
from quillroom.services.errors import Invalid, NotFound, NotSignedIn, Throttled, TryLater
from quillroom.services.message_search import LOOKED_THROUGH, MessageSearch
from quillroom.services.projections import Projections
from quillroom.store import documents, people
from quillroom.store import message_search as rows
from quillroom.store.access import grant
from quillroom.store.database import Connection, Database
from store.scribe import Scribe


class Office:
    """Ann and Bob are members. Everyone reads `open`; `private` is Ann's."""

    def __init__(self, database: Database) -> None:
        self.database = database
        projections = Projections()
        self._scribe = Scribe(database, project=projections.run)
        writer = self._scribe.writer
        access = Access(database, is_open=False)
        self.chat = Chat(writer, access)
        self.search = MessageSearch(database, writer, access)
        projections.add(message_search.SAYING, self.search.project)
        self.ann, self.bob = (Person(id, id.title(), "#000", f"{id}-device", is_member=True) for id in ("ann", "bob"))
        self._sent = 0

    def __enter__(self) -> Self:
        self._scribe.__enter__()
        self.does(self._settle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scribe.__exit__(kind, value, trace)

    def does(self, job: Any) -> Any:
        return self._scribe.writer.execute(job).result(20)

    def says(self, person: Person, document: str, text: str) -> str:
        """Its id. Throttles are for those who type."""
        self._sent += 1
        self.chat._sending.forget(person.id or "")
        told, _ = asyncio.run(self.chat.post(person, document, Draft(f"client-{self._sent}", text)))
        return str(told["id"])

    def recalls(self, person: Person, message: str) -> None:
        asyncio.run(self.chat.recall(person, message))

    def finds(self, person: Person | None, query: str, **more: Any) -> list[str]:
        """The texts, all pages of answers one after the other."""
        texts, before = [], None
        while True:
            found = self.asks(person, query, before=before, **more)
            texts += [str(result["message"]["text"]) for result in found.results]
            before = found.next
            if before is None:
                return texts

    def asks(self, person: Person | None, query: str, **more: Any) -> Any:
        if person is not None:
            self.search._pace.forget(person.id or "")
        asked = {"document": None, "before": None, "limit": 20, **more}
        return asyncio.run(self.search.search(person, query, **asked))

    def _settle(self, connection: Connection) -> None:
        for id in ("ann", "bob"):
            people.add_person(connection, id=id, name=id.title(), kind="member", now=1.0)
        for id, access in (("open", "workspace"), ("private", "private"), ("below", None)):
            documents.create_document(
                connection,
                id=id,
                title=id.title(),
                created_by="ann",
                generation="g",
                now=1.0,
                access=access,
                access_role="edit" if access == "workspace" else None,
                parent="private" if id == "below" else None,
            )
        grant(connection, document="private", person="ann", role="manage", granted_by=None, now=1.0)


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    with Office(database) as opened:
        yield opened


def test_all_words_must_occur_in_any_order_and_within_others(office: Office) -> None:
    for text in ("the harbour café", "a cafe", "harbour only", "CAFÉS of the Harbours"):
        office.says(office.ann, "open", text)
    assert office.finds(office.bob, "cafe harb") == ["CAFÉS of the Harbours", "the harbour café"]
    [result] = office.asks(office.bob, "only").results
    assert result["document"] == {"id": "open", "title": "Open"}
    assert result["highlights"] == [[8, 12]]


def test_one_finds_what_one_may_read_and_nothing_else(office: Office) -> None:
    for document in ("open", "private", "below", "open", "below"):
        office.says(office.ann, document, f"hello from {document}")
    assert office.finds(office.bob, "hello", limit=1) == ["hello from open"] * 2
    assert office.finds(office.bob, "private") == office.finds(office.bob, "below") == []
    below = "hello from below"
    all_of_it = [below, "hello from open", below, "hello from private", "hello from open"]
    assert office.finds(office.ann, "hello from") == all_of_it
    with pytest.raises(NotFound):
        office.asks(office.bob, "hello", document="below")
    with pytest.raises(NotSignedIn):
        office.asks(None, "hello")
    assert office.finds(office.ann, "hello", document="below") == [below, below]


@pytest.mark.parametrize("limit", [1, 3])
def test_much_that_one_may_not_read_hides_nothing_that_one_may(
    office: Office, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(message_search, "FIRST_CANDIDATES", 4)
    for number in range(40):
        office.says(office.ann, "open" if number % 13 == 0 else "private", f"hi number {number}")
    mine = [f"hi number {number}" for number in (39, 26, 13, 0)]
    assert office.finds(office.bob, "number", limit=limit) == mine
    assert office.finds(office.bob, "hi", limit=limit) == mine  # too short for the index
    monkeypatch.setattr(message_search, "FEW_DOCUMENTS", 0)
    assert office.finds(office.bob, "number", limit=limit) == mine


def test_the_next_answer_begins_where_one_ended_even_if_that_was_recalled(office: Office) -> None:
    sent = [office.says(office.ann, "open", f"hello {number}") for number in range(5)]
    first = office.asks(office.bob, "hello", limit=2)
    assert first.next == sent[3]
    office.recalls(office.ann, sent[3])
    assert office.finds(office.bob, "hello", limit=2) == ["hello 4", "hello 2", "hello 1", "hello 0"]
    again = office.asks(office.bob, "hello", limit=2, before=first.next)
    assert [result["message"]["text"] for result in again.results] == ["hello 2", "hello 1"]
    hidden = office.says(office.ann, "private", "hello")
    for before in (hidden, "unheard"):
        with pytest.raises(Invalid) as told:
            office.asks(office.bob, "hello", before=before)
        assert "`next`" in str(told.value)


def test_words_too_short_for_the_index_are_looked_for_among_the_newest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.says(office.ann, "open", "100% _\\o/")
    assert office.finds(office.bob, "\\o") == office.finds(office.bob, "%") == ["100% _\\o/"]
    assert office.finds(office.bob, "1_") == []
    office.says(office.ann, "open", "so it was long ago")
    office.says(office.ann, "private", "so it is")
    for number in range(6):
        office.says(office.ann, "open", f"{number}")
    assert office.finds(office.bob, "it so") == ["so it was long ago"]
    assert LOOKED_THROUGH >= 10_000
    monkeypatch.setattr(message_search, "FIRST_CANDIDATES", 2)
    monkeypatch.setattr(message_search, "LOOKED_THROUGH", 4)
    assert office.finds(office.bob, "it so") == []
    assert office.finds(office.bob, "long it") == ["so it was long ago"]  # one of them is long enough


def test_chinese_words_of_any_length_and_emoji_are_found(office: Office) -> None:
    office.says(office.ann, "open", "今天天气很好🙂")
    office.says(office.ann, "open", "天 气")
    assert office.finds(office.bob, "天气") == ["今天天气很好🙂"]
    assert office.finds(office.bob, "气") == ["天 气", "今天天气很好🙂"]
    assert office.finds(office.bob, "🙂 天天") == ["今天天气很好🙂"]


def test_a_search_that_asks_for_nothing_or_too_much_is_refused(office: Office) -> None:
    for query in ("", " \n", "a\0", "a b c d e f g h i", "x" * 201):
        with pytest.raises(Invalid):
            office.asks(office.ann, query)
    for _ in range(message_search.SEARCHES_AT_ONCE):
        office.search._pace.spend("ann")
    with pytest.raises(Throttled):
        asyncio.run(office.search.search(office.ann, "x", None, None, 1))


async def keeps(search: MessageSearch, database: Database) -> None:
    """The task of the index, until it has nothing to do."""
    keeping = asyncio.create_task(search.run())
    async with asyncio.timeout(20):
        while database.read(rows.forgets) or not database.read(rows.is_complete):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    keeping.cancel()


def test_an_index_that_is_missing_is_made_from_the_messages(
    office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_search, "FILLED_AT_ONCE", 2)
    for number in range(5):
        office.says(office.ann, "open", f"hello {number}")
    office.recalls(office.ann, office.says(office.ann, "open", "hello never"))
    assert database.read(rows.is_complete)
    with database.engine.begin() as connection:
        rows.begin_anew(connection)
    assert not database.read(rows.is_complete)
    assert office.finds(office.bob, "hello") == []
    asyncio.run(keeps(office.search, database))
    assert office.finds(office.bob, "hello") == [f"hello {number}" for number in (4, 3, 2, 1, 0)]
    office.says(office.ann, "open", "hello 5")
    assert office.finds(office.bob, "hello", limit=4)[0] == "hello 5"


def test_soon_after_a_recall_the_file_holds_nothing_of_it(sqlite: Database, tmp_path: Path) -> None:
    with Office(sqlite) as office:
        secret = office.says(office.ann, "open", "zwieback and xylophones")
        office.says(office.ann, "open", "something else")
        assert office.finds(office.bob, "wieb") == ["zwieback and xylophones"]
        office.recalls(office.ann, secret)
        assert office.finds(office.bob, "wieb") == []
        asyncio.run(keeps(office.search, sqlite))
        with sqlite.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = (tmp_path / "quillroom.db").read_bytes()
        assert [word for word in (b"zwieback", b"xylophones", b"xyl", b"wie") if word in kept] == []


def test_what_is_said_is_saved_while_the_index_is_damaged_and_found_when_it_was_made_anew(sqlite: Database) -> None:
    with Office(sqlite) as office:
        office.says(office.ann, "open", "hello before")
        with sqlite.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE message_gram_data SET block = X'000000008F5201' WHERE id = 10")
        sqlite.engine.dispose()  # what is open has read it before
        with pytest.raises(TryLater):
            office.finds(office.bob, "hello")
        office.says(office.ann, "open", "hello meanwhile")
        office.recalls(office.ann, office.says(office.ann, "open", "hello never"))
        assert not sqlite.read(rows.is_complete)
        asyncio.run(keeps(office.search, sqlite))
        assert office.finds(office.bob, "hello") == ["hello meanwhile", "hello before"]
