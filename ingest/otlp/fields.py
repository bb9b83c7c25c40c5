"""What both decoders take out of a request, before any rule is applied.

Ids are bytes (empty: absent), times unix nanoseconds (0: unknown), enums numbers, texts '' when absent.
Numbers and buckets that a metric point does not carry are None. Names follow opentelemetry-proto 1.x.
"""

from __future__ import annotations

from typing import NamedTuple

from ingest.otlp.values import Attribute, Value


class OriginFields(NamedTuple):
    """The resource and scope that a record stands under."""

    resource_attributes: list[Attribute]
    resource_schema_url: str
    scope_name: str
    scope_version: str
    scope_attributes: list[Attribute]
    scope_schema_url: str


class EventFields(NamedTuple):
    """Span.Event."""

    time: int
    name: str
    attributes: list[Attribute]
    dropped_attributes: int


class LinkFields(NamedTuple):
    """Span.Link."""

    trace_id: bytes
    span_id: bytes
    trace_state: str
    flags: int
    attributes: list[Attribute]
    dropped_attributes: int


class SpanFields(NamedTuple):
    """Span, with its Status."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    trace_state: str
    flags: int
    name: str
    kind: int
    start: int
    end: int
    status_code: int
    status_message: str
    attributes: list[Attribute]
    dropped_attributes: int
    dropped_events: int
    dropped_links: int
    events: list[EventFields]
    links: list[LinkFields]


class LogFields(NamedTuple):
    """LogRecord; `body` is null when there is none."""

    trace_id: bytes
    span_id: bytes
    flags: int
    time: int
    observed: int
    severity_number: int
    severity_text: str
    event_name: str
    body: Value | None
    attributes: list[Attribute]
    dropped_attributes: int


class MetricFields(NamedTuple):
    """Metric without its points; temporality and monotonic are null where the kind has none."""

    name: str
    description: str
    unit: str
    kind: str
    metadata: list[Attribute]
    temporality: int | None
    is_monotonic: bool | None


class ExemplarFields(NamedTuple):
    """Exemplar."""

    time: int
    value_int: int | None
    value_double: float | None
    trace_id: bytes
    span_id: bytes
    attributes: list[Attribute]


class PointFields(NamedTuple):
    """A data point of any of the five kinds."""

    start: int
    time: int
    flags: int
    attributes: list[Attribute]
    exemplars: list[ExemplarFields] = []  # noqa: RUF012 - a NamedTuple default, never changed
    value_int: int | None = None
    value_double: float | None = None
    total_count: int | None = None
    sum: float | None = None
    min: float | None = None
    max: float | None = None
    explicit_bounds: list[float] | None = None
    bucket_counts: list[int] | None = None
    scale: int | None = None
    zero_count: int | None = None
    zero_threshold: float | None = None
    positive_offset: int | None = None
    positive_counts: list[int] | None = None
    negative_offset: int | None = None
    negative_counts: list[int] | None = None
    quantiles: list[tuple[float, float]] | None = None
