"""Whose a new Yjs client id is, where the rooms of several servers may give it away at the same moment.

A client id belongs to the first person who wrote with it in a document. Two rooms that do not know of each other's
newest edits can each accept it for another person; a log with both would end as different texts (equal clocks, other
letters). The database decides before a row is numbered: who comes second is refused, and all of that room's later edits
with it. On SQLite there is one room.
"""

from collections.abc import Collection
from typing import Any
from weakref import WeakSet

from quillroom.store.rounds import Batch, Entry, claims_of

_CLAIM = (
    "INSERT INTO document_client (document, client_id, person, device) "
    "SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING "
    "RETURNING document, client_id"
)
_OWNERS = (
    "SELECT document, client_id, person FROM document_client JOIN unnest(%s::text[], %s::bigint[]) "
    "AS claimed (document, client_id) USING (document, client_id)"
)
_TAKE_BACK = (
    "DELETE FROM document_client AS c USING unnest(%s::text[], %s::bigint[]) AS claimed (document, client_id) "
    "WHERE c.document = claimed.document AND c.client_id = claimed.client_id"
)
_Key = tuple[str, int]


class Claims:
    """Lanes of which something was refused."""

    def __init__(self) -> None:
        self._void: WeakSet[Any] = WeakSet()

    def refuse_void(self, batch: Batch) -> None:
        """Nothing of a lane is logged of which something was refused before."""
        if self._void:
            batch.refuse(self._is_void)

    def settle(self, driver: Any, batch: Batch, documents: Collection[str]) -> None:
        """Make the batch's client ids those of its authors, and refuse what another person has.

        The rows of these `documents` are locked, so nobody else claims in them meanwhile.
        """
        while claims := [claim for document in documents for claim in claims_of(batch.documents.get(document, []))]:
            new: list[_Key] = driver.execute(_CLAIM, _columns(claims)).fetchall()
            asked = {claim[:2] for claim in claims}
            if len(new) == len(asked):
                return
            found = driver.execute(_OWNERS, _columns(sorted(asked))).fetchall()
            owners: dict[_Key, str | None] = {(document, client): person for document, client, person in found}
            refused = [entry for entry in batch.entries if _is_of_another(entry, owners)]
            if not refused:
                return
            self._refuse(batch, refused)
            if new:  # some may be of what was just refused: what is left claims anew
                driver.execute(_TAKE_BACK, _columns(new))

    def _refuse(self, batch: Batch, refused: list[Entry]) -> None:
        """These, and in each of their lanes all that comes behind: what came before depends on none of it."""
        out, lanes = {id(entry) for entry in refused}, set[int]()
        for entry in batch.entries:
            if id(entry) in out or id(entry.lane) in lanes:
                out.add(id(entry))
                if entry.lane is not None:
                    lanes.add(id(entry.lane))
                    self._void.add(entry.lane)
        batch.refuse(lambda entry: id(entry) in out)

    def _is_void(self, entry: Entry) -> bool:
        return entry.lane is not None and entry.lane in self._void


def _is_of_another(entry: Entry, owners: dict[_Key, str | None]) -> bool:
    """Another session of the same person may go on; and in open mode nobody's name stands there."""
    people = (owners.get((entry.document, client)) for client in entry.clients)
    return any(person is not None and person != entry.author for person in people)


def _columns(rows: Collection[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
