"""`python -m bench.servers`: three servers, people spread over them who chat, and everything that can go wrong.

Every five seconds one person in twenty is cut off; one server is killed and started again; Redis is killed and comes
back empty. Whoever is cut off comes back to the next server, follows from the last place, and says again what was not
acknowledged. Then every connection must have every message once, in the order of the log.
"""

import argparse
import json
import math
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import install, machine
from bench.chat import Load, percentile
from bench.guests import everybody
from bench.house import RedisServer, Servers, house
from bench.places import RESULTS
from bench.server import cpu_seconds, raise_file_limit, read_line

CUT_SHARE, CUT_SECONDS = 0.05, 5.0
DRAIN_SECONDS = 60.0
JOIN_SECONDS = 240.0
WIDTH, HEIGHT, EDGE = 900, 260, 56


@dataclass(slots=True)
class Faults:
    """What is done to the house, and in which second of the run it was done."""

    began_at: float
    done: list[tuple[float, str]] = field(default_factory=list)

    def note(self, what: str) -> None:
        self.done.append((round(time.monotonic() - self.began_at, 1), what))

    def wait(self, second: float) -> None:
        time.sleep(max(0.0, self.began_at + second - time.monotonic()))

    def happen(self, servers: Servers, redis: RedisServer, seconds: float) -> None:
        """A server dies at a quarter and is there again soon; Redis is away a little behind the middle."""
        self.wait(seconds * 0.25)
        self.note("server 2 is killed")
        servers[1].kill9()
        self.wait(seconds * 0.25 + 5)
        servers[1].start()
        self.note("server 2 is ready again")
        self.wait(seconds * 0.6)
        self.note("Redis is killed")
        redis.kill9()
        self.wait(seconds * 0.6 + 5)
        redis.start()
        self.note("Redis is there again, empty")


def main() -> int:
    """0 when nothing was lost, doubled or out of order."""
    asked = _arguments()
    try:
        install.chat_generator()
    except install.CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 2
    raise_file_limit()
    load = Load("chat-c", "", asked.rooms, asked.people, asked.rate, 0.0, warm=5.0, seconds=asked.seconds)
    found = measure(load, asked.servers, is_calm=asked.calm)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "servers.json").write_text(json.dumps(found | {"machine": machine.describe()}, indent=1))
    (asked.out / "servers.svg").write_text(curve(found["timeline"], found["faults"]))
    (asked.out / "servers.md").write_text(page(found))
    print(page(found))
    return 1 if found["trouble"] else 0


def measure(load: Load, count: int, *, is_calm: bool = False) -> dict[str, Any]:
    """One run on a fresh house."""
    with house(count) as (servers, redis):
        people = servers.data / "bench-people"
        guests = everybody(servers[0].port, load.rooms, load.people)
        people.write_text("".join(f"{token} {document}\n" for token, document in guests))
        ports = ",".join(str(each.port) for each in servers.each)
        with _generator(load, people, ports, is_calm) as generator:
            assert generator.stdin is not None
            read_line(generator)
            before = cpu_seconds(each.pid for each in servers.each)
            began_at = time.monotonic() + 1.0
            generator.stdin.write(f"{int(began_at * 1e9)}\n")
            generator.stdin.flush()
            faults = Faults(began_at)
            trouble: list[str] = []
            if not is_calm:
                at_work = threading.Thread(target=_noting(faults.happen, trouble), args=(servers, redis, load.seconds))
                at_work.start()
            said: dict[str, Any] = json.loads(read_line(generator))
            if not is_calm:
                at_work.join()
            used = cpu_seconds(each.pid for each in servers.each)
        return outcome(load, count, said, faults, trouble, used if is_calm else None, before)


def outcome(
    load: Load, count: int, said: dict[str, Any], faults: Faults, trouble: list[str], cpu: float | None, before: float
) -> dict[str, Any]:
    """What the generator says, and what of it must not be."""
    latencies = Counter({int(us): n for us, n in said["latencies"].items()})
    lost = max(0, said["acked"] * load.people - said["delivered"])
    wrong = {
        "lost": lost,
        "doubled": said["doubled"],
        "out of order": said["disordered"] + said["strange"],
        "logs that had to be begun anew": said["resets"],
        "never acknowledged": said["sent"] - said["acked"],
        "refused": said["refused"],
    }
    trouble += [f"{number} {what}" for what, number in wrong.items() if number]
    return {
        "servers": count,
        "people": load.rooms * load.people,
        "messages_per_second": load.rooms * load.people * load.rate,
        "seconds": load.seconds + load.warm,
        **{name: said[name] for name in ("sent", "acked", "delivered", "expected", "cuts", "returns", "again")},
        "postponed": said["postponed"],
        "closed": said["closed"],
        **wrong,
        **{f"p{round(share * 100)}_ms": percentile(latencies, share) for share in (0.5, 0.95, 0.99, 1.0)},
        "generator_late_p99_ms": percentile(Counter({int(us): n for us, n in said["lags"].items()}), 0.99),
        "servers_cpu_ms_per_message": None if cpu is None else round((cpu - before) * 1000 / said["acked"], 2),
        "faults": faults.done,
        "timeline": [[us / 1000 for us in second] for second in said["timeline"]],
        "trouble": trouble,
    }


def page(found: dict[str, Any]) -> str:
    """For people."""
    lines = [
        f"{found['servers']} servers, {found['people']} people, {found['messages_per_second']:.0f} messages/s for "
        f"{found['seconds']:.0f} s.",
        "",
        "| | |",
        "|---|---|",
        f"| messages acknowledged, deliveries | {found['acked']:,}, {found['delivered']:,} of {found['expected']:,} |",
        f"| lost, doubled, out of order | {found['lost']}, {found['doubled']}, {found['out of order']} |",
        f"| connections cut by us, closed in all, resumed | {found['cuts']}, {found['closed']}, {found['returns']} |",
        f"| messages said again after a cut, put off by the server | {found['again']}, {found['postponed']} |",
        f"| latency p50, p95, p99, worst | {found['p50_ms']:.0f}, {found['p95_ms']:.0f}, {found['p99_ms']:.0f}, "
        f"{found['p100_ms']:.0f} ms |",
        f"| the generator's own lateness, p99 | {found['generator_late_p99_ms']:.0f} ms |",
        *(f"| second {second} | {what} |" for second, what in found["faults"]),
        f"| | {'; '.join(found['trouble']) or 'nothing lost, doubled or out of order'} |",
    ]
    return "\n".join(lines) + "\n"


def curve(timeline: list[list[float]], faults: list[tuple[float, str]]) -> str:
    """p50 and p99 by the second in which a message was meant to be sent (logarithmic), and what was done when."""
    top = max([10.0, *(second[1] for second in timeline)])
    across = (WIDTH - EDGE - 12) / max(1, len(timeline) - 1)

    def height(ms: float) -> float:
        return HEIGHT - 30 - (HEIGHT - 60) * math.log10(max(ms, 1.0)) / math.log10(top)

    def line(which: int, colour: str) -> str:
        points = " ".join(f"{EDGE + n * across:.1f},{height(second[which]):.1f}" for n, second in enumerate(timeline))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{EDGE}" y="16" font-weight="600">Latency by the second, ms: p50 (green), p99 (grey)</text>',
    ]
    for power in range(math.ceil(math.log10(top)) + 1):
        y = height(10.0**power)
        lines.append(f'<line x1="{EDGE}" x2="{WIDTH - 12}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e5e5"/>')
        lines.append(f'<text x="{EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    for number, (second, what) in enumerate(faults):
        x = EDGE + second * across
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="24" y2="{HEIGHT - 30}" stroke="#c0392b"/>')
        lines.append(f'<text x="{x + 4:.1f}" y="{36 + 14 * (number % 2)}" fill="#c0392b">{what}</text>')
    lines += [line(1, "#9aa3ad"), line(0, "#2f6f4f")]
    for second in range(0, len(timeline), 10):
        lines.append(f'<text x="{EDGE + second * across:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{second}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _noting(act: Any, trouble: list[str]) -> Any:
    def run(*given: Any) -> None:
        try:
            act(*given)
        except Exception as problem:  # of the thread that breaks things: the run is worth nothing then
            trouble.append(f"the faults went wrong: {problem!r}")

    return run


def _generator(load: Load, people: Path, ports: str, is_calm: bool) -> subprocess.Popen[str]:
    words = [str(install.chat_generator()), "--port", ports, "--people", str(people), "--rate", str(load.rate)]
    words += ["--warm", str(load.warm), "--seconds", str(load.seconds), "--drain", str(DRAIN_SECONDS), "--back", "1"]
    if not is_calm:
        words += ["--cut", str(CUT_SHARE), "--cut-every", str(CUT_SECONDS)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.servers", description=__doc__)
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--people", type=int, default=10, help="in each room")
    parser.add_argument("--rate", type=float, default=1.0, help="messages per second of each person")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--calm", action="store_true", help="nothing is broken")
    parser.add_argument("--out", type=Path, default=RESULTS / "servers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
