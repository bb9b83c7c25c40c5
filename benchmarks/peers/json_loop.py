"""msgspec and a Python loop: what opentelemetry-proto's user writes for OTLP/JSON.

opentelemetry-proto itself cannot read it well: `json_format` takes ids for base64, not hex, and ten times as
long. Settings that were best: msgspec with typed Structs (faster than orjson, which makes dictionaries),
unknown fields skipped, the cyclic collector off, flat lists, resource and scope once per request.
"""

from __future__ import annotations

import gc
import json
from pathlib import Path

import msgspec

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


class _Struct(msgspec.Struct, rename="camel", gc=False):
    """Fields in the camelCase of the JSON mapping."""


class _Items(_Struct):
    values: list[_Value] = []


class _Value(_Struct):
    string_value: str | None = None
    int_value: str | int | None = None
    double_value: float | None = None
    bool_value: bool | None = None
    array_value: _Items | None = None


class _KeyValue(_Struct):
    key: str
    value: _Value


class _Event(_Struct):
    time_unix_nano: str | int = 0
    name: str = ""
    attributes: list[_KeyValue] = []
    dropped_attributes_count: int = 0


class _Link(_Struct):
    trace_id: str = ""
    span_id: str = ""
    trace_state: str = ""
    attributes: list[_KeyValue] = []
    dropped_attributes_count: int = 0
    flags: int = 0


class _Status(_Struct):
    code: int = 0
    message: str = ""


class _Span(_Struct):
    trace_id: str
    span_id: str
    parent_span_id: str = ""
    trace_state: str = ""
    flags: int = 0
    name: str = ""
    kind: int = 0
    start_time_unix_nano: str | int = 0
    end_time_unix_nano: str | int = 0
    attributes: list[_KeyValue] = []
    dropped_attributes_count: int = 0
    events: list[_Event] = []
    dropped_events_count: int = 0
    links: list[_Link] = []
    dropped_links_count: int = 0
    status: _Status = msgspec.field(default_factory=_Status)


class _Scope(_Struct):
    name: str = ""
    version: str = ""
    attributes: list[_KeyValue] = []


class _ScopeSpans(_Struct):
    scope: _Scope = msgspec.field(default_factory=_Scope)
    spans: list[_Span] = []
    schema_url: str = ""


class _Resource(_Struct):
    attributes: list[_KeyValue] = []


class _ResourceSpans(_Struct):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    scope_spans: list[_ScopeSpans] = []
    schema_url: str = ""


class _Request(_Struct):
    resource_spans: list[_ResourceSpans] = []


_decode = msgspec.json.Decoder(_Request).decode


def prepare(job: Job) -> None:
    """Nothing beside the imports."""


def run(job: Job) -> None:
    """Read, loop, write."""
    gc.disable()
    columns = Columns()
    with Path(job.source).open("rb") as lines:
        for line in lines:
            columns.source_digest.update(line)
            for resource_spans in _decode(line).resource_spans:
                for scope_spans in resource_spans.scope_spans:
                    origin = _add_origin(columns, resource_spans, scope_spans)
                    for span in scope_spans.spans:
                        _add_span(columns, span, origin)
    write_spans(job.parquet("spans"), columns)
    write_events(job.parquet("span_events"), columns)
    write_links(job.parquet("span_links"), columns)


def _add_origin(columns: Columns, resource_spans: _ResourceSpans, scope_spans: _ScopeSpans) -> bytes:
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


def _add_span(columns: Columns, span: _Span, origin: bytes) -> None:
    trace_id, span_id = bytes.fromhex(span.trace_id), bytes.fromhex(span.span_id)
    fields = SpanFields(
        trace_id,
        span_id,
        bytes.fromhex(span.parent_span_id),
        span.trace_state,
        span.flags,
        span.name,
        span.kind,
        int(span.start_time_unix_nano),
        int(span.end_time_unix_nano),
        span.status.code,
        span.status.message,
        _add_attributes(columns.attributes, span.attributes),
        span.dropped_attributes_count,
        span.dropped_events_count,
        span.dropped_links_count,
        [],
        [],
    )
    events = _add_events(columns, span, trace_id, span_id)
    add_span(columns, fields, origin, events, _add_links(columns, span, trace_id, span_id))


def _add_events(columns: Columns, span: _Span, trace_id: bytes, span_id: bytes) -> list[bytes]:
    digests = []
    for place, event in enumerate(span.events):
        attributes = _add_attributes(columns.event_attributes, event.attributes)
        time = int(event.time_unix_nano)
        fields = EventFields(time, event.name, attributes, event.dropped_attributes_count)
        digests.append(add_event(columns, fields, trace_id, span_id, place))
    return digests


def _add_links(columns: Columns, span: _Span, trace_id: bytes, span_id: bytes) -> list[bytes]:
    digests = []
    for place, link in enumerate(span.links):
        fields = LinkFields(
            bytes.fromhex(link.trace_id),
            bytes.fromhex(link.span_id),
            link.trace_state,
            link.flags,
            _add_attributes(columns.link_attributes, link.attributes),
            link.dropped_attributes_count,
        )
        digests.append(add_link(columns, fields, trace_id, span_id, place))
    return digests


def _add_attributes(maps: Maps, attributes: list[_KeyValue]) -> list[Attribute]:
    add_key, add_value = maps.keys.append, maps.values.append
    found: list[Attribute] = []
    for item in attributes:
        key, value = item.key, item.value
        add_key(key)
        if (text := value.string_value) is not None:
            add_value(text)
            found.append((key, text, None))
        else:
            kind, text = _text(value)
            add_value(text)
            found.append((key, text, kind))
            maps.typed_keys.append(key)
            maps.types.append(kind)
    return maps.close(found)


def _text(value: _Value) -> tuple[Kind, str]:
    """Kind and text. Raises NotImplementedError for kinds that the benchmark's input does not hold."""
    if value.int_value is not None:
        return "int", str(value.int_value)
    if value.double_value is not None:
        return "double", repr(value.double_value)
    if value.bool_value is not None:
        return "bool", "true" if value.bool_value else "false"
    if value.array_value is not None:
        items = [item.string_value for item in value.array_value.values]
        return "array", json.dumps(items, ensure_ascii=False)
    raise NotImplementedError("attribute value of another kind")
