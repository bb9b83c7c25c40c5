"""What a data file holds once some of its rows are taken out again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest import parquet
from ingest.schema import RECORD_TABLES
from tests.ingest.kernel_checks import names_no_other_keys


def _rows(table: str, names: str) -> pa.Table:
    """A row for each name, which is a key of every map in it; nothing else is known."""

    def value(data_type: pa.DataType, name: str) -> object:
        if pa.types.is_map(data_type):
            return [(name, None if pa.types.is_floating(data_type.item_type) else "text")]
        if pa.types.is_list(data_type) and pa.types.is_struct(data_type.value_type):
            return [{field.name: value(field.type, name) for field in data_type.value_type}]
        return None

    schema = RECORD_TABLES[table]
    columns = [pa.array([value(field.type, name) for name in names], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


@pytest.mark.parametrize("table", RECORD_TABLES)
def test_a_file_without_some_rows_holds_the_others_and_none_of_their_keys(table: str, tmp_path: Path) -> None:
    rows = _rows(table, "abcb")
    path = tmp_path / "rows.parquet"
    dictionary, statistics = parquet._encoded(table)
    with pq.ParquetWriter(
        path, rows.schema, use_dictionary=dictionary, write_statistics=statistics, store_schema=False
    ) as writer:
        writer.write_table(rows)
        writer.write_table(rows.slice(2))
    left = list(
        parquet._without(path, table, np.array([False, True, False, True, False, True]), lambda rows: rows)
    )
    assert [part.to_pylist() for part in left] == [rows.take([0, 2]).to_pylist(), rows.take([2]).to_pylist()]
    for part in left:
        assert part.schema == rows.schema
        assert names_no_other_keys(part)
