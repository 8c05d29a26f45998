"""A real server in a process of its own, to be killed and started again."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

from quillroom.store.database import Database, open_database
from support.nursery import Born, Nursery

BACKEND = Path(__file__).resolve().parents[2]
READY = "Quillroom is ready on "
NURSERY = Nursery()


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`python -m quillroom …`, to its end."""
    words = [str(each) for each in arguments]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = NURSERY.bears(words, _environment(), output=output.fileno(), errors=errors.fileno())
        code = process.wait(120)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(words, code, output.read(), errors.read())


class Server:
    """`start`, `kill9`, `stop`, `freeze`; the same port and data folder across restarts."""

    script: Path | None = None  # something else than `python -m quillroom`
    nursery = NURSERY

    def __init__(self, data: Path, *, is_open: bool = True, options: tuple[str, ...] = ()) -> None:
        self.data = data
        self.port = 0
        self._options: tuple[str, ...] = (*(("--open",) if is_open else ()), *options)
        self._process: Born | None = None
        self._output: IO[str] | None = None
        self.ended_with: int | None = None  # the exit status of the last one
        self.each: list[Server] = [self]  # its processes, each to be asked by itself

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sync(self) -> str:
        return f"ws://127.0.0.1:{self.port}/sync"

    @property
    def database(self) -> Path:
        """The file, where it is one: `sql` and `opens` know any database."""
        assert self.database_url.startswith("sqlite")
        return self.data / "quillroom.db"

    @property
    def database_url(self) -> str:
        if "--database" in self._options:
            return self._options[self._options.index("--database") + 1]
        return f"sqlite:///{self.data / 'quillroom.db'}"

    @property
    def place(self) -> tuple[str, ...]:
        """How commands find what is its."""
        return ("--data", str(self.data), "--database", self.database_url)

    @contextmanager
    def opens(self) -> Iterator[Database]:
        """Its database, beside it."""
        database = open_database(self.database_url)
        yield database
        database.close()

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One statement behind the server's back, committed; `?` for each value. The rows, if it answers any."""
        with self.opens() as database, database.engine.begin() as connection:
            written = statement if database.is_sqlite else statement.replace("?", "%s")
            found = connection.exec_driver_sql(written, values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def tables(self) -> list[str]:
        """All but virtual ones, whose rows lie in others."""
        if self.database_url.startswith("sqlite"):
            kept = "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            return [name for (name,) in self.sql(f"SELECT name FROM sqlite_master WHERE {kept}")]
        return [name for (name,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    def fills(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """The same with many rows."""
        with self.opens() as database, database.engine.begin() as connection:
            connection.exec_driver_sql(statement if database.is_sqlite else statement.replace("?", "%s"), list(rows))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start and wait until it says that it is ready."""
        output, input = os.pipe()
        arguments = ["serve", *self._where(), *self._options]
        self._process = self.nursery.bears(arguments, _environment(), script=self.script, output=input)
        os.close(input)
        self._output = os.fdopen(output)
        line = self._output.readline()
        assert line.startswith(READY), f"the server said {line!r}"
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def _where(self) -> tuple[str, ...]:
        return ("--port", str(self.port), "--data", str(self.data))

    def kill9(self) -> None:
        """As if the power had gone."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._close()

    def freeze(self) -> None:
        """It stands still as it is, and its sockets stay open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on; idempotent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end; idempotent."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        self.thaw()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._close()

    def goes(self) -> None:
        """Stop it, for good; idempotent."""
        self.stop()

    def has_died(self) -> None:
        """Wait until it has ended without being asked to."""
        assert self._process is not None
        assert self._process.wait(15) != 0
        self._close()

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _close(self) -> None:
        if self._output is not None:
            self._output.close()
        if self._process is not None:
            self.ended_with = self._process.poll()
        self._process = None


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(BACKEND)}
