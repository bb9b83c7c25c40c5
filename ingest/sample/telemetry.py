"""OpenTelemetry records as plain values, before any encoding.

Ids are lower-case hex, times are nanoseconds since the epoch. A tuple of text is an array value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

Value = str | int | float | bool | tuple[str, ...]
Attributes = dict[str, Value]

# Span kinds, as numbered by opentelemetry-proto 1.x, trace/v1/trace.proto.
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5


class Origin(NamedTuple):
    """Who sent a record: the resource and the instrumentation scope."""

    resource: tuple[tuple[str, Value], ...]
    scope: str
    scope_version: str


@dataclass(slots=True)
class SpanEvent:
    """Something that happened during a span."""

    name: str
    time_ns: int
    attributes: Attributes


@dataclass(slots=True)
class Span:
    """One span. `parent_id` is empty for a root; `error` is the status message of a failed span."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: Attributes
    error: str | None = None
    trace_state: str = ""
    events: list[SpanEvent] = field(default_factory=list)
    # (trace id, span id) of the spans that this one continues.
    links: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class LogRecord:
    """One log record that carries an event. Ids are empty when it belongs to no span."""

    time_ns: int
    event_name: str
    attributes: Attributes
    trace_id: str = ""
    span_id: str = ""


@dataclass(slots=True)
class CounterPoint:
    """One cumulative, monotonic integer point of the counter `metric`."""

    metric: str
    unit: str
    attributes: Attributes
    start_ns: int
    time_ns: int
    value: int


@dataclass(slots=True)
class HistogramPoint:
    """One cumulative explicit-bound histogram point of `metric`, whose bounds are `bounds`."""

    metric: str
    unit: str
    bounds: tuple[float, ...]
    attributes: Attributes
    start_ns: int
    time_ns: int
    count: int
    sum: float
    bucket_counts: list[int]


@dataclass(slots=True)
class ExponentialPoint:
    """One cumulative exponential histogram point of `metric`; the first of its buckets has index `offset`."""

    metric: str
    unit: str
    attributes: Attributes
    start_ns: int
    time_ns: int
    sum: float
    scale: int
    zero_count: int
    offset: int
    bucket_counts: list[int]

    @property
    def count(self) -> int:
        """Values in all buckets."""
        return self.zero_count + sum(self.bucket_counts)


MetricPoint = CounterPoint | HistogramPoint | ExponentialPoint
