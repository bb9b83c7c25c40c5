"""The wire format of protobuf, bounded by the end of the message at hand: tags, varints, lengths, texts.

Every function takes and returns a place in the source; -1 says that something is not plainly on the wire. A
varint or a word may be read past the end of its message, never past the source, which ends in `PADDING`; its
place is then behind that end, which the caller checks. Source: protobuf.dev, Encoding.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ingest.otlp.kernels.arena import LARGEST_UINT32, Bytes
from ingest.otlp.kernels.compiled import inlined, load_word, lowest_byte, part

VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
FIXED32: Final = 5

_HIGHS = np.uint64(0x8080808080808080)
_NO_BITS = np.uint64(0)
_LOW_HALF = np.uint64(LARGEST_UINT32)
_LONGEST_VARINT = 10


@inlined
def varint(source: Bytes, at: int) -> tuple[int, int]:
    """The place behind a varint, and its 64 bits as an int64."""
    byte = int(source[at])
    if byte < 0x80:
        return at + 1, byte
    return _long_varint(source, at)


@part
def _long_varint(source: Bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = int(source[at + place])
        # Of the tenth byte one bit belongs to the 64.
        if place == _LONGEST_VARINT - 1 and byte > 1:
            break
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return at + place + 1, value
    return -1, 0


@inlined
def content(source: Bytes, at: int, end: int) -> tuple[int, int]:
    """Where the content of a length-delimited field begins and ends."""
    at, length = varint(source, at)
    if at < 0 or length < 0 or length > end - at:
        return -1, -1
    return at, at + length


@inlined
def text(source: Bytes, at: int, end: int) -> tuple[int, int, int]:
    """A string field: the place behind it, offset and length of its UTF-8."""
    begin, stop = content(source, at, end)
    if begin < 0 or not _is_utf8(source, begin, stop):
        return -1, 0, 0
    return stop, begin, stop - begin


@inlined
def _is_utf8(source: Bytes, at: int, end: int) -> bool:
    while at < end:
        high = load_word(source, at) & _HIGHS
        if high == _NO_BITS:
            at += 8
            continue
        at += lowest_byte(high)
        return at >= end or _is_utf8_from(source, at, end)
    return True


@part
def _is_utf8_from(source: Bytes, at: int, end: int) -> bool:
    """The same where the byte at `at` is not ASCII."""
    while at < end:
        high = load_word(source, at) & _HIGHS
        at += 8 if high == _NO_BITS else lowest_byte(high)
        if at >= end:
            return True
        first, second = source[at], source[at + 1]
        if first < 0x80:
            continue
        if first < 0xC2 or first > 0xF4:
            return False
        length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        if at + length > end:
            return False
        for place in range(1, length):
            if source[at + place] & 0xC0 != 0x80:
                return False
        if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
            return False
        if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
            return False
        at += length
    return True


@part
def identifier(source: Bytes, at: int, end: int, to: Bytes) -> int:
    """An id of its full length, or an empty one, which leaves it absent."""
    begin, stop = content(source, at, end)
    if begin < 0 or (stop > begin and stop - begin != len(to)):
        return -1
    for place in range(stop - begin):
        to[place] = source[begin + place]
    return stop


@part
def number(source: Bytes, at: int, largest: int) -> tuple[int, int]:
    """A varint from 0 to `largest`, 0 when it lies beyond."""
    at, value = varint(source, at)
    return (at, value) if 0 <= value <= largest else (-1, 0)


@inlined
def fixed32(source: Bytes, at: int) -> tuple[int, int]:
    """Four bytes as an unsigned number."""
    return at + 4, np.int64(load_word(source, at) & _LOW_HALF)  # type: ignore[return-value]


@inlined
def fixed64(source: Bytes, at: int) -> tuple[int, int]:
    """Eight bytes as an int64: negative from 2^63 on."""
    return at + 8, np.int64(load_word(source, at))  # type: ignore[return-value]


@inlined
def next_field(source: Bytes, at: int, seen: int, single: int) -> tuple[int, int, int]:
    """The place behind the tag at `at`, that tag, and the fields seen.

    `single` has a bit for each field that may stand once only: a second one would replace it, or merge.
    """
    tag = int(source[at])
    at += 1
    if tag >= 0x80:
        # So much for the fields of OTLP and then some: field 2047.
        tag = (tag & 0x7F) | int(source[at]) << 7
        at += 1
        if tag >= 1 << 14:
            return -1, 0, seen
    bit = 1 << (tag >> 3 & 31)
    if tag >> 3 < 32:
        if seen & bit & single:
            return -1, 0, seen
        seen |= bit
    return at, tag, seen


@part
def past_unknown(source: Bytes, at: int, end: int, tag: int, known: int) -> int:
    """Behind a field of a number above `known`; below, its wire type is not the one in the schema."""
    if tag >> 3 <= known:
        return -1
    wire = tag & 7
    if wire == VARINT:
        at, _ = varint(source, at)
    elif wire == FIXED64:
        at += 8
    elif wire == LENGTH:
        _, at = content(source, at, end)
    elif wire == FIXED32:
        at += 4
    else:
        at = -1
    return at


def tag(number: int, wire: int) -> int:
    """The tag of a field."""
    return number << 3 | wire


def bits(*numbers: int) -> int:
    """One bit for each field number."""
    return sum(1 << number for number in numbers)
