"""From fields to rows: every rule on ids, times, enums and digests, once for both encodings.

A record that breaks a rule raises RecordError before anything of it is added; its siblings land.
Sources: opentelemetry-proto 1.x trace.proto, logs.proto (an id of all zeroes or of another length than 16
or 8 bytes is invalid; time 0 is unknown; proto3 enums are open).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ingest.otlp.digest import event_digest, link_digest, log_digest, origin_digest, span_digest
from ingest.otlp.fields import EventFields, LinkFields, LogFields, OriginFields, SpanFields
from ingest.otlp.values import attribute_columns, body_text
from ingest.pieces import RecordError, Row

Rows = dict[str, list[Row]]
T = TypeVar("T")

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
_LARGEST_INT64 = 2**63 - 1
_NANOSECONDS_A_DAY = 86_400 * 10**9
# 2000-01-01: telemetry before it has milliseconds or microseconds in a nanosecond field.
_EARLIEST_PLAUSIBLE = 946_684_800 * 10**9

SPAN_KINDS = {0: "UNSPECIFIED", 1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
STATUS_CODES = {0: "UNSET", 1: "OK", 2: "ERROR"}
TEMPORALITIES = {0: "UNSPECIFIED", 1: "DELTA", 2: "CUMULATIVE"}


@dataclass(frozen=True)
class Origin:
    """Resource and scope as columns, and their part of a record's digest."""

    columns: tuple[Any, ...]
    digest: bytes


def no_rows() -> Rows:
    """An empty list for each of the five tables."""
    return {"spans": [], "span_events": [], "span_links": [], "metric_points": [], "log_records": []}


def attempt(build: Callable[[], T]) -> T | RecordError:
    """What `build` gives, or its error: what many records share is built once, and fails each of them."""
    try:
        return build()
    except RecordError as error:
        return error


def given(attempted: T | RecordError) -> T:
    """The value of an attempt; raises its error otherwise."""
    if isinstance(attempted, RecordError):
        raise RecordError(attempted.reason_code, attempted.reason)
    return attempted


def origin_of(fields: OriginFields) -> Origin:
    """The columns that every record under one resource and scope shares."""
    columns = (
        *attribute_columns(fields.resource_attributes),
        fields.resource_schema_url or None,
        fields.scope_name or None,
        fields.scope_version or None,
        *attribute_columns(fields.scope_attributes),
        fields.scope_schema_url or None,
    )
    return Origin(columns, origin_digest(fields))


def add_span(rows: Rows, span: SpanFields, origin: Origin) -> None:
    """Add a span with its events and links. Raises RecordError for its ids and times."""
    trace_id = required_id(span.trace_id, TRACE_ID_BYTES, "trace_id")
    span_id = required_id(span.span_id, SPAN_ID_BYTES, "span_id")
    parent_id = optional_id(span.parent_span_id, SPAN_ID_BYTES, "parent_span_id")
    start, end = known_time(span.start, "start_time"), known_time(span.end, "end_time")
    day = day_of(start or end)
    events = [_event(day, span, place, event) for place, event in enumerate(span.events)]
    links = [_link(day, span, place, link) for place, link in enumerate(span.links)]
    own = (
        trace_id,
        span_id,
        parent_id,
        span.trace_state or None,
        span.flags,
        span.name or None,
        enum_name(SPAN_KINDS, span.kind),
        start,
        end,
        microseconds(start),
        microseconds(end),
        enum_name(STATUS_CODES, span.status_code),
        span.status_message or None,
    )
    dropped = (span.dropped_attributes, span.dropped_events, span.dropped_links)
    # An event's and a link's row ends in its digest, which covers the whole of it.
    digest = span_digest(
        span,
        origin.digest,
        [bytes.fromhex(row[-1]) for row in events],
        [bytes.fromhex(row[-1]) for row in links],
    )
    columns = (*own, *attribute_columns(span.attributes), *dropped, *origin.columns)
    rows["spans"].append((day, *columns, digest.hex()))
    rows["span_events"].extend(events)
    rows["span_links"].extend(links)


def add_log(rows: Rows, log: LogFields, origin: Origin) -> None:
    """Add a log record. Raises RecordError for its ids and times."""
    time = known_time(log.time, "time")
    observed = known_time(log.observed, "observed_time")
    occurred = time or observed
    own = (
        optional_id(log.trace_id, TRACE_ID_BYTES, "trace_id"),
        optional_id(log.span_id, SPAN_ID_BYTES, "span_id"),
        log.flags,
        time,
        observed,
        microseconds(occurred),
        microseconds(observed),
        log.severity_number or None,
        log.severity_text or None,
        log.event_name or None,
        *((None, None) if log.body is None else body_text(log.body)),
    )
    digest = log_digest(log, origin.digest).hex()
    columns = attribute_columns(log.attributes)
    rows["log_records"].append(
        (day_of(occurred), *own, *columns, log.dropped_attributes, *origin.columns, digest)
    )


def check_known(has_unknown_fields: bool) -> None:
    """Raise RecordError where unknown fields stand in place of records: they may be the records."""
    if has_unknown_fields:
        raise RecordError("unknown_fields", "Unknown fields stand in place of records.")


def required_id(data: bytes, size: int, name: str) -> str:
    """An id as lower-case hex. Raises RecordError when it is absent, all zero or of another size."""
    if len(data) != size or not any(data):
        raise RecordError(f"bad_{name}", f"{name} is not {size} bytes, or all of them are zero.")
    return data.hex()


def optional_id(data: bytes, size: int, name: str) -> str | None:
    """An id as lower-case hex, null when it is absent or all zero. Raises RecordError for another size."""
    if not any(data):
        return None
    return required_id(data, size, name)


def known_time(nanoseconds: int, name: str) -> int | None:
    """A time that can be stored, null when unknown. Raises RecordError beyond 2262 or before 2000."""
    if nanoseconds == 0:
        return None
    if not 0 < nanoseconds <= _LARGEST_INT64:
        raise RecordError("time_out_of_range", f"{name} lies outside 1970 to 2262.")
    if nanoseconds < _EARLIEST_PLAUSIBLE:
        raise RecordError("implausible_time", f"{name} lies before 2000; are these nanoseconds?")
    return nanoseconds


def microseconds(nanoseconds: int | None) -> int | None:
    """A nanosecond time cut to microseconds."""
    return None if nanoseconds is None else nanoseconds // 1000


def day_of(nanoseconds: int | None) -> int | None:
    """The UTC day of a time, as days since 1970-01-01."""
    return None if nanoseconds is None else nanoseconds // _NANOSECONDS_A_DAY


def enum_name(names: Mapping[int, str], number: int) -> str:
    """The name of an enum value, or its number where the specification names none."""
    return names.get(number) or str(number)


def _event(day: int | None, span: SpanFields, place: int, event: EventFields) -> Row:
    time = known_time(event.time, "event time")
    own = (span.trace_id.hex(), span.span_id.hex(), place, event.name or None, time, microseconds(time))
    digest = event_digest(event, span.trace_id, span.span_id, place).hex()
    return (day, *own, *attribute_columns(event.attributes), event.dropped_attributes, digest)


def _link(day: int | None, span: SpanFields, place: int, link: LinkFields) -> Row:
    own = (
        span.trace_id.hex(),
        span.span_id.hex(),
        place,
        optional_id(link.trace_id, TRACE_ID_BYTES, "linked_trace_id"),
        optional_id(link.span_id, SPAN_ID_BYTES, "linked_span_id"),
        link.trace_state or None,
        link.flags,
    )
    digest = link_digest(link, span.trace_id, span.span_id, place).hex()
    return (day, *own, *attribute_columns(link.attributes), link.dropped_attributes, digest)
