"""A process that freezes in the middle of a transaction, with all its locks, until somebody thaws it.

python frozen.py URL; prints `in the middle`, then `document seq` for each edit that was acknowledged, and `said seq`.
"""

import os
import signal
import sys
import threading

from sqlalchemy import Connection

from quillroom.store import documents, events
from quillroom.store.database import open_database
from quillroom.store.writer import Entry, Round, Writer
from store.scribe import Replica

TOPIC = "doc:a"


def main(url: str) -> None:
    """One round: an edit, and a job that freezes once."""
    froze, told = threading.Event(), threading.Event()

    def tell(round: Round) -> None:
        for entry, seq in round.committed:
            print(entry.document, seq, flush=True)
        told.set()

    def freezes(connection: Connection) -> int:
        documents.set_title(connection, "b", "frozen", 0)
        seq = events.append(connection, topic=TOPIC, name="test", actor=None, data={}).seq
        if not froze.is_set():
            froze.set()
            print("in the middle", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)
            threading.Event().wait(0.5)  # the signal stops the threads of a process one after the other
        return seq

    writer = Writer(open_database(url), tell, lambda trouble: None)
    writer.add(Entry("a", "alice", "d", Replica(1).types("from the ice "), (1,), object()))
    said = writer.execute(freezes, (TOPIC,), ("b",))
    writer.start()
    print("said", said.result(60), flush=True)
    assert told.wait(10)
    writer.stop()


if __name__ == "__main__":
    main(sys.argv[1])
