"""A server process is frozen (SIGSTOP) in the middle of a transaction (F12): its locks must not freeze the others."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from quillroom.store.database import IDLE_MS, Database
from store.frozen import TOPIC
from store.scribe import Replica, Scribe
from store.test_several_writers import head_of, says

FROZEN = Path(__file__).with_name("frozen.py")
BACKEND = Path(__file__).parents[2]


def test_what_a_frozen_server_holds_is_free_within_seconds_and_on_thaw_it_says_only_what_is_so(
    postgresql: Database,
) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{BACKEND}{os.pathsep}{BACKEND / 'tests'}"}
    url = postgresql.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, str(FROZEN), url]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process,
        ExitStack() as stack,  # else a failure would wait for somebody who is frozen
    ):
        assert process.stdout is not None
        stack.callback(process.kill)
        assert process.stdout.readline() == "in the middle\n"
        with Scribe(postgresql) as scribe:
            begun_at = time.monotonic()
            said = scribe.writer.execute(says(TOPIC), (TOPIC,))
            scribe.writes("a", Replica(2).types("meanwhile "), author="bob", client=2)
            said.result(20)
            scribe.has_told(1)
            # It had to wait for PostgreSQL to end the frozen transaction, and for nothing else.
            assert time.monotonic() - begun_at < IDLE_MS / 1000 + 5
            assert scribe.told[0].seq == 1
            assert head_of(postgresql, TOPIC) == 1
            process.send_signal(signal.SIGCONT)
            lines = process.stdout.read().split("\n")
            assert sorted(line for line in lines if line) == ["a 2", "said 2"]
            assert process.wait(20) == 0
            assert scribe.reads("a") in ("meanwhile from the ice ", "from the ice meanwhile ")
            assert head_of(postgresql, TOPIC) == 2
