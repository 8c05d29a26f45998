"""The committed content of one open document, as bytes first and as a Y.Doc only when one is needed.

Updates wait and are applied in bulk: one author's long run makes single applies quadratic (5 → 36 µs each), and
most updates are relayed long before anyone joins or reads.

Should bytes come into the log that cannot be applied, the rest is applied without them, and `broken` says why.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import pycrdt

from quillroom.core.known import Known, News
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed
from quillroom.protocol.vectors import read_state_vector

T = TypeVar("T")

EMPTY_UPDATE = b"\x00\x00"
WAITING_UPDATES = 256  # applied in one call on the loop: of damaged ones each may cost 50 µs
# Merge and apply cost together for each update of a long run 4.3 µs in parts of 16, 1.9 of 64 or 128, 7.5 of 1000.
MERGED_UPDATES = 128
# Over this nothing is won: a large update costs as much to merge as to apply (1 MB of small values: 17 ms each).
MERGED_BYTES = 64 * 1024
WAITING_BYTES = 256 * 1024


class BrokenDocument(Exception):
    """The log of a document cannot be replayed."""


class Replica:
    """Only committed updates, in the order of the log, ever get in here."""

    __slots__ = ("_cached", "_doc", "_waiting", "_waiting_bytes", "broken")

    def __init__(self, updates: list[bytes]) -> None:
        """`updates`: the newest checkpoint, if any, and the log after it, in order."""
        self._doc: pycrdt.Doc[Any] | None = None
        self._waiting = updates
        self._waiting_bytes = sum(map(len, updates))
        self._cached: bytes | None = None
        self.broken: str | None = None  # what could not be applied; found when the updates are applied

    def add(self, update: bytes) -> None:
        """Take over a committed update."""
        self._cached = None
        self._waiting.append(update)
        self._waiting_bytes += len(update)
        if len(self._waiting) > WAITING_UPDATES or self._waiting_bytes > WAITING_BYTES:
            self._apply()

    def state(self) -> bytes:
        """The whole document as one Yjs v1 update; cached until the next edit."""
        if self._cached is None:
            if self._doc is None and len(self._waiting) <= 1:
                self._cached = self._waiting[0] if self._waiting else EMPTY_UPDATE
            else:
                self._cached = _guarded(self.doc().get_update)
        return self._cached

    def missing(self, vector: bytes | None) -> bytes:
        """What someone with this state vector lacks, as one Yjs v1 update."""
        if vector is None:
            return self.state()
        doc = self.doc()
        return _guarded(lambda: doc.get_update(vector))

    def doc(self) -> pycrdt.Doc[Any]:
        """The live Y.Doc, up to date. Read it, never write it: edits go through the log."""
        self._apply()
        assert self._doc is not None
        return self._doc

    def _apply(self) -> None:
        if self._doc is None:
            self._doc = pycrdt.Doc()
        if not self._waiting:
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        doc = self._doc
        try:
            if self.broken is None:
                _guarded(lambda: _apply_merged(doc, waiting))
                return
        except BrokenDocument as error:
            self.broken = str(error)
        self._salvage(doc, waiting)

    def _salvage(self, doc: pycrdt.Doc[Any], updates: list[bytes]) -> None:
        """Apply one by one what can be applied. pycrdt keeps what it had integrated before it failed, and that is
        sound; what depends on what is missing would wait in it for ever, at a quadratic cost (L8), so it stays out."""
        known = _known(doc)
        for update in updates:
            try:
                inspection = inspect(update)
                if known.judge(inspection) is not News.GAP:
                    _guarded(partial(doc.apply_update, update))
                    known.add(inspection)
            except (BrokenDocument, Malformed):
                known = _known(doc)


def merged(updates: list[bytes]) -> list[bytes]:
    """Updates that say the same, one where they are small; as they came where the native code cannot merge them."""
    return [each for part in _parts(updates, len(updates)) for each in _merged(part)]


def _merged(updates: list[bytes]) -> list[bytes]:
    if len(updates) == 1:
        return updates
    try:
        return [_guarded(lambda: pycrdt.merge_updates(*updates))]
    except BrokenDocument:
        return updates


def _apply_merged(doc: pycrdt.Doc[Any], updates: list[bytes]) -> None:
    for part in _parts(updates, MERGED_UPDATES):
        doc.apply_update(part[0] if len(part) == 1 else pycrdt.merge_updates(*part))


def _parts(updates: list[bytes], limit: int) -> Iterator[list[bytes]]:
    """Neighbours that are worth merging: at most `limit`, and a large one by itself."""
    part: list[bytes] = []
    size_bytes = 0
    for update in updates:
        size_bytes += len(update)
        if part and (len(part) == limit or size_bytes > MERGED_BYTES):
            yield part
            part, size_bytes = [], len(update)
        part.append(update)
    if part:
        yield part


def _known(doc: pycrdt.Doc[Any]) -> Known:
    return Known(read_state_vector(_guarded(doc.get_state)))


def _guarded(call: Callable[[], T]) -> T:
    """Native code may raise PanicException, which is no Exception (pycrdt 0.14)."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise BrokenDocument(f"{type(error).__name__}: {error}") from error
