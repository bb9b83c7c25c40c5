"""`python -m ingest load`, but with a commit after few rows, so that a load of seconds has several.

python -m tests.kills.child 1500 2    # rows to a commit, workers
"""

from __future__ import annotations

import os
import sys
from functools import partial

from ingest import loading, settings, splitting, tasks
from ingest.__main__ import main
from ingest.pieces import Limits

# About what a row of the template takes in its file.
_BYTES_A_ROW = 500

if __name__ == "__main__":
    rows, workers = int(sys.argv[1]), int(sys.argv[2])
    os.environ["TRACEHOUSE_INGEST_WORKERS"] = str(workers)
    settings.Limits = partial(Limits, max_stretch_rows=rows)  # type: ignore[assignment, misc]
    loading.SECONDS_BETWEEN_COMMITS = 0
    if workers > 1:
        # Small loads go to workers, small files are cut, into ranges of a few stretches.
        loading.WORTH_WORKERS_BYTES = 0
        tasks.TOGETHER_BYTES = splitting.SMALLEST_RANGE_BYTES = 3 * rows * _BYTES_A_ROW
    sys.exit(main(["load"]))
