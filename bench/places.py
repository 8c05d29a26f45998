"""Where the benchmark keeps things; everything it downloads or builds lives below CACHE."""

from pathlib import Path

BENCH = Path(__file__).resolve().parent
REPOSITORY = BENCH.parent
BACKEND = REPOSITORY / "backend"
PEERS = BENCH / "peers"
CACHE = BENCH / ".cache"
RESULTS = BENCH / "results"
