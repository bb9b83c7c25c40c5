"""The digests of all records of one kind: their canonical bytes by a kernel, hashed one by one.

The bytes are those of `ingest.otlp.digest`, which says what stands in them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ingest.otlp.digest import DIGEST_BYTES
from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.blake2b import blake2b_digests
from ingest.otlp.kernels.buffers import reused
from ingest.otlp.kernels.compiled import inlined, kernel, part
from ingest.otlp.kernels.texts import copy_text

# Canonical bytes that are hashed while they are still in the processor's cache.
_AT_ONCE = 512 * 1024


class Records(NamedTuple):
    """n records of one kind, their parts in the order of their canonical bytes.

    `numbers` are int64[n, …]; `ids` uint8[n, …] are cut by `id_lengths` int64[n, …], 0 for an id that is
    absent and `id_widths` otherwise; `refs` int64[n, 2 x …] are its other texts; `lists` int64[n, 2 x …] its
    attribute lists as rows [begin, end), of which the values are taken; `children` int64[n, 2 x …] the same
    in `digests` uint8[…, 16].
    """

    numbers: Ints
    ids: Bytes
    id_widths: Ints
    id_lengths: Ints
    refs: Ints
    lists: Ints
    children: Ints
    digests: Bytes


def record_digests(source: Bytes, arena: Arena, records: Records) -> Bytes:
    """The digest of each record, uint8[n, 16]."""
    count = len(records.numbers)
    begins, lengths = np.zeros(count + 1, np.int64), np.zeros(count, np.int64)
    _extents(arena, records, begins, lengths)
    found = np.empty((count, DIGEST_BYTES), np.uint8)
    first = 0
    while first < count:
        last = max(first + 1, int(np.searchsorted(begins, begins[first] + _AT_ONCE, side="right")) - 1)
        words = reused("canonical", (int(begins[last] - begins[first]) // 8,), np.int64)
        _write(source, arena, records, begins, first, last, words, words.view(np.uint8))
        own_begins = (begins[first:last] - begins[first]) // 8
        found[first:last] = blake2b_digests(words.view(np.uint64), own_begins, lengths[first:last])
        first = last
    return found


@kernel
def _extents(arena: Arena, records: Records, begins: Ints, lengths: Ints) -> None:
    """Where in a buffer each record begins, at a multiple of 8, and its length."""
    for record in range(len(records.numbers)):
        words, size = _head_words(records, record), 0
        for place in range(records.id_lengths.shape[1]):
            size += records.id_lengths[record, place]
        for place in range(1, records.refs.shape[1], 2):
            size += records.refs[record, place]
        for place in range(0, records.lists.shape[1], 2):
            for row in range(records.lists[record, place], records.lists[record, place + 1]):
                size += arena.attrs[row, a.VALUE + 1]
        for place in range(0, records.children.shape[1], 2):
            size += 16 * (records.children[record, place + 1] - records.children[record, place])
        lengths[record] = 8 * words + size
        begins[record + 1] = begins[record] + (lengths[record] + 7) // 8 * 8


@part
def _text_count(records: Records, record: int) -> int:
    count = records.id_lengths.shape[1] + records.refs.shape[1] // 2
    for place in range(0, records.lists.shape[1], 2):
        count += records.lists[record, place + 1] - records.lists[record, place]
    for place in range(0, records.children.shape[1], 2):
        count += records.children[record, place + 1] - records.children[record, place]
    return int(count)


@part
def _head_words(records: Records, record: int) -> int:
    return int(2 + records.numbers.shape[1] + _text_count(records, record))


@kernel
def _write(
    source: Bytes,
    arena: Arena,
    records: Records,
    begins: Ints,
    first: int,
    last: int,
    words: Ints,
    buffer: Bytes,
) -> None:
    """The canonical bytes of records [first, last) to the begin of `words`; `buffer` is the same memory."""
    for record in range(first, last):
        at = (begins[record] - begins[first]) // 8
        texts = _text_count(records, record)
        words[at] = records.numbers.shape[1]
        words[at + 1] = texts
        at += 2
        for place in range(records.numbers.shape[1]):
            words[at] = records.numbers[record, place]
            at += 1
        _write_texts(source, arena, records, record, words, at, buffer, 8 * (at + texts))


@inlined
def _write_texts(
    source: Bytes, arena: Arena, records: Records, record: int, words: Ints, at: int, buffer: Bytes, to: int
) -> None:
    """The texts of a record to `to`, and their lengths to `at`."""
    scratch, begin = arena.scratch, 0
    for place in range(records.id_lengths.shape[1]):
        length = records.id_lengths[record, place]
        for byte in range(length):
            buffer[to + byte] = records.ids[record, begin + byte]
        begin += records.id_widths[place]
        words[at] = length
        at, to = at + 1, to + length
    for place in range(0, records.refs.shape[1], 2):
        length = records.refs[record, place + 1]
        copy_text(source, scratch, records.refs[record, place], length, buffer, to)
        words[at] = length
        at, to = at + 1, to + length
    for place in range(0, records.lists.shape[1], 2):
        for row in range(records.lists[record, place], records.lists[record, place + 1]):
            attribute = arena.order[row]
            length = arena.attrs[attribute, a.VALUE + 1]
            copy_text(source, scratch, arena.attrs[attribute, a.VALUE], length, buffer, to)
            words[at] = length
            at, to = at + 1, to + length
    for place in range(0, records.children.shape[1], 2):
        for child in range(records.children[record, place], records.children[record, place + 1]):
            for byte in range(16):
                buffer[to + byte] = records.digests[child, byte]
            words[at] = 16
            at, to = at + 1, to + 16
