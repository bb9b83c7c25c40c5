"""OTLP protobuf trace requests into the arena, in one pass over the source.

Taken are messages whose known fields have the wire type of the schema and stand once where once is meant;
unknown fields are passed over. Whatever else `ingest.otlp.decode_protobuf` would make of a request, it is
asked to: the piece is declined. Source: opentelemetry-proto 1.x, trace/v1/trace.proto and those it imports.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.compiled import inlined, kernel, part
from ingest.otlp.kernels.protobuf_attributes import key_value
from ingest.otlp.kernels.protobuf_tokens import (
    FIXED32,
    FIXED64,
    LENGTH,
    VARINT,
    bits,
    content,
    fixed32,
    fixed64,
    identifier,
    next_field,
    number,
    past_unknown,
    tag,
    text,
)

# For each message: its tags, the highest number known, and the fields that are not repeated.
_RESOURCE_SPANS, _REQUEST_KNOWN = tag(1, LENGTH), 1

_RESOURCE, _SCOPE_SPANS, _RESOURCE_SCHEMA = tag(1, LENGTH), tag(2, LENGTH), tag(3, LENGTH)
_RESOURCE_SPANS_KNOWN, _RESOURCE_SPANS_SINGLE = 3, bits(1, 3)

_RESOURCE_ATTRIBUTE, _RESOURCE_DROPPED, _ENTITY = tag(1, LENGTH), tag(2, VARINT), tag(3, LENGTH)
_RESOURCE_KNOWN, _RESOURCE_SINGLE = 3, bits(2)
_ENTITY_KNOWN = 4

# The field of scopes before OTLP 1.0, which is not taken.
_LIBRARIES = 1000

_SCOPE, _SPAN, _SCOPE_SCHEMA = tag(1, LENGTH), tag(2, LENGTH), tag(3, LENGTH)
_SCOPE_SPANS_KNOWN, _SCOPE_SPANS_SINGLE = 3, bits(1, 3)

_SCOPE_NAME, _SCOPE_VERSION = tag(1, LENGTH), tag(2, LENGTH)
_SCOPE_ATTRIBUTE, _SCOPE_DROPPED = tag(3, LENGTH), tag(4, VARINT)
_SCOPE_KNOWN, _SCOPE_SINGLE = 4, bits(1, 2, 4)

_TRACE_ID, _SPAN_ID, _TRACE_STATE, _PARENT_ID, _NAME = (tag(place, LENGTH) for place in (1, 2, 3, 4, 5))
_KIND, _START, _END = tag(6, VARINT), tag(7, FIXED64), tag(8, FIXED64)
_ATTRIBUTE, _DROPPED_ATTRIBUTES = tag(9, LENGTH), tag(10, VARINT)
_EVENT, _DROPPED_EVENTS, _LINK, _DROPPED_LINKS = (
    tag(11, LENGTH),
    tag(12, VARINT),
    tag(13, LENGTH),
    tag(14, VARINT),
)
_STATUS, _FLAGS = tag(15, LENGTH), tag(16, FIXED32)
_SPAN_KNOWN, _SPAN_SINGLE = 16, bits(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16)

_STATUS_MESSAGE, _STATUS_CODE = tag(2, LENGTH), tag(3, VARINT)
_STATUS_KNOWN, _STATUS_SINGLE = 3, bits(2, 3)

_EVENT_TIME, _EVENT_NAME = tag(1, FIXED64), tag(2, LENGTH)
_EVENT_ATTRIBUTE, _EVENT_DROPPED = tag(3, LENGTH), tag(4, VARINT)
_EVENT_KNOWN, _EVENT_SINGLE = 4, bits(1, 2, 4)

_LINK_TRACE_ID, _LINK_SPAN_ID, _LINK_TRACE_STATE = tag(1, LENGTH), tag(2, LENGTH), tag(3, LENGTH)
_LINK_ATTRIBUTE, _LINK_DROPPED, _LINK_FLAGS = tag(4, LENGTH), tag(5, VARINT), tag(6, FIXED32)
_LINK_KNOWN, _LINK_SINGLE = 6, bits(1, 2, 3, 5, 6)


@kernel
def scan(
    source: Bytes, starts: Ints, ends: Ints, declined: npt.NDArray[np.int8], first: int, arena: Arena
) -> int:
    """Scan the pieces from `first` on that are not declined yet, and decline what is not understood.

    Returns the number of pieces, or that of the piece at which an array was full.
    """
    saved = arena.saved
    for piece in range(first, len(starts)):
        if declined[piece]:
            continue
        a.save(arena.counts, saved)
        if _request(source, starts[piece], ends[piece], arena, piece):
            continue
        a.roll_back(arena.counts, saved)
        if arena.counts[a.FULL]:
            arena.counts[a.FULL] = 0
            return piece
        declined[piece] = 1
    return len(starts)


@inlined
def _request(source: Bytes, at: int, end: int, arena: Arena, piece: int) -> bool:
    first = arena.counts[a.ORIGINS]
    while at < end:
        at, field, _ = next_field(source, at, 0, 0)
        if field == _RESOURCE_SPANS:
            begin, at = content(source, at, end)
            if at >= 0 and not _resource_spans(source, begin, at, arena, piece):
                return False
        elif at >= 0:
            at = past_unknown(source, at, end, field, _REQUEST_KNOWN)
        if at < 0:
            return False
    # Without a resource, unknown fields may stand in its place.
    return at == end and arena.counts[a.ORIGINS] > first


@inlined
def _resource_spans(source: Bytes, at: int, end: int, arena: Arena, piece: int) -> bool:
    first = arena.counts[a.ORIGINS]
    attributes = url = url_length = 0
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _RESOURCE_SPANS_SINGLE)
        if field == _SCOPE_SPANS:
            begin, at = content(source, at, end)
            if at >= 0 and not _scope_spans(source, begin, at, arena, piece):
                return False
        elif field == _RESOURCE:
            begin, at = content(source, at, end)
            if at >= 0:
                attributes = _resource(source, begin, at, arena)
            if attributes < 0:
                return False
        elif field == _RESOURCE_SCHEMA:
            at, url, url_length = text(source, at, end)
        elif at >= 0 and field >> 3 != _LIBRARIES:
            at = past_unknown(source, at, end, field, _RESOURCE_SPANS_KNOWN)
        else:
            at = -1
        if at < 0:
            return False
    # Unknown fields may stand in place of scopes.
    if arena.counts[a.ORIGINS] == first:
        return False
    # The resource may stand behind its scopes.
    for origin in range(first, arena.counts[a.ORIGINS]):
        arena.origins[origin, a.RESOURCE_ATTRIBUTES] = attributes
        arena.origins[origin, a.RESOURCE_SCHEMA_URL] = url
        arena.origins[origin, a.RESOURCE_SCHEMA_URL + 1] = url_length
    return at == end


@part
def _resource(source: Bytes, at: int, end: int, arena: Arena) -> int:
    """The attributes of the Resource [at, end) as a row of `lists`, or -1."""
    first = arena.counts[a.ATTRS]
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _RESOURCE_SINGLE)
        if field == _RESOURCE_ATTRIBUTE:
            begin, at = content(source, at, end)
            if at >= 0 and not key_value(source, begin, at, arena):
                return -1
        elif field == _RESOURCE_DROPPED:
            at, _ = number(source, at, a.LARGEST_UINT32)
        elif field == _ENTITY:
            begin, at = content(source, at, end)
            if at >= 0 and not _is_entity(source, begin, at):
                return -1
        elif at >= 0:
            at = past_unknown(source, at, end, field, _RESOURCE_KNOWN)
        if at < 0:
            return -1
    return a.end_attributes(source, arena, first) if at == end else -1


@part
def _is_entity(source: Bytes, at: int, end: int) -> bool:
    """True for an EntityRef, which is not stored: four fields, all of them texts."""
    while at < end:
        at, field, _ = next_field(source, at, 0, 0)
        if field >> 3 <= _ENTITY_KNOWN and field & 7 == LENGTH and field >> 3 > 0:
            at, _, _ = text(source, at, end)
        elif at >= 0:
            at = past_unknown(source, at, end, field, _ENTITY_KNOWN)
        if at < 0:
            return False
    return at == end


@part
def _scope_spans(source: Bytes, at: int, end: int, arena: Arena, piece: int) -> bool:
    origin = a.begin_origin(arena)
    if origin < 0:
        return False
    row = arena.origins[origin]
    seen, spans = 0, arena.counts[a.SPANS]
    while at < end:
        at, field, seen = next_field(source, at, seen, _SCOPE_SPANS_SINGLE)
        if field == _SPAN:
            begin, at = content(source, at, end)
            if at >= 0 and not _span(source, begin, at, arena, piece, origin):
                return False
        elif field == _SCOPE:
            begin, at = content(source, at, end)
            if at >= 0 and not _scope(source, begin, at, arena, row):
                return False
        elif field == _SCOPE_SCHEMA:
            at, row[a.SCOPE_SCHEMA_URL], row[a.SCOPE_SCHEMA_URL + 1] = text(source, at, end)
        elif at >= 0:
            at = past_unknown(source, at, end, field, _SCOPE_SPANS_KNOWN)
        if at < 0:
            return False
    # Unknown fields may stand in place of records.
    return at == end and arena.counts[a.SPANS] > spans


@part
def _scope(source: Bytes, at: int, end: int, arena: Arena, row: Ints) -> bool:
    first = arena.counts[a.ATTRS]
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _SCOPE_SINGLE)
        if field == _SCOPE_NAME:
            at, row[a.SCOPE_NAME], row[a.SCOPE_NAME + 1] = text(source, at, end)
        elif field == _SCOPE_VERSION:
            at, row[a.SCOPE_VERSION], row[a.SCOPE_VERSION + 1] = text(source, at, end)
        elif field == _SCOPE_ATTRIBUTE:
            begin, at = content(source, at, end)
            if at >= 0 and not key_value(source, begin, at, arena):
                return False
        elif field == _SCOPE_DROPPED:
            at, _ = number(source, at, a.LARGEST_UINT32)
        elif at >= 0:
            at = past_unknown(source, at, end, field, _SCOPE_KNOWN)
        if at < 0:
            return False
    row[a.SCOPE_ATTRIBUTES] = a.end_attributes(source, arena, first)
    return at == end and row[a.SCOPE_ATTRIBUTES] >= 0


@part
def _span(source: Bytes, at: int, end: int, arena: Arena, piece: int, origin: int) -> bool:
    span = a.begin_span(arena, piece, origin)
    if span < 0:
        return False
    row, counts = arena.spans[span], arena.counts
    row[a.EVENT_BEGIN], row[a.LINK_BEGIN] = counts[a.EVENTS], counts[a.LINKS]
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _SPAN_SINGLE)
        if field == _ATTRIBUTE:
            at = _span_attributes(source, at, end, arena, row)
        elif field == _EVENT:
            begin, at = content(source, at, end)
            if at >= 0 and not _event(source, begin, at, arena, span):
                return False
        elif field == _LINK:
            begin, at = content(source, at, end)
            if at >= 0 and not _link(source, begin, at, arena, span):
                return False
        elif at >= 0:
            at = _span_field(source, at, end, arena, span, field)
        if at < 0:
            return False
    row[a.EVENT_END], row[a.LINK_END] = counts[a.EVENTS], counts[a.LINKS]
    return (
        at == end
        and not a.is_zero(arena.trace_ids[span])
        and not a.is_zero(arena.span_ids[span])
        and a.is_known_time(row[a.START])
        and a.is_known_time(row[a.END])
    )


@inlined
def _span_attributes(source: Bytes, at: int, end: int, arena: Arena, row: Ints) -> int:
    """All the attributes of a span, from behind the tag of the first. Later ones would stand apart."""
    begin = arena.counts[a.ATTRS]
    if row[a.ATTRIBUTES]:
        return -1
    while True:
        pair, at = content(source, at, end)
        if at < 0 or not key_value(source, pair, at, arena):
            return -1
        if at >= end or source[at] != _ATTRIBUTE:
            break
        at += 1
    row[a.ATTRIBUTES] = a.end_attributes(source, arena, begin)
    return at if row[a.ATTRIBUTES] >= 0 else -1


@part
def _span_field(source: Bytes, at: int, end: int, arena: Arena, span: int, field: int) -> int:
    """A field of a span that is one value, or its status."""
    row = arena.spans[span]
    if field == _TRACE_ID:
        at = identifier(source, at, end, arena.trace_ids[span])
    elif field == _SPAN_ID:
        at = identifier(source, at, end, arena.span_ids[span])
    elif field == _PARENT_ID:
        at = identifier(source, at, end, arena.parent_ids[span])
    elif field == _TRACE_STATE:
        at, row[a.TRACE_STATE], row[a.TRACE_STATE + 1] = text(source, at, end)
    elif field == _NAME:
        at, row[a.NAME], row[a.NAME + 1] = text(source, at, end)
    elif field == _KIND:
        at, row[a.KIND] = number(source, at, a.LARGEST_INT32)
    elif field == _START:
        at, row[a.START] = fixed64(source, at)
    elif field == _END:
        at, row[a.END] = fixed64(source, at)
    elif field == _DROPPED_ATTRIBUTES:
        at, row[a.DROPPED_ATTRIBUTES] = number(source, at, a.LARGEST_UINT32)
    elif field == _DROPPED_EVENTS:
        at, row[a.DROPPED_EVENTS] = number(source, at, a.LARGEST_UINT32)
    elif field == _DROPPED_LINKS:
        at, row[a.DROPPED_LINKS] = number(source, at, a.LARGEST_UINT32)
    elif field == _FLAGS:
        at, row[a.FLAGS] = fixed32(source, at)
    elif field == _STATUS:
        begin, at = content(source, at, end)
        if at >= 0 and not _status(source, begin, at, row):
            return -1
    else:
        at = past_unknown(source, at, end, field, _SPAN_KNOWN)
    return at


@part
def _status(source: Bytes, at: int, end: int, row: Ints) -> bool:
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _STATUS_SINGLE)
        if field == _STATUS_MESSAGE:
            at, row[a.STATUS_MESSAGE], row[a.STATUS_MESSAGE + 1] = text(source, at, end)
        elif field == _STATUS_CODE:
            at, row[a.STATUS_CODE] = number(source, at, a.LARGEST_INT32)
        elif at >= 0:
            at = past_unknown(source, at, end, field, _STATUS_KNOWN)
        if at < 0:
            return False
    return at == end


@part
def _event(source: Bytes, at: int, end: int, arena: Arena, span: int) -> bool:
    event = a.begin_event(arena, span)
    if event < 0:
        return False
    row = arena.events[event]
    first = arena.counts[a.ATTRS]
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _EVENT_SINGLE)
        if field == _EVENT_TIME:
            at, row[a.EVENT_TIME] = fixed64(source, at)
        elif field == _EVENT_NAME:
            at, row[a.EVENT_NAME], row[a.EVENT_NAME + 1] = text(source, at, end)
        elif field == _EVENT_ATTRIBUTE:
            begin, at = content(source, at, end)
            if at >= 0 and not key_value(source, begin, at, arena):
                return False
        elif field == _EVENT_DROPPED:
            at, row[a.EVENT_DROPPED] = number(source, at, a.LARGEST_UINT32)
        elif at >= 0:
            at = past_unknown(source, at, end, field, _EVENT_KNOWN)
        if at < 0:
            return False
    row[a.EVENT_ATTRIBUTES] = a.end_attributes(source, arena, first)
    return at == end and row[a.EVENT_ATTRIBUTES] >= 0 and a.is_known_time(row[a.EVENT_TIME])


@part
def _link(source: Bytes, at: int, end: int, arena: Arena, span: int) -> bool:
    link = a.begin_link(arena, span)
    if link < 0:
        return False
    row = arena.links[link]
    first = arena.counts[a.ATTRS]
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _LINK_SINGLE)
        if field == _LINK_TRACE_ID:
            at = identifier(source, at, end, arena.link_trace_ids[link])
        elif field == _LINK_SPAN_ID:
            at = identifier(source, at, end, arena.link_span_ids[link])
        elif field == _LINK_TRACE_STATE:
            at, row[a.LINK_TRACE_STATE], row[a.LINK_TRACE_STATE + 1] = text(source, at, end)
        elif field == _LINK_ATTRIBUTE:
            begin, at = content(source, at, end)
            if at >= 0 and not key_value(source, begin, at, arena):
                return False
        elif field == _LINK_DROPPED:
            at, row[a.LINK_DROPPED] = number(source, at, a.LARGEST_UINT32)
        elif field == _LINK_FLAGS:
            at, row[a.LINK_FLAGS] = fixed32(source, at)
        elif at >= 0:
            at = past_unknown(source, at, end, field, _LINK_KNOWN)
        if at < 0:
            return False
    row[a.LINK_ATTRIBUTES] = a.end_attributes(source, arena, first)
    return at == end and row[a.LINK_ATTRIBUTES] >= 0
