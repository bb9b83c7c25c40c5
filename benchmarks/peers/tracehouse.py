"""This ingest: what `python -m ingest load` does over a landing folder with one file.

It does more than its peers: record digests, the ingest log, quarantine, fsync and transactions.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.job import Job
from ingest.lake import connect, ensure_bronze, writer_lock
from ingest.loading import load_into
from ingest.otlp import kernels
from ingest.settings import Settings, read_settings
from ingest.workers import Workers

_STARTED = ExitStack()
_settings: Settings
_connection: duckdb.DuckDBPyConnection
_workers: Workers | None = None


def prepare(job: Job) -> None:
    """Put the input into the landing folder, make and open an empty lake, load the kernels where they run."""
    global _settings, _connection, _workers
    home, source = Path(job.output), Path(job.source)
    landing = home / "landing" / "otlp" / "traces"
    landing.mkdir(parents=True, exist_ok=True)
    if not (landing / source.name).exists():
        os.link(source, landing / source.name)
    environment = {"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0"}
    _settings = read_settings(environment | {"TRACEHOUSE_INGEST_WORKERS": str(job.cores)})
    # The lake stands already when the next gigabyte is sent, and is open as the peers' databases are: the
    # second question of its tables is the first of this connection, at which DuckLake reads its catalogue.
    with connect(_settings) as connection:
        ensure_bronze(connection)
    _connection = _STARTED.enter_context(connect(_settings, threads=1))
    ensure_bronze(_connection)
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
    with writer_lock(_settings):
        load_into(_connection, _settings, now=datetime.now(UTC), progress=print, workers=_workers)
