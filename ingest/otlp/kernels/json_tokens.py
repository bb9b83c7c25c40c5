"""The tokens of JSON, in a source whose pieces end in a byte 0: white space, strings, whole numbers, members.

Every function takes and returns a place in the source; -1 says that something is not plainly JSON. A byte 0
stands in no JSON, so each of them stops at the end of a piece by itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.otlp.kernels.arena import LARGEST_INT64, SCRATCH, Arena, Bytes, has_scratch
from ingest.otlp.kernels.compiled import inlined, load_word, lowest_byte, part

QUOTE: Final = 0x22
BACKSLASH: Final = 0x5C
COMMA: Final = 0x2C
COLON: Final = 0x3A
MINUS: Final = 0x2D
POINT: Final = 0x2E
ZERO: Final = 0x30
NINE: Final = 0x39
OPEN_BRACE: Final = 0x7B
CLOSE_BRACE: Final = 0x7D
OPEN_BRACKET: Final = 0x5B
CLOSE_BRACKET: Final = 0x5D
SPACE: Final = 0x20

# One byte, eight times over.
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
_SPACES = np.uint64(0x2020202020202020)
_NO_BITS = np.uint64(0)

_LONGEST_NUMBER = 64
_LONGEST_EXPONENT = 3
# Brackets open at once in a value that is passed over: as many as a word has bits.
_DEEPEST = 60


@part
def is_utf8(source: Bytes, at: int, end: int) -> bool:
    """True when [at, end) is UTF-8: no surrogates, nothing overlong, nothing beyond U+10FFFF."""
    while at < end:
        if load_word(source, at) & _HIGHS == _NO_BITS:
            at += 8
            continue
        first, second = source[at], source[at + 1]
        if first < 0x80:
            at += 1
            continue
        if first < 0xC2 or first > 0xF4:
            return False
        length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        for place in range(1, length):
            if source[at + place] & 0xC0 != 0x80:
                return False
        if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
            return False
        if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
            return False
        at += length
    return True


@inlined
def past_space(source: Bytes, at: int) -> int:
    """The next place that is not white space."""
    while source[at] <= SPACE and (source[at] == SPACE or source[at] in (0x0A, 0x0D, 0x09)):
        at += 1
    return at


@inlined
def run_end(source: Bytes, at: int) -> int:
    """The next quote, backslash or control character."""
    while True:
        word = load_word(source, at)
        quote, slash = word ^ _QUOTES, word ^ _BACKSLASHES
        stops = ((quote - _ONES) & ~quote) | ((slash - _ONES) & ~slash) | ((word - _SPACES) & ~word)
        stops &= _HIGHS
        if stops != _NO_BITS:
            return at + lowest_byte(stops)
        at += 8


@inlined
def string_end(source: Bytes, at: int) -> tuple[int, bool]:
    """The closing quote of the string whose text begins at `at`, and whether it holds an escape."""
    end = run_end(source, at)
    if source[end] == QUOTE:
        return end, False
    while source[end] == BACKSLASH:
        if source[end + 1] < SPACE:
            return -1, True
        end = run_end(source, end + 2)
    return (end if source[end] == QUOTE else -1), True


@part
def hex_digit(byte: int) -> int:
    """The value of a hexadecimal digit, -1 for another byte."""
    if ZERO <= byte <= NINE:
        return byte - ZERO
    lower = byte | 0x20
    return lower - 0x57 if 0x61 <= lower <= 0x66 else -1


@part
def _code_unit(source: Bytes, at: int) -> int:
    """The four digits behind a `\\u`."""
    unit = 0
    for place in range(4):
        digit = hex_digit(int(source[at + place]))
        if digit < 0:
            return -1
        unit = unit * 16 + digit
    return unit


@part
def _escaped(source: Bytes, at: int) -> tuple[int, int]:
    """The code point of the escape at `at`, and the place behind it. A lone surrogate is none."""
    letter = source[at + 1]
    if letter in (QUOTE, BACKSLASH, 0x2F):
        return int(letter), at + 2
    if letter == 0x6E:
        return 0x0A, at + 2
    if letter == 0x74:
        return 0x09, at + 2
    if letter == 0x72:
        return 0x0D, at + 2
    if letter == 0x62:
        return 0x08, at + 2
    if letter == 0x66:
        return 0x0C, at + 2
    if letter != 0x75:
        return -1, -1
    high = _code_unit(source, at + 2)
    if high < 0xD800 or high > 0xDFFF:
        return high, at + 6
    if high > 0xDBFF or source[at + 6] != BACKSLASH or source[at + 7] != 0x75:
        return -1, -1
    low = _code_unit(source, at + 8)
    if low < 0xDC00 or low > 0xDFFF:
        return -1, -1
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), at + 12


@part
def _put_utf8(scratch: Bytes, at: int, point: int) -> int:
    if point < 0x80:
        scratch[at] = point
        return at + 1
    if point < 0x800:
        scratch[at] = 0xC0 | point >> 6
        scratch[at + 1] = 0x80 | point & 0x3F
        return at + 2
    if point < 0x10000:
        scratch[at] = 0xE0 | point >> 12
        scratch[at + 1] = 0x80 | point >> 6 & 0x3F
        scratch[at + 2] = 0x80 | point & 0x3F
        return at + 3
    scratch[at] = 0xF0 | point >> 18
    scratch[at + 1] = 0x80 | point >> 12 & 0x3F
    scratch[at + 2] = 0x80 | point >> 6 & 0x3F
    scratch[at + 3] = 0x80 | point & 0x3F
    return at + 4


@part
def _unescape(source: Bytes, at: int, end: int, arena: Arena) -> int:
    """Write the text [at, end) into scratch without its escapes; its length there, or -1."""
    if not has_scratch(arena, end - at):
        return -1
    scratch, counts = arena.scratch, arena.counts
    begin = to = counts[SCRATCH]
    while at < end:
        if source[at] != BACKSLASH:
            scratch[to] = source[at]
            to += 1
            at += 1
            continue
        point, at = _escaped(source, at)
        if point < 0:
            return -1
        to = _put_utf8(scratch, to, point)
    counts[SCRATCH] = to
    return int(to - begin)


@inlined
def text(source: Bytes, at: int, arena: Arena) -> tuple[int, int, int]:
    """The string at `at` as a ref: the place behind it, offset and length."""
    if source[at] != QUOTE:
        return -1, 0, 0
    end, has_escape = string_end(source, at + 1)
    if end < 0:
        return -1, 0, 0
    if not has_escape:
        return end + 1, at + 1, end - at - 1
    offset = len(source) + arena.counts[SCRATCH]
    length = _unescape(source, at + 1, end, arena)
    return (end + 1 if length >= 0 else -1), offset, length


@part
def whole(source: Bytes, at: int, largest: int) -> tuple[int, int]:
    """A number from 0 to `largest`, bare or in quotes: the place behind it, and the number."""
    is_quoted = source[at] == QUOTE
    if is_quoted:
        at += 1
    begin = at
    number = 0
    while ZERO <= source[at] <= NINE:
        digit = int(source[at]) - ZERO
        if number > (LARGEST_INT64 - digit) // 10:
            return -1, 0
        number = number * 10 + digit
        at += 1
    if at == begin or (source[begin] == ZERO and at > begin + 1) or number > largest:
        return -1, 0
    if is_quoted:
        return (at + 1 if source[at] == QUOTE else -1), number
    # A point or an exponent would go on with it.
    return (-1 if source[at] == POINT or source[at] | 0x20 == 0x65 else at), number


@inlined
def past_digits(source: Bytes, at: int) -> int:
    """Behind as many digits as stand at `at`."""
    while ZERO <= source[at] <= NINE:
        at += 1
    return at


@part
def past_number(source: Bytes, at: int) -> int:
    """Behind a JSON number of a length and an exponent that any reader takes."""
    begin = at
    if source[at] == MINUS:
        at += 1
    end = past_digits(source, at)
    if end == at or (source[at] == ZERO and end > at + 1):
        return -1
    if source[end] == POINT:
        at, end = end + 1, past_digits(source, end + 1)
        if end == at:
            return -1
    if source[end] | 0x20 == 0x65:
        at = end + 1
        if source[at] in (0x2B, MINUS):
            at += 1
        end = past_digits(source, at)
        if end == at or end - at > _LONGEST_EXPONENT:
            return -1
    return end if end - begin <= _LONGEST_NUMBER else -1


@part
def past_word(source: Bytes, at: int) -> int:
    """Behind true, false or null."""
    if source[at] == 0x74 and source[at + 1] == 0x72 and source[at + 2] == 0x75 and source[at + 3] == 0x65:
        return at + 4
    if source[at] == 0x6E and source[at + 1] == 0x75 and source[at + 2] == 0x6C and source[at + 3] == 0x6C:
        return at + 4
    is_false = (
        source[at] == 0x66
        and source[at + 1] == 0x61
        and source[at + 2] == 0x6C
        and source[at + 3] == 0x73
        and source[at + 4] == 0x65
    )
    return at + 5 if is_false else -1


@part
def past_string(source: Bytes, at: int) -> int:
    """Behind the string at `at`, whose escapes are all good."""
    if source[at] != QUOTE:
        return -1
    end, has_escape = string_end(source, at + 1)
    if end < 0 or not has_escape:
        return end + 1 if end >= 0 else -1
    at += 1
    while at < end:
        if source[at] == BACKSLASH:
            point, at = _escaped(source, at)
            if point < 0:
                return -1
        else:
            at += 1
    return end + 1


@part
def _past_name(source: Bytes, at: int) -> int:
    """Behind a member's name and colon, at its value."""
    at = past_string(source, at)
    if at < 0:
        return -1
    at = past_space(source, at)
    return past_space(source, at + 1) if source[at] == COLON else -1


@part
def past_value(source: Bytes, at: int) -> int:
    """Behind the JSON value at `at`, whatever it is; -1 also where it nests deeper than any telemetry."""
    # One bit for each open bracket: 1 an object, 0 an array.
    depth, kinds = 0, 0
    while True:
        byte = source[at]
        if byte in (OPEN_BRACE, OPEN_BRACKET):
            is_object = byte == OPEN_BRACE
            at = past_space(source, at + 1)
            if source[at] != (CLOSE_BRACE if is_object else CLOSE_BRACKET):
                depth += 1
                if depth > _DEEPEST:
                    return -1
                kinds = kinds << 1 | (1 if is_object else 0)
                if is_object:
                    at = _past_name(source, at)
                    if at < 0:
                        return -1
                continue
            at += 1
        elif byte == QUOTE:
            at = past_string(source, at)
        elif byte == MINUS or ZERO <= byte <= NINE:
            at = past_number(source, at)
        else:
            at = past_word(source, at)
        if at < 0:
            return -1
        while depth > 0:
            at = past_space(source, at)
            if source[at] == COMMA:
                at = past_space(source, at + 1)
                if kinds & 1:
                    at = _past_name(source, at)
                    if at < 0:
                        return -1
                break
            if source[at] != (CLOSE_BRACE if kinds & 1 else CLOSE_BRACKET):
                return -1
            at += 1
            depth -= 1
            kinds >>= 1
        else:
            return at


@inlined
def first_item(source: Bytes, at: int) -> int:
    """The first item of the array at `at`, or its closing bracket."""
    return past_space(source, at + 1) if source[at] == OPEN_BRACKET else -1


@inlined
def next_item(source: Bytes, at: int) -> int:
    """From behind an item to the next one, or to the closing bracket."""
    at = past_space(source, at)
    if source[at] == COMMA:
        at = past_space(source, at + 1)
        return -1 if source[at] == CLOSE_BRACKET else at
    return at if source[at] == CLOSE_BRACKET else -1
