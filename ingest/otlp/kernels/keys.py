"""The keys of attributes, each text once: of the few shapes that lists have, not of the many lists."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.otlp.kernels import arena as a
from ingest.otlp.kernels.arena import Arena, Bytes, Ints
from ingest.otlp.kernels.compiled import kernel
from ingest.otlp.kernels.texts import ranges, text_array

Int32s = npt.NDArray[np.int32]


class Keys(NamedTuple):
    """`codes` int32[attributes] is the place of the key of each row of `attrs` among `names`."""

    codes: Int32s
    names: pa.Array

    def of(self, rows: Ints) -> pa.Array:
        """The keys of rows of `attrs`, `ingest.schema.NAME`."""
        return pa.DictionaryArray.from_arrays(pa.array(self.codes[rows]), self.names)


def keys_of(source: Bytes, arena: Arena) -> Keys:
    """The keys of all attributes of a trimmed arena."""
    shapes = arena.lists[arena.shapes]
    begins, ends = shapes[:, a.LIST_BEGIN], shapes[:, a.LIST_END]
    rows = arena.order[ranges(begins, ends)]
    keys = text_array(source, arena, arena.attrs, a.KEY, rows).dictionary_encode()
    firsts = np.zeros(len(shapes) + 1, np.int64)
    np.cumsum(ends - begins, out=firsts[1:])
    codes = np.zeros(len(arena.attrs), np.int32)
    _write_codes(arena.lists, arena.order, firsts, keys.indices.to_numpy(), codes)
    return Keys(codes, keys.dictionary)


def with_own_keys(rows: pa.Table) -> pa.Table:
    """The same rows, whose maps name no key of other rows: all that a dictionary holds is written with it."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_map(field.type):
            maps = rows.column(place).chunk(0)
            own = pa.MapArray.from_arrays(maps.offsets, _used(maps.keys), maps.items)
            rows = rows.set_column(place, field, own)
    return rows


def _used(keys: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same keys, their dictionary without what none of them is."""
    codes: Int32s = keys.indices.to_numpy()
    names = keys.dictionary
    if len(names) > len(codes):
        # Of the many names of a whole batch few are those of a day.
        few = keys.indices.dictionary_encode()
        return pa.DictionaryArray.from_arrays(few.indices, names.take(few.dictionary))
    is_used = np.zeros(len(names), np.bool_)
    is_used[codes] = True
    places = np.zeros(len(names), np.int32)
    places[is_used] = np.arange(is_used.sum(), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(places[codes]), names.filter(pa.array(is_used)))


@kernel
def _write_codes(lists: Ints, order: Ints, firsts: Ints, of_shapes: Int32s, codes: Int32s) -> None:
    """A list has at each place, its rows by key, what its shape has there."""
    for each in range(len(lists)):
        begin, first = lists[each, a.LIST_BEGIN], firsts[lists[each, a.LIST_SHAPE]]
        for place in range(lists[each, a.LIST_END] - begin):
            codes[order[begin + place]] = of_shapes[first + place]
