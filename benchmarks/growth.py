"""What one per cent more of a file costs, as a share of the file's first load, in CPU time."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.check import check_output
from benchmarks.job import Job
from benchmarks.measure import run_job
from benchmarks.workload import Workload, write_workload

# A file of 1 GB in each encoding.
SPANS = {"json": 364_000, "protobuf": 545_000}
DEFAULT_RUNS = 5
_GROWTH = 0.01


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when a load fails or rows are missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the files of 1 GB, such as 0.1")
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS, help="of each; medians are reported")
    chosen = parser.parse_args(arguments)
    print("encoding     MB  first load  1 % more  nothing new  share of the first (CPU s, start excluded)")
    try:
        for encoding, spans in SPANS.items():
            with tempfile.TemporaryDirectory(prefix="tracehouse-growth-") as scratch:
                workload = write_workload(Path(scratch) / "input", round(spans * chosen.share))
                size = _source(workload, encoding).stat().st_size / 1e6
                runs = [
                    _first_more_nothing(workload, encoding, Path(scratch) / "home")
                    for _ in range(chosen.runs)
                ]
                first, more, nothing = (median(column) for column in zip(*runs, strict=True))
                costs = f"{first:10.2f}  {more:8.3f}  {nothing:11.3f}  {more / first:.1%}"
                print(f"{encoding:8}  {size:5,.0f}  {costs}")
    except (RuntimeError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _first_more_nothing(workload: Workload, encoding: str, home: Path) -> tuple[float, float, float]:
    """CPU seconds of loading 100 parts of 101, then the last, then the same file once more."""
    source = _source(workload, encoding)
    whole = source.read_bytes()
    cut = _cut(whole, encoding, round(len(whole) / (1 + _GROWTH)))
    growing = source.with_name(f"growing{source.suffix}")
    growing.write_bytes(whole[:cut])
    job = Job("tracehouse", encoding, 1, str(growing), str(home), "")
    # What this benchmark wrote goes to the disk before, not with the first file that the load secures there.
    os.sync()
    first = run_job(job).cost.cpu_s
    # The landing folder holds a hard link to the source, so appending to one grows the other.
    with growing.open("ab") as stream:
        stream.write(whole[cut:])
    os.sync()
    more = run_job(job, is_fresh=False).cost.cpu_s
    nothing = run_job(job, is_fresh=False).cost.cpu_s
    check_output(home, workload)
    growing.unlink()
    return first, more, nothing


def _source(workload: Workload, encoding: str) -> Path:
    return workload.json_lines if encoding == "json" else workload.frames


def _cut(data: bytes, encoding: str, wanted: int) -> int:
    """The end of the last record at or before `wanted`."""
    if encoding == "json":
        return data.rindex(b"\n", 0, wanted) + 1
    end = 0
    while True:
        after = end + 4 + int.from_bytes(data[end : end + 4], "big")
        if after > wanted:
            return end
        end = after


if __name__ == "__main__":
    sys.exit(main())
