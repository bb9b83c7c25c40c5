"""Attributes of OTLP protobuf into the arena, each value as the text that `ingest.otlp.values` gives it.

A string is a ref to the source. Numbers, bools and arrays of plain values are written out in scratch.
Everything else (a kvlist, bytes, a double of many digits) is left to `fixups` as it was sent.
Source: opentelemetry-proto 1.x, common/v1/common.proto.
"""

from __future__ import annotations

import numpy as np

from ingest.otlp.kernels.arena import (
    ARRAY,
    ATTRS,
    BOOL,
    BYTES,
    DOUBLE,
    EMPTY,
    FULL,
    INT,
    KEY,
    KVLIST,
    SCRATCH,
    STRING,
    TYPE,
    VALUE,
    Arena,
    Bytes,
    append_integer,
    has_scratch,
    reserve,
)
from ingest.otlp.kernels.compiled import copy_bytes, inlined, load_double, part
from ingest.otlp.kernels.protobuf_tokens import (
    FIXED64,
    LENGTH,
    VARINT,
    bits,
    content,
    next_field,
    past_unknown,
    tag,
    text,
    varint,
)

# KeyValue. Its key by index, field 3, is known and not taken.
_KEY, _VALUE = tag(1, LENGTH), tag(2, LENGTH)
_KEY_VALUE_KNOWN, _KEY_VALUE_SINGLE = 3, bits(1, 2)
# AnyValue, a oneof: of two values the later would win. A string by index, field 8, is not taken.
_STRING, _BOOL, _INT, _DOUBLE = tag(1, LENGTH), tag(2, VARINT), tag(3, VARINT), tag(4, FIXED64)
_ARRAY, _KVLIST, _BYTES = tag(5, LENGTH), tag(6, LENGTH), tag(7, LENGTH)
_ANY_VALUE_KNOWN = 8
# ArrayValue.
_ITEM, _ARRAY_KNOWN = tag(1, LENGTH), 1

# A double has a decimal text of so few digits that no other is as short; from 0.0001 on without exponent.
_SMALLEST_PLAIN, _LARGEST_PLAIN, _MOST_DECIMALS = 1e-4, 1e15, 18
_LONGEST_DOUBLE = 24
_LONGEST_ITEM = 4096
_TRUE, _FALSE, _NULL = (np.frombuffer(word, np.uint8) for word in (b"true", b"false", b"null"))
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
# The letter behind the backslash of a control character, 0 where it is written \u00xx.
_LETTERS = np.zeros(32, np.uint8)
_LETTERS[[0x08, 0x09, 0x0A, 0x0C, 0x0D]] = np.frombuffer(b"btnfr", np.uint8)


@inlined
def key_value(source: Bytes, at: int, end: int, arena: Arena) -> bool:
    """The KeyValue [at, end) as a new row of `attrs`."""
    attrs = arena.attrs
    row = reserve(arena.counts, ATTRS, len(attrs))
    if row < 0:
        return False
    attrs[row, KEY] = attrs[row, KEY + 1] = 0
    _put(arena, row, EMPTY, 0, 0)
    seen = 0
    while at < end:
        at, field, seen = next_field(source, at, seen, _KEY_VALUE_SINGLE)
        if field == _KEY:
            at, attrs[row, KEY], attrs[row, KEY + 1] = text(source, at, end)
        elif field == _VALUE:
            begin, at = content(source, at, end)
            if at >= 0 and not _any_value(source, begin, at, arena, row):
                return False
        elif at >= 0:
            at = past_unknown(source, at, end, field, _KEY_VALUE_KNOWN)
        if at < 0:
            return False
    return at == end


@inlined
def _put(arena: Arena, row: int, kind: int, offset: int, length: int) -> None:
    arena.attrs[row, TYPE] = kind
    arena.attrs[row, VALUE] = offset
    arena.attrs[row, VALUE + 1] = length


@inlined
def _any_value(source: Bytes, at: int, end: int, arena: Arena, row: int) -> bool:
    if at < end and source[at] == _STRING:
        at, offset, length = text(source, at + 1, end)
        _put(arena, row, STRING, offset, length)
        return at == end
    return at == end or _other_value(source, at, end, arena, row)


@part
def _other_value(source: Bytes, at: int, end: int, arena: Arena, row: int) -> bool:
    """An AnyValue that is one field and nothing else, though not a string."""
    whole = at
    at, field, _ = next_field(source, at, 0, 0)
    if at < 0:
        return False
    counts = arena.counts
    offset = counts[SCRATCH]
    if field == _INT:
        at, value = varint(source, at)
        kind, length = INT, append_integer(arena, value)
    elif field == _BOOL:
        kind, length = BOOL, _append_bool(source, at, arena)
        at += 1
    elif field == _DOUBLE:
        kind, length = DOUBLE, _append_double(arena, load_double(source, at))
        at += 8
        if length == 0:
            _put(arena, row, -1 - DOUBLE, at - 8, 8)
            return at == end
    elif field == _ARRAY:
        begin, at = content(source, at, end)
        kind = ARRAY
        length = counts[SCRATCH] - offset if at == end and _append_array(source, begin, at, arena) else 0
    elif field in (_KVLIST, _BYTES):
        _, at = content(source, at, end)
        kind, length = (KVLIST if field == _KVLIST else BYTES), 0
    else:
        return False
    if length < 0 or counts[FULL] or at != end:
        return False
    if length == 0:
        counts[SCRATCH] = offset
        _put(arena, row, -1 - kind, whole, end - whole)
    else:
        _put(arena, row, kind, len(source) + offset, length)
    return True


@inlined
def _append(arena: Arena, word: Bytes) -> int:
    """Copy a word into scratch; its length, or -1."""
    if not has_scratch(arena, len(word)):
        return -1
    copy_bytes(arena.scratch, arena.counts[SCRATCH], word, 0, len(word))
    arena.counts[SCRATCH] += len(word)
    return len(word)


@part
def _append_bool(source: Bytes, at: int, arena: Arena) -> int:
    if source[at] > 1:
        return -1
    return _append(arena, _TRUE) if source[at] else _append(arena, _FALSE)


@part
def _append_double(arena: Arena, number: float) -> int:
    """Write the shortest text of a double; its length, 0 where it has many digits or an exponent, or -1.

    A decimal of at most 15 digits is the only one so short that is read as its double, so the first found is
    the shortest. Both integers of the quotient are exact, so it is that decimal's double.
    """
    magnitude = abs(number)
    if not (_SMALLEST_PLAIN <= magnitude < _LARGEST_PLAIN):
        is_zero = number == 0.0 and np.copysign(1.0, number) > 0
        if not is_zero:
            return 0
    power = 1.0
    for decimals in range(_MOST_DECIMALS + 1):
        digits = np.rint(magnitude * power)
        if digits >= _LARGEST_PLAIN:
            return 0
        if digits / power == magnitude:
            return _append_decimal(arena, np.int64(digits), decimals, number < 0.0)  # type: ignore[arg-type]
        power *= 10.0
    return 0


@part
def _append_decimal(arena: Arena, digits: int, decimals: int, is_negative: bool) -> int:
    if not has_scratch(arena, _LONGEST_DOUBLE):
        return -1
    if decimals == 0:
        digits, decimals = 10 * digits, 1
    length, rest = 1, digits // 10
    while rest > 0 or length <= decimals:
        length, rest = length + 1, rest // 10
    scratch, at = arena.scratch, arena.counts[SCRATCH]
    begin = at
    if is_negative:
        scratch[at] = 0x2D
        at += 1
    for place in range(length, -1, -1):
        if place == length - decimals:
            scratch[at + place] = 0x2E
        else:
            scratch[at + place] = 0x30 + digits % 10
            digits //= 10
    arena.counts[SCRATCH] = at + length + 1
    return int(at + length + 1 - begin)


@part
def _append_array(source: Bytes, at: int, end: int, arena: Arena) -> bool:
    """Write an ArrayValue of plain values into scratch; False when it is none, or scratch is full."""
    scratch, counts = arena.scratch, arena.counts
    is_first = True
    if not has_scratch(arena, 1):
        return False
    scratch[counts[SCRATCH]] = 0x5B
    counts[SCRATCH] += 1
    while at < end:
        at, field, _ = next_field(source, at, 0, 0)
        if field != _ITEM:
            return False
        begin, at = content(source, at, end)
        if at < 0 or not has_scratch(arena, 2):
            return False
        if not is_first:
            scratch[counts[SCRATCH]] = 0x2C
            scratch[counts[SCRATCH] + 1] = 0x20
            counts[SCRATCH] += 2
        is_first = False
        if not _append_item(source, begin, at, arena):
            return False
    if not has_scratch(arena, 1):
        return False
    scratch[counts[SCRATCH]] = 0x5D
    counts[SCRATCH] += 1
    return True


@part
def _append_item(source: Bytes, at: int, end: int, arena: Arena) -> bool:
    """Write an AnyValue of an array; False when it is not a plain string, number, bool or nothing."""
    if at == end:
        return _append(arena, _NULL) > 0
    field = source[at]
    at += 1
    if field == _STRING:
        at, offset, length = text(source, at, end)
        return at == end and _append_quoted(source, offset, length, arena)
    if field == _INT:
        at, value = varint(source, at)
        return at == end and append_integer(arena, value) > 0
    if field == _BOOL:
        return at + 1 == end and _append_bool(source, at, arena) > 0
    return field == _DOUBLE and at + 8 == end and _append_double(arena, load_double(source, at)) > 0


@part
def _append_quoted(source: Bytes, at: int, length: int, arena: Arena) -> bool:
    """Write a text as a JSON string, with the escapes of `ingest.otlp.values` and no others."""
    if length > _LONGEST_ITEM or not has_scratch(arena, 6 * length + 2):
        return False
    scratch, to = arena.scratch, arena.counts[SCRATCH]
    scratch[to] = 0x22
    to += 1
    for place in range(at, at + length):
        byte = source[place]
        if byte in (0x22, 0x5C) or byte < 0x20:
            scratch[to] = 0x5C
            letter = byte if byte >= 0x20 else _LETTERS[byte]
            if letter == 0:
                for nibble in range(4):
                    scratch[to + 2 + nibble] = 0x30
                scratch[to + 4] = _HEX[byte >> 4]
                scratch[to + 5] = _HEX[byte & 15]
                scratch[to + 1] = 0x75
                to += 6
            else:
                scratch[to + 1] = letter
                to += 2
        else:
            scratch[to] = byte
            to += 1
    scratch[to] = 0x22
    arena.counts[SCRATCH] = to + 1
    return True
