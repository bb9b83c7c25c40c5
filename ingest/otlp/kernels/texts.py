"""Refs to Arrow: texts copied out of source and scratch straight into the buffers of string arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.compiled import copy_bytes, inlined, kernel

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def text_array(source: Bytes, arena: Arena, table: Ints, column: int, rows: Ints) -> pa.Array:
    """The texts at `column` of `rows` of a table, none of them null."""
    offsets = _offsets(table[rows, column + 1])
    data = np.empty(int(offsets[-1]), np.uint8)
    _gather(source, arena.scratch, table, column, rows, data)
    return _string_array(offsets, data)


def optional_text_array(source: Bytes, arena: Arena, table: Ints, column: int) -> pa.Array:
    """The texts at `column` of all rows of a table, null where they are absent."""
    lengths = table[:, column + 1]
    offsets = _offsets(lengths)
    data = np.empty(int(offsets[-1]), np.uint8)
    _gather(source, arena.scratch, table, column, np.arange(len(table)), data)
    return _string_array(offsets, data, lengths > 0)


def hex_array(identifiers: Bytes) -> pa.Array:
    """Rows of bytes as lower-case hex, null where all of them are zero."""
    count, width = identifiers.shape
    data = np.empty(count * width * 2, np.uint8)
    _write_hex(np.ascontiguousarray(identifiers), data)
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(2 * width)
    return _string_array(offsets, data, are_given(identifiers))


def are_given(identifiers: Bytes) -> npt.NDArray[np.bool_]:
    """False for rows of zeroes: ids that are none."""
    is_given = np.empty(len(identifiers), np.bool_)
    _find_given(np.ascontiguousarray(identifiers), is_given)
    return is_given


@kernel
def _write_hex(identifiers: Bytes, data: Bytes) -> None:
    to = 0
    for row in range(identifiers.shape[0]):
        for place in range(identifiers.shape[1]):
            byte = identifiers[row, place]
            data[to] = _HEX[byte >> 4]
            data[to + 1] = _HEX[byte & 15]
            to += 2


@kernel
def _find_given(identifiers: Bytes, is_given: npt.NDArray[np.bool_]) -> None:
    for row in range(identifiers.shape[0]):
        bits = 0
        for place in range(identifiers.shape[1]):
            bits |= identifiers[row, place]
        is_given[row] = bits != 0


def validity(is_given: npt.NDArray[np.bool_]) -> pa.Buffer | None:
    """Arrow's bitmap of what is not null; none where all is given."""
    return None if is_given.all() else pa.py_buffer(np.packbits(is_given, bitorder="little"))


def _string_array(
    offsets: npt.NDArray[np.int32], data: Bytes, is_given: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    bitmap = None if is_given is None else validity(is_given)
    return pa.Array.from_buffers(
        pa.string(), len(offsets) - 1, [bitmap, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def _offsets(lengths: Ints) -> npt.NDArray[np.int32]:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets.astype(np.int32)


@inlined
def copy_text(source: Bytes, scratch: Bytes, offset: int, length: int, data: Bytes, to: int) -> None:
    """Copy a ref to `to`."""
    if offset < len(source):
        copy_bytes(data, to, source, offset, length)
    else:
        copy_bytes(data, to, scratch, offset - len(source), length)


@kernel
def _gather(source: Bytes, scratch: Bytes, table: Ints, column: int, rows: Ints, data: Bytes) -> None:
    to = 0
    for row in rows:
        length = table[row, column + 1]
        copy_text(source, scratch, table[row, column], length, data, to)
        to += length


def ranges(begins: Ints, ends: Ints) -> Ints:
    """The numbers of all ranges [begin, end), one range behind the other."""
    rows = np.empty(int((ends - begins).sum()), np.int64)
    _fill_ranges(np.ascontiguousarray(begins), np.ascontiguousarray(ends), rows)
    return rows


@kernel
def _fill_ranges(begins: Ints, ends: Ints, rows: Ints) -> None:
    at = 0
    for place in range(len(begins)):
        for row in range(begins[place], ends[place]):
            rows[at] = row
            at += 1
