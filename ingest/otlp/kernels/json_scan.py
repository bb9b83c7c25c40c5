"""OTLP/JSON trace requests into the arena, in one pass over the source.

Taken are camelCase names, hexadecimal ids, whole numbers bare or in quotes, enums as numbers or by their
names. Whatever else `ingest.otlp.decode_json` would make of a request, it is asked to: the piece is declined.
Source: opentelemetry-proto docs/specification.md (JSON Protobuf Encoding).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels import json_names as names
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.compiled import kernel, part
from ingest.otlp.kernels.json_attributes import attributes
from ingest.otlp.kernels.json_tokens import (
    CLOSE_BRACKET,
    QUOTE,
    first_item,
    hex_digit,
    is_utf8,
    next_item,
    past_space,
    string_end,
    text,
    whole,
)
from ingest.otlp.records import SPAN_KINDS, STATUS_CODES

_REQUEST = names.taken(names.RESOURCE_SPANS)
_RESOURCE_SPANS = names.taken(names.RESOURCE, names.SCOPE_SPANS, names.SCHEMA_URL)
_RESOURCE = names.taken(names.ATTRIBUTES)
_SCOPE_SPANS = names.taken(names.SCOPE, names.SPANS, names.SCHEMA_URL)
_SCOPE = names.taken(names.NAME, names.VERSION, names.ATTRIBUTES)
_SPAN = names.taken(
    names.TRACE_ID,
    names.SPAN_ID,
    names.PARENT_SPAN_ID,
    names.TRACE_STATE,
    names.FLAGS,
    names.NAME,
    names.KIND,
    names.START_TIME,
    names.END_TIME,
    names.ATTRIBUTES,
    names.DROPPED_ATTRIBUTES,
    names.EVENTS,
    names.DROPPED_EVENTS,
    names.LINKS,
    names.DROPPED_LINKS,
    names.STATUS,
)
_STATUS = names.taken(names.CODE, names.MESSAGE)
_EVENT = names.taken(names.TIME, names.NAME, names.ATTRIBUTES, names.DROPPED_ATTRIBUTES)
_LINK = names.taken(
    names.TRACE_ID,
    names.SPAN_ID,
    names.TRACE_STATE,
    names.FLAGS,
    names.ATTRIBUTES,
    names.DROPPED_ATTRIBUTES,
)


def _enum_names(prefix: str, known: dict[int, str]) -> tuple[Bytes, Ints]:
    """The names of an enum as rows of bytes, and the length of each; the row is the number."""
    rows = np.array([f"{prefix}{known[number]}" for number in sorted(known)], np.bytes_)
    return rows.view(np.uint8).reshape(len(rows), -1), np.strings.str_len(rows).astype(np.int64)


_KINDS, _KIND_LENGTHS = _enum_names("SPAN_KIND_", SPAN_KINDS)
_CODES, _CODE_LENGTHS = _enum_names("STATUS_CODE_", STATUS_CODES)


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
        if (
            is_utf8(source, starts[piece], ends[piece])
            and _request(source, starts[piece], arena, piece) == ends[piece]
        ):
            continue
        a.roll_back(arena.counts, saved)
        if arena.counts[a.FULL]:
            arena.counts[a.FULL] = 0
            return piece
        declined[piece] = 1
    return len(starts)


@part
def _request(source: Bytes, at: int, arena: Arena, piece: int) -> int:
    at = names.first_field(source, past_space(source, at))
    if at < 0:
        return -1
    seen, first = 0, arena.counts[a.ORIGINS]
    while True:
        field, at, seen = names.next_field(source, at, seen, _REQUEST)
        if field < 0:
            break
        at = first_item(source, at)
        while at >= 0 and source[at] != CLOSE_BRACKET:
            at = _resource_spans(source, at, arena, piece)
            if at >= 0:
                at = next_item(source, at)
        if at < 0:
            return -1
        at += 1
    # Without a resource, unknown members may stand in its place.
    if field != names.END or arena.counts[a.ORIGINS] == first:
        return -1
    return past_space(source, at)


@part
def _resource_spans(source: Bytes, at: int, arena: Arena, piece: int) -> int:
    at = names.first_field(source, at)
    if at < 0:
        return -1
    first = arena.counts[a.ORIGINS]
    attributes_of_resource = url = url_length = 0
    seen = 0
    while True:
        field, at, seen = names.next_field(source, at, seen, _RESOURCE_SPANS)
        if field == names.SCHEMA_URL:
            at, url, url_length = text(source, at, arena)
        elif field == names.RESOURCE:
            at, attributes_of_resource = _resource(source, at, arena)
        elif field == names.SCOPE_SPANS:
            at = first_item(source, at)
            while at >= 0 and source[at] != CLOSE_BRACKET:
                at = _scope_spans(source, at, arena, piece)
                if at >= 0:
                    at = next_item(source, at)
            if at >= 0:
                at += 1
        else:
            break
        if at < 0:
            return -1
    # Unknown members may stand in place of scopes.
    if arena.counts[a.ORIGINS] == first:
        return -1
    # The resource may stand behind its scopes.
    for origin in range(first, arena.counts[a.ORIGINS]):
        arena.origins[origin, a.RESOURCE_ATTRIBUTES] = attributes_of_resource
        arena.origins[origin, a.RESOURCE_SCHEMA_URL] = url
        arena.origins[origin, a.RESOURCE_SCHEMA_URL + 1] = url_length
    return at


@part
def _resource(source: Bytes, at: int, arena: Arena) -> tuple[int, int]:
    row = seen = 0
    at = names.first_field(source, at)
    while at >= 0:
        field, at, seen = names.next_field(source, at, seen, _RESOURCE)
        if field < 0:
            break
        at, row = attributes(source, at, arena)
    return at, row


@part
def _scope_spans(source: Bytes, at: int, arena: Arena, piece: int) -> int:
    origin = a.begin_origin(arena)
    at = names.first_field(source, at)
    if origin < 0 or at < 0:
        return -1
    row = arena.origins[origin]
    seen, spans = 0, arena.counts[a.SPANS]
    while True:
        field, at, seen = names.next_field(source, at, seen, _SCOPE_SPANS)
        if field == names.SPANS:
            at = first_item(source, at)
            while at >= 0 and source[at] != CLOSE_BRACKET:
                at = _span(source, at, arena, piece, origin)
                if at >= 0:
                    at = next_item(source, at)
            if at >= 0:
                at += 1
        elif field == names.SCOPE:
            at = _scope(source, at, arena, row)
        elif field == names.SCHEMA_URL:
            at, row[a.SCOPE_SCHEMA_URL], row[a.SCOPE_SCHEMA_URL + 1] = text(source, at, arena)
        else:
            # Unknown members may stand in place of records.
            return at if arena.counts[a.SPANS] > spans else -1
        if at < 0:
            return -1


@part
def _scope(source: Bytes, at: int, arena: Arena, row: Ints) -> int:
    at = names.first_field(source, at)
    seen = 0
    while at >= 0:
        field, at, seen = names.next_field(source, at, seen, _SCOPE)
        if field == names.NAME:
            at, row[a.SCOPE_NAME], row[a.SCOPE_NAME + 1] = text(source, at, arena)
        elif field == names.VERSION:
            at, row[a.SCOPE_VERSION], row[a.SCOPE_VERSION + 1] = text(source, at, arena)
        elif field == names.ATTRIBUTES:
            at, row[a.SCOPE_ATTRIBUTES] = attributes(source, at, arena)
        else:
            break
    return at


@part
def _span(source: Bytes, at: int, arena: Arena, piece: int, origin: int) -> int:
    span = a.begin_span(arena, piece, origin)
    at = names.first_field(source, at)
    if span < 0 or at < 0:
        return -1
    row = arena.spans[span]
    seen = 0
    while True:
        field, at, seen = names.next_field(source, at, seen, _SPAN)
        if field < 0:
            break
        if field == names.ATTRIBUTES:
            at, row[a.ATTRIBUTES] = attributes(source, at, arena)
        elif field == names.EVENTS:
            at, row[a.EVENT_BEGIN], row[a.EVENT_END] = _events(source, at, arena, span)
        elif field == names.LINKS:
            at, row[a.LINK_BEGIN], row[a.LINK_END] = _links(source, at, arena, span)
        else:
            at = _span_field(source, at, arena, span, field)
        if at < 0:
            return -1
    is_whole = (
        field == names.END
        and not a.is_zero(arena.trace_ids[span])
        and not a.is_zero(arena.span_ids[span])
        and a.is_known_time(row[a.START])
        and a.is_known_time(row[a.END])
    )
    return at if is_whole else -1


@part
def _span_field(source: Bytes, at: int, arena: Arena, span: int, field: int) -> int:
    """A field of a span that is one value, or its status."""
    row = arena.spans[span]
    if field == names.NAME:
        at, row[a.NAME], row[a.NAME + 1] = text(source, at, arena)
    elif field == names.TRACE_ID:
        at = _identifier(source, at, arena.trace_ids[span])
    elif field == names.SPAN_ID:
        at = _identifier(source, at, arena.span_ids[span])
    elif field == names.PARENT_SPAN_ID:
        at = _identifier(source, at, arena.parent_ids[span])
    elif field == names.TRACE_STATE:
        at, row[a.TRACE_STATE], row[a.TRACE_STATE + 1] = text(source, at, arena)
    elif field == names.FLAGS:
        at, row[a.FLAGS] = whole(source, at, a.LARGEST_UINT32)
    elif field == names.KIND:
        at, row[a.KIND] = _enum(source, at, _KINDS, _KIND_LENGTHS)
    elif field == names.START_TIME:
        at, row[a.START] = whole(source, at, a.LARGEST_INT64)
    elif field == names.END_TIME:
        at, row[a.END] = whole(source, at, a.LARGEST_INT64)
    elif field == names.DROPPED_ATTRIBUTES:
        at, row[a.DROPPED_ATTRIBUTES] = whole(source, at, a.LARGEST_UINT32)
    elif field == names.DROPPED_EVENTS:
        at, row[a.DROPPED_EVENTS] = whole(source, at, a.LARGEST_UINT32)
    elif field == names.DROPPED_LINKS:
        at, row[a.DROPPED_LINKS] = whole(source, at, a.LARGEST_UINT32)
    else:
        at = _status(source, at, arena, row)
    return at


@part
def _status(source: Bytes, at: int, arena: Arena, row: Ints) -> int:
    at = names.first_field(source, at)
    seen = 0
    while at >= 0:
        field, at, seen = names.next_field(source, at, seen, _STATUS)
        if field == names.CODE:
            at, row[a.STATUS_CODE] = _enum(source, at, _CODES, _CODE_LENGTHS)
        elif field == names.MESSAGE:
            at, row[a.STATUS_MESSAGE], row[a.STATUS_MESSAGE + 1] = text(source, at, arena)
        else:
            break
    return at


@part
def _events(source: Bytes, at: int, arena: Arena, span: int) -> tuple[int, int, int]:
    begin = arena.counts[a.EVENTS]
    at = first_item(source, at)
    while at >= 0 and source[at] != CLOSE_BRACKET:
        at = _event(source, at, arena, span)
        if at >= 0:
            at = next_item(source, at)
    return (at + 1 if at >= 0 else -1), begin, arena.counts[a.EVENTS]


@part
def _event(source: Bytes, at: int, arena: Arena, span: int) -> int:
    event = a.begin_event(arena, span)
    at = names.first_field(source, at)
    if event < 0 or at < 0:
        return -1
    row = arena.events[event]
    seen = 0
    while True:
        field, at, seen = names.next_field(source, at, seen, _EVENT)
        if field == names.TIME:
            at, row[a.EVENT_TIME] = whole(source, at, a.LARGEST_INT64)
        elif field == names.NAME:
            at, row[a.EVENT_NAME], row[a.EVENT_NAME + 1] = text(source, at, arena)
        elif field == names.ATTRIBUTES:
            at, row[a.EVENT_ATTRIBUTES] = attributes(source, at, arena)
        elif field == names.DROPPED_ATTRIBUTES:
            at, row[a.EVENT_DROPPED] = whole(source, at, a.LARGEST_UINT32)
        else:
            return at if a.is_known_time(row[a.EVENT_TIME]) else -1
        if at < 0:
            return -1


@part
def _links(source: Bytes, at: int, arena: Arena, span: int) -> tuple[int, int, int]:
    begin = arena.counts[a.LINKS]
    at = first_item(source, at)
    while at >= 0 and source[at] != CLOSE_BRACKET:
        at = _link(source, at, arena, span)
        if at >= 0:
            at = next_item(source, at)
    return (at + 1 if at >= 0 else -1), begin, arena.counts[a.LINKS]


@part
def _link(source: Bytes, at: int, arena: Arena, span: int) -> int:
    link = a.begin_link(arena, span)
    at = names.first_field(source, at)
    if link < 0 or at < 0:
        return -1
    row = arena.links[link]
    seen = 0
    while True:
        field, at, seen = names.next_field(source, at, seen, _LINK)
        if field == names.TRACE_ID:
            at = _identifier(source, at, arena.link_trace_ids[link])
        elif field == names.SPAN_ID:
            at = _identifier(source, at, arena.link_span_ids[link])
        elif field == names.TRACE_STATE:
            at, row[a.LINK_TRACE_STATE], row[a.LINK_TRACE_STATE + 1] = text(source, at, arena)
        elif field == names.FLAGS:
            at, row[a.LINK_FLAGS] = whole(source, at, a.LARGEST_UINT32)
        elif field == names.ATTRIBUTES:
            at, row[a.LINK_ATTRIBUTES] = attributes(source, at, arena)
        elif field == names.DROPPED_ATTRIBUTES:
            at, row[a.LINK_DROPPED] = whole(source, at, a.LARGEST_UINT32)
        else:
            return at
        if at < 0:
            return -1


@part
def _identifier(source: Bytes, at: int, to: Bytes) -> int:
    """An id in hexadecimal of its full length, or an empty text, which leaves it absent."""
    if source[at] != QUOTE:
        return -1
    at += 1
    if source[at] == QUOTE:
        return at + 1
    for place in range(len(to)):
        high = hex_digit(int(source[at + 2 * place]))
        low = hex_digit(int(source[at + 2 * place + 1]))
        if high < 0 or low < 0:
            return -1
        to[place] = high << 4 | low
    at += 2 * len(to)
    return at + 1 if source[at] == QUOTE else -1


@part
def _enum(source: Bytes, at: int, known: Bytes, lengths: Ints) -> tuple[int, int]:
    """An enum as its number or one of its names: the place behind it, and the number."""
    if source[at] != QUOTE:
        return whole(source, at, a.LARGEST_INT32)
    end, _ = string_end(source, at + 1)
    for number in range(len(lengths)):
        length = lengths[number]
        same = 0
        while same < length and source[at + 1 + same] == known[number, same]:
            same += 1
        if same == length and at + 1 + length == end:
            return end + 1, number
    return -1, 0
