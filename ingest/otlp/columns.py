"""Rows to Arrow: one table per UTC day, typed by ingest.schema, to be completed with the load's columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingest.otlp.values import Pairs
from ingest.pieces import Row
from ingest.schema import RECORD_TABLES

# load_id, ingested_at, source_file, source_digest: the loader knows them, a decoder does not.
LOAD_COLUMNS = 4
_EPOCH = date(1970, 1, 1)


def tables_by_day(table: str, rows: Sequence[Row]) -> dict[date | None, pa.Table]:
    """The rows of one bronze table as Arrow, split by UTC day; None holds the records without a time.

    Columns are those of `RECORD_TABLES[table]` without the last four, which belong to the load. Rows keep
    their order within a day. The day itself is the key and no column.
    """
    by_day: dict[int | None, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row[0]].append(row)
    return {
        None if day is None else _EPOCH + timedelta(days=day): _table(table, of_day)
        for day, of_day in by_day.items()
    }


def _table(table: str, rows: list[Row]) -> pa.Table:
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
