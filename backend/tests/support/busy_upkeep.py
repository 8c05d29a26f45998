"""A server whose upkeep never rests: `python busy_upkeep.py serve …`."""

import sys

from quillroom.__main__ import main
from quillroom.services import upkeep

if __name__ == "__main__":
    upkeep.GROWN_ROWS = 8
    upkeep.QUIET_SECONDS = 0.0
    sys.exit(main())
