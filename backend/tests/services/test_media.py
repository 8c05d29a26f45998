"""The process that looks at uploads ends by itself when it takes too long, or asks for too much memory."""

import signal
import subprocess
import sys
from pathlib import Path

from support.server import BACKEND
from support.uploader import picture

SCRIPT = """
import sys
from pathlib import Path
from quillroom.services import media
from quillroom.services.errors import Invalid
media.{bound}
try:
    print(media.examine(Path(sys.argv[1]), media.Claimed("a.png", False, None, 10**9, 300)).kind)
except Invalid as said:
    print(said)
"""


def looks_at(path: Path, bound: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT.format(bound=bound), str(path)]
    return subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, check=False, timeout=60)


def test_a_picture_that_takes_too_long_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(picture(size=(4000, 4000)))
    assert looks_at(tmp_path / "a", "TIME_SECONDS = 60").stdout == "image\n"
    assert looks_at(tmp_path / "a", "TIME_SECONDS = 0.02").returncode == -signal.SIGALRM


def test_a_picture_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(picture(size=(4000, 4000)))
    assert looks_at(tmp_path / "a", "MEMORY_BYTES = 2 * 1024**3").stdout == "image\n"
    said = looks_at(tmp_path / "a", "MEMORY_BYTES = 150 * 1024**2")
    assert "needs too much memory" in said.stdout, said
