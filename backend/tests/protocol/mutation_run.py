"""Run as a program of its own, so that a crash of the native library is a failing test: SEED COUNT.

Prints what went wrong, one line each; nothing when all is well.
"""

import random
import sys
from pathlib import Path
from typing import Any

from pycrdt import Doc, merge_updates

from quillroom.core.known import Known, News
from quillroom.protocol.inspector import Inspection, inspect
from quillroom.protocol.lib0 import Malformed

sys.path.insert(0, str(Path(__file__).parents[1]))

from protocol import corpus
from protocol.structs import Twister, put_together, take_apart

# A parent outside the update may be named by id, and only `Known` can tell whether that id is a shared type:
# pycrdt says so with a RuntimeError, the inspector alone cannot. `twist` asks both.
PARENT = "block parent"


def main(seed: int, count: int) -> None:
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


def twist(seed: int, histories: int) -> None:
    """Histories in which a third of the updates have another structure: what a room accepts, a log can replay."""
    accepted = 0
    for turn in range(histories):
        chance = random.Random(seed * 1_000_003 + turn)
        twister, known, log = Twister(chance), Known(), list[bytes]()
        for update in corpus.make_updates(chance.randrange(2**32), steps=12):
            is_twisted = chance.random() < 0.35
            candidate = put_together(twister.twisted(take_apart(update))) if is_twisted else update
            try:
                inspection = inspect(candidate)
            except Malformed:
                continue
            if known.judge(inspection) is News.FRESH:
                known.add(inspection)
                log.append(candidate)
                twister.remember(take_apart(candidate))
                accepted += is_twisted
        problem = problem_of_log(log)
        if problem:
            print(f"{problem}: history {turn} of seed {seed}: {[update.hex() for update in log]}")
    if accepted < histories:
        print(f"only {accepted} twisted updates in {histories} histories were accepted")


def problem_of_log(log: list[bytes]) -> str | None:
    """Why pycrdt cannot apply a log, if it cannot: one by one as it came, or merged as it is replayed."""
    try:
        for updates in (log, [merge_updates(*log)]) if log else ():
            doc: Doc[Any] = Doc()
            for update in updates:
                doc.apply_update(update)
            doc.get_update()
    except BaseException as error:
        return repr(error)
    return None


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
    twist(int(sys.argv[1]), int(sys.argv[2]) // 20)
