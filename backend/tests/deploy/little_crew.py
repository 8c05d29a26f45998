"""A crew whose processes do one thing and no more: `python little_crew.py SIZE DEED`.

Each says its number as it begins ("at work 4711"), and the parent "complete" once.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from quillroom import crew
from quillroom.crew import Crew, Post


def says(line: str, to: int = 1) -> None:
    """In one piece, as others speak too."""
    os.write(to, f"{line}\n".encode())


def waits(post: Post) -> int:
    """Until the parent is gone."""

    async def until_left() -> None:
        left = asyncio.Event()
        post.when_left(asyncio.get_running_loop(), left.set)
        post.report()
        await left.wait()
        says(f"alone {os.getpid()}")

    asyncio.run(until_left())
    return 0


def hears_nothing(post: Post) -> int:
    """It does not end when it is asked to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return waits(post)


def cannot_start(post: Post) -> int:
    """It says why, as the program does."""
    says("there is no room", to=2)
    return 3


def dies_once_ready(post: Post) -> int:
    """Again and again."""
    post.report()
    return 4


def starts_only_once(post: Post) -> int:
    """Whoever replaces it finds no way to start, until there is a file named `way`."""
    if Path("began").exists() and not Path("way").exists():
        return cannot_start(post)
    Path("began").touch()
    return waits(post)


DEEDS = {each.__name__: each for each in (waits, hears_nothing, cannot_start, dies_once_ready, starts_only_once)}

if __name__ == "__main__":
    crew.KILL_SECONDS = 1.0
    size, deed = sys.argv[1:]
    found = Crew(int(size), on_ready=lambda: says("complete")).work()
    if isinstance(found, int):
        says("over")
        sys.exit(found)
    says(f"at work {os.getpid()}")
    sys.exit(DEEDS[deed](found))
