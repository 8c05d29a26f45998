"""The result of a run on disk: JSON for machines, Markdown and SVG for people."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.disk import Disk
from bench.plot import bars
from bench.runs import Cell
from bench.scenarios import ALL
from bench.verdicts import Verdict, judge

COLUMNS = (
    ("cpu_per_100k", "CPU s/100k", 2),
    ("p50_ms", "p50 ms", 2),
    ("p95_ms", "p95 ms", 2),
    ("p99_ms", "p99 ms", 2),
    ("max_ms", "max ms", 1),
    ("deliveries_per_second", "deliveries/s", 0),
    ("one_ms", "1 client ms", 1),
    ("many_ms", "50 clients ms", 1),
    ("cold_one_ms", "cold 1 ms", 1),
    ("cold_many_ms", "cold 50 ms", 1),
    ("kb_per_connection", "KB/connection", 1),
    ("connects_per_second", "connects/s", 0),
    ("delivered", "delivered", 0),
    ("expected", "expected", 0),
    ("awareness", "awareness entries", 0),
    ("rss_kb", "RSS KB", 0),
)
PLOTS = (
    ("cpu_per_100k", "server CPU", "s per 100k deliveries"),
    ("p99_ms", "latency p99", "ms"),
    ("many_ms", "50 clients at once", "ms"),
    ("kb_per_connection", "memory per connection", "KB"),
)


def write(folder: Path, cells: Sequence[Cell], disk: Sequence[Disk], machine: dict[str, str]) -> Path:
    """Writes everything into the folder and returns the Markdown file."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = {
        "machine": machine,
        "disk": [one._asdict() for one in disk],
        "cells": [asdict(cell) for cell in cells],
    }
    (folder / "results.json").write_text(json.dumps(raw, indent=1) + "\n")
    _plots(folder, cells)
    parts = ["# Benchmark", _environment(machine, disk), _goals(judge(cells))]
    parts += [_table(name, cells) for name in dict.fromkeys(cell.scenario for cell in cells)]
    page = folder / "results.md"
    page.write_text("\n\n".join(part for part in parts if part) + "\n")
    return page


def _environment(machine: dict[str, str], disk: Sequence[Disk]) -> str:
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    for when, one in zip(("before", "after"), disk, strict=False):
        lines.append(
            f"- fdatasync {when}: p50 {one.p50_ms:.2f} ms, p99 {one.p99_ms:.2f} ms, worst {one.worst_ms:.0f} ms"
        )
    lines.append("- medians of the runs; the server on core 0, the load generator on core 1")
    return "\n".join(lines)


def _goals(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return ""
    lines = ["## Targets", "", "| scenario | number | against | ours | theirs | result | must | |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for goal, ours, theirs, reached, word in verdicts:
        fixed = theirs is None
        lines.append(
            f"| {goal.scenario} | {goal.number} | {goal.peer or 'limit'} | {ours:.4g} | "
            f"{'' if theirs is None else f'{theirs:.4g}'} | "
            f"{f'{reached:.4g}' if fixed else f'{reached:.2f}x'} | "
            f"{'≤' if fixed else '≥'} {goal.must:g} | {word} |"
        )
    return "\n".join(lines)


def _table(name: str, cells: Sequence[Cell]) -> str:
    title = next((scenario.title for scenario in ALL if scenario.name == name), name)
    rows = [cell for cell in cells if cell.scenario == name]
    columns = [c for c in COLUMNS if any(row.middle(c[0]) is not None for row in rows)]
    lines = [f"## {name}: {title}", ""]
    lines.append("| server | " + " | ".join(c[1] for c in columns) + " | valid runs | trouble |")
    lines.append("|" + "---|" * (len(columns) + 3))
    for row in rows:
        values = [_shown(row.middle(key), digits) for key, _, digits in columns]
        trouble = "; ".join(dict.fromkeys(row.failures)).replace("\n", " ").replace("|", "/")
        lines.append(f"| {row.target} | " + " | ".join(values) + f" | {len(row.runs)} | {trouble} |")
    return "\n".join(lines)


def _shown(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _plots(folder: Path, cells: Sequence[Cell]) -> None:
    for name in dict.fromkeys(cell.scenario for cell in cells):
        for key, what, unit in PLOTS:
            found = {c.target: c.middle(key) for c in cells if c.scenario == name}
            values = {target: value for target, value in found.items() if value is not None}
            if values:
                bars(folder / f"{name}-{key}.svg", f"{name}: {what}", unit, values)
