"""A writer under test, everything it said, and Yjs replicas that write through it."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from pycrdt import Doc, Text
from sqlalchemy import Connection

from quillroom.store.database import Database
from quillroom.store.documents import create_document
from quillroom.store.updates import Row, tail
from quillroom.store.writer import Committed, Entry, Round, Writer

WAIT_SECONDS = 20.0


class Replica:
    """Someone's copy of a document; every edit gives the update that the edit made."""

    def __init__(self, client: int, *updates: bytes) -> None:
        self.doc: Doc[Any] = Doc(client_id=client)
        self.text = self.doc.get("t", type=Text)
        for update in updates:
            self.doc.apply_update(update)

    def types(self, words: str) -> bytes:
        """Append words."""
        before = self.doc.get_state()
        self.text.insert(len(self.text), words)
        return self.doc.get_update(before)


class Scribe:
    """`with Scribe(database) as scribe`: starts its writer unless told to wait, and stops it at the end."""

    def __init__(self, database: Database, *, starts: bool = True, **options: Any) -> None:
        self.database = database
        self.rounds: list[Round] = []
        self.troubles: list[str | None] = []
        self.when_told: Callable[[Round], None] = lambda round: None
        self.writer = Writer(database, self._hears, self._worries, **options)
        self._starts = starts
        self._is_started = False
        self._changed = threading.Condition()

    def __enter__(self) -> "Scribe":
        if self._starts:
            self.starts()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._is_started:
            self.writer.stop(WAIT_SECONDS)

    def starts(self) -> None:
        """Begin to write what was submitted so far, as one round."""
        self._is_started = True
        self.writer.start()

    def writes(
        self,
        document: str,
        update: bytes,
        author: str | None = "alice",
        device: str = "d",
        client: int | None = None,
        *,
        lane: object | None = None,
    ) -> Entry:
        """Submit one update; `client` is the client id that becomes the author's with it, if it is new."""
        clients = () if client is None else (client,)
        entry = Entry(document, author, device, update, clients, object(), lane)
        self.writer.submit(entry)
        return entry

    def waits(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds."""
        with self._changed:
            assert self._changed.wait_for(condition, WAIT_SECONDS), (self.troubles, len(self.rounds))

    def has_told(self, entries: int) -> None:
        """Wait until so many entries are acknowledged."""
        self.waits(lambda: len(self.told) >= entries)

    def has_said(self, trouble: str | None) -> None:
        """Wait until this was said about trouble."""
        self.waits(lambda: trouble in self.troubles)

    @property
    def told(self) -> list[Committed]:
        """Every acknowledged entry, in the order of the acknowledgements."""
        return [committed for round in self.rounds for committed in round.committed]

    def log(self, document: str) -> list[Row]:
        """What another connection reads."""
        return self.database.read(lambda connection: tail(connection, document, 0))

    def reads(self, document: str) -> str:
        """The text that the log replays to."""
        return text_of(self.log(document))

    def _hears(self, round: Round) -> None:
        self.when_told(round)
        with self._changed:
            self.rounds.append(round)
            self._changed.notify_all()

    def _worries(self, trouble: str | None) -> None:
        with self._changed:
            self.troubles.append(trouble)
            self._changed.notify_all()


def text_of(rows: list[Row]) -> str:
    """The text that rows replay to."""
    return str(Replica(999, *(row.update for row in rows)).text)


def new_document(connection: Connection, id: str) -> None:
    """An empty document of nobody."""
    create_document(connection, id=id, title=id, created_by=None, generation="g", now=1.0)


def add_documents(database: Database, *ids: str) -> None:
    """Make documents before the writer runs."""
    with database.engine.begin() as connection:
        for id in ids:
            new_document(connection, id)
