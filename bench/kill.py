"""`python -m bench.kill`: kill -9 while people type; what was acknowledged and is gone?

Lost: characters a server had acknowledged that a fresh client is not given after the restart,
while their authors stay away (they closed the tab). Doubled: characters that are there more than
once, after the restart and again after every author came back and sent everything once more.
"""

import argparse
import asyncio
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import install
from bench.places import RESULTS
from bench.server import data_directory, start
from bench.targets import HOCUSPOCUS_DATABASE, QUILLROOM, Target
from bench.typist import WORD, Typist, read_document

LETTERS = "abcde"
PAUSE_SECONDS = 0.02


@dataclass(slots=True)
class Toll:
    """What kill -9 cost on one server; all in characters."""

    target: str
    kills: int = 0
    typed: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    kills_that_lost: int = 0
    missing_after_return: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the instants (default 1)")
    parser.add_argument("--peers", nargs="*", default=[HOCUSPOCUS_DATABASE.name])
    parser.add_argument("--out", type=Path, default=RESULTS / "kill")
    asked = parser.parse_args()
    targets = [t for t in (QUILLROOM, HOCUSPOCUS_DATABASE) if t is QUILLROOM or t.name in asked.peers]
    try:
        install.peers(targets)
    except install.CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 2
    tolls = [measure(target, asked.kills, random.Random(asked.seed)) for target in targets]
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "kill.json").write_text(json.dumps([asdict(toll) for toll in tolls], indent=1))
    page = table(tolls)
    (asked.out / "kill.md").write_text(page)
    print(page)
    return 0


def measure(target: Target, kills: int, chance: random.Random) -> Toll:
    """Kills the same installation again and again; each round has a document of its own."""
    toll = Toll(target.name)
    with data_directory() as data:
        for number in range(kills):
            asyncio.run(_round(target, data, f"kill-{number}", chance.uniform(0.3, 4.0), toll))
            print(f"{target.name} {number + 1}/{kills}: {toll.lost} lost", file=sys.stderr)
    return toll


async def _round(target: Target, data: Path, document: str, after: float, toll: Toll) -> None:
    people = [Typist(letter, 1000 + i, document) for i, letter in enumerate(LETTERS)]
    server = await asyncio.to_thread(start, target, data)
    try:
        async with asyncio.TaskGroup() as tasks:
            for person in people:
                tasks.create_task(person.types_until_the_server_dies(target, server.port, PAUSE_SECONDS))
            await asyncio.sleep(after)
            server.kill()
        server = await asyncio.to_thread(start, target, data)
        _count(people, await read_document(target, server.port, document), toll)
        for person in people:
            await person.comes_back_with_everything(target, server.port)
        _count_again(people, await read_document(target, server.port, document), toll)
    finally:
        await asyncio.to_thread(server.stop)


def _count(people: Sequence[Typist], text: str, toll: Toll) -> None:
    found = words(text)
    lost = sum(person.word(number).strip() not in found for person in people for number in range(person.acknowledged))
    toll.kills += 1
    toll.typed += sum(person.words for person in people) * WORD
    toll.acknowledged += sum(person.acknowledged for person in people) * WORD
    toll.lost += lost * WORD
    toll.kills_that_lost += lost > 0
    toll.doubled += sum(times - 1 for times in found.values()) * WORD


def _count_again(people: Sequence[Typist], text: str, toll: Toll) -> None:
    found = words(text)
    toll.doubled += sum(times - 1 for times in found.values()) * WORD
    expected = sum(person.words for person in people)
    toll.missing_after_return += (expected - len(found)) * WORD


def words(text: str) -> Counter[str]:
    """How often each numbered word is in the text."""
    return Counter(re.findall(r"[a-e]\d{6}", text))


def table(tolls: Sequence[Toll]) -> str:
    lines = [
        "| server | kills | typed | acknowledged | acknowledged and lost | kills that lost "
        "| doubled | missing after authors return |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {t.target} | {t.kills} | {t.typed} | {t.acknowledged} | {t.lost} | "
        f"{t.kills_that_lost} | {t.doubled} | {t.missing_after_return} |"
        for t in tolls
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
