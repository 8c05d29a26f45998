"""The load of the chat works: a small one on our own server loses nothing, and what is wrong is said."""

import shutil
from typing import Any

import pytest

from bench import chat, install
from bench.server import running
from bench.targets import QUILLROOM_SIGNED_IN

SMALL = chat.Load("small", "Two rooms of three, 24 messages/s", 2, 3, 4.0, 60_000.0, warm=0.5, seconds=1.5)
NOTHING_USED = chat.Used(0.0, 0.0)


@pytest.mark.skipif(
    not any(shutil.which(name) for name in ("cc", "gcc", "clang")),
    reason="the load generator is C and there is no C compiler here",
)
@pytest.mark.parametrize("processes", [1, 2])
def test_everything_that_people_say_in_two_rooms_arrives_once_and_in_order(processes: int) -> None:
    """A reader in one process knows when an author in another meant to send."""
    install.chat_generator()
    with running(QUILLROOM_SIGNED_IN) as server:
        found = chat.measure(server, SMALL, processes)
    assert (found.sent, found.acked) == (2 * 3 * 4 * 2, 2 * 3 * 4 * 2)
    assert (found.late, found.lost, found.doubled, found.disordered) == (0, 0, 0, 0)
    assert (found.refused, found.closed) == (0, 0)
    assert found.deliveries_per_second == 2 * 3 * 3 * 4
    assert 0 < found.p50_ms <= found.p95_ms <= found.p99_ms <= found.max_ms
    assert found.server_rss_mb > 10
    assert "small" in chat.table([found])


def said(**differs: int) -> dict[str, Any]:
    counts = {"expected": 144, "delivered": 144, "delivered_in_window": 108, "doubled": 0, "disordered": 0}
    counts |= {"strange": 0, "sent": 48, "acked": 48, "refused": 0, "closed": 0}
    return {
        **counts,
        **differs,
        "latencies": {"900": 107, "2000": 1},
        "acks": {},
        "lags": {"10": 36},
        "cpu_seconds": 0.1,
    }


def test_what_two_processes_say_is_added_up() -> None:
    found = chat.outcome(SMALL, [said(), said()], NOTHING_USED)
    assert (found.sent, found.deliveries_per_second, found.trouble) == (96, 144.0, [])
    assert (found.p50_ms, found.max_ms) == (0.9, 2.0)


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"delivered": 143}, "1 deliveries were not there"),
        ({"delivered": 143}, "1 lost"),
        ({"doubled": 1}, "1 doubled"),
        ({"disordered": 1}, "1 disordered"),
        ({"strange": 1}, "1 disordered"),
        ({"acked": 47, "refused": 1}, "1 refused"),
        ({"closed": 1}, "1 connections closed"),
    ],
)
def test_a_run_in_which_anything_is_missing_or_wrong_says_so(differs: dict[str, int], words: str) -> None:
    assert words in "; ".join(chat.outcome(SMALL, [said(**differs)], NOTHING_USED).trouble)


def test_what_was_never_acknowledged_is_late_and_not_lost() -> None:
    found = chat.outcome(SMALL, [said(acked=40, delivered=120)], NOTHING_USED)
    assert (found.late, found.lost) == (24, 0)
