"""Read many spoiled files, and say of how many the reading path broke its word.

    python -m tests.fuzz --inputs 100000 --seed 1 --processes 2
    python -m tests.fuzz --seed 1 --only 4711        # one input again

Exit code 1 when an input failed or ended the process that read it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.many import FAILURES, fuzz, report, some_inputs


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, help="the number of one input to read again")
    parser.add_argument("--save", type=Path, default=FAILURES, help="where failing inputs go")
    chosen = parser.parse_args()
    started = time.monotonic()
    if chosen.only is not None:
        tally = some_inputs([chosen.only], chosen.seed, chosen.save)
    else:
        tally = fuzz(chosen.inputs, chosen.seed, chosen.processes, chosen.save)
    print(report(tally, chosen.seed, time.monotonic() - started))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
