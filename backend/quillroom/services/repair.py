"""Documents that cannot be replayed: which row is to blame, and how to go on without it. The server must be stopped."""

import datetime
import secrets
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from quillroom.services.errors import Invalid
from quillroom.services.replay import DamagedCheckpoint, checked
from quillroom.services.verify import bad_row
from quillroom.store import aside, checkpoints, documents, updates
from quillroom.store.database import Connection, Database, open_database


class Repaired(NamedTuple):
    """What was set aside."""

    rows: int
    seq: int


def examine(url: str, document: str | None) -> list[str]:
    """A sentence on each document that needs repair, of all or of one. Raises Invalid."""
    database = open_database(url)
    try:
        ids = database.read(documents.every_id)
        if document is not None and document not in ids:
            raise Invalid(f"There is no document {document}.")
        found = [_examined(database, id) for id in ids if document in (None, id)]
        return [sentence for sentence in found if sentence is not None]
    finally:
        database.close()


def _examined(database: Database, document: str) -> str | None:
    log = database.read(lambda c: updates.tail(c, document, 0))
    bad = bad_row(log)
    if bad is not None:
        row, before = bad.row, bad.row.first_seq - 1
        at = datetime.datetime.fromtimestamp(row.at, datetime.UTC).isoformat(timespec="seconds")
        rest = sum(each.seq > row.seq for each in log)
        return (
            f"{document}: row {row.seq} ({len(row.update)} bytes, by {row.author or 'nobody'} at {at}) cannot be "
            f"replayed: {bad.why}. {rest} rows stand behind it. "
            f"To go on without them: repair {document} --drop-after {before}"
        )
    for checkpoint in database.read(lambda c: checkpoints.oldest_checkpoints(c, document, None)):
        try:
            checked(checkpoint)
        except DamagedCheckpoint as error:
            seq = log[-1].seq if log else 0
            return (
                f"{document}: a checkpoint is damaged ({error}). To make it again: repair {document} --drop-after {seq}"
            )
    return None


def drop_after(url: str, document: str, seq: int) -> Repaired:
    """Move the rows behind `seq` into a table of their own, so that the document opens without them. Raises Invalid.

    All checkpoints go (they are made again), and the document gets a new generation: a browser that holds what was
    dropped keeps it as a copy, and does not bring it back.
    """
    database = open_database(url)
    try:
        database.migrate()
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _begin_alone(connection, database)
            try:
                repaired = _drop_after(connection, document, seq)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
        return repaired
    finally:
        database.close()


def _begin_alone(connection: Connection, database: Database) -> None:
    if not database.is_sqlite:
        connection.exec_driver_sql("BEGIN")
        return
    try:
        connection.exec_driver_sql("PRAGMA busy_timeout = 500")
        connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except DBAPIError as error:
        raise Invalid("The database is in use. Stop the server first: it holds open documents in memory.") from error


def _drop_after(connection: Connection, document: str, seq: int) -> Repaired:
    found = documents.get_document(connection, document)
    if found is None:
        raise Invalid(f"There is no document {document}.")
    log = updates.tail(connection, document, 0)
    if seq not in {0, *(row.seq for row in log)}:
        raise Invalid(f"No row of {document} ends at {seq}.")
    moved = aside.set_aside(connection, document, found.generation, after_seq=seq)
    checkpoints.drop_checkpoints(connection, document)
    generation = secrets.token_urlsafe(9) if moved else found.generation
    documents.begin_again(connection, document, head=seq, generation=generation)
    return Repaired(moved, seq)
