"""A process that stops in the middle of a compaction, and waits there to be killed.

python half_compacted.py URL
"""

import sys

from quillroom.store import compaction, updates
from quillroom.store.database import open_database


def main(url: str) -> None:
    """The sources are deleted and the merged row is there, but nothing is committed."""
    with open_database(url).engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN")
        log = updates.tail(connection, "a", 0)
        runs = compaction.plan(log, verified_seq=log[-1].seq, pause_seconds=60)
        (merge,) = compaction.prepare("a", log, runs, lambda replayed: "same")
        assert compaction.replace(connection, merge)
        assert len(updates.tail(connection, "a", 0)) == 1
        print("in the middle", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
