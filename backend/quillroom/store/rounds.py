"""What one round of the writer holds: everything that waits, as values. How it is written is each database's own."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pycrdt
from sqlalchemy import Connection

from quillroom.store.events import Event
from quillroom.store.trouble import trouble_of

MERGED_ROW_BYTES = 64 * 1024
GONE = 0  # the seq of what was written to a document that does not exist
REFUSED = -1  # the seq of what another server's room took the client id of, or of what came after that in its lane


@dataclass(slots=True)
class Entry:
    """One update to log. `clients` become the author's; `token` comes back with the commit.

    `lane`: the room that queued it. When one entry of a lane is refused, all later ones of that lane are: they may
    depend on it, and what the room holds of it is in no log.
    """

    document: str
    author: str | None
    device: str | None
    update: bytes
    clients: tuple[int, ...]
    token: object
    lane: object | None = None


class GivenUp(Exception):
    """An optional job's round failed; nothing of the job was written."""


# What belongs to events of a job and is written with them; what it raises undoes the job.
Project = Callable[[Connection, Sequence[Event]], None]


def no_projection(_connection: Connection, _events: Sequence[Event]) -> None:
    """Nothing follows inside the transaction."""


@dataclass(slots=True)
class Job:
    """A write by anything else, in a savepoint of its own. It may run again when a round fails.

    `topics` are what it takes turns for (`locks.py`), `documents` those whose rows it changes, as far as that is known
    before: where several servers write, the round then takes all of them in one order. Who leaves them out loses time.
    """

    run: Callable[[Connection], Any]
    future: "Future[Any]"
    is_optional: bool = False
    topics: Collection[str] = ()
    documents: Collection[str] = ()


class Committed(NamedTuple):
    """An entry and the seq of the row that holds it, or GONE or REFUSED where none does."""

    entry: Entry
    seq: int


class Round(NamedTuple):
    """What one transaction committed, in the order of submission."""

    at: float
    committed: list[Committed]
    seconds: float = 0.0  # what the transaction took
    events: tuple[Event, ...] = ()


@dataclass(slots=True)
class Row:
    """Consecutive entries of one author, as one Yjs v1 update."""

    entries: list[Entry]
    update: bytes
    seq: int = GONE


@dataclass(slots=True)
class Batch:
    """What a round took; kept whole until it is committed, however often that is tried."""

    entries: list[Entry]
    jobs: list[Job]
    number: int = 0
    is_last: bool = False
    documents: dict[str, list[Row]] = field(default_factory=dict)
    refused: list[Entry] = field(default_factory=list)
    turns: set[str] = field(default_factory=set)
    results: list[tuple[Job, Any, Exception | None]] = field(default_factory=list)
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        self.turns.update(topic for job in self.jobs for topic in job.topics)
        self._arrange(self.entries)

    def _arrange(self, entries: list[Entry]) -> None:
        by_document: dict[str, list[Entry]] = {}
        for entry in entries:
            by_document.setdefault(entry.document, []).append(entry)
        self.documents = {document: rows_of(by_document[document]) for document in sorted(by_document)}

    def refuse(self, is_refused: Callable[[Entry], bool]) -> None:
        """Take out what must not be logged. It stays out, however often the rest is tried."""
        out = {id(entry) for entry in self.refused}
        left = [entry for entry in self.entries if id(entry) not in out]
        refused = [entry for entry in left if is_refused(entry)]
        if refused:
            self.refused += refused
            out.update(id(entry) for entry in refused)
            self._arrange([entry for entry in left if id(entry) not in out])

    def without_optional(self, error: Exception) -> bool:
        """Give up the jobs that can wait, as the round failed with them; False when there was none."""
        given_up = [job for job in self.jobs if job.is_optional]
        self.jobs = [job for job in self.jobs if not job.is_optional]
        for job in given_up:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(GivenUp(trouble_of(error)))
        return bool(given_up)

    def committed(self) -> list[Committed]:
        """Every entry with its row's seq, per document in order; the refused ones last."""
        logged = [
            Committed(entry, row.seq) for rows in self.documents.values() for row in rows for entry in row.entries
        ]
        return logged + [Committed(entry, REFUSED) for entry in self.refused] if self.refused else logged


def rows_of(entries: list[Entry]) -> list[Row]:
    """Entries of one document as rows. Only neighbours merge: a later edit may depend on one that came between."""
    if len(entries) == 1:
        return [Row(entries, entries[0].update)]
    rows: list[Row] = []
    run: list[Entry] = []
    size_bytes = 0
    for entry in entries:
        fits = size_bytes + len(entry.update) <= MERGED_ROW_BYTES
        if run and not (fits and run[0].author == entry.author and run[0].device == entry.device):
            rows += _merged(run)
            run, size_bytes = [], 0
        run.append(entry)
        size_bytes += len(entry.update)
    return rows + _merged(run)


def _merged(run: list[Entry]) -> list[Row]:
    if len(run) > 1:
        try:
            return [Row(run, pycrdt.merge_updates(*(entry.update for entry in run)))]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic of pycrdt is no Exception; what it cannot merge is kept as it came
            pass
    return [Row([entry], entry.update) for entry in run]


def numbered(document: str, rows: list[Row], head: int, at: float) -> list[tuple[object, ...]]:
    """Give the rows of a document the places behind `head`; answers them as columns of the log."""
    columns: list[tuple[object, ...]] = []
    for seq, row in enumerate(rows, head + 1):
        row.seq = seq
        first = row.entries[0]
        columns.append((document, seq, seq, first.author, first.device, at, row.update))
    return columns


def claims_of(rows: list[Row]) -> list[tuple[str, int, str | None, str | None]]:
    """(document, client id, person, device) of the client ids that become somebody's with these rows."""
    return [
        (entry.document, client, entry.author, entry.device)
        for row in rows
        for entry in row.entries
        for client in entry.clients
    ]
