"""What a failure of the database means: whose fault it is, and one sentence about it for people."""

import sqlite3

from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Primary result codes of SQLite that speak of the disk, the file or another process, not of the statement.
_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
# Classes of SQLSTATE: connection, transaction state (read-only), rollback (deadlock), resources, locks, operator,
# system, internal.
_SQLSTATE = {"08", "25", "40", "53", "55", "57", "58", "XX"}


def is_of_the_database(error: BaseException) -> bool:
    """Whether trying the same again later may help; otherwise the statement or its values are wrong."""
    if isinstance(error, PendingRollbackError):
        return True
    cause = _cause(error)
    if isinstance(cause, PoolTimeout):
        return True
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF in _SQLITE
    state = getattr(cause, "sqlstate", "")
    if state:
        return state[:2] in _SQLSTATE
    # psycopg gives no state when there is nobody left to give one; a value it cannot encode is a DataError.
    return type(cause).__name__ in ("OperationalError", "InterfaceError", "AdminShutdown")


def is_deadlock(error: BaseException) -> bool:
    """Whether PostgreSQL ended this transaction because it and another waited for each other."""
    return getattr(_cause(error), "sqlstate", None) in ("40P01", "40001")


def _cause(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def trouble_of(error: Exception) -> str:
    """One sentence for people about why nothing can be committed."""
    text = str(error).lower()
    if "full" in text or "no space" in text:
        return "The server's disk is full."
    if "readonly" in text or "read-only" in text:
        return "The database is read-only."
    if "locked" in text or "busy" in text or "lock timeout" in text or "queuepool" in text:
        return "The database is busy."
    return "The database does not answer."
