"""`python -m bench [scenario…] [--quick] [--peers …] [--trace FILE] [--out DIR]`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import disk, install, machine, report, runs
from bench.places import RESULTS
from bench.scenarios import ALL as SCENARIOS
from bench.targets import ALL as TARGETS
from bench.targets import QUILLROOM


def main() -> int:
    """Measures what was asked for and writes the report."""
    asked = _arguments()
    scenarios = [s for s in SCENARIOS if not asked.scenarios or s.name in asked.scenarios]
    wanted = TARGETS if asked.peers is None else [t for t in TARGETS if t.name in asked.peers]
    targets = [t for t in TARGETS if t in wanted or (t is QUILLROOM and not asked.without_us)]
    try:
        install.load_generator()
        install.peers(targets)
    except install.CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 2
    rounds = asked.runs or (1 if asked.quick else 3)
    about, before = machine.describe(), disk.measure()
    cells = runs.run_all(scenarios, targets, rounds, quick=asked.quick, trace_file=asked.trace, says=_say)
    folder = asked.out or RESULTS / datetime.now(UTC).strftime("%Y-%m-%d-%H%M")
    page = report.write(folder, cells, [before, disk.measure()], about)
    print(page.read_text())
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="one run of 3 s instead of 3 of 8 s")
    parser.add_argument("--peers", nargs="*", choices=[target.name for target in TARGETS])
    parser.add_argument("--without-us", action="store_true", help="only the peers")
    parser.add_argument("--runs", type=int, help="how many runs of each")
    parser.add_argument("--trace", type=Path, help="editing trace for s4 (gzipped JSON)")
    parser.add_argument("--out", type=Path, help="where the report goes")
    asked = parser.parse_args()
    if unknown := set(asked.scenarios) - set(names):
        parser.error(f"unknown scenario {', '.join(unknown)}; there are {', '.join(names)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
