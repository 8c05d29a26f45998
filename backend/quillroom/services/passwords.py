"""Passwords: what is taken for one, and argon2id, whose cost is meant and must not be anybody else's."""

import asyncio
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from quillroom.services.errors import Invalid, Throttled

T = TypeVar("T")
SHORTEST, LONGEST = 8, 256
AT_ONCE = 2  # 64 MiB each
WAITING = 64  # who comes behind them is told to come back
NICENESS = 10


class Passwords:
    """Hashes and checks in threads that give way to everything else of this server."""

    def __init__(self) -> None:
        self._hasher = hasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, "quillroom-argon2", initializer=_give_way)
        self._waiting = 0
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """For the database, in PHC string format. Raises Throttled."""
        return await self._run(lambda: self._hasher.hash(password))

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password; the same work when there is none to compare. Raises Throttled."""
        return await self._run(lambda: self._verify(password, hashed))

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made with less work than today."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _verify(self, password: str, hashed: str | None) -> bool:
        if self._dummy is None:
            self._dummy = self._hasher.hash("nobody's")
        try:
            return self._hasher.verify(hashed or self._dummy, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise Throttled(2.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def hasher() -> PasswordHasher:
    """RFC 9106 §4, second choice, in one lane: as much memory and work, and no more threads than are counted here."""
    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


def check_password(password: object, *, email: str | None, name: str | None = None) -> str:
    """The password as it is hashed. Raises Invalid with what is wrong."""
    if not isinstance(password, str):
        raise Invalid("A password was expected.")
    clean = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(clean) <= LONGEST:
        raise Invalid(f"A password of {SHORTEST} to {LONGEST} characters was expected.")
    known = {part for part in (email, (email or "").partition("@")[0], name) if part}
    if clean.lower() in _common() or clean.lower() in {each.lower() for each in known} or len(set(clean)) < 4:
        raise Invalid("This password is among the first that anybody would try. Choose another one.")
    return clean


@cache
def _common() -> frozenset[str]:
    """Some thousand passwords that are used most, in lower case; none is shorter than we take."""
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())


def _give_way() -> None:
    if hasattr(os, "setpriority"):  # on Linux each thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
