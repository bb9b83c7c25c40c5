"""The floor: look at every byte once, write the finished table once.

JSON is validated line by line by simdjson, protobuf parsed by upb; nothing is taken out of either. The table
is the one that ingest made of this input, already in memory, written as ingest writes it.
"""

from __future__ import annotations

import mmap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import simdjson  # type: ignore[import-not-found,unused-ignore]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.job import Job
from benchmarks.tables import TABLES

_TABLES: dict[str, pa.Table] = {}


def prepare(job: Job) -> None:
    """Bring the finished tables into memory."""
    for table in TABLES:
        files = sorted((Path(job.landed) / "lake" / "bronze" / table).glob("**/*.parquet"))
        read = [pq.ParquetFile(file).read() for file in files]
        _TABLES[table] = pa.concat_tables(read).combine_chunks()


def run(job: Job) -> None:
    """Validate and write."""
    if job.encoding == "json":
        _validate_lines(Path(job.source))
    else:
        _parse_frames(Path(job.source))
    for name, table in _TABLES.items():
        pq.write_table(table, job.parquet(name), compression="zstd", compression_level=1)


def _validate_lines(source: Path) -> None:
    parser = simdjson.Parser()
    with source.open("rb") as lines:
        for line in lines:
            parser.parse(line)


def _parse_frames(source: Path) -> None:
    parse = ExportTraceServiceRequest.FromString
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        offset = 0
        while offset < len(data):
            begin = offset + 4
            offset = begin + int.from_bytes(data[offset:begin], "big")
            parse(data[begin:offset])
