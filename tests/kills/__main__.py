"""Kill loads at many instants, each followed by one clean run, and compare with an undisturbed load.

    python -m tests.kills --kills 200 --seed 1
    python -m tests.kills --kills 200 --seed 1 --workers 2

SIGKILL goes to the whole process group: three in four at an instant uniform over the duration of an
undisturbed load, the others just after a commit began or within 100 ms of its end. Exit code 1 when the lake
after one of them differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.kills.campaign import campaign, report


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=15, help="the size of the load")
    parser.add_argument("--rows-per-commit", type=int, default=600)
    parser.add_argument("--workers", type=int, default=1, help="processes that read; more than one cut files")
    parser.add_argument("--at-once", type=int, default=2, help="loads that run side by side")
    chosen = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tracehouse-kills-") as folder:
        done = campaign(
            Path(folder),
            chosen.kills,
            chosen.seed,
            requests=chosen.requests,
            rows_per_commit=chosen.rows_per_commit,
            workers=chosen.workers,
            at_once=chosen.at_once,
            tell=_tell,
        )
    print(report(done, chosen.seed, time.monotonic() - started))
    return 1 if any(kill.wrong for kill in done.kills) else 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
