"""`python -m bench.chat [chat-a] [chat-b]`: a thousand people who chat, each one message a second, on one server.

`chat-a`: a hundred rooms of ten. `chat-b`: one room of a thousand, a million deliveries a second asked for. Latency is
from the moment a message was meant to be sent to each of its arrivals. Nothing may be lost, come twice or out of order.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench import install, machine
from bench.guests import everybody
from bench.places import RESULTS
from bench.server import SERVER_CORE, Server, cpu_seconds, read_line, running
from bench.targets import QUILLROOM_SIGNED_IN

LATE_MS = 20.0
LIMIT_SECONDS = 180.0
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Load:
    """Rooms, people in each, messages per second of each; the p99 that is asked for."""

    name: str
    title: str
    rooms: int
    people: int
    rate: float
    p99_ms: float
    warm: float = 2.0
    seconds: float = 8.0
    drain: float = 15.0
    typing: float = 0.0  # "is writing", of each person and second: what is given up first
    is_too_much: bool = False  # more than the server can do is asked for: how late it comes is not judged


LOADS = (
    Load("chat-a", "100 rooms of 10, 1000 messages/s", 100, 10, 1.0, 150.0),
    Load("chat-b", "One room of 1000, 1000 messages/s", 1, 1000, 1.0, 300.0),
    Load(
        "chat-over",
        "120 rooms of 10, 2400 messages/s and 2400 typing/s: two to three times what one core can do",
        120,
        10,
        2.0,
        0.0,
        drain=60.0,
        typing=2.0,
        is_too_much=True,
    ),
    Load("chat-lone", "One room of 10, one message a second", 1, 10, 0.1, 10.0, warm=10.0, seconds=60.0),
)


@dataclass(slots=True)
class Outcome:
    """What came of one run; `trouble` says in words what makes it a failure."""

    name: str
    deliveries_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    ack_p99_ms: float
    late_p99_ms: float  # the generator's own lateness
    sent: int
    acked: int
    refused: int
    late: int  # deliveries that were not there 15 s after the last message
    lost: int  # deliveries of messages that were acknowledged, among them
    doubled: int
    disordered: int
    closed: int
    server_cpu: float  # cores
    server_ms_per_message: float  # CPU
    server_rss_mb: float
    told_within_5_ms: float  # share of events: from the log to the transports, as the server counts
    shed: int  # what is fleeting, given up by the server
    fleeting: int  # what is fleeting and came
    generator_cpu: float  # cores, the busiest process
    trouble: list[str]


def main() -> int:
    """Measures what was asked for; 0 when every target is met."""
    asked = _arguments()
    try:
        install.chat_generator()
    except install.CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 2
    loads = [load for load in LOADS if not asked.loads or load.name in asked.loads]
    about = machine.describe()
    outcomes = []
    for load in loads:
        for _ in range(asked.runs):
            with running(QUILLROOM_SIGNED_IN) as server:
                outcomes.append(measure(server, load, asked.processes))
            print(json.dumps(asdict(outcomes[-1])), file=sys.stderr, flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "chat.json").write_text(json.dumps([about, *map(asdict, outcomes)], indent=1))
    page = table(outcomes)
    (asked.out / "chat.md").write_text(page)
    print(page)
    return 1 if any(outcome.trouble for outcome in outcomes) else 0


def measure(server: Server, load: Load, processes: int) -> Outcome:
    """One run on a running server on which nobody has signed in before."""
    people = server.data / "bench-people"
    guests = everybody(server.port, load.rooms, load.people)
    people.write_text("".join(f"{token} {document}\n" for token, document in guests))
    with _generators(server, load, people, processes) as started:
        for process in started:
            read_line(process)
        idle, began = cpu_seconds(server.process_ids()), time.monotonic() + 1.0
        for process in started:
            assert process.stdin is not None
            process.stdin.write(f"{int(began * 1e9)}\n")
            process.stdin.flush()
        time.sleep(max(0.0, began + load.warm - time.monotonic()))
        warm = cpu_seconds(server.process_ids())
        time.sleep(load.seconds)
        used = Used((cpu_seconds(server.process_ids()) - warm) / load.seconds, _rss_mb(server))
        results = [json.loads(read_line(process)) for process in started]
        used.cpu_seconds = cpu_seconds(server.process_ids()) - idle
        used.told_within_5_ms, used.shed = _metrics(server.port)
    return outcome(load, results, used)


@dataclass(slots=True)
class Used:
    """What the server took."""

    cores: float
    rss_mb: float
    cpu_seconds: float = 0.0  # from the first message to the last delivery
    told_within_5_ms: float = 0.0
    shed: int = 0


def outcome(load: Load, results: Sequence[dict[str, object]], used: Used) -> Outcome:
    """What the generator's processes say, as one."""
    total: Counter[str] = Counter()
    times = {name: Counter[int]() for name in ("latencies", "acks", "lags")}
    for result in results:
        for name, value in result.items():
            if name in times and isinstance(value, dict):
                times[name].update({int(us): count for us, count in value.items()})
            elif isinstance(value, int):
                total[name] += value
    seconds = load.warm + load.seconds + 1.0
    busiest = max(float(str(result["cpu_seconds"])) for result in results) / seconds
    latencies = times["latencies"]
    found = Outcome(
        load.name,
        round(total["delivered_in_window"] / load.seconds, 1),
        percentile(latencies, 0.5),
        percentile(latencies, 0.95),
        percentile(latencies, 0.99),
        percentile(latencies, 1.0),
        percentile(times["acks"], 0.99),
        percentile(times["lags"], 0.99),
        total["sent"],
        total["acked"],
        total["refused"],
        total["expected"] - total["delivered"],
        max(0, total["acked"] * load.people - total["delivered"]),
        total["doubled"],
        total["disordered"] + total["strange"],
        total["closed"],
        round(used.cores, 2),
        round(used.cpu_seconds * 1000 / max(1, total["acked"]), 3),
        round(used.rss_mb, 1),
        round(used.told_within_5_ms, 4),
        used.shed,
        total["fleeting"],
        round(busiest, 2),
        [],
    )
    found.trouble = _trouble(load, found)
    return found


def percentile(times: Counter[int], share: float) -> float:
    """Of microseconds and how often each was measured, in milliseconds."""
    rest = share * times.total()
    for us in sorted(times):
        rest -= times[us]
        if rest <= 0:
            return us / 1000
    return 0.0


def table(outcomes: Sequence[Outcome]) -> str:
    """For people."""
    lines = [
        "| load | deliveries/s | p50 | p95 | p99 | worst | ack p99 | late, lost, doubled, disordered | refused, closed "
        "| server CPU (cores), per message, RSS | told within 5 ms; typing told, shed | generator late p99, CPU | |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for o in outcomes:
        cells = (
            o.name,
            f"{o.deliveries_per_second:,.0f}",
            *(f"{ms:.1f} ms" for ms in (o.p50_ms, o.p95_ms, o.p99_ms, o.max_ms, o.ack_p99_ms)),
            f"{o.late}, {o.lost}, {o.doubled}, {o.disordered}",
            f"{o.refused}, {o.closed}",
            f"{o.server_cpu:.2f}, {o.server_ms_per_message:.2f} ms, {o.server_rss_mb:.0f} MB",
            f"{o.told_within_5_ms:.2%}; {o.fleeting:,}, {o.shed:,}",
            f"{o.late_p99_ms:.1f} ms, {o.generator_cpu:.2f}",
            "; ".join(o.trouble) or "met",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _trouble(load: Load, found: Outcome) -> list[str]:
    words = []
    if found.lost or found.doubled or found.disordered:
        words.append(f"{found.lost} lost, {found.doubled} doubled, {found.disordered} disordered")
    if load.is_too_much:
        return words
    if found.late:
        words.append(f"{found.late} deliveries were not there after 15 s")
    if found.refused or found.closed:
        words.append(f"{found.refused} refused, {found.closed} connections closed")
    if found.p99_ms > load.p99_ms:
        words.append(f"p99 {found.p99_ms:.0f} ms, {load.p99_ms:.0f} asked for")
    if found.late_p99_ms > LATE_MS:
        words.append(f"the generator itself was late: p99 {found.late_p99_ms:.0f} ms")
    return words


@contextmanager
def _generators(server: Server, load: Load, people: Path, processes: int) -> Iterator[list[subprocess.Popen[str]]]:
    words = [str(install.chat_generator()), "--port", str(server.port), "--people", str(people)]
    words += ["--rate", str(load.rate), "--warm", str(load.warm), "--seconds", str(load.seconds)]
    words += ["--shards", str(processes), "--drain", str(load.drain), "--typing", str(load.typing)]
    cores = sorted(set(range(os.cpu_count() or 1)) - {SERVER_CORE}) or [0]
    started = []
    try:
        for number in range(processes):
            core = str(cores[number % len(cores)])
            command = ["taskset", "-c", core, *words, "--shard", str(number)]
            started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _metrics(port: int) -> tuple[float, int]:
    """Which share of events was at the transports within 5 ms, and how much that is fleeting was given up."""
    web = HTTPConnection("127.0.0.1", port)
    web.request("GET", "/metrics")
    said = web.getresponse().read().decode()
    web.close()
    quick = re.search(r'app_message_delivery_seconds_bucket\{le="0.005"\} (\S+)', said)
    every = re.search(r"app_message_delivery_seconds_count (\S+)", said)
    shed = sum(float(each) for each in re.findall(r'app_messages_total\{[^}]*result="shed"[^}]*\} (\S+)', said))
    return (float(quick[1]) / max(1.0, float(every[1])) if quick and every else 0.0), int(shed)


def _rss_mb(server: Server) -> float:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in server.process_ids())
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.chat", description=__doc__)
    parser.add_argument("loads", nargs="*", metavar="load", help=", ".join(load.name for load in LOADS))
    parser.add_argument("--runs", type=int, default=1, help="how many runs of each (default 1)")
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 2) - 1), help="of the generator")
    parser.add_argument("--out", type=Path, default=RESULTS / "chat")
    asked = parser.parse_args()
    if unknown := set(asked.loads) - {load.name for load in LOADS}:
        parser.error(f"unknown load {', '.join(unknown)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
