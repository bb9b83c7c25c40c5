"""What one day more costs after 0, 10, 30 and 90 days of history; writes a table and a picture."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.warehouse_job import NodeCost
from benchmarks.warehouse_report import Day, draw, markdown, terminal
from ingest.sample import DAYS, write_days

DEFAULT_HISTORIES = (10, 30, 90)
DEFAULT_RUNS = 3
# Spans of a working day: about 2,400 times this.
DEFAULT_SIZE = 5
RESULTS = Path(__file__).with_name("results")
_ADDED = DAYS[0] + timedelta(days=91)
_DAYS_AT_A_TIME = 10


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when a load or a build fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warehouse", description=__doc__)
    parser.add_argument("--histories", type=int, nargs="+", default=DEFAULT_HISTORIES, help="days before")
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS, help="of each; medians are reported")
    parser.add_argument("--size", type=int, default=DEFAULT_SIZE, help="times the sample month's traffic")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for warehouse.md and warehouse.svg")
    chosen = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="tracehouse-warehouse-") as scratch:
            days = measure_all(Path(scratch), (0, *chosen.histories), chosen.runs, chosen.size)
    except RuntimeError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "warehouse.md").write_text(markdown(days, chosen.size))
    (chosen.out / "warehouse.svg").write_text(draw(days, chosen.size))
    print(terminal(days))
    print(f"Written: {chosen.out / 'warehouse.md'} and warehouse.svg")
    return 0


def measure_all(scratch: Path, histories: tuple[int, ...], runs: int, size: int) -> list[Day]:
    """The costs of the added day for each length of history, the runs interleaved.

    Every warehouse has been built before, the one without history from an empty landing folder, ten days at a
    time, and maintained each time as it is once a day; each run starts from a copy of it.
    """
    traffic = scratch / "traffic"
    days = [_ADDED - timedelta(days=back) for back in range(max(histories), -1, -1)]
    print(f"Writing {len(days)} days", file=sys.stderr)
    write_days(traffic, days, size=size)
    for history in histories:
        home = scratch / f"history-{history}"
        (home / "landing").mkdir(parents=True)
        before = days[len(days) - 1 - history : -1]
        for first in range(0, max(history, 1), _DAYS_AT_A_TIME):
            some = before[first : first + _DAYS_AT_A_TIME]
            print(f"Building {first + len(some)} of {history} days", file=sys.stderr)
            _land(traffic, some, home)
            _run(home)
            _python(home, "ingest", "maintain")
    taken: dict[int, list[list[NodeCost]]] = {history: [] for history in histories}
    for run in range(runs):
        for history in histories:
            print(f"run {run + 1} of {runs}: a day after {history}", file=sys.stderr)
            home = scratch / "home"
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(scratch / f"history-{history}", home)
            _land(traffic, [_ADDED], home)
            os.sync()
            taken[history].append(_run(home))
    return [Day.median(history, costs) for history, costs in taken.items()]


def _land(traffic: Path, days: Sequence[date], home: Path) -> None:
    """Copy the files of those days, whose names hold it."""
    for day in days:
        for file in traffic.rglob(f"*{day}*"):
            landed = home / "landing" / file.relative_to(traffic)
            landed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, landed)


def _run(home: Path) -> list[NodeCost]:
    printed = _python(home, "benchmarks.warehouse_job")
    return [NodeCost(**cost) for cost in json.loads(printed.splitlines()[-1])]


def _python(home: Path, *module: str) -> str:
    """What a module prints that works on `home`. Raises RuntimeError when it fails."""
    # Ages are measured at the end of the added day, whatever the history.
    as_of = f"{_ADDED + timedelta(days=1)}T00:00:00Z"
    settings = {"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0", "TRACEHOUSE_AS_OF": as_of}
    done = subprocess.run(  # noqa: S603 - this project's own modules, named here
        [sys.executable, "-m", *module],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(
            f"{home.name}: exited {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
        )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
