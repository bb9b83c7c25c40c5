"""Plain records to OTLP export requests: the JSON mapping and protobuf.

Protobuf goes through opentelemetry-proto's own messages. The JSON mapping of the specification (hex ids,
numbered enums, int64 as text) is written directly, because protobuf's json_format takes ten times as long;
a test holds the two equal, message for message.
Source: opentelemetry-proto 1.x and docs/specification.md, "JSON Protobuf Encoding".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from ingest.sample.telemetry import (
    CounterPoint,
    ExponentialPoint,
    HistogramPoint,
    LogRecord,
    MetricPoint,
    Origin,
    Span,
    Value,
)

Json = dict[str, Any]
_ERROR = 2
_INFO = 9
_CUMULATIVE = 2


def traces_json(origin: Origin, spans: Sequence[Span]) -> bytes:
    """One ExportTraceServiceRequest in the JSON mapping, without a line end."""
    scope_spans = {"scope": _scope_json(origin), "spans": [_span_json(span) for span in spans]}
    return msgspec.json.encode(
        {"resourceSpans": [{"resource": _resource_json(origin), "scopeSpans": [scope_spans]}]}
    )


def traces_protobuf(origin: Origin, spans: Sequence[Span]) -> bytes:
    """One ExportTraceServiceRequest in protobuf."""
    scope_spans = trace_pb2.ScopeSpans(scope=_scope(origin), spans=[_span(span) for span in spans])
    request = ExportTraceServiceRequest(
        resource_spans=[trace_pb2.ResourceSpans(resource=_resource(origin), scope_spans=[scope_spans])]
    )
    return bytes(request.SerializeToString(deterministic=True))


def logs_json(origin: Origin, records: Sequence[LogRecord]) -> bytes:
    """One ExportLogsServiceRequest in the JSON mapping, without a line end."""
    scope_logs = {"scope": _scope_json(origin), "logRecords": [_log_json(record) for record in records]}
    return msgspec.json.encode(
        {"resourceLogs": [{"resource": _resource_json(origin), "scopeLogs": [scope_logs]}]}
    )


def logs_protobuf(origin: Origin, records: Sequence[LogRecord]) -> bytes:
    """One ExportLogsServiceRequest in protobuf."""
    scope_logs = logs_pb2.ScopeLogs(scope=_scope(origin), log_records=[_log(record) for record in records])
    request = ExportLogsServiceRequest(
        resource_logs=[logs_pb2.ResourceLogs(resource=_resource(origin), scope_logs=[scope_logs])]
    )
    return bytes(request.SerializeToString(deterministic=True))


def metrics_protobuf(origin: Origin, points: Sequence[MetricPoint]) -> bytes:
    """One ExportMetricsServiceRequest in protobuf: cumulative series, one metric per point."""
    scope_metrics = metrics_pb2.ScopeMetrics(
        scope=_scope(origin), metrics=[_metric(point) for point in points]
    )
    request = ExportMetricsServiceRequest(
        resource_metrics=[
            metrics_pb2.ResourceMetrics(resource=_resource(origin), scope_metrics=[scope_metrics])
        ]
    )
    return bytes(request.SerializeToString(deterministic=True))


def _value_json(value: Value) -> Json:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"arrayValue": {"values": [_value_json(item) for item in value]}}


def _value(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))


def _attributes_json(pairs: Iterable[tuple[str, Value]]) -> list[Json]:
    return [{"key": key, "value": _value_json(value)} for key, value in pairs]


def _attributes(pairs: Iterable[tuple[str, Value]]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in pairs]


def _resource_json(origin: Origin) -> Json:
    return {"attributes": _attributes_json(origin.resource)}


def _resource(origin: Origin) -> Resource:
    return Resource(attributes=_attributes(origin.resource))


def _scope_json(origin: Origin) -> Json:
    return {"name": origin.scope, "version": origin.scope_version}


def _scope(origin: Origin) -> InstrumentationScope:
    return InstrumentationScope(name=origin.scope, version=origin.scope_version)


def _span_json(span: Span) -> Json:
    encoded: Json = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes_json(span.attributes.items()),
        "status": {} if span.error is None else {"code": _ERROR, "message": span.error},
    }
    if span.parent_id:
        encoded["parentSpanId"] = span.parent_id
    if span.trace_state:
        encoded["traceState"] = span.trace_state
    if span.events:
        encoded["events"] = [
            {
                "timeUnixNano": str(event.time_ns),
                "name": event.name,
                "attributes": _attributes_json(event.attributes.items()),
            }
            for event in span.events
        ]
    if span.links:
        encoded["links"] = [{"traceId": trace_id, "spanId": span_id} for trace_id, span_id in span.links]
    return encoded


def _span(span: Span) -> trace_pb2.Span:
    return trace_pb2.Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id),
        trace_state=span.trace_state,
        name=span.name,
        kind=span.kind,  # type: ignore[arg-type]
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_attributes(span.attributes.items()),
        status=trace_pb2.Status()
        if span.error is None
        else trace_pb2.Status(code=_ERROR, message=span.error),  # type: ignore[arg-type]
        events=[
            trace_pb2.Span.Event(
                time_unix_nano=event.time_ns,
                name=event.name,
                attributes=_attributes(event.attributes.items()),
            )
            for event in span.events
        ],
        links=[
            trace_pb2.Span.Link(trace_id=bytes.fromhex(trace_id), span_id=bytes.fromhex(span_id))
            for trace_id, span_id in span.links
        ],
    )


def _log_json(record: LogRecord) -> Json:
    encoded: Json = {
        "timeUnixNano": str(record.time_ns),
        "observedTimeUnixNano": str(record.time_ns),
        "severityNumber": _INFO,
        "eventName": record.event_name,
        "attributes": _attributes_json(record.attributes.items()),
    }
    if record.trace_id:
        encoded |= {"traceId": record.trace_id, "spanId": record.span_id}
    return encoded


def _log(record: LogRecord) -> logs_pb2.LogRecord:
    return logs_pb2.LogRecord(
        time_unix_nano=record.time_ns,
        observed_time_unix_nano=record.time_ns,
        severity_number=_INFO,  # type: ignore[arg-type]
        event_name=record.event_name,
        attributes=_attributes(record.attributes.items()),
        trace_id=bytes.fromhex(record.trace_id),
        span_id=bytes.fromhex(record.span_id),
    )


def _metric(point: MetricPoint) -> metrics_pb2.Metric:
    match point:
        case CounterPoint():
            return _counter(point)
        case ExponentialPoint():
            return _exponential(point)
        case HistogramPoint():
            return _histogram(point)


def _counter(point: CounterPoint) -> metrics_pb2.Metric:
    return metrics_pb2.Metric(
        name=point.metric,
        unit=point.unit,
        sum=metrics_pb2.Sum(
            aggregation_temporality=_CUMULATIVE,  # type: ignore[arg-type]
            is_monotonic=True,
            data_points=[
                metrics_pb2.NumberDataPoint(
                    attributes=_attributes(point.attributes.items()),
                    start_time_unix_nano=point.start_ns,
                    time_unix_nano=point.time_ns,
                    as_int=point.value,
                )
            ],
        ),
    )


def _histogram(point: HistogramPoint) -> metrics_pb2.Metric:
    return metrics_pb2.Metric(
        name=point.metric,
        unit=point.unit,
        histogram=metrics_pb2.Histogram(
            aggregation_temporality=_CUMULATIVE,  # type: ignore[arg-type]
            data_points=[
                metrics_pb2.HistogramDataPoint(
                    attributes=_attributes(point.attributes.items()),
                    start_time_unix_nano=point.start_ns,
                    time_unix_nano=point.time_ns,
                    count=point.count,
                    sum=point.sum,
                    explicit_bounds=point.bounds,
                    bucket_counts=point.bucket_counts,
                )
            ],
        ),
    )


def _exponential(point: ExponentialPoint) -> metrics_pb2.Metric:
    return metrics_pb2.Metric(
        name=point.metric,
        unit=point.unit,
        exponential_histogram=metrics_pb2.ExponentialHistogram(
            aggregation_temporality=_CUMULATIVE,  # type: ignore[arg-type]
            data_points=[
                metrics_pb2.ExponentialHistogramDataPoint(
                    attributes=_attributes(point.attributes.items()),
                    start_time_unix_nano=point.start_ns,
                    time_unix_nano=point.time_ns,
                    count=point.count,
                    sum=point.sum,
                    scale=point.scale,
                    zero_count=point.zero_count,
                    positive=metrics_pb2.ExponentialHistogramDataPoint.Buckets(
                        offset=point.offset, bucket_counts=point.bucket_counts
                    ),
                )
            ],
        ),
    )
