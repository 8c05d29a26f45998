"""The unit of systemd, and what systemd is told; settings that stand in files."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.proxies import DEPLOY
from store.cluster import Cluster
from support.server import BACKEND, Server, run

ANALYZE = shutil.which("systemd-analyze")
EXPOSED = 20  # of 100, where systemd calls 50 and more "medium"


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ["quillroom.service", "quillroom@8001.service"])
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path, name: str) -> None:
    assert ANALYZE is not None
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    unit = tmp_path / name.replace("8001", "")
    unit.write_text((DEPLOY / "quillroom.service").read_text().replace("/opt/quillroom", str(tmp_path)))
    asked = unit.with_name(name)
    if asked != unit:
        asked.symlink_to(unit)
    found = subprocess.run([ANALYZE, "verify", "--man=no", asked], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    closed: list[str | Path] = [ANALYZE, "security", "--no-pager", "--offline=true", f"--threshold={EXPOSED}", asked]
    judged = subprocess.run(closed, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("kind", ["a file", "an abstract name"])
def test_systemd_is_told_when_people_are_let_in(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Once, by the process that was started: so `systemctl restart` of one returns before that of the next begins."""
    address = str(tmp_path / "notify") if kind == "a file" else f"\0quillroom-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        systemd.bind(address)
        systemd.settimeout(15)
        monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
        options = ("--database", cluster.create_database(), "--workers", "2", "--redis", "redis://127.0.0.1:1")
        server = Server(tmp_path / "data", options=options).start()
        try:
            said, [credentials], *_ = systemd.recvmsg(64, 64)
            pid = int.from_bytes(credentials[2][:4], sys.byteorder)
            assert (said, pid) == (b"READY=1", server.pid)
        finally:
            server.stop()
        systemd.setblocking(False)
        with pytest.raises(BlockingIOError):
            systemd.recv(64)


def test_a_port_that_is_said_to_be_nothing_is_the_usual_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The unit says so where it is not made for one port."""
    monkeypatch.setenv("QUILLROOM_PORT", "")
    assert run("migrate", "--data", tmp_path).returncode == 0
    program = "from quillroom.__main__ import _parser; print(_parser().parse_args(['serve']).port)"
    env = {**os.environ, "PYTHONPATH": str(BACKEND)}
    assert subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True).stdout == b"8000\n"


def test_a_secret_may_stand_in_a_file(tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "database"
    secret.write_text(cluster.create_database() + "\n")
    monkeypatch.setenv("QUILLROOM_DATABASE_FILE", str(secret))
    assert run("migrate", "--data", tmp_path / "data").returncode == 0
    assert list((tmp_path / "data").iterdir()) == []  # no file of SQLite
    verified = run("verify", "--data", tmp_path / "data")
    assert (verified.returncode, verified.stdout) == (0, "0 documents, 0 rows, 0 problems.\n")


def test_a_setting_that_is_said_twice_or_stands_nowhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUILLROOM_DATABASE_FILE", str(tmp_path / "none"))
    missing = run("verify", "--data", tmp_path)
    assert missing.returncode == 1
    assert str(tmp_path / "none") in missing.stderr
    monkeypatch.setenv("QUILLROOM_DATABASE", "sqlite:///x.db")
    twice = run("verify", "--data", tmp_path)
    assert twice.returncode == 2
    assert "QUILLROOM_DATABASE and QUILLROOM_DATABASE_FILE" in twice.stderr
