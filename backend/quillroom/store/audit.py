"""The audit log: only appended, each entry's hash covers the one before. No content, no secrets."""

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import AuditRow

_AUDIT = table(AuditRow)
NOTHING = "0" * 64


def append(
    connection: Connection, *, actor: str | None, action: str, object: str | None = None, **data: object
) -> None:
    """Log in the transaction of a writer's job: what is not audited does not happen."""
    take_turns(connection, "audit")
    last = connection.execute(select(_AUDIT.c.seq, _AUDIT.c.hash).order_by(_AUDIT.c.seq.desc()).limit(1)).first()
    seq, previous = (0, NOTHING) if last is None else (last.seq, last.hash)
    row = AuditRow(
        seq=seq + 1,
        at=time.time(),
        actor=actor,
        action=action,
        object=object,
        data=json.dumps(data, ensure_ascii=False, sort_keys=True),
        hash="",
    )
    connection.execute(insert(_AUDIT).values(**row.model_dump(exclude={"hash"}), hash=hash_of(previous, row)))


def hash_of(previous: str, row: AuditRow | Row[Any]) -> str:
    """What `row.hash` must be behind an entry whose hash is `previous`."""
    said = json.dumps([previous, row.seq, row.at, row.actor, row.action, row.object, row.data], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def entries(connection: Connection, *, before: int | None = None, limit: int | None = None) -> Iterator[AuditRow]:
    """Newest first."""
    query = select(_AUDIT).order_by(_AUDIT.c.seq.desc())
    if before is not None:
        query = query.where(_AUDIT.c.seq < before)
    for row in connection.execute(query if limit is None else query.limit(limit)).mappings():
        yield AuditRow(**row)


def newest(connection: Connection) -> int:
    """The seq of the last entry; 0 when there is none."""
    return connection.execute(select(func.max(_AUDIT.c.seq))).scalar() or 0


def between(connection: Connection, after: int, until: int) -> list[AuditRow]:
    """The entries behind `after` up to `until`, oldest first."""
    query = select(_AUDIT).where(_AUDIT.c.seq > after, _AUDIT.c.seq <= until).order_by(_AUDIT.c.seq)
    return [AuditRow(**row) for row in connection.execute(query).mappings()]


def first_broken(connection: Connection) -> int | None:
    """The seq at which the chain does not hold: changed, removed or put between; None when all does."""
    previous, expected = NOTHING, 1
    # Rows as they come, not as AuditRow: making 100,000 of those takes ten seconds, and as long holds the interpreter.
    for row in connection.execute(select(_AUDIT).order_by(_AUDIT.c.seq)):
        if row.seq != expected or row.hash != hash_of(previous, row):
            return expected
        previous, expected = row.hash, expected + 1
    return None
