"""As much of a Dockerfile's meaning as ours needs, without Docker: each stage is a folder, each RUN is run in it.

Whatever is not known here is refused, so that no line of the file stays untried.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WORKDIR = "/app"


def _is_for_all(program: Path) -> bool:
    return program.exists() and all(folder.stat().st_mode & 0o001 for folder in program.resolve().parents)


# The image's Python: one that whoever runs the image may run too, when there is one.
PYTHON = next((str(each) for each in (Path(sys.executable), Path("/usr/bin/python3")) if _is_for_all(each)), "")


@dataclass
class Stage:
    """An image: its files, what runs in it, as whom, and with which variables."""

    base: str
    folder: Path  # what stands below WORKDIR in the image
    user: str = "0:0"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)


def build(file: Path, work: Path, when_run: Callable[[Path, str], None] | None = None) -> Stage:
    """The last stage. `when_run` is called before each RUN with the stage's folder and the command."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for instruction, rest in _instructions(file.read_text()):
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            name = name or "last"
            stage = stages[name] = Stage(base, work / name)
            stage.folder.mkdir(parents=True)
            continue
        assert stage is not None
        if instruction == "WORKDIR":
            assert rest == WORKDIR
        elif instruction == "COPY":
            _copy(rest, stage, stages)
        elif instruction == "RUN":
            if when_run is not None:
                when_run(stage.folder, rest)
            subprocess.run(
                ["sh", "-c", rest], cwd=stage.folder, check=True, env=_plain() | {"PYTHON": PYTHON or sys.executable}
            )
        elif instruction == "USER":
            stage.user = rest
        elif instruction == "ENV":
            stage.environment |= dict(word.split("=", 1) for word in shlex.split(rest))
        elif instruction == "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        elif instruction == "CMD":
            stage.command = json.loads(rest)
        elif instruction == "HEALTHCHECK":
            stage.healthcheck = json.loads(rest[rest.index("CMD ") + 4 :])
        elif instruction == "VOLUME":
            stage.volumes.append(rest)
        elif instruction == "EXPOSE":
            stage.ports.append(rest)
        else:
            raise AssertionError(f"{instruction} is not known here")
    assert stage is not None
    for found in stage.folder.glob(".venv/lib/*/site-packages/quillroom.pth"):
        found.write_text(f"{stage.folder}/backend\n")  # in an image every stage stands at the same place
    return stage


def at_home(path: str, stage: Stage) -> str:
    """A path of the image, where it is on this machine."""
    return str(stage.folder) + path.removeprefix(WORKDIR) if path.startswith(WORKDIR) else path


def _instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    whole = re.sub(r"\\\n", " ", "\n".join(lines))
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in whole.splitlines()]


def _copy(rest: str, stage: Stage, stages: dict[str, Stage]) -> None:
    words = shlex.split(rest)
    flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    *sources, goal = [word for word in words if not word.startswith("--")]
    target = stage.folder / goal
    for source in sources:
        if "from" in flags:
            found = Path(at_home(source, stages[flags["from"]]))
        else:
            found = ROOT / source
            assert _is_in_context(source), f"{source} is not let in by Dockerfile.dockerignore"
        is_below = goal.endswith("/") and found.is_file()
        _copy_one(found, target / found.name if is_below else target)
        if "chown" in flags and os.getuid() == 0:
            user, _, group = flags["chown"].partition(":")
            os.chown(target, int(user), int(group))


def _copy_one(found: Path, target: Path) -> None:
    if found.is_dir():
        ignored = shutil.ignore_patterns("node_modules", "dist", "__pycache__") if found.is_relative_to(ROOT) else None
        shutil.copytree(found, target, symlinks=True, ignore=ignored, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found, target)


def _is_in_context(source: str) -> bool:
    lines = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in lines if line.startswith("!")]
    return any(Path(source).is_relative_to(each) for each in let_in)


def _plain() -> dict[str, str]:
    """Nothing of this run of the tests, and no virtual environment."""
    own = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    return {name: value for name, value in os.environ.items() if name not in own and not name.startswith("QUILLROOM_")}
