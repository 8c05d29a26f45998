"""A process that writes until it is killed; prints `document seq letter` for each acknowledged edit.

python typist.py URL
"""

import itertools
import os
import sys
import threading
from typing import Any

from pycrdt import Doc, Text

from quillroom.store.database import open_database
from quillroom.store.writer import Entry, Round, Writer

DOCUMENTS = ("a", "b", "c")


def main(url: str) -> None:
    """Each document gets the numbers 0, 1, 2, …; a few are on their way at any time."""
    room = threading.Semaphore(20)

    def tell(round: Round) -> None:
        lines = [f"{entry.document} {seq} {entry.token}\n" for entry, seq in round.committed]
        os.write(1, "".join(lines).encode())
        room.release(len(lines))

    writer = Writer(open_database(url), tell, lambda trouble: None)
    writer.start()
    docs: dict[str, Doc[Any]] = {document: Doc(client_id=1) for document in DOCUMENTS}
    texts = {document: doc.get("t", type=Text) for document, doc in docs.items()}
    for number in itertools.count():
        for document, text in texts.items():
            room.acquire()
            before = docs[document].get_state()
            text += f"{number},"
            update = docs[document].get_update(before)
            writer.submit(Entry(document, "alice", "d", update, (1,), number))


if __name__ == "__main__":
    main(sys.argv[1])
