"""What a reader must know about the machine to judge the numbers."""

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.places import PEERS, REPOSITORY
from bench.targets import node

OURS = ("pycrdt", "uvicorn", "uvloop", "starlette", "SQLAlchemy", "websockets")


def describe() -> dict[str, str]:
    """Names and versions, no host names and no paths."""
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "node": _output([str(node()), "--version"]) if node().exists() else "not installed",
        "commit": _output(["git", "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD"]),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "ours": ", ".join(f"{name} {_version(name)}" for name in OURS),
        "peers": _peers(),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _peers() -> str:
    wanted: dict[str, str] = json.loads((PEERS / "package.json").read_text())["dependencies"]
    pins = [f"{name} {number}" for name, number in wanted.items()]
    python = (PEERS / "requirements.txt").read_text().split()
    return ", ".join([*pins, *(pin.replace("==", " ") for pin in python if "pycrdt" in pin)])
