"""A server that makes a checkpoint after forty rows: `python shared_upkeep.py serve …`."""

import sys

from quillroom.__main__ import main
from quillroom.services import upkeep

if __name__ == "__main__":
    upkeep.GROWN_ROWS = 40
    upkeep.QUIET_SECONDS = 2.0
    sys.exit(main())
