"""Checkpoints and compaction in a real server: killed at any moment, and opened again (F2)."""

from pathlib import Path

BUSY = Path(__file__).parents[1] / "support" / "busy_upkeep.py"
KILLS = 8
