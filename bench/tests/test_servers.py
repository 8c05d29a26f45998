"""Several servers under load: a small one works, and what must not be is said."""

import shutil
from typing import Any

import pytest

from bench import install, servers
from bench.chat import Load
from bench.house import BINARIES, RedisServer

SMALL = Load("small", "", 2, 2, 4.0, 0.0, warm=0.5, seconds=1.5)


@pytest.mark.skipif(
    not BINARIES or not RedisServer.is_installed() or not shutil.which("gcc"),
    reason="PostgreSQL, Redis or a C compiler is missing",
)
def test_everything_that_is_said_on_two_servers_arrives_once_and_in_order() -> None:
    install.chat_generator()
    found = servers.measure(SMALL, 2, is_calm=True)
    assert found["trouble"] == []
    assert (found["sent"], found["acked"], found["delivered"]) == (32, 32, 64)
    assert len(found["timeline"]) == 2
    assert "nothing lost" in servers.page(found)


def said(**differs: int) -> dict[str, Any]:
    counts = dict.fromkeys(("doubled", "disordered", "strange", "refused", "closed", "cuts", "returns"), 0)
    counts |= dict.fromkeys(("resets", "again", "postponed"), 0) | {
        "sent": 4,
        "acked": 4,
        "delivered": 8,
        "expected": 8,
    }
    return {**counts, **differs, "latencies": {"900": 8}, "lags": {}, "timeline": [[900, 900, 900], [800, 9000, 9000]]}


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"delivered": 7}, "1 lost"),
        ({"doubled": 1}, "1 doubled"),
        ({"disordered": 1}, "1 out of order"),
        ({"resets": 2}, "2 logs that had to be begun anew"),
        ({"acked": 3}, "1 never acknowledged"),
    ],
)
def test_a_run_with_a_fault_says_which(differs: dict[str, int], words: str) -> None:
    faults = servers.Faults(0.0, [(0.5, "server 2 is killed")])
    found = servers.outcome(SMALL, 3, said(**differs), faults, [], None, 0.0)
    assert words in "; ".join(found["trouble"])
    assert "server 2 is killed" in servers.curve(found["timeline"], found["faults"])
