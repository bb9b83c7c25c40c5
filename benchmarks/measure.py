"""Run jobs in processes of their own and watch what they take."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped,import-not-found,unused-ignore]

from benchmarks.job import Cost, Job

# Looking costs some milliseconds of the cores that are measured.
_SECONDS_BETWEEN_SAMPLES = 0.1


@dataclass(frozen=True)
class Sample:
    """One run. `peak_bytes` is the largest sum of resident memory of the process and its descendants."""

    cost: Cost
    peak_bytes: int


@dataclass(frozen=True)
class Median:
    """The medians of several runs, each figure on its own."""

    runs: int
    start_cpu_s: float
    cpu_s: float
    wall_s: float
    peak_bytes: int


def run_job(job: Job, *, is_fresh: bool = True) -> Sample:
    """Run one job in a new process, its output folder emptied first if `is_fresh`.

    Raises RuntimeError, with what the process complained of, when it fails.
    """
    output = Path(job.output)
    if is_fresh:
        shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    said, complained = output / "stdout", output / "stderr"
    with said.open("wb") as stdout, complained.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - this Python, our module
            [sys.executable, "-m", "benchmarks.job", json.dumps(asdict(job))], stdout=stdout, stderr=stderr
        )
        peak = _watch(process)
    if process.returncode:
        raise RuntimeError(
            f"{job.peer}, {job.encoding}: exited {process.returncode}\n{complained.read_text()}"
        )
    return Sample(Cost(**json.loads(said.read_text())), peak)


def median_of(samples: Sequence[Sample]) -> Median:
    """Medians; of an even number of runs, the mean of the middle two."""
    return Median(
        runs=len(samples),
        start_cpu_s=statistics.median(sample.cost.start_cpu_s for sample in samples),
        cpu_s=statistics.median(sample.cost.cpu_s for sample in samples),
        wall_s=statistics.median(sample.cost.wall_s for sample in samples),
        peak_bytes=round(statistics.median(sample.peak_bytes for sample in samples)),
    )


def _watch(process: subprocess.Popen[bytes]) -> int:
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        # A process that ends between being listed and being asked has no memory to count.
        with suppress(psutil.NoSuchProcess):
            peak = max(peak, _resident(watched))
        time.sleep(_SECONDS_BETWEEN_SAMPLES)
    return peak


def _resident(process: psutil.Process) -> int:
    total = 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += each.memory_info().rss
    return total
