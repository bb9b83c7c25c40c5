"""The digests of everything in an arena: which of its columns stand where in a record's canonical bytes.

The order is that of `ingest.otlp.digest`, function for function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.canonical import Records, record_digests
from ingest.otlp.kernels.shapes import shape_digests
from ingest.otlp.kernels.texts import are_given


class Digests(NamedTuple):
    """One row of 16 bytes for each record."""

    spans: Bytes
    events: Bytes
    links: Bytes


def digests_of(source: Bytes, arena: Arena) -> Digests:
    """The digests of all spans, events and links of a trimmed arena."""
    shapes = shape_digests(source, arena)
    events, links = _events(source, arena, shapes), _links(source, arena, shapes)
    origins = _origins(source, arena, shapes)
    return Digests(_spans(source, arena, shapes, origins, events, links), events, links)


def event_places(arena: Arena) -> Ints:
    """The place of each event in its span."""
    return _places(arena.spans[arena.events[:, a.EVENT_SPAN], a.EVENT_BEGIN])


def link_places(arena: Arena) -> Ints:
    """The place of each link in its span."""
    return _places(arena.spans[arena.links[:, a.LINK_SPAN], a.LINK_BEGIN])


def _origins(source: Bytes, arena: Arena, shapes: Bytes) -> Bytes:
    origins = arena.origins
    resource, scope = (arena.lists[origins[:, of]] for of in (a.RESOURCE_ATTRIBUTES, a.SCOPE_ATTRIBUTES))
    records = _records(
        numbers=[_lengths(resource), _lengths(scope)],
        ids=[shapes[resource[:, a.LIST_SHAPE]], shapes[scope[:, a.LIST_SHAPE]]],
        refs=_pairs(origins, a.RESOURCE_SCHEMA_URL, a.SCOPE_NAME, a.SCOPE_VERSION, a.SCOPE_SCHEMA_URL),
        lists=np.concatenate((_ranges(resource), _ranges(scope)), axis=1),
    )
    return record_digests(source, arena, records)


def _spans(source: Bytes, arena: Arena, shapes: Bytes, origins: Bytes, events: Bytes, links: Bytes) -> Bytes:
    spans = arena.spans
    lists = arena.lists[spans[:, a.ATTRIBUTES]]
    numbers = (
        *(a.FLAGS, a.KIND, a.START, a.END, a.STATUS_CODE),
        *(a.DROPPED_ATTRIBUTES, a.DROPPED_EVENTS, a.DROPPED_LINKS),
    )
    children = _pairs(spans, a.EVENT_BEGIN, a.LINK_BEGIN)
    counts = [children[:, place + 1] - children[:, place] for place in (0, 2)]
    # The digests of links stand behind those of events.
    children[:, 2:] += len(events)
    records = _records(
        numbers=[*(spans[:, column] for column in numbers), _lengths(lists), *counts],
        ids=[
            *(origins[spans[:, a.ORIGIN]], shapes[lists[:, a.LIST_SHAPE]]),
            *(arena.trace_ids, arena.span_ids, arena.parent_ids),
        ],
        refs=_pairs(spans, a.TRACE_STATE, a.NAME, a.STATUS_MESSAGE),
        lists=_ranges(lists),
    )
    children_of = records._replace(children=children, digests=np.concatenate((events, links)))
    return record_digests(source, arena, children_of)


def _events(source: Bytes, arena: Arena, shapes: Bytes) -> Bytes:
    events = arena.events
    span, lists = events[:, a.EVENT_SPAN], arena.lists[events[:, a.EVENT_ATTRIBUTES]]
    records = _records(
        numbers=[event_places(arena), events[:, a.EVENT_TIME], events[:, a.EVENT_DROPPED], _lengths(lists)],
        ids=[shapes[lists[:, a.LIST_SHAPE]], arena.trace_ids[span], arena.span_ids[span]],
        refs=_pairs(events, a.EVENT_NAME),
        lists=_ranges(lists),
    )
    return record_digests(source, arena, records)


def _links(source: Bytes, arena: Arena, shapes: Bytes) -> Bytes:
    links = arena.links
    span, lists = links[:, a.LINK_SPAN], arena.lists[links[:, a.LINK_ATTRIBUTES]]
    records = _records(
        numbers=[link_places(arena), links[:, a.LINK_FLAGS], links[:, a.LINK_DROPPED], _lengths(lists)],
        ids=[
            *(shapes[lists[:, a.LIST_SHAPE]], arena.trace_ids[span], arena.span_ids[span]),
            *(arena.link_trace_ids, arena.link_span_ids),
        ],
        refs=_pairs(links, a.LINK_TRACE_STATE),
        lists=_ranges(lists),
    )
    return record_digests(source, arena, records)


def _records(numbers: Sequence[Ints], ids: Sequence[Bytes], refs: Ints, lists: Ints) -> Records:
    """Records without children."""
    lengths = [are_given(identifier) * np.int64(identifier.shape[1]) for identifier in ids]
    return Records(
        numbers=np.ascontiguousarray(np.column_stack(numbers)),
        ids=np.ascontiguousarray(np.concatenate(ids, axis=1)),
        id_widths=np.array([identifier.shape[1] for identifier in ids], np.int64),
        id_lengths=np.ascontiguousarray(np.column_stack(lengths)),
        refs=refs,
        lists=lists,
        children=np.zeros((len(refs), 0), np.int64),
        digests=np.zeros((0, 16), np.uint8),
    )


def _pairs(table: Ints, *columns: int) -> Ints:
    """Columns that come in twos, each given by its first."""
    return np.ascontiguousarray(table[:, [place for column in columns for place in (column, column + 1)]])


def _ranges(lists: Ints) -> Ints:
    return np.ascontiguousarray(lists[:, [a.LIST_BEGIN, a.LIST_END]])


def _lengths(lists: Ints) -> Ints:
    lengths: Ints = lists[:, a.LIST_END] - lists[:, a.LIST_BEGIN]
    return lengths


def _places(begins: Ints) -> Ints:
    """How far behind its `begin` each row stands."""
    places: Ints = np.arange(len(begins)) - begins
    return places
