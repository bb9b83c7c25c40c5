"""Attributes of OTLP/JSON into the arena, each value as the text that `ingest.otlp.values` gives it.

What stands in the source as that text already is a ref to it. Arrays of plain values are written out in
scratch. Everything else (a kvlist, bytes, a number in another spelling) is left to `fixups` as it was sent.
"""

from __future__ import annotations

import numpy as np

from ingest.otlp.kernels import json_names as names
from ingest.otlp.kernels.arena import (
    ARRAY,
    ATTRS,
    BOOL,
    BYTES,
    DOUBLE,
    EMPTY,
    INT,
    KEY,
    KVLIST,
    SCRATCH,
    STRING,
    TYPE,
    VALUE,
    Arena,
    Bytes,
    end_attributes,
    has_scratch,
    reserve,
)
from ingest.otlp.kernels.compiled import inlined, load_word, part
from ingest.otlp.kernels.json_tokens import (
    BACKSLASH,
    CLOSE_BRACE,
    CLOSE_BRACKET,
    COLON,
    MINUS,
    POINT,
    QUOTE,
    ZERO,
    first_item,
    next_item,
    past_digits,
    past_number,
    past_string,
    past_value,
    past_word,
    run_end,
    text,
)


def _word(text: bytes) -> np.uint64:
    """Eight bytes as `load_word` reads them."""
    return np.uint64(int.from_bytes(text, "little"))


_KEY = _word(b'{"key":"')
_VALUE = _word(b'","value')
_VALUE_END = _word(b'alue":{"')
_STRING = _word(b"stringVa")
_STRING_END = _word(b'Value":"')
_INT = _word(b"intValue")

_ATTRIBUTE = names.taken(names.VALUE_KEY, names.VALUE)
_ANY_VALUE = names.taken(
    names.STRING_VALUE,
    names.INT_VALUE,
    names.BOOL_VALUE,
    names.DOUBLE_VALUE,
    names.ARRAY_VALUE,
    names.KVLIST_VALUE,
    names.BYTES_VALUE,
)
_ARRAY = names.taken(names.VALUES)

# So many digits are an int64 for sure, and a double whose shortest text they are.
_SMALL_INTEGER = 18
_EXACT_DOUBLE = 15


@part
def attributes(source: Bytes, at: int, arena: Arena) -> tuple[int, int]:
    """The list of KeyValue at `at`: the place behind it, and its row in `lists`."""
    begin = arena.counts[ATTRS]
    at = first_item(source, at)
    if at < 0:
        return -1, 0
    while source[at] != CLOSE_BRACKET:
        at = _attribute(source, at, arena)
        if at < 0:
            return -1, 0
        at = next_item(source, at)
        if at < 0:
            return -1, 0
    row = end_attributes(source, arena, begin)
    return (at + 1, row) if row >= 0 else (-1, 0)


@inlined
def _attribute(source: Bytes, at: int, arena: Arena) -> int:
    row = reserve(arena.counts, ATTRS, len(arena.attrs))
    if row < 0:
        return -1
    _put(arena, row, EMPTY, 0, 0)
    end = _compact_attribute(source, at, arena, row)
    return end if end >= 0 else _any_attribute(source, at, arena, row)


@inlined
def _compact_attribute(source: Bytes, at: int, arena: Arena, row: int) -> int:
    """A KeyValue as nearly all are written: key first, no white space; -1 for any other.

    An empty value type, white space and the like are left to `_any_attribute`, which takes all of them.
    """
    if load_word(source, at) != _KEY:
        return -1
    end = run_end(source, at + 8)
    # The quote behind the key to that before the type of the value: `","value":{"`.
    if load_word(source, end) != _VALUE or load_word(source, end + 4) != _VALUE_END:
        return -1
    arena.attrs[row, KEY] = at + 8
    arena.attrs[row, KEY + 1] = end - at - 8
    at = end + 12
    first = load_word(source, at)
    if first == _STRING and load_word(source, at + 6) == _STRING_END:
        at, offset, length = text(source, at + 13, arena)
        _put(arena, row, STRING, offset, length)
    elif first == _INT and source[at + 8] == QUOTE and source[at + 9] == COLON:
        at = _int(source, at + 10, arena, row)
    else:
        at = _any_value(source, at - 2, arena, row)
        return at + 1 if at >= 0 and source[at] == CLOSE_BRACE else -1
    is_closed = at >= 0 and source[at] == CLOSE_BRACE and source[at + 1] == CLOSE_BRACE
    return at + 2 if is_closed and arena.attrs[row, TYPE] >= 0 else -1


@part
def _any_attribute(source: Bytes, at: int, arena: Arena, row: int) -> int:
    attrs = arena.attrs
    at = names.first_field(source, at)
    if at < 0:
        return -1
    attrs[row, KEY] = attrs[row, KEY + 1] = 0
    _put(arena, row, EMPTY, 0, 0)
    seen = 0
    while True:
        field, at, seen = names.next_field(source, at, seen, _ATTRIBUTE)
        if field == names.VALUE_KEY:
            at, attrs[row, KEY], attrs[row, KEY + 1] = text(source, at, arena)
        elif field == names.VALUE:
            at = _any_value(source, at, arena, row)
        else:
            return at
        if at < 0:
            return -1


@inlined
def _put(arena: Arena, row: int, kind: int, offset: int, length: int) -> None:
    arena.attrs[row, TYPE] = kind
    arena.attrs[row, VALUE] = offset
    arena.attrs[row, VALUE + 1] = length


@part
def _any_value(source: Bytes, at: int, arena: Arena, row: int) -> int:
    """The AnyValue at `at` into a row of `attrs`."""
    begin = at
    at = names.first_field(source, at)
    if at < 0:
        return -1
    given, seen = 0, 0
    while True:
        field, at, seen = names.next_field(source, at, seen, _ANY_VALUE)
        if field < 0:
            break
        given += 1
        if given > 1:
            return -1
        if field == names.STRING_VALUE:
            at, offset, length = text(source, at, arena)
            _put(arena, row, STRING, offset, length)
        elif field == names.INT_VALUE:
            at = _int(source, at, arena, row)
        elif field == names.DOUBLE_VALUE:
            at = _double(source, at, arena, row)
        elif field == names.BOOL_VALUE:
            end = past_word(source, at)
            _put(arena, row, BOOL, at, end - at)
            at = end
        elif field == names.ARRAY_VALUE:
            at = _array(source, at, arena, row)
        else:
            arena.attrs[row, TYPE] = -1 - (BYTES if field == names.BYTES_VALUE else KVLIST)
            at = past_value(source, at)
        if at < 0:
            return -1
    # Of a double the number alone is left.
    if arena.attrs[row, TYPE] < 0 and arena.attrs[row, TYPE] != -1 - DOUBLE:
        arena.attrs[row, VALUE] = begin
        arena.attrs[row, VALUE + 1] = at - begin
    return at


@inlined
def _int(source: Bytes, at: int, arena: Arena, row: int) -> int:
    is_quoted = source[at] == QUOTE
    begin = at + 1 if is_quoted else at
    end = past_number(source, begin)
    if end < 0 or (is_quoted and source[end] != QUOTE):
        arena.attrs[row, TYPE] = -1 - INT
        return past_value(source, at)
    _put(arena, row, INT if _is_plain_int(source, begin, end) else -1 - INT, begin, end - begin)
    return end + 1 if is_quoted else end


@inlined
def _is_plain_int(source: Bytes, begin: int, end: int) -> bool:
    """True for a JSON number that is the text of an int64 as it stands."""
    first = begin + 1 if source[begin] == MINUS else begin
    if end - first > _SMALL_INTEGER or (first > begin and source[first] == ZERO):
        return False
    return past_digits(source, first) == end


@part
def _double(source: Bytes, at: int, arena: Arena, row: int) -> int:
    if source[at] == QUOTE:
        end = past_string(source, at)
        _put(arena, row, -1 - DOUBLE, at, end - at)
        return end
    end = past_number(source, at)
    if end >= 0:
        _put(arena, row, DOUBLE if _is_plain_double(source, at, end) else -1 - DOUBLE, at, end - at)
    return end


@part
def _is_plain_double(source: Bytes, begin: int, end: int) -> bool:
    """True for a JSON number that is the shortest text of its double as it stands.

    It has a point, at most 15 digits and no zero at its end but a single one: no shorter text of so few
    digits is read as the same double. From 0.0001 on no exponent is written.
    """
    at = begin + 1 if source[begin] == MINUS else begin
    if end - at > _EXACT_DOUBLE + 1:
        return False
    point = past_digits(source, at)
    if source[point] != POINT or past_digits(source, point + 1) != end:
        return False
    if source[end - 1] == ZERO:
        return end - point == 2
    # Below one, a digit other than 0 stands within four places.
    if source[at] != ZERO:
        return True
    at = point + 1
    while source[at] == ZERO:
        at += 1
    return at <= point + 4


@part
def _array(source: Bytes, at: int, arena: Arena, row: int) -> int:
    """An ArrayValue: written into scratch where all of it is plain, otherwise left to `fixups`."""
    end = past_value(source, at)
    # Written out it is never longer: `{"intValue":1}` becomes `1, `.
    if end < 0 or not has_scratch(arena, end - at):
        return -1
    begin = arena.counts[SCRATCH]
    if _write_array(source, at, arena) == end:
        _put(arena, row, ARRAY, len(source) + begin, arena.counts[SCRATCH] - begin)
    else:
        arena.counts[SCRATCH] = begin
        arena.attrs[row, TYPE] = -1 - ARRAY
    return end


@part
def _write_array(source: Bytes, at: int, arena: Arena) -> int:
    """Behind the ArrayValue at `at` once its text is in scratch; -1 when it is not all plain."""
    scratch, counts = arena.scratch, arena.counts
    field, at, seen = names.next_field(source, at + 1, 0, _ARRAY)
    if field != names.VALUES:
        return -1
    scratch[counts[SCRATCH]] = 0x5B
    counts[SCRATCH] += 1
    at = first_item(source, at)
    is_first = True
    while at >= 0 and source[at] != CLOSE_BRACKET:
        if not is_first:
            scratch[counts[SCRATCH]] = 0x2C
            scratch[counts[SCRATCH] + 1] = 0x20
            counts[SCRATCH] += 2
        is_first = False
        at = _write_item(source, at, arena)
        if at < 0:
            return -1
        at = next_item(source, at)
    if at < 0:
        return -1
    scratch[counts[SCRATCH]] = 0x5D
    counts[SCRATCH] += 1
    field, at, seen = names.next_field(source, at + 1, seen, _ARRAY)
    return at if field == names.END else -1


@part
def _write_item(source: Bytes, at: int, arena: Arena) -> int:
    """Write one AnyValue of an array; -1 when it is not a plain string, number or bool."""
    if source[at] != 0x7B:
        return -1
    field, begin, seen = names.next_field(source, at + 1, 0, _ANY_VALUE)
    if field == names.STRING_VALUE:
        end = past_string(source, begin)
        if end < 0 or not _has_plain_escapes(source, begin, end):
            return -1
        at = end
    elif field == names.BOOL_VALUE:
        at = end = past_word(source, begin)
    elif field in (names.INT_VALUE, names.DOUBLE_VALUE):
        is_quoted = field == names.INT_VALUE and source[begin] == QUOTE
        if is_quoted:
            begin += 1
        end = past_number(source, begin)
        if end < 0 or (is_quoted and source[end] != QUOTE):
            return -1
        is_plain = (
            _is_plain_int(source, begin, end)
            if field == names.INT_VALUE
            else (_is_plain_double(source, begin, end))
        )
        if not is_plain:
            return -1
        at = end + 1 if is_quoted else end
    else:
        return -1
    if end < 0:
        return -1
    to = arena.counts[SCRATCH]
    for place in range(begin, end):
        arena.scratch[to + place - begin] = source[place]
    arena.counts[SCRATCH] = to + end - begin
    field, at, seen = names.next_field(source, at, seen, _ANY_VALUE)
    return at if field == names.END else -1


@part
def _has_plain_escapes(source: Bytes, at: int, end: int) -> bool:
    """True when a string escapes what it must and nothing else, as `values` writes it."""
    while at < end:
        if source[at] == BACKSLASH:
            if source[at + 1] in (0x2F, 0x75):
                return False
            at += 1
        at += 1
    return True
