"""What the benchmark needs and does not ship: the peers and the compiled load generator."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bench.places import BENCH, CACHE, PEERS
from bench.targets import PYCRDT_WEBSOCKET, QUILLROOM, Target, node, venv_python


class CannotInstall(Exception):
    """Something is missing on this machine; the message says what and what to do."""


def load_generator() -> Path:
    """The compiled load generator, built again when its source is newer."""
    return _compiled("loadgen")


def chat_generator() -> Path:
    """The same of the chat."""
    return _compiled("chatgen")


def _compiled(name: str) -> Path:
    source, program = BENCH / f"{name}.c", CACHE / name
    if program.exists() and program.stat().st_mtime >= source.stat().st_mtime:
        return program
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CannotInstall("Each load generator is one C file and no C compiler (cc, gcc or clang) was found.")
    CACHE.mkdir(exist_ok=True)
    _run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(source)])
    return program


def peers(targets: Iterable[Target]) -> None:
    """Installs what the targets need, once."""
    for target in targets:
        if target is QUILLROOM:
            continue
        if target is PYCRDT_WEBSOCKET:
            _install_venv()
        else:
            _install_node_modules()


def _install_venv() -> None:
    if venv_python().exists() and (CACHE / "pycrdt" / "installed").exists():
        return
    CACHE.mkdir(exist_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", str(CACHE / "pycrdt")])
    wanted = str(PEERS / "requirements.txt")
    _run([str(venv_python()), "-m", "pip", "install", "--quiet", "-r", wanted])
    (CACHE / "pycrdt" / "installed").touch()


def _install_node_modules() -> None:
    if node().exists() and (PEERS / "node_modules" / "@hocuspocus" / "extension-redis").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall("The Node peers need npm to be installed; npm was not found.")
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=PEERS)


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotInstall(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
