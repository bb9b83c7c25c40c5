"""One measured run in a process of its own: `python -m benchmarks.job <job as JSON>`.

A peer is a module of benchmarks.peers with two functions. `prepare(job)` does what is not measured:
imports, compiled code, a table that is only to be written. `run(job)` turns the input into Parquet files
`<output>/lake/bronze/<table>/….parquet`. The CPU time of prepare and of Python's
start is reported as `start_cpu_s`.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, cast

import psutil  # type: ignore[import-untyped,import-not-found,unused-ignore]


@dataclass(frozen=True)
class Job:
    """What one process is to do. `cores` is how many worker processes or threads the peer may use.

    `landed` holds Parquet files of the same input that ingest wrote, for the peer that only writes them.
    """

    peer: str
    encoding: str
    cores: int
    source: str
    output: str
    landed: str

    def parquet(self, table: str) -> Path:
        """Where a peer writes its one file of a table; the folder is made."""
        folder = Path(self.output) / "lake" / "bronze" / table
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "all.parquet"


class Peer(Protocol):
    """A module of benchmarks.peers."""

    prepare: Callable[[Job], None]
    run: Callable[[Job], None]


@dataclass(frozen=True)
class Cost:
    """CPU seconds are user and system, of the process and its children."""

    start_cpu_s: float
    cpu_s: float
    wall_s: float


def measure(job: Job) -> Cost:
    """Do the job in this process and say what it cost."""
    peer = cast(Peer, importlib.import_module(f"benchmarks.peers.{job.peer}"))
    peer.prepare(job)
    cpu, wall = cpu_seconds(), time.monotonic()
    peer.run(job)
    return Cost(start_cpu_s=cpu, cpu_s=cpu_seconds() - cpu, wall_s=time.monotonic() - wall)


def cpu_seconds() -> float:
    """User and system time of this process and of its children, those that have ended and those at work."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    at_work = [child.cpu_times() for child in psutil.Process().children()]
    return sum(each.ru_utime + each.ru_stime for each in used) + sum(
        each.user + each.system for each in at_work
    )


if __name__ == "__main__":
    # The peer's own output goes to stderr, so that stdout holds the cost alone.
    report, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(asdict(measure(Job(**json.loads(sys.argv[1]))))), file=report)
