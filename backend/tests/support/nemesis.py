"""What breaks, when: a schedule that one seed makes, over servers, Redis, PostgreSQL and the lines between them."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from support.history import History
from support.storm import Storm

PAUSE_SECONDS = (0.2, 1.5)  # between two blows to the same thing
AT_ONCE = (0.0, 0.0)
Act = Callable[[Storm, int], object]


class Blow(NamedTuple):
    """Something breaks at a moment and is whole again after some time."""

    at: float
    what: str
    server: int
    seconds: float


class Fault(NamedTuple):
    """How something is broken and made whole; two of the same `organ` never overlap."""

    organ: str
    breaks: Act
    mends: Act
    seconds: tuple[float, float]


def _nothing(storm: Storm, number: int) -> None:
    """It is over by itself."""


def _kills_redis(storm: Storm, number: int) -> None:
    assert storm.redis is not None
    storm.redis.kill9()


def _starts_redis(storm: Storm, number: int) -> None:
    assert storm.redis is not None
    storm.redis.start()


def _freezes_redis(storm: Storm, number: int) -> None:
    assert storm.redis is not None
    storm.redis.freeze()


def _thaws_redis(storm: Storm, number: int) -> None:
    assert storm.redis is not None
    storm.redis.thaw()


def _loses_messages(storm: Storm, number: int) -> None:
    for link in storm.to_redis:
        link.messages.lost = link.messages.doubled = link.messages.reordered = 0.05


def _loses_none(storm: Storm, number: int) -> None:
    for link in storm.to_redis:
        link.messages.heals()


def _stops_postgresql(storm: Storm, number: int) -> None:
    storm.cluster.stop()


def _starts_postgresql(storm: Storm, number: int) -> None:
    storm.cluster.start()


FAULTS: dict[str, Fault] = {
    "a server is killed": Fault("server", lambda s, n: s[n].kill9(), lambda s, n: s.starts(n), (0.1, 2.0)),
    "a server is restarted": Fault("server", lambda s, n: s[n].stop(), lambda s, n: s.starts(n), (0.0, 0.5)),
    "a server stands still": Fault("server", lambda s, n: s[n].freeze(), lambda s, n: s[n].thaw(), (1.0, 6.0)),
    "Redis is killed": Fault("redis", _kills_redis, _starts_redis, (0.2, 6.0)),
    "Redis stands still": Fault("redis", _freezes_redis, _thaws_redis, (1.0, 6.0)),
    "Redis forgets": Fault("redis", lambda s, n: s.asks_redis("FLUSHALL"), _nothing, AT_ONCE),
    "Redis cuts its subscribers": Fault(
        "redis", lambda s, n: s.asks_redis("CLIENT", "KILL", "TYPE", "pubsub"), _nothing, AT_ONCE
    ),
    "Redis loses messages": Fault("messages", _loses_messages, _loses_none, (1.0, 8.0)),
    "the line to Redis is cut": Fault("to_redis", lambda s, n: s.to_redis[n].resets(), _nothing, AT_ONCE),
    "the line to Redis is a black hole": Fault(
        "to_redis", lambda s, n: s.to_redis[n].is_black_hole(), lambda s, n: s.to_redis[n].heals(), (1.0, 8.0)
    ),
    "nothing comes from Redis": Fault(
        "to_redis", lambda s, n: s.to_redis[n].is_black_hole(up=False), lambda s, n: s.to_redis[n].heals(), (1.0, 8.0)
    ),
    "PostgreSQL is restarted": Fault("postgresql", _stops_postgresql, _starts_postgresql, (0.0, 2.0)),
    "PostgreSQL cuts its sessions": Fault(
        "postgresql", lambda s, n: s.cluster.cut_sessions(s.database), _nothing, AT_ONCE
    ),
    "the line to PostgreSQL is cut": Fault(
        "to_postgresql", lambda s, n: s.to_postgresql[n].resets(), _nothing, AT_ONCE
    ),
    "the line to PostgreSQL is a black hole": Fault(
        "to_postgresql",
        lambda s, n: s.to_postgresql[n].is_black_hole(),
        lambda s, n: s.to_postgresql[n].heals(),
        (1.0, 4.0),
    ),
    "people are cut off": Fault("people", lambda s, n: s.people[n].resets(), _nothing, AT_ONCE),
    "people speak into a black hole": Fault(
        "people", lambda s, n: s.people[n].is_black_hole(down=False), lambda s, n: s.people[n].heals(), (1.0, 5.0)
    ),
    "people hear nothing": Fault(
        "people", lambda s, n: s.people[n].is_black_hole(up=False), lambda s, n: s.people[n].heals(), (1.0, 5.0)
    ),
}
SHARED = ("redis", "messages", "postgresql")  # organs of which there is one


def plan(seed: int | str, seconds: float, servers: int, *, has_redis: bool = True, at_once: int = 2) -> list[Blow]:
    """The blows of one run, in order of time; up to `at_once` things are broken at the same time."""
    chance = random.Random(f"{seed}/nemesis")
    names = [name for name in FAULTS if has_redis or "Redis" not in name]
    free: dict[tuple[str, int], float] = {}
    blows: list[Blow] = []
    for _ in range(at_once):
        at = chance.uniform(*PAUSE_SECONDS)
        while at < seconds:
            name, server = chance.choice(names), chance.randrange(servers)
            fault = FAULTS[name]
            organ = (fault.organ, 0 if fault.organ in SHARED else server)
            lasts = min(chance.uniform(*fault.seconds), max(0.0, seconds - at))
            if free.get(organ, 0.0) <= at:
                blows.append(Blow(round(at, 3), name, server, round(lasts, 3)))
                free[organ] = at + lasts + PAUSE_SECONDS[0]
                at += lasts
            at += chance.uniform(*PAUSE_SECONDS)
    return sorted(blows)


async def strikes(storm: Storm, blows: Sequence[Blow], history: History) -> None:
    """All of them, each at its time."""
    began = asyncio.get_running_loop().time()
    locks: dict[str, asyncio.Lock] = {}
    async with asyncio.TaskGroup() as group:
        for blow in blows:
            group.create_task(_strikes(storm, blow, history, began, locks))


async def _strikes(storm: Storm, blow: Blow, history: History, began: float, locks: dict[str, asyncio.Lock]) -> None:
    fault = FAULTS[blow.what]
    where = fault.organ if fault.organ in SHARED else f"{fault.organ} {blow.server}"
    await asyncio.sleep(max(0.0, began + blow.at - asyncio.get_running_loop().time()))
    async with locks.setdefault(where, asyncio.Lock()):  # a busy machine is late
        history.note("breaks", blow=blow.what, server=blow.server)
        await asyncio.to_thread(fault.breaks, storm, blow.server)
        await asyncio.sleep(blow.seconds)
        await asyncio.to_thread(fault.mends, storm, blow.server)
        history.note("mends", blow=blow.what, server=blow.server)
