"""Malformed and tricky exports: what is good lands, what is bad is counted, nothing raises."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.pieces import BadRecord, Limits
from tests.ingest.otlp_reading import SPAN_ID, START, TRACE_ID, logs, metrics, read, read_file, span, traces


@pytest.mark.shared
def test_no_reason_quotes_what_the_record_says(shared_data: Path) -> None:
    for path in (shared_data / "adversarial").glob("*.*l*"):
        for record in read_file(path).bad:
            assert "acme" not in record.reason
            assert len(record.reason) < 120


POINT = {"timeUnixNano": str(START), "count": "2", "bucketCounts": ["1", "1"], "explicitBounds": [1.5]}
LINES = (
    traces(span(attributes=[{"key": "k", "value": {"arrayValue": {"values": [{"intValue": "1"}, {}]}}}]))
    + metrics({"name": "h", "histogram": {"aggregationTemporality": 1, "dataPoints": [POINT]}})
    + logs({"observedTimeUnixNano": str(START), "body": {"doubleValue": "NaN"}})
)


def one_span() -> bytes:
    request = ExportTraceServiceRequest()
    item = request.resource_spans.add().scope_spans.add().spans.add()
    item.trace_id, item.span_id, item.name = bytes.fromhex(TRACE_ID), bytes.fromhex(SPAN_ID), "chat"
    item.start_time_unix_nano = START
    item.attributes.add(key="k").value.string_value = "v"
    return bytes(request.SerializeToString())


PROTOBUF = one_span()
CORPUS = {
    "lines": LINES,
    "pretty": json.dumps(json.loads(LINES.splitlines()[0]), indent=1).encode(),
    "array": b"[" + b",".join(LINES.splitlines()) + b"]",
    "gzip": gzip.compress(LINES),
    "zstd": zstandard.compress(LINES),
    "protobuf": PROTOBUF,
    "framed": len(PROTOBUF).to_bytes(4, "big") + PROTOBUF,
}
EDITS = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=8)), min_size=1, max_size=6
)


@settings(max_examples=300, deadline=None)
@given(
    shape=st.sampled_from(sorted(CORPUS)),
    signal=st.sampled_from(["traces", "metrics", "logs"]),
    edits=EDITS,
    is_complete=st.booleans(),
)
def test_mutated_bytes_never_raise_and_are_all_accounted_for(
    shape: str, signal: str, edits: list[tuple[int, int, bytes]], is_complete: bool
) -> None:
    data = CORPUS[shape]
    for at, cut, insert in edits:
        at %= len(data) + 1
        data = data[:at] + insert + data[at + cut :]
    limits = Limits(max_piece_bytes=100_000, free_expansion_bytes=100_000)
    result = read(data, f"otlp/{signal}/file", is_complete=is_complete, limits=limits)
    behind = 0
    for piece in result.pieces:
        assert piece.byte_offset >= behind
        behind = piece.byte_offset + piece.byte_length
    assert behind <= result.reader.end_offset
    if is_complete and result.reader.compression == "none":
        assert result.reader.end_offset == len(data)
    assert all(isinstance(record, BadRecord) and record.reason for record in result.bad)
