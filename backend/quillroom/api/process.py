"""What this process uses, under the names that Prometheus clients give it. Linux tells; elsewhere less is known."""

import os
import time
from contextlib import suppress
from pathlib import Path

from quillroom.api.exposition import counter, gauge

STARTED_AT = time.time()


def process() -> list[str]:
    """The lines of `/metrics` about this process."""
    lines = counter("process_cpu_seconds_total", "User and system CPU time.", time.process_time())
    lines += gauge("process_start_time_seconds", "Start of the process in Unix seconds.", STARTED_AT)
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        lines += gauge("process_resident_memory_bytes", "Resident memory.", pages * os.sysconf("SC_PAGE_SIZE"))
        lines += gauge("process_open_fds", "Open file descriptors.", len(os.listdir("/proc/self/fd")))
    return lines
