"""opentelemetry-proto and a Python loop: upb parses each frame, Python takes the fields out.

Settings that were best: the C parser (upb), the cyclic collector off, flat lists and bound methods in the
innermost loop, the string field asked before `WhichOneof`, resource and scope once per request.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from google.protobuf.internal import api_implementation
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from benchmarks.job import Job
from benchmarks.peers.columns import (
    SPAN_KINDS,
    STATUS_CODES,
    Columns,
    Maps,
    write_events,
    write_links,
    write_spans,
)


def prepare(job: Job) -> None:  # noqa: ARG001 - every peer has one
    """Raise RuntimeError unless protobuf's fast parser is there."""
    if api_implementation.Type() != "upb":
        raise RuntimeError(f"protobuf parses by {api_implementation.Type()}; its best is upb.")


def run(job: Job) -> None:
    """Read, loop, write."""
    gc.disable()
    columns = Columns()
    for request in _requests(Path(job.source)):
        for resource_spans in request.resource_spans:
            for scope_spans in resource_spans.scope_spans:
                _add_origin(columns, resource_spans, scope_spans)
                for span in scope_spans.spans:
                    _add_span(columns, span)
    write_spans(job.parquet("spans"), columns)
    write_events(job.parquet("span_events"), columns)
    write_links(job.parquet("span_links"), columns)


def _requests(source: Path) -> Iterator[ExportTraceServiceRequest]:
    with source.open("rb") as file:
        while prefix := file.read(4):
            yield ExportTraceServiceRequest.FromString(file.read(int.from_bytes(prefix, "big")))


def _add_origin(columns: Columns, resource_spans: ResourceSpans, scope_spans: ScopeSpans) -> None:
    scope = scope_spans.scope
    columns.origins.append(
        (
            resource_spans.schema_url or None,
            scope.name or None,
            scope.version or None,
            scope_spans.schema_url or None,
        )
    )
    _add_attributes(columns.resource_attributes, resource_spans.resource.attributes)
    _add_attributes(columns.scope_attributes, scope.attributes)


def _add_span(columns: Columns, span: Span) -> None:
    trace_id, span_id = span.trace_id.hex(), span.span_id.hex()
    status = span.status
    columns.spans.append(
        (
            trace_id,
            span_id,
            span.parent_span_id.hex() or None,
            span.trace_state or None,
            span.flags,
            span.name or None,
            SPAN_KINDS[span.kind],
            span.start_time_unix_nano or None,
            span.end_time_unix_nano or None,
            STATUS_CODES[status.code],
            status.message or None,
            span.dropped_attributes_count,
            span.dropped_events_count,
            span.dropped_links_count,
        )
    )
    columns.origin_of.append(len(columns.origins) - 1)
    _add_attributes(columns.attributes, span.attributes)
    for place, event in enumerate(span.events):
        columns.events.append(
            (
                trace_id,
                span_id,
                place,
                event.name or None,
                event.time_unix_nano or None,
                event.dropped_attributes_count,
            )
        )
        _add_attributes(columns.event_attributes, event.attributes)
    for place, link in enumerate(span.links):
        columns.links.append(
            (
                trace_id,
                span_id,
                place,
                link.trace_id.hex() or None,
                link.span_id.hex() or None,
                link.trace_state or None,
                link.flags,
                link.dropped_attributes_count,
            )
        )
        _add_attributes(columns.link_attributes, link.attributes)


def _add_attributes(maps: Maps, attributes: Sequence[KeyValue]) -> None:
    add_key, add_value = maps.keys.append, maps.values.append
    for item in attributes:
        key, value = item.key, item.value
        add_key(key)
        if text := value.string_value:
            add_value(text)
        else:
            kind, text = _text(value)
            add_value(text)
            if kind != "string":
                maps.typed_keys.append(key)
                maps.types.append(kind)
    maps.ends.append(len(maps.keys))
    maps.typed_ends.append(len(maps.typed_keys))


def _text(value: AnyValue) -> tuple[str, str]:
    """Kind and text. Raises NotImplementedError for kinds that the benchmark's input does not hold."""
    match value.WhichOneof("value"):
        case "string_value":
            return "string", value.string_value
        case "int_value":
            return "int", str(value.int_value)
        case "double_value":
            return "double", repr(value.double_value)
        case "bool_value":
            return "bool", "true" if value.bool_value else "false"
        case "array_value":
            items = [item.string_value for item in value.array_value.values]
            return "array", json.dumps(items, ensure_ascii=False)
        case other:
            raise NotImplementedError(f"attribute value of kind {other}")
