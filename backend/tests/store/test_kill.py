"""The process is killed with SIGKILL while it writes (F1): every acknowledged edit is there, in order, once."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quillroom.store import documents, updates
from quillroom.store.database import Database, open_database
from store.scribe import text_of
from store.typist import DOCUMENTS

TYPIST = Path(__file__).with_name("typist.py")
BACKEND = Path(__file__).parents[2]


def killed_while_typing(url: str, after_lines: int) -> list[tuple[str, int, int]]:
    """What the process had acknowledged; also what it had printed when the signal came."""
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    command = [sys.executable, str(TYPIST), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after_lines)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    told = [line.split() for line in lines if line.endswith("\n")]
    return [(document, int(seq), int(number)) for document, seq, number in told]


@pytest.mark.parametrize("seed", range(3))
def test_every_acknowledged_edit_outlives_a_kill(url: str, database: Database, seed: int) -> None:
    told = killed_while_typing(url, random.Random(seed).randrange(50, 600))
    again = open_database(url)
    for document in DOCUMENTS:
        log = again.read(lambda connection, id=document: updates.tail(connection, id, 0))  # type: ignore[misc]
        assert [(row.first_seq, row.seq) for row in log] == [(n, n) for n in range(1, len(log) + 1)]
        head = again.read(lambda connection, id=document: documents.get_document(connection, id))  # type: ignore[misc]
        assert head is not None
        # With SQLite the row follows its log once a second; PostgreSQL numbers by it.
        assert head.head == len(log) or (database.is_sqlite and head.head < len(log))
        numbers = [int(number) for number in text_of(log).split(",") if number]
        assert numbers == list(range(len(numbers)))
        acknowledged = [(seq, number) for id, seq, number in told if id == document]
        assert acknowledged
        for seq, number in acknowledged:
            assert 0 < seq <= len(log)
            assert number < len(numbers)
        last_seq, last_number = acknowledged[-1]
        # The row of that seq, and no later one, completes what it acknowledged.
        assert f"{last_number}," in text_of(log[:last_seq])
    again.close()
