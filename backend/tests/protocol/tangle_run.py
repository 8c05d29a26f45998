"""Run as a program of its own, for pycrdt may end it: `replays [guarded]` or `invents SEED COUNT`.

`replays` takes histories from the standard input: updates in hex, a line each, and an empty line between two histories.
Prints what went wrong, one line each; nothing when all is well.
"""

import random
import sys
from pathlib import Path
from typing import Any

from pycrdt import Doc

from quillroom.core.known import Known, News
from quillroom.protocol.inspector import inspect
from quillroom.protocol.lib0 import Malformed

sys.path.insert(0, str(Path(__file__).parents[1]))

from protocol.structs import put_together, take_apart
from protocol.tangles import Mallory


def takes(known: Known, update: bytes) -> bool:
    """As a room does: whether the update is kept."""
    try:
        inspection = inspect(update)
    except Malformed:
        return False
    if known.judge(inspection) is not News.FRESH:
        return False
    known.add(inspection)
    return True


def replays(is_guarded: bool) -> None:
    """Apply, and encode after each as a reader who joins makes the server do."""
    known, doc = Known(), Doc[Any]()
    for line in sys.stdin:
        if line == "\n":
            known, doc = Known(), Doc()
            continue
        update = bytes.fromhex(line)
        if is_guarded and not takes(known, update):
            continue
        doc.apply_update(update)
        doc.get_update()


def invents(seed: int, count: int) -> None:
    """Histories of an attacker; nothing alive may ever lie in what is deleted."""
    kept = 0
    for turn in range(count):
        chance = random.Random(seed * 1_000_003 + turn)
        mallory, known, doc = Mallory(chance), Known(), Doc[Any]()
        log: list[str] = []
        for _ in range(chance.randrange(3, 25)):
            made = mallory.makes()
            update = put_together(made)
            if not takes(known, update):
                continue
            kept += 1
            log.append(update.hex())
            mallory.keeps(made)
            doc.apply_update(update)
            if chance.random() < 0.6 and (left := left_alive(doc.get_update())):
                print(f"seed {seed}, turn {turn}: alive in what is deleted: {left}, after {log}")
                break
    if kept < count:
        print(f"only {kept} updates of {count} histories were kept: that tests nothing")


def left_alive(state: bytes) -> list[tuple[int, int]]:
    update = take_apart(state)
    deleted = {(client, clock + n) for client, clock, length in update.deletes for n in range(length)}
    left: list[tuple[int, int]] = []
    for client, (clock, structs) in update.sections.items():
        for struct in structs:
            if isinstance(struct.parent, tuple) and struct.parent in deleted and (client, clock) not in deleted:
                left.append((client, clock))
            clock += struct.length
    return left


if __name__ == "__main__":
    if sys.argv[1] == "replays":
        replays("guarded" in sys.argv)
    else:
        invents(*map(int, sys.argv[2:]))
