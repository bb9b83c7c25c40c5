"""Exports to mutate: made here with OpenTelemetry's own messages, and the real captures where they are."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    AGGREGATION_TEMPORALITY_DELTA,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

# 2025-10-09T08:53:20Z
START = 1_760_000_000_000_000_000
_IDS = ("traceId", "spanId", "parentSpanId")
# Larger files say nothing that smaller ones do not, and cost the run its number of inputs.
_LARGEST_CAPTURE = 70_000


@dataclass(frozen=True)
class Seed:
    """One sound file: its place below the landing folder, and its bytes."""

    path: str
    data: bytes

    @property
    def kind(self) -> str:
        return self.path.split("/", 1)[0]

    @property
    def is_text(self) -> bool:
        return not self.path.endswith((".pb", ".bin", ".parquet", ".zst", ".gz"))


def seeds(shared: Path) -> list[Seed]:
    """Every seed there is: those made here, and, if `shared` exists, the captures below it."""
    made = [*_telemetry(), *_records()]
    return made + list(_captures(shared)) if shared.is_dir() else made


def trace_request(numbers: list[int], *, rich: bool = True) -> ExportTraceServiceRequest:
    """Spans told apart by their numbers; when `rich`, with every kind of value, an event and a link."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "agent"
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "tracer", "1.0"
    for number in numbers:
        span = scope.spans.add()
        span.trace_id, span.span_id = (number + 1).to_bytes(16, "big"), (number + 1).to_bytes(8, "big")
        span.name, span.kind = f"chat {number}", Span.SPAN_KIND_CLIENT
        span.start_time_unix_nano, span.end_time_unix_nano = START + number, START + number + 10**9
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = number
        if rich:
            _values(span.attributes)
            span.parent_span_id, span.trace_state, span.flags = b"\1" * 8, "a=b", 1
            span.status.code, span.status.message = Status.STATUS_CODE_ERROR, 'too "long"\n\u00e9\U0001f600'
            event = span.events.add(name="exception", time_unix_nano=START + number)
            _values(event.attributes)
            link = span.links.add(trace_id=b"\2" * 16, span_id=b"\3" * 8)
            link.attributes.add(key="k").value.string_value = "v"
    return request


def as_json(request: Message) -> dict[str, Any]:
    """A request in OTLP/JSON: ProtoJSON with the ids in hex."""
    tree: dict[str, Any] = _with_hex_ids(MessageToDict(request))
    return tree


def _values(attributes: Any) -> None:
    value = attributes.add(key="text").value
    value.string_value = "a\\b\tc\u2028"
    attributes.add(key="double").value.double_value = 0.1
    attributes.add(key="nan").value.double_value = float("nan")
    attributes.add(key="bool").value.bool_value = True
    attributes.add(key="bytes").value.bytes_value = b"\x00\xff\xfe"
    attributes.add(key="empty")
    items = attributes.add(key="list").value.array_value.values
    items.add().int_value = -(2**63)
    items.add().string_value = ""
    items.add().kvlist_value.values.append(KeyValue(key="inner"))


def _with_hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_hex_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(item).hex() if key in _IDS else _with_hex_ids(item)
        for key, item in value.items()
    }


def _metrics() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    gauge = metrics.add(name="g", unit="By").gauge.data_points.add(time_unix_nano=START, as_double=1.5)
    _values(gauge.attributes)
    gauge.exemplars.add(time_unix_nano=START, as_int=3, trace_id=b"\4" * 16, span_id=b"\5" * 8)
    total = metrics.add(name="s").sum
    total.aggregation_temporality, total.is_monotonic = AGGREGATION_TEMPORALITY_CUMULATIVE, True
    total.data_points.add(start_time_unix_nano=START, time_unix_nano=START + 1, as_int=7)
    histogram = metrics.add(name="h").histogram
    histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_DELTA
    histogram.data_points.add(
        time_unix_nano=START, count=2, sum=3.5, bucket_counts=[1, 1], explicit_bounds=[1.5], min=1, max=2.5
    )
    exponential = metrics.add(name="e").exponential_histogram
    point = exponential.data_points.add(time_unix_nano=START, count=3, sum=9, scale=-2, zero_count=1)
    point.positive.offset = -1
    point.positive.bucket_counts.extend([1, 1])
    summary = metrics.add(name="q").summary.data_points.add(time_unix_nano=START, count=1, sum=2)
    summary.quantile_values.add(quantile=0.99, value=2)
    return request


def _logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for number in range(3):
        record = records.add(time_unix_nano=START + number, severity_number=9, severity_text="INFO")
        record.body.string_value = f"line {number}"
        record.trace_id, record.span_id = b"\6" * 16, b"\7" * 8
        _values(record.attributes)
    records.add(observed_time_unix_nano=START, event_name="gen_ai.choice").body.kvlist_value.values.append(
        KeyValue(key="k")
    )
    return request


def _telemetry() -> Iterator[Seed]:
    requests = {"traces": trace_request([1, 2]), "metrics": _metrics(), "logs": _logs()}
    lines = b""
    for signal, request in requests.items():
        body, tree = bytes(request.SerializeToString()), as_json(request)
        text = json.dumps(tree, separators=(",", ":")).encode()
        lines += text + b"\n"
        yield Seed(f"otlp/{signal}.jsonl", (text + b"\n") * 2)
        yield Seed(f"otlp/{signal}-pretty.json", json.dumps(tree, indent=2).encode())
        yield Seed(f"otlp/{signal}-array.json", b"[" + text + b",\n" + text + b"]")
        yield Seed(f"otlp/{signal}.pb", body)
        yield Seed(f"otlp/{signal}-frames.bin", (len(body).to_bytes(4, "big") + body) * 2)
    yield Seed("otlp/mixed.jsonl", lines)


def _records() -> Iterator[Seed]:
    snapshots = [
        {"snapshot_date": f"2026-10-{day}", "tenant_id": "acme", "entitlement_tier": "pro", "seats": day}
        for day in range(10, 16)
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(snapshots), sink)
    header = ",".join(snapshots[0])
    rows = "".join(",".join(map(str, row.values())) + "\n" for row in snapshots)
    yield Seed("usage/s.jsonl", "".join(json.dumps(row) + "\n" for row in snapshots).encode())
    yield Seed("usage/s.csv", f'{header}\n{rows}"2026-10-16","a ""b""\nc",pro,1\n'.encode())
    yield Seed("usage/s.parquet", sink.getvalue())
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/app",
        "type": "consent.granted",
        "time": "2026-10-15T10:10:00Z",
        "data": {"tenant_id": "acme", "purpose": "analytics", "effective_at": "2026-10-15T10:10:00Z"},
    }
    invoice = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "created": 1_760_000_000,
        "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1", "total": 1200}},
    }
    yield Seed("governance/e.jsonl", (json.dumps(event) + "\n").encode() * 2)
    yield Seed("billing/e.jsonl", (json.dumps(invoice) + "\n").encode() * 2)


def _captures(shared: Path) -> Iterator[Seed]:
    for folder in ("otlp_real", "otlp_spec", "adversarial", "misc"):
        for path in sorted((shared / folder).rglob("*")):
            name = path.relative_to(shared).as_posix()
            if path.is_file() and path.stat().st_size <= _LARGEST_CAPTURE and "manifest" not in name:
                yield Seed(f"{'governance' if folder == 'misc' else 'otlp'}/{name}", path.read_bytes())
