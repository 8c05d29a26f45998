"""How long a search takes among a million messages: `python -m bench.search [--messages N] [--database URL]`.

The messages lie in 500 pages; Ann may read 450 of them, Bob three. Words come as often as in real talk (Zipf), in
English and Chinese; each kind of question is asked 100 times with other words.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, insert

from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.message_search import _asked, _Look
from quillroom.store import documents, message_search, people
from quillroom.store.access import grant
from quillroom.store.database import Database, open_database
from quillroom.store.statements import table
from quillroom.store.tables import MessageRow, MessageSearchRow
from quillroom.store.words import fold

DOCUMENTS, OPEN, BOBS, PEOPLE = 500, 447, 3, 100
WORDS, ASKED, IN_ONE_TRANSACTION = 50_000, 100, 5000
LETTERS = "etaoinshrdlucmfwypvbgkqjxz"
SIGNS = [chr(n) for n in range(0x4E00, 0x4E00 + 3000)]
MESSAGE, SEARCH = table(MessageRow), table(MessageSearchRow)


class Talk:
    """What people say, the same for a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.english = [self._word(4 + n % 7 if n > 100 else 2 + n % 3) for n in range(WORDS)]
        self.chinese = ["".join(self.chance.choices(SIGNS, k=2)) for _ in range(WORDS)]

    def often(self, words: list[str], first: int = 0) -> str:
        """A word as often as its rank says."""
        return words[min(len(words) - 1, first + int(self.chance.paretovariate(0.7)) - 1)]

    def message(self) -> str:
        if self.chance.random() < 0.2:
            return "".join(self.often(self.chinese) for _ in range(self.chance.randint(2, 12)))
        return " ".join(self.often(self.english) for _ in range(self.chance.randint(2, 18)))

    def _word(self, length: int) -> str:
        return "".join(self.chance.choices(LETTERS, range(26, 0, -1), k=length))


def settle(connection: Connection) -> None:
    """People and pages."""
    for id in ("ann", "bob", *(f"p{n}" for n in range(PEOPLE))):
        people.add_person(connection, id=id, name=id, kind="member", now=1.0)
    for n in range(DOCUMENTS):
        access = "workspace" if n < OPEN else "private"
        role = "edit" if n < OPEN else None
        documents.create_document(
            connection, id=f"d{n}", title=f"Page {n}", created_by="p0", generation="g", now=1.0, access=access,
            access_role=role,
        )  # fmt: skip
    for n in range(OPEN, OPEN + BOBS):
        for person in ("ann", "bob"):
            grant(connection, document=f"d{n}", person=person, role="view", granted_by=None, now=1.0)


def fill(database: Database, talk: Talk, count: int) -> None:
    """So many messages, and the rows that `message_search.add` would write of them one by one."""
    begun = time.monotonic()
    for first in range(0, count, IN_ONE_TRANSACTION):
        rows = [row(talk, n) for n in range(first, min(count, first + IN_ONE_TRANSACTION))]
        with database.engine.begin() as connection:
            connection.execute(insert(MESSAGE), rows)
            add_all(connection, rows)
        if first % 100_000 == 0:
            print(f"{first:>9} messages, {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{count:>9} messages, {time.monotonic() - begun:.0f} s", flush=True)


def add_all(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Into the index."""
    said = [
        {"id": each["seq"], "message": each["id"], "document": each["document"], "text": fold(str(each["text"]))}
        for each in rows
    ]
    connection.execute(insert(SEARCH), said)
    pieces = [(each["id"], message_search._pieces(str(each["document"]), str(each["text"]))) for each in said]
    if connection.dialect.name == "sqlite":
        connection.execute(message_search._FTS_ADD, [{"id": id, "grams": " ".join(found)} for id, found in pieces])
    else:
        numbers = [{"id": id, "grams": [message_search._number(each) for each in found]} for id, found in pieces]
        connection.execute(message_search._GIN_ADD, numbers)


def row(talk: Talk, number: int) -> dict[str, object]:
    document = f"d{talk.chance.randrange(DOCUMENTS)}"
    return {
        "id": f"m{number}", "document": document, "seq": number + 1, "author": f"p{number % PEOPLE}",
        "client_id": f"c{number:08}", "at": float(number), "text": talk.message(), "revision": 1,
    }  # fmt: skip


def questions(talk: Talk) -> Iterator[tuple[str, str, str | None, str]]:
    """(kind, what is asked, in which page, by whom)"""
    for _ in range(ASKED):
        page = f"d{talk.chance.randrange(OPEN)}"
        common, usual = talk.often(talk.english, 3), talk.often(talk.english, 200)
        rare = talk.chance.choice(talk.english)
        yield "a common word", common, None, "ann"
        yield "a usual word", usual, None, "ann"
        yield "a rare word", rare, None, "ann"
        yield "two words", f"{common} {usual}", None, "ann"
        yield "a piece of a word", usual[1:], None, "ann"
        yield "a Chinese word", talk.often(talk.chinese, 50), None, "ann"
        yield "a Chinese sign", talk.chance.choice(SIGNS), None, "ann"
        yield "two letters", "ab", None, "ann"
        yield "what nobody said", "qqqzzzq", None, "ann"
        yield "in one page", usual, page, "ann"
        yield "by who may read three pages", usual, None, "bob"
        yield "a common word, by who may read three pages", common, None, "bob"


def ask(database: Database, talk: Talk) -> None:
    """All questions, and how long the answers took."""
    access = Access(database, is_open=False)
    took: dict[str, list[float]] = {}
    found: dict[str, int] = {}
    for kind, query, page, who in questions(talk):
        person = Person(who, who, who, "#000000", is_member=who == "ann")
        begun = time.perf_counter()
        look = _Look(access, person, _asked(query), page, None, 20)
        results = database.snapshot(look.find).results
        took.setdefault(kind, []).append((time.perf_counter() - begun) * 1000)
        found[kind] = found.get(kind, 0) + len(results)
    took["all"] = [each for kind in took.values() for each in kind]
    for kind, times in took.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{kind:44} p50 {statistics.median(times):7.1f}  p95 {p95:7.1f}  worst {max(times):7.1f} ms", end="")
        print(f"  {found.get(kind, 0) / ASKED:.1f} found" if kind in found else "")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--database", help="an empty one; else SQLite in a temporary folder")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(options.database or f"sqlite:///{folder}/quillroom.db")
        database.migrate()
        talk = Talk(options.seed)
        with database.engine.begin() as connection:
            settle(connection)
        fill(database, talk, options.messages)
        if database.is_sqlite:
            print(f"{sum(each.stat().st_size for each in Path(folder).iterdir()) / 1e6:.0f} MB")
        else:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        ask(database, talk)
        database.close()


if __name__ == "__main__":
    main()
