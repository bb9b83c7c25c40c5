"""A home to load: files of every shape, one of them read before and grown since."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.loading import load_once
from ingest.settings import read_settings
from tests.fuzz.corpus import as_json, seeds, trace_request
from tests.fuzz.known import known_file

_SPANS_A_REQUEST = 20
_GROWING = "otlp/growing.jsonl"


def write_template(home: Path, requests: int) -> None:
    """Write a home of about 6 times `requests` OTLP requests; the first lines of one file are loaded."""
    landing = home / "landing"
    first = _lines(0, requests)
    _write(landing, _GROWING, first)
    load_once(
        read_settings({"TRACEHOUSE_HOME": str(home), "TRACEHOUSE_SETTLE_SECONDS": "0"}),
        progress=lambda _line: None,
    )
    _write(landing, _GROWING, first + _lines(1, requests))
    _telemetry(landing, requests)
    _records(landing, requests)
    for number in range(6):
        # Any generator will do; it decides nothing that must be kept secret.
        known = known_file(Random(number))  # noqa: S311
        _write(landing, f"otlp/damaged/{number}/traces.export", known.data)
    for seed in seeds(Path()):
        _write(landing, f"{seed.kind}/small/{Path(seed.path).name}", seed.data)


def _telemetry(landing: Path, requests: int) -> None:
    lines = _lines(2, requests)
    _write(landing, "otlp/lines.jsonl", lines)
    _write(landing, "otlp/copy-of-lines.jsonl", lines)
    _write(landing, "otlp/torn.jsonl", lines[: len(lines) * 2 // 3])
    _write(landing, "otlp/packed.jsonl.gz", gzip.compress(_lines(3, requests), mtime=0))
    _write(landing, "otlp/packed.jsonl.zst", zstandard.compress(_lines(4, requests)))
    bodies = [bytes(request.SerializeToString()) for request in _requests(5, requests)]
    _write(landing, "otlp/frames/traces.bin", b"".join(map(_framed, bodies)))
    _write(
        landing, "otlp/zstd-frames/traces.bin", b"".join(_framed(zstandard.compress(b)) for b in bodies[:9])
    )
    _write(landing, "otlp/noise.jsonl", Random(1).randbytes(5000))  # noqa: S311


def _records(landing: Path, requests: int) -> None:
    events = [
        {
            "specversion": "1.0",
            "id": f"e{number}",
            "source": "/app",
            "type": "acme.thing.happened",
            "time": "2026-10-15T10:10:00Z",
            "data": {"tenant_id": "acme", "number": number},
        }
        for number in range(requests * 4)
    ]
    snapshots = [
        {"snapshot_date": "2026-10-15", "tenant_id": f"t{number}", "entitlement_tier": "pro", "seats": number}
        for number in range(requests * 4)
    ]
    text = "".join(json.dumps(event) + "\n" for event in events) + "no event\n"
    _write(landing, "billing/events.jsonl", text.encode())
    rows = "".join(",".join(map(str, row.values())) + "\n" for row in snapshots)
    _write(landing, "usage/snapshots.csv", f"{','.join(snapshots[0])}\n{rows}one,field,too,many,5\n".encode())
    parquet = landing / "usage" / "snapshots.parquet"
    pq.write_table(pa.Table.from_pylist(snapshots[: len(snapshots) // 2]), parquet)


def _requests(which: int, count: int) -> list[ExportTraceServiceRequest]:
    first = (which * count) * _SPANS_A_REQUEST
    return [
        trace_request(list(range(start, start + _SPANS_A_REQUEST)), rich=place % 4 == 0)
        for place, start in enumerate(range(first, first + count * _SPANS_A_REQUEST, _SPANS_A_REQUEST))
    ]


def _lines(which: int, count: int) -> bytes:
    return b"".join(json.dumps(as_json(request)).encode() + b"\n" for request in _requests(which, count))


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


def _write(landing: Path, name: str, data: bytes) -> None:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
