"""Compare ingest with what else turns OTLP exports into Parquet; write a table and a picture."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.cases import CASES, Case
from benchmarks.check import check_output, check_same
from benchmarks.job import Job
from benchmarks.measure import Sample, median_of, run_job
from benchmarks.picture import draw
from benchmarks.report import Result, markdown, terminal
from benchmarks.workload import Workload, write_workload

# 1 GB of JSON, 670 MB of protobuf.
DEFAULT_SPANS = 364_000
DEFAULT_RUNS = 5
RESULTS = Path(__file__).with_name("results")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when a peer fails or gives other rows than the input holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--spans", type=int, default=DEFAULT_SPANS)
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS, help="of each; medians are reported")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for ingest.md and ingest.svg")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tracehouse-bench-") as scratch:
        print(f"Writing {chosen.spans:,} spans, once in each encoding.", file=sys.stderr)
        workload = write_workload(Path(scratch) / "input", chosen.spans)
        try:
            results = measure_all(workload, Path(scratch), runs=chosen.runs)
        except (RuntimeError, ValueError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "ingest.md").write_text(markdown(results, workload))
        (chosen.out / "ingest.svg").write_text(draw(results))
        print(terminal(results, workload))
        print(f"Written: {chosen.out / 'ingest.md'} and ingest.svg")
    return 0


def measure_all(workload: Workload, scratch: Path, *, runs: int) -> list[Result]:
    """The medians of each case, the runs interleaved so that a slow minute strikes them all.

    Raises RuntimeError when a run fails, ValueError when its output is not the input's.
    """
    samples: dict[Case, list[Sample]] = {case: [] for case in CASES}
    # The first run of ingest leaves the table that the floor writes and that all outputs are compared with.
    landed = scratch / "landed"
    run_job(_job(CASES[0], workload, landed, landed))
    for run in range(runs):
        for case, taken in samples.items():
            print(f"run {run + 1} of {runs}: {case.label}, {case.encoding}", file=sys.stderr)
            output = scratch / case.key
            taken.append(run_job(_job(case, workload, output, landed)))
            check_output(output, workload)
            if run == 0:
                check_same(output, landed)
    return [
        Result(case, median_of(taken), workload.spans, case.source(workload).stat().st_size)
        for case, taken in samples.items()
    ]


def _job(case: Case, workload: Workload, output: Path, landed: Path) -> Job:
    source = case.source(workload)
    return Job(case.peer, case.encoding, case.cores, str(source), str(output), str(landed))


if __name__ == "__main__":
    sys.exit(main())
