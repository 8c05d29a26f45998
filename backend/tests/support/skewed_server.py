"""A server whose clock is wrong: `SKEW_SECONDS=… python skewed_server.py serve …`."""

import os
import sys
import time

SKEW_SECONDS = float(os.environ["SKEW_SECONDS"])
right = time.time
time.time = lambda: right() + SKEW_SECONDS

from quillroom.__main__ import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
