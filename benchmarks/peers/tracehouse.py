"""This ingest: what `python -m ingest load` does over a landing folder with one file.

It does more than its peers: record digests, the ingest log, quarantine, fsync and transactions.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from benchmarks.job import Job
from ingest.lake import connect, ensure_bronze
from ingest.loading import load_once
from ingest.otlp import kernels
from ingest.settings import Settings, read_settings
from ingest.workers import Workers

_STARTED = ExitStack()
_settings: Settings
_workers: Workers | None = None


def prepare(job: Job) -> None:
    """Put the input into the landing folder, make an empty lake, load the kernels where they run."""
    global _settings, _workers
    home, source = Path(job.output), Path(job.source)
    landing = home / "landing" / "otlp" / "traces"
    landing.mkdir(parents=True, exist_ok=True)
    if not (landing / source.name).exists():
        os.link(source, landing / source.name)
    environment = {"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0"}
    _settings = read_settings(environment | {"TRACEHOUSE_INGEST_WORKERS": str(job.cores)})
    # The lake stands already when a platform sends its next gigabyte.
    with connect(_settings) as connection:
        ensure_bronze(connection)
    if not kernels.compile_all():
        raise RuntimeError("The kernels cannot be compiled or kept.")
    if job.cores > 1:
        _workers = _STARTED.enter_context(Workers(job.cores))
        _workers.wait_until_ready()
    else:
        from ingest.otlp.kernels.warm import warm_up

        for encoding in kernels.ENCODINGS:
            warm_up(encoding)


def run(_job: Job) -> None:
    """Load the file."""
    load_once(_settings, progress=print, workers=_workers)
