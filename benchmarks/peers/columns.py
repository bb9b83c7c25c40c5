"""Columns that a Python loop fills, and the Parquet file of them: all that ingest writes, digests included.

The flat lists become Arrow arrays at once: the fastest way there is from Python values to a MAP column.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.otlp.digest import event_digest, link_digest, span_digest
from ingest.otlp.fields import EventFields, LinkFields, SpanFields
from ingest.otlp.values import Attribute
from ingest.schema import ATTRIBUTE_TYPES, ATTRIBUTES, RECORD_TABLES, REPEATED, TIME

_SPAN_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS_CODES = ("UNSET", "OK", "ERROR")


@dataclass(slots=True)
class Maps:
    """A column of maps and the types of what is no string, as flat lists and where each row ends."""

    keys: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])
    typed_keys: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    typed_ends: list[int] = field(default_factory=lambda: [0])

    def close(self, attributes: list[Attribute]) -> list[Attribute]:
        """End a row, whose attributes these are. Raises NotImplementedError when a key stands in it twice."""
        if len({key for key, _, _ in attributes}) < len(attributes):
            raise NotImplementedError("a repeated attribute key")
        self.ends.append(len(self.keys))
        self.typed_ends.append(len(self.typed_keys))
        return attributes

    def arrays(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Values, types and (there are none) repeats."""
        repeats = pa.ListArray.from_arrays(
            pa.array([0] * len(self.ends), pa.int32()), pa.array([], REPEATED.value_type)
        )
        return (
            _map_array(ATTRIBUTES, self.ends, self.keys, self.values),
            _map_array(ATTRIBUTE_TYPES, self.typed_ends, self.typed_keys, self.types),
            repeats,
        )


@dataclass(slots=True)
class Columns:
    """Everything a request loop collects. A row's tuple holds the plain columns, in the tables' order."""

    spans: list[tuple[Any, ...]] = field(default_factory=list)
    attributes: Maps = field(default_factory=Maps)
    origins: list[tuple[Any, ...]] = field(default_factory=list)
    # For each span, the place of its resource and scope.
    origin_of: list[int] = field(default_factory=list)
    resource_attributes: Maps = field(default_factory=Maps)
    scope_attributes: Maps = field(default_factory=Maps)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    event_attributes: Maps = field(default_factory=Maps)
    links: list[tuple[Any, ...]] = field(default_factory=list)
    link_attributes: Maps = field(default_factory=Maps)
    # Of the bytes read, for the column of each row.
    source_digest: Any = field(default_factory=hashlib.sha256)


_SPAN = (
    *("trace_id", "span_id", "parent_span_id", "trace_state", "flags", "name", "kind"),
    *("start_time_unix_nano", "end_time_unix_nano", "status_code", "status_message"),
    *("dropped_attributes_count", "dropped_events_count", "dropped_links_count", "record_digest"),
)
_ORIGIN = ("resource_schema_url", "scope_name", "scope_version", "scope_schema_url")
_EVENT = (
    *("trace_id", "span_id", "event_index", "name", "time_unix_nano", "dropped_attributes_count"),
    "record_digest",
)
_LINK = (
    *("trace_id", "span_id", "link_index", "linked_trace_id", "linked_span_id"),
    *("trace_state", "flags", "dropped_attributes_count", "record_digest"),
)


def add_span(
    columns: Columns, span: SpanFields, origin: bytes, events: list[bytes], links: list[bytes]
) -> None:
    """Add a span of the newest origin, whose digest is given, and those of its events and links."""
    columns.spans.append(
        (
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex() or None,
            span.trace_state or None,
            span.flags,
            span.name or None,
            _SPAN_KINDS[span.kind],
            span.start or None,
            span.end or None,
            _STATUS_CODES[span.status_code],
            span.status_message or None,
            span.dropped_attributes,
            span.dropped_events,
            span.dropped_links,
            span_digest(span, origin, events, links).hex(),
        )
    )
    columns.origin_of.append(len(columns.origins) - 1)


def add_event(columns: Columns, event: EventFields, trace_id: bytes, span_id: bytes, place: int) -> bytes:
    """Add the event at a place of a span; its digest."""
    digest = event_digest(event, trace_id, span_id, place)
    columns.events.append(
        (
            *(trace_id.hex(), span_id.hex(), place, event.name or None, event.time or None),
            *(event.dropped_attributes, digest.hex()),
        )
    )
    return digest


def add_link(columns: Columns, link: LinkFields, trace_id: bytes, span_id: bytes, place: int) -> bytes:
    """Add the link at a place of a span; its digest."""
    digest = link_digest(link, trace_id, span_id, place)
    columns.links.append(
        (
            *(trace_id.hex(), span_id.hex(), place, link.trace_id.hex() or None, link.span_id.hex() or None),
            *(link.trace_state or None, link.flags, link.dropped_attributes, digest.hex()),
        )
    )
    return digest


def write_spans(path: Path, columns: Columns) -> None:
    """Write bronze.spans."""
    arrays = _plain(_SPAN, columns.spans)
    arrays |= _timestamps(arrays, started_at="start_time_unix_nano", ended_at="end_time_unix_nano")
    arrays |= _maps("", columns.attributes)
    origins = _plain(_ORIGIN, columns.origins)
    origins |= _maps("resource_", columns.resource_attributes) | _maps("scope_", columns.scope_attributes)
    places = pa.array(columns.origin_of, pa.int32())
    arrays |= {name: array.take(places) for name, array in origins.items()}
    _write(path, "spans", arrays, columns)


def write_events(path: Path, columns: Columns) -> None:
    """Write bronze.span_events."""
    arrays = _plain(_EVENT, columns.events)
    arrays |= _timestamps(arrays, occurred_at="time_unix_nano")
    arrays |= _maps("", columns.event_attributes)
    _write(path, "span_events", arrays, columns)


def write_links(path: Path, columns: Columns) -> None:
    """Write bronze.span_links."""
    arrays = _plain(_LINK, columns.links)
    arrays |= _maps("", columns.link_attributes)
    _write(path, "span_links", arrays, columns)


def _plain(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, pa.Array]:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: pa.array(column) for name, column in zip(names, columns, strict=True)}


def _timestamps(arrays: dict[str, pa.Array], **sources: str) -> dict[str, pa.Array]:
    return {
        name: arrays[source].cast(pa.timestamp("ns")).cast(TIME, safe=False)
        for name, source in sources.items()
    }


def _map_array(kind: pa.MapType, ends: list[int], keys: list[str], values: list[str]) -> pa.Array:
    return pa.MapArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.array(keys, kind.key_type),
        pa.array(values, kind.item_type),
    )


def _maps(prefix: str, maps: Maps) -> dict[str, pa.Array]:
    names = (f"{prefix}attributes", f"{prefix}attribute_types", f"{prefix}attributes_repeated")
    return dict(zip(names, maps.arrays(), strict=True))


def _write(path: Path, table: str, arrays: dict[str, pa.Array], columns: Columns) -> None:
    schema = RECORD_TABLES[table]
    rows = len(arrays["trace_id"])
    load: dict[str, Any] = {
        "load_id": 1,
        "ingested_at": datetime.now(UTC).replace(tzinfo=None),
        "source_file": path.name,
        "source_digest": columns.source_digest.hexdigest(),
    }
    for name, value in load.items():
        arrays[name] = pa.repeat(pa.scalar(value, schema.field(name).type), rows)
    ordered = pa.table([arrays[name] for name in schema.names], schema.names)
    pq.write_table(ordered, path, compression="zstd", compression_level=1, store_schema=False)
