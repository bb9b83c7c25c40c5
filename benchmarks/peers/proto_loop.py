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
    Columns,
    Maps,
    add_event,
    add_link,
    add_span,
    write_events,
    write_links,
    write_spans,
)
from ingest.otlp.digest import origin_digest
from ingest.otlp.fields import EventFields, LinkFields, OriginFields, SpanFields
from ingest.otlp.values import Attribute, Kind


def prepare(job: Job) -> None:  # noqa: ARG001 - every peer has one
    """Raise RuntimeError unless protobuf's fast parser is there."""
    if api_implementation.Type() != "upb":
        raise RuntimeError(f"protobuf parses by {api_implementation.Type()}; its best is upb.")


def run(job: Job) -> None:
    """Read, loop, write."""
    gc.disable()
    columns = Columns()
    for request in _requests(Path(job.source), columns):
        for resource_spans in request.resource_spans:
            for scope_spans in resource_spans.scope_spans:
                origin = _add_origin(columns, resource_spans, scope_spans)
                for span in scope_spans.spans:
                    _add_span(columns, span, origin)
    write_spans(job.parquet("spans"), columns)
    write_events(job.parquet("span_events"), columns)
    write_links(job.parquet("span_links"), columns)


def _requests(source: Path, columns: Columns) -> Iterator[ExportTraceServiceRequest]:
    with source.open("rb") as file:
        while prefix := file.read(4):
            message = file.read(int.from_bytes(prefix, "big"))
            columns.source_digest.update(prefix)
            columns.source_digest.update(message)
            yield ExportTraceServiceRequest.FromString(message)


def _add_origin(columns: Columns, resource_spans: ResourceSpans, scope_spans: ScopeSpans) -> bytes:
    """Add resource and scope; their digest."""
    scope = scope_spans.scope
    columns.origins.append(
        (
            resource_spans.schema_url or None,
            scope.name or None,
            scope.version or None,
            scope_spans.schema_url or None,
        )
    )
    fields = OriginFields(
        _add_attributes(columns.resource_attributes, resource_spans.resource.attributes),
        resource_spans.schema_url,
        scope.name,
        scope.version,
        _add_attributes(columns.scope_attributes, scope.attributes),
        scope_spans.schema_url,
    )
    return origin_digest(fields)


def _add_span(columns: Columns, span: Span, origin: bytes) -> None:
    fields = SpanFields(
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.trace_state,
        span.flags,
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code,
        span.status.message,
        _add_attributes(columns.attributes, span.attributes),
        span.dropped_attributes_count,
        span.dropped_events_count,
        span.dropped_links_count,
        [],
        [],
    )
    add_span(columns, fields, origin, _add_events(columns, span), _add_links(columns, span))


def _add_events(columns: Columns, span: Span) -> list[bytes]:
    digests = []
    for place, event in enumerate(span.events):
        attributes = _add_attributes(columns.event_attributes, event.attributes)
        fields = EventFields(event.time_unix_nano, event.name, attributes, event.dropped_attributes_count)
        digests.append(add_event(columns, fields, span.trace_id, span.span_id, place))
    return digests


def _add_links(columns: Columns, span: Span) -> list[bytes]:
    digests = []
    for place, link in enumerate(span.links):
        fields = LinkFields(
            link.trace_id,
            link.span_id,
            link.trace_state,
            link.flags,
            _add_attributes(columns.link_attributes, link.attributes),
            link.dropped_attributes_count,
        )
        digests.append(add_link(columns, fields, span.trace_id, span.span_id, place))
    return digests


def _add_attributes(maps: Maps, attributes: Sequence[KeyValue]) -> list[Attribute]:
    add_key, add_value = maps.keys.append, maps.values.append
    found: list[Attribute] = []
    for item in attributes:
        key, value = item.key, item.value
        add_key(key)
        if text := value.string_value:
            add_value(text)
            found.append((key, text, None))
        else:
            kind, text = _text(value)
            add_value(text)
            found.append((key, text, kind))
            if kind is not None:
                maps.typed_keys.append(key)
                maps.types.append(kind)
    return maps.close(found)


def _text(value: AnyValue) -> tuple[Kind | None, str]:
    """Kind, null for a string, and text. Raises NotImplementedError for kinds that the input has not."""
    match value.WhichOneof("value"):
        case "string_value":
            return None, value.string_value
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
