"""Rows that stay without the name: money, what was told, what the gate found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingest.subjects import Names, are_keys, rows_about, rows_stripped

ROWS_AT_ONCE = 20_000
_Row = dict[str, Any]


def strip_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Names,
    also: Callable[[_Row], _Row] = lambda row: row,
) -> int:
    """Put an empty text in place of every text of a table that holds a name; how many rows held one.

    `also` changes such a row further. In the caller's transaction.
    """
    number = 0
    for rows in list(rows_with(connection, table, lambda rows: rows_about(rows, names))):
        ids = rows.column("rowid")
        new = rows_stripped(rows.drop_columns(["rowid"]), names)
        replace_rows(
            connection, table, ids, pa.Table.from_pylist([also(r) for r in new.to_pylist()], new.schema)
        )
        number += rows.num_rows
    return number


def strip_records(
    connection: duckdb.DuckDBPyConnection, money: Mapping[str, Collection[str]], names: Names
) -> dict[str, int]:
    """The records of `money` (keys by bronze table) without the names; how many rows of each table."""
    counts: dict[str, int] = {}
    for table, keys in money.items():
        name = f"bronze.{table}"
        for rows in list(rows_with(connection, name, lambda rows: are_keys(table, rows, keys))):  # noqa: B023
            new = rows_stripped(rows.drop_columns(["rowid"]), names)
            replace_rows(connection, name, rows.column("rowid"), new)
            counts[table] = counts.get(table, 0) + rows.num_rows
    return counts


def rows_with(
    connection: duckdb.DuckDBPyConnection, table: str, wanted: Callable[[pa.Table], Any]
) -> Iterator[pa.Table]:
    """The rows of a lake table that `wanted` flags, in parts, with their `rowid`."""
    reader = connection.execute(f"select rowid, * from lake.{table}").to_arrow_reader(ROWS_AT_ONCE)  # noqa: S608 - a table of ours
    for batch in reader:
        rows = pa.Table.from_batches([batch])
        flags = wanted(rows)
        if np.any(flags):
            yield rows.filter(pa.array(flags))


def replace_rows(
    connection: duckdb.DuckDBPyConnection, table: str, ids: pa.ChunkedArray, new: pa.Table | None
) -> None:
    """Delete the rows of `ids`, and put `new` in their place unless that is null."""
    connection.register("old_rows", pa.table({"id": ids}))
    connection.register("new_rows", new if new is not None else pa.table({"id": ids}))
    try:
        connection.execute(f"delete from lake.{table} where rowid in (select id from old_rows)")  # noqa: S608 - ours
        if new is not None:
            connection.execute(f"insert into lake.{table} by name select * from new_rows")  # noqa: S608 - ours
    finally:
        connection.unregister("old_rows")
        connection.unregister("new_rows")
