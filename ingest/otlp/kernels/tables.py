"""The arena as Arrow tables: the rows, columns and digests of `ingest.otlp.records`, for a whole batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from ingest.otlp.columns import LOAD_COLUMNS
from ingest.otlp.digest import KIND_NUMBERS
from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.digests import digests_of, event_places, link_places
from ingest.otlp.kernels.keys import Keys, keys_of, with_own_keys
from ingest.otlp.kernels.texts import hex_array, optional_text_array, ranges, text_array
from ingest.otlp.records import SPAN_KINDS, STATUS_CODES, enum_name
from ingest.schema import RECORD_TABLES, REPEATED, TIME

Tables = dict[str, dict[date | None, pa.Table]]

_EPOCH = date(1970, 1, 1)
_KINDS = pa.array([kind or "string" for kind in KIND_NUMBERS], pa.string())


def arrow_tables(source: Bytes, arena: Arena) -> Tables:
    """The spans, events and links of a trimmed arena by table and UTC day of their span."""
    digests, keys = digests_of(source, arena), keys_of(source, arena)
    start = arena.spans[:, a.START]
    days = np.where(start > 0, start, arena.spans[:, a.END]) // a.NANOSECONDS_A_DAY
    columns = {
        "spans": _span_columns(source, arena, keys, digests.spans),
        "span_events": _event_columns(source, arena, keys, digests.events),
        "span_links": _link_columns(source, arena, keys, digests.links),
    }
    return {
        "spans": _by_day("spans", columns["spans"], days),
        "span_events": _by_day("span_events", columns["span_events"], days[arena.events[:, a.EVENT_SPAN]]),
        "span_links": _by_day("span_links", columns["span_links"], days[arena.links[:, a.LINK_SPAN]]),
    }


def _by_day(table: str, columns: list[pa.Array], days: Ints) -> dict[date | None, pa.Table]:
    """One table for each day, day 0 standing for none; rows keep their order."""
    schema = RECORD_TABLES[table]
    fields = pa.schema([schema.field(place) for place in range(len(schema) - LOAD_COLUMNS)])
    whole = pa.Table.from_arrays(columns, schema=fields)
    distinct = np.unique(days)
    if len(distinct) == 1:
        return {_day(distinct[0]): with_own_keys(whole)}
    return {_day(day): with_own_keys(whole.take(pa.array(np.flatnonzero(days == day)))) for day in distinct}


def _day(number: np.int64) -> date | None:
    return _EPOCH + timedelta(days=int(number)) if number else None


def _span_columns(source: Bytes, arena: Arena, keys: Keys, digests: Bytes) -> list[pa.Array]:
    spans = arena.spans
    start, end = spans[:, a.START], spans[:, a.END]
    origin = pa.array(spans[:, a.ORIGIN])
    return [
        hex_array(arena.trace_ids),
        hex_array(arena.span_ids),
        hex_array(arena.parent_ids),
        optional_text_array(source, arena, spans, a.TRACE_STATE),
        _integers(spans[:, a.FLAGS]),
        optional_text_array(source, arena, spans, a.NAME),
        _enum(SPAN_KINDS, spans[:, a.KIND]),
        _times(start),
        _times(end),
        _microseconds(start),
        _microseconds(end),
        _enum(STATUS_CODES, spans[:, a.STATUS_CODE]),
        optional_text_array(source, arena, spans, a.STATUS_MESSAGE),
        *_attributes(source, arena, keys, spans, a.ATTRIBUTES),
        _integers(spans[:, a.DROPPED_ATTRIBUTES]),
        _integers(spans[:, a.DROPPED_EVENTS]),
        _integers(spans[:, a.DROPPED_LINKS]),
        *(column.take(origin) for column in _origin_columns(source, arena, keys)),
        hex_array(digests),
    ]


def _origin_columns(source: Bytes, arena: Arena, keys: Keys) -> list[pa.Array]:
    origins = arena.origins
    return [
        *_attributes(source, arena, keys, origins, a.RESOURCE_ATTRIBUTES),
        optional_text_array(source, arena, origins, a.RESOURCE_SCHEMA_URL),
        optional_text_array(source, arena, origins, a.SCOPE_NAME),
        optional_text_array(source, arena, origins, a.SCOPE_VERSION),
        *_attributes(source, arena, keys, origins, a.SCOPE_ATTRIBUTES),
        optional_text_array(source, arena, origins, a.SCOPE_SCHEMA_URL),
    ]


def _event_columns(source: Bytes, arena: Arena, keys: Keys, digests: Bytes) -> list[pa.Array]:
    events = arena.events
    span, time = events[:, a.EVENT_SPAN], events[:, a.EVENT_TIME]
    return [
        hex_array(arena.trace_ids[span]),
        hex_array(arena.span_ids[span]),
        _integers(event_places(arena)),
        optional_text_array(source, arena, events, a.EVENT_NAME),
        _times(time),
        _microseconds(time),
        *_attributes(source, arena, keys, events, a.EVENT_ATTRIBUTES),
        _integers(events[:, a.EVENT_DROPPED]),
        hex_array(digests),
    ]


def _link_columns(source: Bytes, arena: Arena, keys: Keys, digests: Bytes) -> list[pa.Array]:
    links = arena.links
    span = links[:, a.LINK_SPAN]
    return [
        hex_array(arena.trace_ids[span]),
        hex_array(arena.span_ids[span]),
        _integers(link_places(arena)),
        hex_array(arena.link_trace_ids),
        hex_array(arena.link_span_ids),
        optional_text_array(source, arena, links, a.LINK_TRACE_STATE),
        _integers(links[:, a.LINK_FLAGS]),
        *_attributes(source, arena, keys, links, a.LINK_ATTRIBUTES),
        _integers(links[:, a.LINK_DROPPED]),
        hex_array(digests),
    ]


def _integers(values: Ints) -> pa.Array:
    # A copy: the arena's memory is used again.
    return pa.array(values.copy())


def _times(nanoseconds: Ints) -> pa.Array:
    return pa.array(nanoseconds.copy(), mask=nanoseconds == 0)


def _microseconds(nanoseconds: Ints) -> pa.Array:
    return pa.array(nanoseconds // 1000, mask=nanoseconds == 0).view(TIME)


def _enum(known: Mapping[int, str], numbers: Ints) -> pa.Array:
    distinct, places = np.unique(numbers, return_inverse=True)
    texts = [enum_name(known, int(number)) for number in distinct]
    return pa.array(texts, pa.string()).take(pa.array(places))


def _attributes(source: Bytes, arena: Arena, keys: Keys, table: Ints, column: int) -> list[pa.Array]:
    """Values, types and (there are none) repeats of the attribute lists at `column`."""
    attrs, lists = arena.attrs, arena.lists[table[:, column]]
    begins, ends = lists[:, a.LIST_BEGIN], lists[:, a.LIST_END]
    offsets = np.zeros(len(table) + 1, np.int64)
    np.cumsum(ends - begins, out=offsets[1:])
    own = ranges(begins, ends)
    kinds = attrs[own, a.TYPE]
    is_typed = kinds != a.STRING
    typed_before = np.zeros(len(own) + 1, np.int64)
    np.cumsum(is_typed, out=typed_before[1:])
    return [
        _map(
            offsets,
            keys.of(own),
            text_array(source, arena, attrs, a.VALUE, own),
        ),
        _map(
            typed_before[offsets],
            keys.of(own[is_typed]),
            pa.DictionaryArray.from_arrays(pa.array(kinds[is_typed], pa.int32()), _KINDS),
        ),
        pa.ListArray.from_arrays(
            pa.array(np.zeros(len(table) + 1, np.int32)), pa.array([], REPEATED.value_type)
        ),
    ]


def _map(offsets: Ints, keys: pa.Array, values: pa.Array) -> pa.Array:
    return pa.MapArray.from_arrays(pa.array(offsets.astype(np.int32)), keys, values)
