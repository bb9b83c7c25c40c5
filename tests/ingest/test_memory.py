"""Small files that ask for much memory: a load of each stays under what docs/ingest.md states."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from ingest.pieces import Limits, Piece
from tests.ingest.loads import Warehouse, warehouse
from tests.ingest.otlp_reading import START, logs

MB = 1024 * 1024
DAY = 86_400 * 10**9
CAP = 600 * MB
TIMES_A_RECORD = 12
# The load of a home in a process of its own; the last line is the most memory that it took, in KB. Not
# ru_maxrss, which begins with that of the process that started it.
PROGRAM = """
import sys
from pathlib import Path
from ingest.__main__ import main
code = main(["load"])
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
sys.exit(code)
"""


def peak_of_load(here: Warehouse) -> int:
    """Bytes of memory that a load took at most."""
    environment = os.environ | {
        "TRACEHOUSE_HOME": str(here.settings.home),
        "TRACEHOUSE_SETTLE_SECONDS": "0",
        "TRACEHOUSE_INGEST_WORKERS": "1",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1]) * 1024


def resource(size: int, spans: list[dict[str, str]]) -> bytes:
    """A request whose spans share a resource with an attribute of so many characters."""
    attribute = {"key": "a", "value": {"stringValue": "x" * size}}
    scopes = [{"spans": spans}]
    request = {"resourceSpans": [{"resource": {"attributes": [attribute]}, "scopeSpans": scopes}]}
    return json.dumps(request).encode()


def small_spans(count: int) -> list[dict[str, str]]:
    return [
        {"traceId": f"{n:032x}", "spanId": f"{n:016x}", "startTimeUnixNano": str(START)}
        for n in range(1, count + 1)
    ]


def many_log_messages() -> bytes:
    """Frames of zstd, each a few hundred bytes for a log record of 117 KB."""
    random, out = Random(1), b""  # noqa: S311 - nothing here is secret
    for number in range(3000):
        body = f"{random.random()} the quick brown fox " * 3000
        record = {"timeUnixNano": str(START + number), "body": {"stringValue": body}}
        message = zstandard.compress(logs(record).strip())
        out += len(message).to_bytes(4, "big") + message
    return out


def usage_parquet() -> bytes:
    """60,000 rows that a dictionary makes a few kilobytes."""
    count = 60_000
    columns: dict[str, Any] = {
        "snapshot_date": pa.array(["2026-10-15"] * count),
        "tenant_id": pa.array(["acme"] * count),
        "entitlement_tier": pa.array(["pro"] * count),
        "note": pa.array(["y" * 8000] * count),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return bytes(sink.getvalue())


def bad_spans() -> bytes:
    return resource(60_000, [{"name": str(number)} for number in range(8000)])


def escapes() -> bytes:
    return b'[{"resourceSpans":[],"a":"' + rb"\n" * (10 * MB) + b'"}]'


def shared_by_many() -> bytes:
    return resource(100_000, small_spans(8_000))


@pytest.mark.parametrize(
    ("name", "content", "largest_record"),
    [
        ("otlp/traces.jsonl", shared_by_many, 2 * MB),
        ("otlp/traces.jsonl", bad_spans, MB),
        ("otlp/traces.json", escapes, 20 * MB),
        ("otlp/logs.bin", many_log_messages, MB),
        ("usage/u.parquet", usage_parquet, MB),
    ],
    ids=["a shared resource", "bad spans", "a string of escapes", "frames of zstd", "a Parquet dictionary"],
)
def test_a_small_file_takes_no_more_memory_than_is_stated(
    home: Path, name: str, content: Callable[[], bytes], largest_record: int
) -> None:
    here = warehouse(home)
    here.write(name, content())
    assert peak_of_load(here) < CAP + TIMES_A_RECORD * largest_record


def test_23_000_spans_that_share_a_resource_of_100_kb_land(home: Path) -> None:
    here = warehouse(home)
    file = here.write("otlp/traces.jsonl", resource(100_000, small_spans(23_000)))
    assert file.stat().st_size < 3 * MB
    assert peak_of_load(here) < CAP + TIMES_A_RECORD * 3 * MB
    assert here.log("records_found, rows_landed, rows_quarantined") == [(23_000, 23_000, 0)]
    found = here.ask(
        "select count(distinct span_id), min(length(resource_attributes['a'])) from lake.bronze.spans"
    )
    assert found == [(23_000, 100_000)]


def test_a_request_that_repeats_itself_too_often_is_quarantined_whole(home: Path) -> None:
    here = warehouse(home, TRACEHOUSE_MAX_EXPANSION="100")
    here.write("otlp/traces.jsonl", gzip.compress(resource(100_000, small_spans(4_000))))
    here.load()
    assert here.log("records_found, rows_landed, rows_quarantined") == [(1, 0, 1)]
    assert here.ask("select reason_code from lake.bronze.quarantine") == [("expansion_bomb",)]


def test_the_kernels_leave_what_its_spans_share_too_often_to_the_other_reader() -> None:
    from ingest.otlp.kernels.batch import decode_batch

    large, small = resource(100_000, small_spans(2_000)), resource(10, small_spans(3))
    pieces = [Piece(0, len(data), data, "json", None) for data in (small, large, small)]
    batch = decode_batch(pieces, Limits())
    assert (batch.records, batch.declined) == (6, [pieces[1]])


def test_the_kernels_leave_spans_of_very_many_days_to_the_other_reader() -> None:
    from ingest.otlp.kernels.batch import decode_batch

    spans = [span | {"startTimeUnixNano": str(START + n * DAY)} for n, span in enumerate(small_spans(201))]
    for count, declined in ((200, 0), (201, 1)):
        data = resource(10, spans[:count])
        assert len(decode_batch([Piece(0, len(data), data, "json", None)], Limits()).declined) == declined
