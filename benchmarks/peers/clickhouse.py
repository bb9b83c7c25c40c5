"""ClickHouse's engine in this process, through chdb.

Settings that were best: a stated structure; the file read once into a Memory table (a sixth less CPU time
than one read for each output with only its fields); the parser not parallel, since one thread is measured
(a seventh less); zstd-1 as everywhere; no bloom filters and no page index, which the other peers do not
write either. Protobuf: varint-delimited messages, the only framing that it reads, and a schema file.
"""

from __future__ import annotations

from pathlib import Path

import chdb  # type: ignore[import-not-found,unused-ignore]

from benchmarks.job import Job
from benchmarks.peers.clickhouse_sql import JSON, PROTOBUF, events_query, links_query, load_query, spans_query

_SCHEMA = Path(__file__).with_name("otlp_traces.proto")
_SETTINGS = {
    "output_format_parquet_compression_method": "'zstd'",
    "output_format_compression_level": "1",
    "output_format_parquet_write_bloom_filter": "0",
    "output_format_parquet_write_page_index": "0",
    "format_schema": f"'{_SCHEMA}:ExportTraceServiceRequest'",
    "input_format_json_read_numbers_as_strings": "1",
    "input_format_json_read_bools_as_strings": "1",
    "input_format_parallel_parsing": "0",
}

_connection = chdb.connect(":memory:")


def prepare(job: Job) -> None:
    """Settings, and a first query that starts the engine."""
    for name, value in (_SETTINGS | {"max_threads": str(job.cores)}).items():
        _connection.query(f"set {name} = {value}")
    _connection.query("select 1")


def run(job: Job) -> None:
    """One read, three INSERTs into Parquet files."""
    dialect = JSON if job.encoding == "json" else PROTOBUF
    _connection.query(load_query(dialect, job.source))
    for table, query in (("spans", spans_query), ("span_events", events_query), ("span_links", links_query)):
        target = f"file('{job.parquet(table)}', Parquet)"
        # Only paths and the constants of clickhouse_sql stand in the statement.
        _connection.query(f"insert into function {target} {query(dialect)}")
