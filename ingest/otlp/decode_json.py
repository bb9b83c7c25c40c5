"""OTLP/JSON requests to rows: takes the fields out; `records` and `metric_records` hold the rules.

Unknown fields are ignored, as ProtoJSON says, but where they stand in place of every record: a whole request
under unknown keys is `not_otlp`, a resource or scope `unknown_fields`. The names of OTLP before 1.0
(`instrumentationLibrarySpans`) mean what they meant then. A request that does not decode as a whole is taken
apart at its records, so one bad record costs only itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import msgspec

from ingest.otlp import json_fields, json_values
from ingest.otlp.json_apart import decode_apart, nesting
from ingest.otlp.json_metrics import METRIC_KINDS, metric_fields, point_fields
from ingest.otlp.json_values import Object
from ingest.otlp.metric_records import NO_METRIC_DATA, add_point
from ingest.otlp.records import (
    Origin,
    add_log,
    add_span,
    attempt,
    check_known,
    given,
    no_rows,
    origin_of,
)
from ingest.pieces import Decoded, Limits, Piece, RecordError, Signal, bad_record

# Numbers with a point or exponent stay exact until their field says whether they are whole.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Shape(NamedTuple):
    """Where the records of one signal stand in a request, by current and pre-1.0 names."""

    resources: str
    scopes: tuple[str, str]
    records: tuple[str, str]


_SHAPES: dict[Signal, _Shape] = {
    "traces": _Shape("resourceSpans", ("scopeSpans", "instrumentationLibrarySpans"), ("spans", "spans")),
    "metrics": _Shape(
        "resourceMetrics", ("scopeMetrics", "instrumentationLibraryMetrics"), ("metrics", "metrics")
    ),
    "logs": _Shape("resourceLogs", ("scopeLogs", "instrumentationLibraryLogs"), ("logRecords", "logs")),
}
_SCOPES_FIELDS = {field for shape in _SHAPES.values() for field in shape.scopes}
_REQUEST_FIELDS = {shape.resources for shape in _SHAPES.values()}
_RESOURCE_FIELDS = {"resource", "schemaUrl", *_SCOPES_FIELDS}
_SCOPE_FIELDS = {
    *("scope", "instrumentationLibrary", "schemaUrl"),
    *(field for shape in _SHAPES.values() for field in shape.records),
}

_MALFORMED = RecordError("malformed_json", "This is not JSON.")
_NOT_OTLP = RecordError("not_otlp", "This JSON has no resourceSpans, resourceMetrics or resourceLogs.")
_UNREADABLE = (ValueError, ArithmeticError, RecursionError)


def decode_json(piece: Piece, limits: Limits) -> Decoded:
    """Decode one JSON request, or an array of them; see `ingest.otlp.decode`."""
    request = _Request(piece, limits, Decoded(no_rows(), []))
    try:
        tree = _DECODER.decode(piece.data)
    except _UNREADABLE:
        _decode_apart(request)
    else:
        _decode_requests(tree, request)
    return request.decoded


def _decode_apart(request: _Request) -> None:
    try:
        tree = decode_apart(request.piece.data, _DECODER.decode)
    except _UNREADABLE:
        tree = []
    _decode_requests(tree, request)
    if not request.decoded.records_found:
        # What spoils it may be all that there was.
        request.fail(request.why_unreadable(request.piece.data))


@dataclass(frozen=True)
class _Request:
    """The piece being decoded and what came of it so far."""

    piece: Piece
    limits: Limits
    decoded: Decoded

    @property
    def nesting(self) -> int:
        return self.limits.max_value_nesting

    def why_unreadable(self, text: bytes) -> RecordError:
        """Why a text does not decode."""
        limit = self.limits.max_json_nesting
        if nesting(text) <= limit:
            return RecordError(_MALFORMED.reason_code, _MALFORMED.reason)
        return RecordError("too_deep", f"The record nests more than {limit} brackets.")

    def read(self, value: Any, field: str) -> Object:
        """A JSON object of the request. Raises RecordError for another value, or one that did not decode."""
        if isinstance(value, msgspec.Raw):
            raise self.why_unreadable(bytes(value))
        return json_values.as_object(value, field)

    def fail(self, error: RecordError, signal: Signal | None = None, alone: Any = None) -> None:
        """Note one bad record: `alone` is a request that holds nothing else, where there is one."""
        raw = self.piece.data
        if alone is not None:
            try:
                raw = _ENCODER.encode(alone)
            except OverflowError:
                # An integer beyond 64 bits, which only the slower encoder writes.
                raw = json.dumps(alone, default=str).encode()
        position = (self.piece.byte_offset, self.piece.byte_length)
        self.decoded.add_bad(bad_record(position, signal, error, raw, self.limits), self.limits)


@dataclass(frozen=True)
class _Scope:
    """The records under one scope, what they share, and how to write one of them as a request of its own."""

    signal: Signal
    origin: Origin | RecordError
    records: list[Any]
    alone: Callable[[Any], Object]


def _decode_requests(tree: Any, request: _Request) -> None:
    for item in tree if isinstance(tree, list) else [tree]:
        _decode_request(item, request)


def _decode_request(item: Any, request: _Request) -> None:
    if isinstance(item, msgspec.Raw):
        request.fail(request.why_unreadable(bytes(item)), alone=item)
        return
    if not isinstance(item, dict):
        request.fail(_NOT_OTLP)
        return
    item = json_values.camel_case(item)
    signals = [signal for signal, shape in _SHAPES.items() if shape.resources in item]
    if not any(item[_SHAPES[signal].resources] for signal in signals) and _has_more(item, _REQUEST_FIELDS):
        request.fail(_NOT_OTLP)
        return
    for signal in signals:
        for scope in _scopes(item, signal, request):
            for record in scope.records:
                _add_record(record, scope, request)


def _add_record(record: Any, scope: _Scope, request: _Request) -> None:
    if scope.signal == "metrics":
        _add_metric(record, scope, request)
        return
    try:
        fields = request.read(record, "record")
        if scope.signal == "traces":
            add_span(request.decoded.rows, json_fields.span(fields, request.nesting), given(scope.origin))
        else:
            add_log(request.decoded.rows, json_fields.log(fields, request.nesting), given(scope.origin))
    except RecordError as error:
        request.fail(error, scope.signal, scope.alone(record))


def _add_metric(record: Any, scope: _Scope, request: _Request) -> None:
    try:
        metric = request.read(record, "metric")
        kind, field = next(((k, f) for k, f in METRIC_KINDS.items() if metric.get(f) is not None), ("", ""))
        if not kind:
            raise NO_METRIC_DATA
        data = request.read(metric[field], field)
        points = json_values.as_list(data.get("dataPoints"), "dataPoints")
    except RecordError as error:
        request.fail(error, "metrics", scope.alone(record))
        return
    described = attempt(lambda: metric_fields(metric, kind, data, request.nesting))
    for item in points:
        try:
            point = point_fields(kind, request.read(item, "data point"), request.nesting)
            add_point(request.decoded.rows, given(described), point, given(scope.origin))
        except RecordError as error:
            request.fail(error, "metrics", scope.alone({**metric, field: {**data, "dataPoints": [item]}}))


def _scopes(item: Object, signal: Signal, request: _Request) -> Iterator[_Scope]:
    """Every scope of one signal in a request; what is no resource or scope at all is one bad record each."""
    shape = _SHAPES[signal]
    try:
        resources = json_values.as_list(item[shape.resources], shape.resources)
    except RecordError as error:
        request.fail(error, signal)
        return
    for content in resources:
        try:
            resource = request.read(content, "resource")
            scopes = [
                (scopes_field, records_field, scope)
                for scopes_field, records_field in zip(shape.scopes, shape.records, strict=True)
                for scope in json_values.as_list(resource.get(scopes_field), scopes_field)
            ]
            if not scopes:
                check_known(_has_more(resource, _RESOURCE_FIELDS))
        except RecordError as error:
            request.fail(error, signal, {shape.resources: [content]})
            continue
        for scopes_field, records_field, scope in scopes:
            alone = partial(_alone, shape.resources, resource, scopes_field, scope, records_field)
            try:
                fields = request.read(scope, "scope")
                records = json_values.as_list(fields.get(records_field), records_field)
                if not records:
                    check_known(_has_more(fields, _SCOPE_FIELDS) or _has_more(resource, _RESOURCE_FIELDS))
            except RecordError as error:
                request.fail(error, signal, {shape.resources: [{**resource, scopes_field: [scope]}]})
                continue
            origin = attempt(partial(_origin, resource, fields, request.nesting))
            yield _Scope(signal, origin, records, alone)


def _has_more(item: Object, known: set[str]) -> bool:
    return any(value for name, value in item.items() if name not in known)


def _alone(
    resources_field: str, resource: Object, scopes_field: str, scope: Object, records_field: str, record: Any
) -> Object:
    only_scope = {**json_values.camel_case(scope), records_field: [record]}
    without_scopes = {field: value for field, value in resource.items() if field not in _SCOPES_FIELDS}
    return {resources_field: [{**without_scopes, scopes_field: [only_scope]}]}


def _origin(resource: Object, scope: Object, nesting: int) -> Origin:
    return origin_of(json_fields.origin(resource, scope, nesting))
