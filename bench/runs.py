"""Interleaved runs: every round starts each server afresh, so a noisy minute hits all of them."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import generator, trace
from bench.scenarios import IDLE, TRACE, Scenario
from bench.server import DidNotStart, Server, running
from bench.targets import Target

LATE_MS = 20.0

Says = Callable[[str], None]


@dataclass(slots=True)
class Cell:
    """One scenario on one server: the valid runs, the others, and why those failed."""

    scenario: str
    target: str
    runs: list[dict[str, object]] = field(default_factory=list)
    invalid: list[dict[str, object]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def middle(self, name: str) -> float | None:
        """The median over the valid runs."""
        values = [float(str(run[name])) for run in self.runs if run.get(name) is not None]
        return median(values) if values else None


def run_all(
    scenarios: Sequence[Scenario],
    targets: Iterable[Target],
    rounds: int,
    *,
    quick: bool,
    trace_file: Path | None,
    says: Says,
) -> list[Cell]:
    """Every scenario on every target, `rounds` times."""
    chosen = list(targets)
    cells: list[Cell] = []
    for scenario in scenarios:
        row = [Cell(scenario.name, target.name) for target in chosen]
        cells += row
        for _ in range(rounds):
            for target, cell in zip(chosen, row, strict=True):
                _run_once(scenario, target, cell, quick, trace_file)
                says(_last_line(cell))
    return cells


def _run_once(scenario: Scenario, target: Target, cell: Cell, quick: bool, trace_file: Path | None) -> None:
    try:
        if scenario is TRACE:
            if trace_file is None:
                cell.failures.append("needs --trace FILE")
                return
            cell.runs.append(trace.measure(target, trace.read(trace_file)))
            return
        with running(target) as server:
            result = generator.measure(server, scenario.settings(quick=quick))
        found = []
        if scenario is not IDLE:
            add_cpu_per_delivery(result)
            found = [*losses(result), *lateness(result)]
        cell.failures += found
        (cell.invalid if found else cell.runs).append(result)
    except (generator.RunFailed, DidNotStart) as problem:
        cell.failures.append(str(problem))


def add_cpu_per_delivery(result: dict[str, object]) -> None:
    """Server CPU seconds per 100,000 deliveries."""
    deliveries = float(str(result["cpu_deliveries"]))
    seconds = float(str(result["cpu_seconds"]))
    result["cpu_per_100k"] = seconds / deliveries * 100_000 if deliveries else None


def losses(result: dict[str, object]) -> list[str]:
    """What the server did not deliver or keep, in words; such a run is worth nothing."""
    found = []
    if result["delivered"] != result["expected"]:
        found.append(f"{result['delivered']} of {result['expected']} deliveries arrived in time")
    if result["whole"] != result["documents"]:
        found.append(f"{result['whole']} of {result['documents']} documents whole at the end")
    if result["wrong"] or result["gaps"]:
        found.append(f"{result['wrong']} wrong contents, {result['gaps']} gaps")
    if result["closed"]:
        found.append(f"{result['closed']} connections were closed by the server")
    return found


def lateness(result: dict[str, object]) -> list[str]:
    """The machine was too busy for the generator: such a run measures the machine."""
    late = float(str(result["lag_p99_ms"]))
    return [f"the generator itself was late: p99 {late} ms"] if late > LATE_MS else []


def _last_line(cell: Cell) -> str:
    shown = ("cpu_per_100k", "p50_ms", "p99_ms", "deliveries_per_second", "many_ms")
    last = (cell.runs or cell.invalid or [{}])[-1]
    numbers = {name: last[name] for name in shown if name in last}
    trouble = f"  !! {cell.failures[-1]}" if cell.failures else ""
    return f"{cell.scenario:>13} {cell.target:<20} {json.dumps(numbers)}{trouble}"


def survey(server: Server, scenario: Scenario, settings: dict[str, str]) -> dict[str, object]:
    """One run with settings of one's own, for tests and experiments."""
    return generator.measure(server, {**scenario.settings(quick=True), **settings})
