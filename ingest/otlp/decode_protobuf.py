"""OTLP protobuf requests to rows: takes the fields out; `records` and `metric_records` hold the rules.

A request that does not parse as a whole is taken apart at its records, so one bad record costs only itself.
Any signal parses as any other without an error now and then (same field numbers): a record without a time
that carries known fields in the wrong wire type is of another signal, and is quarantined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.otlp import protobuf_fields as read
from ingest.otlp.fields import MetricFields
from ingest.otlp.metric_records import NO_METRIC_DATA, add_point
from ingest.otlp.protobuf_wire import LIBRARIES, requests_of_one
from ingest.otlp.records import (
    Origin,
    Rows,
    add_log,
    add_span,
    attempt,
    check_known,
    given,
    no_rows,
    origin_of,
)
from ingest.pieces import Decoded, Limits, Piece, RecordError, Signal, bad_record


class _Shape(NamedTuple):
    """The request of one signal and where its records stand."""

    request: Callable[..., Any]
    resources: str
    scopes: str
    records: str


_SHAPES: dict[Signal, _Shape] = {
    "traces": _Shape(ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans"),
    "metrics": _Shape(ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics"),
    "logs": _Shape(ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records"),
}

_MALFORMED = RecordError("malformed_protobuf", "These bytes are no OTLP request of the signal in the path.")
_MISMATCH = RecordError("signal_mismatch", "The record is of another signal than the path says.")


def decode_protobuf(piece: Piece, limits: Limits) -> Decoded:
    """Decode one protobuf request; see `ingest.otlp.decode`."""
    decoded = Decoded(no_rows(), [])
    if piece.signal is None:
        _fail(decoded, piece, limits, _MALFORMED, piece.data)
        return decoded
    shape = _SHAPES[piece.signal]
    try:
        whole = _parse(shape, piece.data)
    except DecodeError:
        for one in requests_of_one(piece.data):
            try:
                _add_request(_parse(shape, one), decoded, piece, limits)
            except DecodeError:
                _fail(decoded, piece, limits, _MALFORMED, one)
        return decoded
    _add_request(whole, decoded, piece, limits)
    return decoded


def _parse(shape: _Shape, data: bytes) -> Any:
    request = shape.request()
    request.ParseFromString(data)
    for resource in getattr(request, shape.resources):
        for field in _unknown(resource):
            if field.field_number == LIBRARIES:
                getattr(resource, shape.scopes).add().MergeFromString(_content(field))
    return request


def _content(field: Any) -> bytes:
    if not isinstance(field.data, bytes):
        raise DecodeError("a field of another wire type")
    return field.data


def _add_request(request: Any, decoded: Decoded, piece: Piece, limits: Limits) -> None:
    assert piece.signal is not None
    shape, nesting = _SHAPES[piece.signal], limits.max_value_nesting
    for empty, is_odd in _empties(shape, request):
        try:
            check_known(is_odd)
        except RecordError as error:
            _fail(decoded, piece, limits, error, empty.SerializeToString())
    for resource in getattr(request, shape.resources):
        for scope in getattr(resource, shape.scopes):
            origin = attempt(partial(_origin, resource, scope, nesting))
            for record in getattr(scope, shape.records):
                for add, alone in _units(record, piece.signal, nesting):
                    try:
                        add(decoded.rows, given(origin))
                    except RecordError as error:
                        raw = _alone(shape, resource, scope, alone())
                        _fail(decoded, piece, limits, error, raw)


def _empties(shape: _Shape, request: Any) -> Iterator[tuple[Any, bool]]:
    """What holds no record, as a request, and whether there are fields of no known number in it."""
    resources = getattr(request, shape.resources)
    if not resources:
        yield request, _has_more(request)
    for resource in resources:
        scopes = getattr(resource, shape.scopes)
        if not scopes:
            yield shape.request(**{shape.resources: [resource]}), _has_more(resource)
        for scope in scopes:
            if not getattr(scope, shape.records):
                alone = type(resource)(resource=resource.resource, **{shape.scopes: [scope]})
                is_odd = _has_more(scope) or _has_more(resource)
                yield shape.request(**{shape.resources: [alone]}), is_odd


def _has_more(message: Message) -> bool:
    return any(field.field_number != LIBRARIES for field in _unknown(message))


def _unknown(message: Message) -> list[Any]:
    fields = UnknownFieldSet(message)
    return [fields[place] for place in range(len(fields))]


def _units(
    record: Any, signal: Signal, nesting: int
) -> Iterator[tuple[Callable[[Rows, Origin], None], Callable[[], Message]]]:
    """What counts as a record in `record`: itself, or each data point; with how it stands alone."""
    if signal == "traces":
        yield partial(_add_span, record, nesting), lambda: record
    elif signal == "logs":
        yield partial(_add_log, record, nesting), lambda: record
    else:
        yield from _points(record, nesting)


def _origin(resource: Any, scope: Any, nesting: int) -> Origin:
    return origin_of(read.origin(resource, scope, nesting))


def _add_span(span: Any, nesting: int, rows: Rows, origin: Origin) -> None:
    if not span.start_time_unix_nano and not span.end_time_unix_nano:
        _check_signal(span)
    add_span(rows, read.span(span, nesting), origin)


def _add_log(log: Any, nesting: int, rows: Rows, origin: Origin) -> None:
    if not log.time_unix_nano and not log.observed_time_unix_nano:
        _check_signal(log)
    add_log(rows, read.log(log, nesting), origin)


def _points(
    metric: Any, nesting: int
) -> Iterator[tuple[Callable[[Rows, Origin], None], Callable[[], Message]]]:
    kind = metric.WhichOneof("data")
    if kind is None:
        yield _raise_no_data, lambda: metric
        return
    described = attempt(lambda: read.metric(metric, kind, nesting))
    for point in getattr(metric, kind).data_points:
        yield partial(_add_point, described, point, nesting), partial(_metric_alone, metric, kind, point)


def _add_point(
    described: MetricFields | RecordError, point: Any, nesting: int, rows: Rows, origin: Origin
) -> None:
    metric = given(described)
    add_point(rows, metric, read.point(metric.kind, point, nesting), origin)


def _raise_no_data(_rows: Rows, _origin: Origin) -> None:
    raise RecordError(NO_METRIC_DATA.reason_code, NO_METRIC_DATA.reason)


def _check_signal(record: Message) -> None:
    known = record.DESCRIPTOR.fields_by_number
    if any(field.field_number in known for field in _unknown(record)):
        raise RecordError(_MISMATCH.reason_code, _MISMATCH.reason)


def _metric_alone(metric: Any, kind: str, point: Message) -> Message:
    alone: Message = type(metric)()
    alone.CopyFrom(metric)
    data = getattr(alone, kind)
    data.ClearField("data_points")
    data.data_points.add().CopyFrom(point)
    return alone


def _alone(shape: _Shape, resource: Any, scope: Any, record: Message) -> bytes:
    """A request with nothing in it but one record."""
    request = shape.request()
    only_resource = getattr(request, shape.resources).add()
    only_resource.resource.CopyFrom(resource.resource)
    only_resource.schema_url = resource.schema_url
    only_scope = getattr(only_resource, shape.scopes).add()
    only_scope.scope.CopyFrom(scope.scope)
    only_scope.schema_url = scope.schema_url
    getattr(only_scope, shape.records).add().CopyFrom(record)
    return bytes(request.SerializeToString())


def _fail(decoded: Decoded, piece: Piece, limits: Limits, error: RecordError, raw: bytes) -> None:
    position = (piece.byte_offset, piece.byte_length)
    decoded.add_bad(bad_record(position, piece.signal, error, raw, limits), limits)
