"""DuckDB: `read_json` with a schema, UNNEST, COPY to Parquet.

Settings that were best: typed columns instead of inference, numbers and booleans read as text because that is
what they become, the file read once into a temporary table of spans (less than half the CPU time of one read
for each output), order not kept. DuckDB cannot read OTLP protobuf.
"""

from __future__ import annotations

import duckdb

from benchmarks.job import Job
from benchmarks.peers.duckdb_sql import EVENTS, LINKS, REQUESTS, SPANS

_OPTIONS = "format parquet, compression zstd, compression_level 1"
_connection = duckdb.connect()


def prepare(job: Job) -> None:
    """Settings; the JSON and Parquet readers are part of the package."""
    _connection.execute(f"set threads = {job.cores}")
    _connection.execute("set preserve_insertion_order = false")
    _connection.execute("load json")
    _connection.execute("load parquet")


def run(job: Job) -> None:
    """One read, three COPY statements."""
    _connection.execute(REQUESTS, {"source": job.source})
    for table, query in (("spans", SPANS), ("span_events", EVENTS), ("span_links", LINKS)):
        # Neither the path of a COPY nor its options can be a parameter; both are ours.
        _connection.execute(f"copy ({query}) to '{job.parquet(table)}' ({_OPTIONS})")
