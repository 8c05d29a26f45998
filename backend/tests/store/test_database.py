"""What durability rests on, and migrations."""

import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from quillroom.store import documents
from quillroom.store.database import Database, open_database
from quillroom.store.trouble import is_of_the_database, trouble_of
from store.scribe import Scribe


def test_sqlite_writes_through_to_the_disk(sqlite: Database) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")

    def settings(connection: Any) -> list[object]:
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    full = 2
    assert sqlite.read(settings) == ["wal", full, 1, 5000, 1]
    with Scribe(sqlite) as scribe:
        assert scribe.writer.execute(settings).result(10) == ["wal", full, 1, 5000, 1]


def test_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.engine.connect() as connection:
        options = {"include_name": lambda name, kind, parents: kind != "table" or not name.startswith("message_gram")}
        context = MigrationContext.configure(connection, opts=options)  # each database has that index in its own way
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.migrate()
    found = database.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM document").scalar())
    assert found == 3


def test_a_migration_that_was_broken_off_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(url)

    def breaks(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", breaks)
        with pytest.raises(KeyboardInterrupt):
            database.migrate()
    assert inspect(database.engine).get_table_names() == []
    database.migrate()
    assert "document_update" in inspect(database.engine).get_table_names()
    database.close()


def test_servers_that_start_together_migrate_once(url: str) -> None:
    databases = [open_database(url) for _ in range(3)]
    failures: list[BaseException] = []

    def migrate(database: Database) -> None:
        try:
            database.migrate()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert failures == []


def test_who_finds_no_free_connection_is_told_so_within_a_bounded_time(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quillroom.store.database.POOL_SECONDS", 0.2)
    crowded = open_database(postgresql.engine.url.render_as_string(hide_password=False))
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(crowded.engine.connect())
        with pytest.raises(OperationalError) as caught:
            crowded.read(documents.every_id)
        assert is_of_the_database(caught.value)
        assert trouble_of(caught.value) == "The database is busy."
    assert crowded.read(documents.every_id) == ["a", "b", "c"]
    crowded.close()


def test_of_many_who_wait_for_a_database_that_does_not_answer_only_the_first_wait_long(tmp_path: Path) -> None:
    """A listener that takes connections and says nothing: each try costs `connect_timeout`."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = open_database(f"postgresql://q@127.0.0.1:{silent.getsockname()[1]}/q?connect_timeout=2")
        begun_at = time.monotonic()
        for _ in range(20):
            with pytest.raises(OperationalError):
                database.read(documents.every_id)
        assert time.monotonic() - begun_at < 15
        database.close()
