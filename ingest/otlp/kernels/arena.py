"""Where a kernel writes what it finds in a batch of requests: flat NumPy arrays, one row per span.

`source` holds the requests of a batch one behind the other, each followed by a byte 0 and the last by
`PADDING` of them, so a scanner that stops at 0 needs no other end. A *ref* is (offset, length): below
`len(source)` the offset is in `source`, from there on in `scratch`, which takes text that does not stand in
the source as it is. A text that is absent has length 0.

A scanner handles each piece wholly or not at all. Its functions return -1 where a piece holds anything they
do not plainly understand; with `counts[FULL]` set, because an array was full. Either way `roll_back` takes
out what the piece had left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.otlp.kernels.buffers import reused
from ingest.otlp.kernels.compiled import inlined, load_word, lowest_byte, part

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

PADDING: Final = 64

# Columns of `spans`. A ref takes two columns; its constant names the first of them. What is named ATTRIBUTES
# is a row of `lists`.
PIECE: Final = 0
ORIGIN: Final = 1
START: Final = 2  # unix nanoseconds, 0 unknown
END: Final = 3
FLAGS: Final = 4
KIND: Final = 5
STATUS_CODE: Final = 6
TRACE_STATE: Final = 7
NAME: Final = 9
STATUS_MESSAGE: Final = 11
ATTRIBUTES: Final = 13
DROPPED_ATTRIBUTES: Final = 14
DROPPED_EVENTS: Final = 15
DROPPED_LINKS: Final = 16
EVENT_BEGIN: Final = 17
EVENT_END: Final = 18
LINK_BEGIN: Final = 19
LINK_END: Final = 20
SPAN_COLUMNS: Final = 21

# Columns of `lists`: rows of `attrs`, and the place in `shapes` of a list of the same keys and types. The
# first row is the list without attributes.
LIST_BEGIN: Final = 0
LIST_END: Final = 1
LIST_SHAPE: Final = 2
LIST_COLUMNS: Final = 3

# Columns of `attrs`.
KEY: Final = 0
VALUE: Final = 2
TYPE: Final = 4
ATTR_COLUMNS: Final = 5

# Types of an attribute. Negative (-1 - type): the value ref is the value as sent, for `fixups` to render.
STRING: Final = 0
INT: Final = 1
DOUBLE: Final = 2
BOOL: Final = 3
BYTES: Final = 4
ARRAY: Final = 5
KVLIST: Final = 6
EMPTY: Final = 7

# Columns of `events`.
EVENT_TIME: Final = 0
EVENT_NAME: Final = 1
EVENT_ATTRIBUTES: Final = 3
EVENT_DROPPED: Final = 4
EVENT_SPAN: Final = 5
EVENT_COLUMNS: Final = 6

# Columns of `links`.
LINK_FLAGS: Final = 0
LINK_TRACE_STATE: Final = 1
LINK_ATTRIBUTES: Final = 3
LINK_DROPPED: Final = 4
LINK_SPAN: Final = 5
LINK_COLUMNS: Final = 6

# Columns of `origins`: one row per scope of a piece, the resource's part repeated.
RESOURCE_ATTRIBUTES: Final = 0
RESOURCE_SCHEMA_URL: Final = 1
SCOPE_NAME: Final = 3
SCOPE_VERSION: Final = 5
SCOPE_ATTRIBUTES: Final = 7
SCOPE_SCHEMA_URL: Final = 8
ORIGIN_COLUMNS: Final = 10

# Places in `counts`: rows taken in each array, bytes in scratch, and what is no count.
SPANS: Final = 0
ATTRS: Final = 1
EVENTS: Final = 2
LINKS: Final = 3
ORIGINS: Final = 4
LISTS: Final = 5
SHAPES: Final = 6
SCRATCH: Final = 7
FULL: Final = 8
COUNTS: Final = 9

MAX_ATTRIBUTES: Final = 512
# With so many lists that were unlike each other before it, a list is compared.
_COMPARED: Final = 8
LARGEST_INT64: Final = 2**63 - 1
LARGEST_UINT32: Final = 2**32 - 1
LARGEST_INT32: Final = 2**31 - 1
_BYTE = np.uint64(0xFF)
# 2000-01-01 in unix nanoseconds; a time before it is for `ingest.otlp.records` to judge.
EARLIEST: Final = 946_684_800 * 10**9
NANOSECONDS_A_DAY: Final = 86_400 * 10**9


class Arena(NamedTuple):
    """The arrays of one batch.

    `order` lists the rows of each attribute list by key, in its own place; `shapes` are rows of `lists`, no
    two of them with the same keys and types in the same places, but for what came long before; `saved` is
    `counts` before the piece at hand.
    """

    spans: Ints
    trace_ids: Bytes
    span_ids: Bytes
    parent_ids: Bytes
    attrs: Ints
    order: Ints
    lists: Ints
    shapes: Ints
    events: Ints
    links: Ints
    link_trace_ids: Bytes
    link_span_ids: Bytes
    origins: Ints
    scratch: Bytes
    counts: Ints
    saved: Ints


def allocate(source_bytes: int) -> Arena:
    """An empty arena for a batch of so many bytes; too small only for unusual ones, which `grown` mends.

    It is this thread's until the next one is asked for.
    """
    spans = source_bytes // 512 + 64
    events = links = spans
    attrs = source_bytes // 64 + 256
    lists = 2 * spans
    shapes: dict[str, tuple[int, ...]] = {
        "spans": (spans, SPAN_COLUMNS),
        "attrs": (attrs, ATTR_COLUMNS),
        "order": (attrs,),
        "lists": (lists, LIST_COLUMNS),
        "shapes": (lists,),
        "events": (events, EVENT_COLUMNS),
        "links": (links, LINK_COLUMNS),
        "origins": (source_bytes // 2048 + 64, ORIGIN_COLUMNS),
        "counts": (COUNTS,),
        "saved": (COUNTS,),
    }
    byte_shapes: dict[str, tuple[int, ...]] = {
        "trace_ids": (spans, 16),
        "span_ids": (spans, 8),
        "parent_ids": (spans, 8),
        "link_trace_ids": (links, 16),
        "link_span_ids": (links, 8),
        "scratch": (source_bytes // 2 + 4096,),
    }
    arrays: dict[str, Any] = {name: reused(name, shape, np.int64) for name, shape in shapes.items()}
    arrays |= {name: reused(name, shape, np.uint8) for name, shape in byte_shapes.items()}
    arrays["counts"][:] = 0
    arrays["counts"][[LISTS, SHAPES]] = 1
    arrays["lists"][0] = arrays["shapes"][0] = 0
    return Arena(**arrays)


def grown(arena: Arena) -> Arena:
    """The same arena with every array twice as long; `counts` is shared."""
    arrays = {
        name: np.concatenate((array, np.empty_like(array)))
        for name, array in arena._asdict().items()
        if name not in ("counts", "saved")
    }
    return arena._replace(**arrays)


def trimmed(arena: Arena) -> Arena:
    """The same arena with each array cut to the rows taken in it; scratch stays as it is."""
    lengths = {
        SPANS: ("spans", "trace_ids", "span_ids", "parent_ids"),
        ATTRS: ("attrs", "order"),
        LISTS: ("lists",),
        SHAPES: ("shapes",),
        EVENTS: ("events",),
        LINKS: ("links", "link_trace_ids", "link_span_ids"),
        ORIGINS: ("origins",),
    }
    arrays = arena._asdict()
    return arena._replace(
        **{name: arrays[name][: arena.counts[which]] for which, of in lengths.items() for name in of}
    )


def joined(pieces: Sequence[bytes]) -> tuple[Bytes, Ints, Ints]:
    """The `source` of a batch, and where in it each piece begins and ends; its memory is used again."""
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    ends = np.cumsum(lengths + 1) - 1
    size = int(lengths.sum()) + len(pieces) + PADDING
    source = reused("source", (size,), np.uint8)
    view, at = source.data, 0
    for piece in pieces:
        end = at + len(piece)
        view[at:end] = piece
        view[end] = 0
        at = end + 1
    source[at:] = 0
    return source, ends - lengths, ends


@inlined
def reserve(counts: Ints, which: int, capacity: int) -> int:
    """The next free row of an array; -1 with `FULL` set when there is none."""
    row = counts[which]
    if row >= capacity:
        counts[FULL] = 1
        return -1
    counts[which] = row + 1
    return int(row)


@inlined
def has_scratch(arena: Arena, length: int) -> bool:
    """True when `length` bytes and some padding fit into scratch; `FULL` is set otherwise."""
    if arena.counts[SCRATCH] + length > len(arena.scratch) - PADDING:
        arena.counts[FULL] = 1
        return False
    return True


@part
def save(counts: Ints, saved: Ints) -> None:
    """Note where each array stood before a piece."""
    for place in range(COUNTS):
        saved[place] = counts[place]


@part
def roll_back(counts: Ints, saved: Ints) -> None:
    """Take out everything since `save`; `FULL` stays."""
    for place in range(FULL):
        counts[place] = saved[place]


@part
def begin_span(arena: Arena, piece: int, origin: int) -> int:
    """A new span, all of it zero; its row, or -1."""
    row = reserve(arena.counts, SPANS, len(arena.spans))
    if row < 0:
        return -1
    for column in range(SPAN_COLUMNS):
        arena.spans[row, column] = 0
    arena.spans[row, PIECE] = piece
    arena.spans[row, ORIGIN] = origin
    for place in range(16):
        arena.trace_ids[row, place] = 0
    for place in range(8):
        arena.span_ids[row, place] = 0
        arena.parent_ids[row, place] = 0
    return row


@part
def begin_event(arena: Arena, span: int) -> int:
    """A new event of a span, all of it zero; its row, or -1."""
    row = reserve(arena.counts, EVENTS, len(arena.events))
    if row < 0:
        return -1
    for column in range(EVENT_COLUMNS):
        arena.events[row, column] = 0
    arena.events[row, EVENT_SPAN] = span
    return row


@part
def begin_link(arena: Arena, span: int) -> int:
    """A new link of a span, all of it zero; its row, or -1."""
    row = reserve(arena.counts, LINKS, len(arena.links))
    if row < 0:
        return -1
    for column in range(LINK_COLUMNS):
        arena.links[row, column] = 0
    arena.links[row, LINK_SPAN] = span
    for place in range(16):
        arena.link_trace_ids[row, place] = 0
    for place in range(8):
        arena.link_span_ids[row, place] = 0
    return row


@part
def begin_origin(arena: Arena) -> int:
    """A new origin, all of it zero; its row, or -1."""
    row = reserve(arena.counts, ORIGINS, len(arena.origins))
    if row < 0:
        return -1
    for column in range(ORIGIN_COLUMNS):
        arena.origins[row, column] = 0
    return row


@part
def is_known_time(nanoseconds: int) -> bool:
    """True for 0 and from 2000 on: what lands without a judgement. Above 2^63 is the caller's to see."""
    return nanoseconds == 0 or nanoseconds >= EARLIEST


@part
def is_zero(identifier: Bytes) -> bool:
    """True for an id of zeroes, which is none."""
    return not identifier.any()


@part
def append_integer(arena: Arena, number: int) -> int:
    """Write a decimal int64 into scratch; its length, or -1 when it does not fit. The ref is its end."""
    if not has_scratch(arena, 20):
        return -1
    scratch, at = arena.scratch, arena.counts[SCRATCH]
    begin = at
    # Digits of the negative number: the smallest int64 has no positive.
    rest = number if number < 0 else -number
    length = 1
    power = rest // -10
    while power > 0:
        power //= 10
        length += 1
    if number < 0:
        scratch[at] = 45
        at += 1
    for place in range(length):
        left = -(rest // -10)
        scratch[at + length - 1 - place] = 48 + (left * 10 - rest)
        rest = left
    arena.counts[SCRATCH] = at + length
    return int(at + length - begin)


@part
def compare_keys(source: Bytes, scratch: Bytes, attrs: Ints, one: int, other: int) -> int:
    """Compare two attributes' keys as bytes: negative, 0 or positive."""
    one_at, one_length = attrs[one, KEY], attrs[one, KEY + 1]
    other_at, other_length = attrs[other, KEY], attrs[other, KEY + 1]
    limit = len(source)
    for place in range(0, min(one_length, other_length), 8):
        at = one_at + place
        left = load_word(source, at) if at < limit else load_word(scratch, at - limit)
        at = other_at + place
        right = load_word(source, at) if at < limit else load_word(scratch, at - limit)
        if left != right:
            # The first byte that differs, if it still belongs to both.
            byte = lowest_byte(left ^ right)
            if place + byte < min(one_length, other_length):
                shift = np.uint64(8 * byte)
                return -1 if left >> shift & _BYTE < right >> shift & _BYTE else 1
            break
    return int(one_length - other_length)


@part
def end_attributes(source: Bytes, arena: Arena, begin: int) -> int:
    """Close the attribute list that begins at row `begin`: write its `order`, find its shape.

    Returns its row in `lists`; -1 when a key stands in it twice or it is too long.
    """
    counts, lists, order = arena.counts, arena.lists, arena.order
    end = counts[ATTRS]
    if end == begin:
        return 0
    row = reserve(counts, LISTS, len(lists))
    if row < 0 or end - begin > MAX_ATTRIBUTES:
        return -1
    lists[row, LIST_BEGIN], lists[row, LIST_END] = begin, end
    newest = counts[SHAPES] - 1
    # Records of one kind carry the same keys in the same order.
    for shape in range(newest, max(newest - _COMPARED, 0), -1):
        example = arena.shapes[shape]
        other = lists[example, LIST_BEGIN]
        if lists[example, LIST_END] - other == end - begin and _is_alike(source, arena, other, begin, end):
            for place in range(end - begin):
                order[begin + place] = order[other + place] - other + begin
            lists[row, LIST_SHAPE] = shape
            return row
    shape = reserve(counts, SHAPES, len(arena.shapes))
    if shape < 0 or not _sort(source, arena, begin, end):
        return -1
    arena.shapes[shape] = row
    lists[row, LIST_SHAPE] = shape
    return row


@inlined
def _is_alike(source: Bytes, arena: Arena, other: int, begin: int, end: int) -> bool:
    """True when the lists from `other` and [begin, end) have the same keys and types in the same places."""
    attrs = arena.attrs
    for row in range(begin, end):
        if (
            attrs[other, TYPE] != attrs[row, TYPE]
            or attrs[other, KEY + 1] != attrs[row, KEY + 1]
            or compare_keys(source, arena.scratch, attrs, other, row) != 0
        ):
            return False
        other += 1
    return True


@part
def _sort(source: Bytes, arena: Arena, begin: int, end: int) -> bool:
    """Write the `order` of the list [begin, end); False when a key stands in it twice."""
    order = arena.order
    for row in range(begin, end):
        at = row
        while at > begin:
            compared = compare_keys(source, arena.scratch, arena.attrs, order[at - 1], row)
            if compared == 0:
                return False
            if compared < 0:
                break
            order[at] = order[at - 1]
            at -= 1
        order[at] = row
    return True
