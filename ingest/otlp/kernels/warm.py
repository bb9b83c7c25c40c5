"""Machine code into this process, or onto the disk when it is not there yet: one small request is decoded."""

from __future__ import annotations

import json

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from ingest.otlp.kernels.batch import decode_batch
from ingest.pieces import Encoding, Limits, Piece, Signal

_TRACE_ID, _SPAN_ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def warm_up(encoding: Encoding) -> None:
    """Load, or compile and keep, all that requests of an encoding need."""
    data, signal = _REQUESTS[encoding]
    decode_batch([Piece(0, len(data), data, encoding, signal)], Limits())


def _json() -> bytes:
    span = {"traceId": _TRACE_ID, "spanId": _SPAN_ID, "events": [{}], "links": [{}]}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def _protobuf() -> bytes:
    trace_id, span_id = bytes.fromhex(_TRACE_ID), bytes.fromhex(_SPAN_ID)
    span = Span(trace_id=trace_id, span_id=span_id, events=[Span.Event()], links=[Span.Link()])
    scope = ScopeSpans(spans=[span])
    request = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[scope])])
    return bytes(request.SerializeToString())


_REQUESTS: dict[Encoding, tuple[bytes, Signal | None]] = {
    "json": (_json(), None),
    "protobuf": (_protobuf(), "traces"),
}
