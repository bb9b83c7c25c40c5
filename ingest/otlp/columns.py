"""Rows to Arrow: one table per UTC day, typed by ingest.schema, to be completed with the load's columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingest.otlp.values import Pairs
from ingest.pieces import Row
from ingest.schema import RECORD_TABLES

# load_id, ingested_at, source_file, source_digest: the loader knows them, a decoder does not.
LOAD_COLUMNS = 4
# Characters of text in one table of rows. What records share stands once in memory, and once for each of them
# in a table.
LARGEST_TABLE = 16 * 1024 * 1024
_EPOCH = date(1970, 1, 1)


def tables_by_day(table: str, rows: Sequence[Row]) -> dict[date | None, pa.Table]:
    """The rows of one bronze table as Arrow, split by UTC day; None holds the records without a time.

    Columns are those of `RECORD_TABLES[table]` without the last four, which belong to the load. Rows keep
    their order within a day. The day itself is the key and no column.
    """
    return {day: table_of(table, of_day) for day, of_day in rows_by_day(rows).items()}


def rows_by_day(rows: Sequence[Row]) -> dict[date | None, list[Row]]:
    """The rows of each UTC day in their order; None holds the records without a time."""
    by_day: dict[int | None, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row[0]].append(row)
    return {None if day is None else _EPOCH + timedelta(days=day): of_day for day, of_day in by_day.items()}


def in_parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows, so many at a time that a table of them stays below `LARGEST_TABLE`; at least one."""
    part: list[Row] = []
    total = 0
    for row, size in zip(rows, _characters(rows), strict=True):
        if part and total + size > LARGEST_TABLE:
            yield part
            part, total = [], 0
        part.append(row)
        total += size
    if part:
        yield part


def expanded(rows: Sequence[Row]) -> int:
    """How many characters a table of the rows holds, what they share counted for each."""
    return sum(_characters(rows))


def _characters(rows: Sequence[Row]) -> Iterator[int]:
    """The characters of each row."""
    # Of what is shared, by its place in memory: the rows hold it there.
    known: dict[int, int] = {}
    for row in rows:
        total = 0
        for value in row:
            if isinstance(value, str):
                total += len(value)
            elif isinstance(value, tuple | list):
                size = known.get(id(value))
                if size is None:
                    size = known[id(value)] = _length(value)
                total += size
        yield total


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return sum(map(_length, value)) if isinstance(value, tuple | list) else 8


def table_of(table: str, rows: Sequence[Row]) -> pa.Table:
    """Rows of one day as one Arrow table, as `tables_by_day` has it."""
    schema = RECORD_TABLES[table]
    fields = [schema.field(place) for place in range(len(schema) - LOAD_COLUMNS)]
    _, *columns = zip(*rows, strict=True)
    arrays = [_array(field.type, column) for field, column in zip(fields, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _array(data_type: pa.DataType, column: Sequence[Any]) -> pa.Array:
    if not pa.types.is_map(data_type):
        return pa.array(column, data_type)
    # Records under one resource share its map: write each once, then repeat it.
    distinct: dict[int, int] = {}
    maps: list[Pairs] = []
    places: list[int] = []
    for pairs in column:
        place = distinct.setdefault(id(pairs), len(maps))
        if place == len(maps):
            maps.append(pairs)
        places.append(place)
    array = _map_array(data_type, maps)
    return array if len(maps) == len(column) else array.take(pa.array(places, pa.int64()))


def _map_array(data_type: pa.DataType, maps: list[Pairs]) -> pa.Array:
    keys: list[str] = []
    values: list[str] = []
    offsets = [0]
    for own_keys, own_values in maps:
        keys.extend(own_keys)
        values.extend(own_values)
        offsets.append(len(keys))
    return pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()),
        pa.array(keys, data_type.key_type),
        pa.array(values, data_type.item_type),
    )
