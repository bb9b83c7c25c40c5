"""Columns that a Python loop fills, and the Parquet file of them.

The flat lists become Arrow arrays at once: the fastest way there is from Python values to a MAP column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.tables import COLUMNS
from ingest.schema import ATTRIBUTES, TIME

SPAN_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUS_CODES = ("UNSET", "OK", "ERROR")


@dataclass(slots=True)
class Maps:
    """A column of maps and the types of what is no string, as flat lists and where each row ends."""

    keys: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])
    typed_keys: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    typed_ends: list[int] = field(default_factory=lambda: [0])

    def arrays(self) -> tuple[pa.Array, pa.Array]:
        """The two columns."""
        return (
            _map_array(self.ends, self.keys, self.values),
            _map_array(self.typed_ends, self.typed_keys, self.types),
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


_SPAN = (
    *("trace_id", "span_id", "parent_span_id", "trace_state", "flags", "name", "kind"),
    *("start_time_unix_nano", "end_time_unix_nano", "status_code", "status_message"),
    *("dropped_attributes_count", "dropped_events_count", "dropped_links_count"),
)
_ORIGIN = ("resource_schema_url", "scope_name", "scope_version", "scope_schema_url")
_EVENT = ("trace_id", "span_id", "event_index", "name", "time_unix_nano", "dropped_attributes_count")
_LINK = (
    *("trace_id", "span_id", "link_index", "linked_trace_id", "linked_span_id"),
    *("trace_state", "flags", "dropped_attributes_count"),
)


def write_spans(path: Path, columns: Columns) -> None:
    """Write bronze.spans."""
    arrays = _plain(_SPAN, columns.spans)
    arrays |= _timestamps(arrays, started_at="start_time_unix_nano", ended_at="end_time_unix_nano")
    arrays["attributes"], arrays["attribute_types"] = columns.attributes.arrays()
    origins = _plain(_ORIGIN, columns.origins)
    origins["resource_attributes"], origins["resource_attribute_types"] = columns.resource_attributes.arrays()
    origins["scope_attributes"], origins["scope_attribute_types"] = columns.scope_attributes.arrays()
    places = pa.array(columns.origin_of, pa.int32())
    arrays |= {name: array.take(places) for name, array in origins.items()}
    _write(path, "spans", arrays)


def write_events(path: Path, columns: Columns) -> None:
    """Write bronze.span_events."""
    arrays = _plain(_EVENT, columns.events)
    arrays |= _timestamps(arrays, occurred_at="time_unix_nano")
    arrays["attributes"], arrays["attribute_types"] = columns.event_attributes.arrays()
    _write(path, "span_events", arrays)


def write_links(path: Path, columns: Columns) -> None:
    """Write bronze.span_links."""
    arrays = _plain(_LINK, columns.links)
    arrays["attributes"], arrays["attribute_types"] = columns.link_attributes.arrays()
    _write(path, "span_links", arrays)


def _plain(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, pa.Array]:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: pa.array(column) for name, column in zip(names, columns, strict=True)}


def _timestamps(arrays: dict[str, pa.Array], **sources: str) -> dict[str, pa.Array]:
    return {
        name: arrays[source].cast(pa.timestamp("ns")).cast(TIME, safe=False)
        for name, source in sources.items()
    }


def _map_array(ends: list[int], keys: list[str], values: list[str]) -> pa.Array:
    return pa.MapArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.array(keys, ATTRIBUTES.key_type),
        pa.array(values, ATTRIBUTES.item_type),
    )


def _write(path: Path, table: str, arrays: dict[str, pa.Array]) -> None:
    names = COLUMNS[table]
    ordered = pa.table([arrays[name] for name in names], list(names))
    pq.write_table(ordered, path, compression="zstd", compression_level=1)
