"""The targets, as ratios within one run, and whether they were met."""

from collections.abc import Iterable
from typing import NamedTuple

from bench.runs import Cell


class Goal(NamedTuple):
    """Ours against a peer's number (or a fixed limit when `peer` is None).

    A ratio says how many times better we are: the peer's number divided by ours, the other way
    round when more is better.
    """

    scenario: str
    number: str
    peer: str | None
    must: float
    want: float
    more_is_better: bool = False


DATABASE, PLAIN, YWS = "hocuspocus-database", "hocuspocus", "y-websocket"
GOALS = (
    Goal("s3", "cpu_per_100k", DATABASE, 1.6, 2.5),
    Goal("s3", "cpu_per_100k", PLAIN, 1.2, 2.0),
    Goal("s3", "cpu_per_100k", YWS, 0.9, 1.3),
    Goal("s3x4", "cpu_per_100k", DATABASE, 1.4, 2.0),
    Goal("s3x4", "p99_ms", DATABASE, 4.0, 10.0),
    Goal("s3x10", "p99_ms", None, 100.0, 30.0),
    Goal("s3-closed", "deliveries_per_second", PLAIN, 2.5, 5.0, True),
    Goal("s3-closed", "deliveries_per_second", YWS, 2.0, 5.0, True),
    Goal("s1-1000", "cpu_per_100k", PLAIN, 1.2, 1.55),
    Goal("s2", "cpu_per_100k", PLAIN, 1.5, 4.0),
    Goal("s3-awareness", "cpu_per_100k", PLAIN, 2.0, 4.0),
    Goal("s3-awareness", "cpu_per_100k", YWS, 1.2, 2.0),
    Goal("s5", "kb_per_connection", None, 14.0, 5.0),
    Goal("s4", "many_ms", PLAIN, 3.0, 5.0),
    Goal("s4", "one_ms", PLAIN, 3.0, 5.0),
    Goal("s4", "cold_one_ms", None, 60.0, 20.0),
    Goal("s3", "rss_mb", None, 120.0, 70.0),
    *(Goal(name, "p50_ms", None, 8.0, 8.0) for name in ("s1-100", "s1-1000", "s2", "s3", "s3x4")),
    *(Goal(name, "p99_ms", None, 30.0, 30.0) for name in ("s1-100", "s1-1000", "s2", "s3", "s3x4")),
)


class Verdict(NamedTuple):
    """A goal beside what was measured; `reached` is a ratio, or our number for a fixed limit."""

    goal: Goal
    ours: float
    theirs: float | None
    reached: float
    word: str


def judge(cells: Iterable[Cell]) -> list[Verdict]:
    """Only goals whose numbers were all measured in this run."""
    known = {(cell.scenario, cell.target): cell for cell in cells}
    found = []
    for goal in GOALS:
        ours = _number(known, goal, "quillroom")
        theirs = _number(known, goal, goal.peer) if goal.peer else None
        if ours is None or (goal.peer and theirs is None):
            continue
        found.append(_verdict(goal, ours, theirs))
    return found


def _number(known: dict[tuple[str, str], Cell], goal: Goal, target: str) -> float | None:
    cell = known.get((goal.scenario, target))
    if cell is None:
        return None
    if goal.number == "rss_mb":
        kilobytes = cell.middle("rss_kb")
        return None if kilobytes is None else kilobytes / 1024
    return cell.middle(goal.number)


def _verdict(goal: Goal, ours: float, theirs: float | None) -> Verdict:
    if theirs is None:
        return Verdict(goal, ours, None, ours, _word(ours <= goal.must, ours <= goal.want))
    better, worse = (ours, theirs) if goal.more_is_better else (theirs, ours)
    ratio = better / worse if worse > 0 else float("inf")
    return Verdict(goal, ours, theirs, ratio, _word(ratio >= goal.must, ratio >= goal.want))


def _word(must: bool, want: bool) -> str:
    if must:
        return "met, and what we want" if want else "met"
    return "missed"
