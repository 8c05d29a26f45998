"""The disk's own speed: what no server that keeps its promises can beat."""

import os
import tempfile
import time
from statistics import quantiles
from typing import NamedTuple


class Disk(NamedTuple):
    """Milliseconds of write + fdatasync of 4 KB."""

    p50_ms: float
    p99_ms: float
    worst_ms: float


def measure(rounds: int = 400) -> Disk:
    """Appends 4 KB and waits for the disk, one after the other."""
    took = []
    with tempfile.NamedTemporaryFile(prefix="bench-disk-") as file:
        for _ in range(rounds):
            began = time.perf_counter()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took, n=100, method="inclusive")
    return Disk(cuts[49], cuts[98], max(took))
