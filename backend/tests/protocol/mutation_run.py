"""Run as a program of its own, so that a crash of the native library is a failing test: SEED COUNT.

Prints what went wrong, one line each; nothing when all is well.
"""

import importlib.util
import random
import sys
from pathlib import Path
from typing import Any

from pycrdt import Doc, merge_updates

from quillroom.protocol.inspector import Inspection, inspect
from quillroom.protocol.lib0 import Malformed

# A parent may be named by id, and only the document knows whether that id is a shared type:
# pycrdt says so with a RuntimeError, the inspector cannot.
PARENT = "block parent"


def main(seed: int, count: int) -> None:
    path = Path(__file__).with_name("corpus.py")
    spec = importlib.util.spec_from_file_location("corpus", path)
    assert spec is not None
    assert spec.loader is not None
    corpus = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(corpus)
    chance = random.Random(seed)
    accepted = 0
    updates: list[bytes] = corpus.make_updates(seed)
    for turn in range(count):
        if turn % 200 == 199:
            updates = corpus.make_updates(chance.randrange(2**32))
        update: bytes = corpus.damaged(chance.choice(updates), chance)
        try:
            inspection = inspect(update)
        except Malformed:
            continue
        except BaseException as error:
            print(f"inspect raised {error!r}: {update.hex()}")
            continue
        accepted += 1
        problem = problem_of(update, inspection, updates)
        if problem:
            print(f"{problem}: {update.hex()}")
    if accepted < count / 50:
        print(f"only {accepted} of {count} were accepted: the damage is too great to test anything")


def problem_of(update: bytes, inspection: Inspection, history: list[bytes]) -> str | None:
    """Why pycrdt disagrees with the inspector, if it does."""
    try:
        merged = merge_updates(update, b"\0\0")
        if union(inspect(merged)) != union(inspection):
            return "merging changed the deletions"
        for known in ([], history):
            doc: Doc[Any] = Doc()
            for earlier in known:
                doc.apply_update(earlier)
            doc.apply_update(update)
            doc.get_update()
    except RuntimeError as error:
        return None if PARENT in str(error) else repr(error)
    except BaseException as error:
        return repr(error)
    return None


def union(inspection: Inspection) -> list[tuple[int, int, int]]:
    """What is deleted, in one canonical form."""
    whole: list[tuple[int, int, int]] = []
    for client, start, end in sorted(inspection.deletes):
        if whole and whole[-1][0] == client and start <= whole[-1][2]:
            _, start, other_end = whole.pop()
            end = max(end, other_end)
        whole.append((client, start, end))
    return whole


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
