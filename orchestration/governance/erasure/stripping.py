"""Rows that stay without the name: money, what was told, what the gate found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from ingest.subjects import Flags, Names, are_keys, rows_about, rows_stripped
from metabase.sql import quoted

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
    ids = ids_where(connection, table, lambda rows: rows_about(rows, names))
    _strip(connection, table, ids, names, also)
    return len(ids)


def strip_records(
    connection: duckdb.DuckDBPyConnection, money: Mapping[str, Collection[str]], names: Names
) -> dict[str, int]:
    """The records of `money` (keys by bronze table) without the names; how many rows of each table."""
    counts: dict[str, int] = {}
    for table, keys in money.items():
        ids = ids_where(connection, f"bronze.{table}", lambda rows: are_keys(table, rows, keys))  # noqa: B023
        _strip(connection, f"bronze.{table}", ids, names, lambda row: row)
        counts[table] = len(ids)
    return counts


def ids_where(
    connection: duckdb.DuckDBPyConnection, table: str, wanted: Callable[[pa.Table], Flags]
) -> list[int]:
    """The `rowid` of the rows that `wanted` flags by what they hold of texts; the rest is not read."""
    schema, name = table.split(".")
    columns = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'lake' and schema_name = ? "
        "and table_name = ? and (contains(data_type, 'VARCHAR') or contains(data_type, 'BLOB')) "
        "order by column_index",
        [schema, name],
    ).fetchall()
    if not columns:
        return []
    listed = ", ".join(quoted(column) for (column,) in columns)
    reader = connection.execute(f"select rowid, {listed} from lake.{table}").to_arrow_reader(ROWS_AT_ONCE)  # noqa: S608 - columns of ours
    return [row for batch in reader for row in _flagged(pa.Table.from_batches([batch]), wanted)]


def delete_rows(connection: duckdb.DuckDBPyConnection, table: str, ids: Sequence[int]) -> None:
    """Delete rows by their `rowid`."""
    if ids:
        connection.execute(
            f"delete from lake.{table} where rowid in (select unnest(?::bigint[]))",  # noqa: S608 - a table of ours
            [list(ids)],
        )


def _flagged(rows: pa.Table, wanted: Callable[[pa.Table], Flags]) -> list[int]:
    flags = wanted(rows)
    found: list[int] = rows.column("rowid").filter(pa.array(flags)).to_pylist() if flags.any() else []
    return found


def _strip(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    ids: Sequence[int],
    names: Names,
    also: Callable[[_Row], _Row],
) -> None:
    for start in range(0, len(ids), ROWS_AT_ONCE):
        some = list(ids[start : start + ROWS_AT_ONCE])
        old = connection.execute(
            f"from lake.{table} where rowid in (select unnest(?::bigint[]))",
            [some],
        ).to_arrow_table()
        changed = [also(row) for row in rows_stripped(old, names).to_pylist()]
        delete_rows(connection, table, some)
        connection.register("new_rows", pa.Table.from_pylist(changed, schema=old.schema))
        try:
            connection.execute(f"insert into lake.{table} by name select * from new_rows")  # noqa: S608 - ours
        finally:
            connection.unregister("new_rows")
