"""`python -m ingest load`, but with a commit after few rows, so that a load of seconds has several.

python -m tests.kills.child 1500
"""

from __future__ import annotations

import sys

from ingest import reading
from ingest.__main__ import main

if __name__ == "__main__":
    reading.ROWS_PER_COMMIT = int(sys.argv[1])
    sys.exit(main(["load"]))
