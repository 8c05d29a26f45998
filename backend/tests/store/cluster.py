"""A PostgreSQL cluster of our own: socket only, in a temporary directory, without fsync."""

import os
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class Cluster:
    """PostgreSQL refuses to run as root: then it runs as the user `postgres`."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="quillroom-pg-"))
        self._binaries = BINARIES[-1]
        self._as = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self._names = count(1)
        if self._as:
            shutil.chown(self.home, "postgres")
        self.home.chmod(0o755)
        self._run("initdb", "-D", str(self.home / "data"), "-A", "trust", "-U", "quillroom", "--no-sync", "-E", "UTF8")

    def start(self) -> "Cluster":
        """Returns when it takes connections."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.home} -c fsync=off"
        self._control("-o", options, "-l", str(self.home / "log"), "-w", "start")
        return self

    def stop(self) -> None:
        """As at a machine's crash: sessions are cut off, nothing is waited for."""
        self._control("-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def create_database(self) -> str:
        """The URL of a new empty database."""
        name = f"test{next(self._names)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str, folder: Path | None = None) -> str:
        """How to reach a database; through the socket in another folder when one is given."""
        return f"postgresql://quillroom@/{name}?host={folder or self.home}"

    def execute(self, statement: str, *values: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, in a session of its own."""
        address = f"host={self.home} user=quillroom dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def cut_sessions(self, database: str) -> None:
        """Terminate every session of a database."""
        self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", database)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.home / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._binaries / program), *arguments]
        # No pipe: the server would inherit and hold it open.
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60)
