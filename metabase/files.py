"""One mart as one Parquet file of a release, and the digest that names its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from metabase.contracts import Column, Mart
from metabase.sql import columns, literal, quoted, select

_BATCH = 10_000


def write_mart(connection: duckdb.DuckDBPyConnection, mart: Mart, target: Path) -> tuple[int, str]:
    """Write the rows of `mart` to `target`, ordered by grain; their number and their digest."""
    order = columns(mart.grain or mart.column_names)
    query = select(_casts(mart.columns), mart.relation)
    connection.execute(f"copy ({query} order by {order}) to {literal(str(target))} (format parquet)")
    return digest(connection, query, mart.column_names)


def write_empty(connection: duckdb.DuckDBPyConnection, mart: Mart, target: Path) -> tuple[int, str]:
    """Write a file with the columns of `mart` and no row, for a mart that was never published."""
    nulls = ", ".join(f"cast(null as {column.data_type}) as {quoted(column.name)}" for column in mart.columns)
    query = f"select {nulls} limit 0"
    connection.execute(f"copy ({query}) to {literal(str(target))} (format parquet)")
    return digest(connection, query, mart.column_names)


def digest_file(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[int, str]:
    """Number of rows of a mart's file in a release, and their digest."""
    query = select("*", f"read_parquet({literal(str(file))}, hive_partitioning = false)")
    names = [row[0] for row in connection.execute(f"describe {query}").fetchall()]
    return digest(connection, query, names)


def digest(connection: duckdb.DuckDBPyConnection, query: str, names: Sequence[str]) -> tuple[int, str]:
    """Number of rows of `query`, and one sha256 over them that does not depend on their order.

    Each row becomes text in which every value carries its length, so no two different rows look alike and
    null differs from ''. The digest is that of the column names and the sorted sha256 of the rows.
    """
    values = [f"cast({quoted(name)} as varchar)" for name in names]
    row = ", ".join(f"coalesce(length({value}) || ':' || {value}, '~')" for value in values)
    found = connection.execute(select(f"sha256(concat({row}))", f"({query}) order by 1"))
    total, count = hashlib.sha256(",".join(names).encode()), 0
    while batch := found.fetchmany(_BATCH):
        count += len(batch)
        total.update("".join(value for (value,) in batch).encode())
    return count, total.hexdigest()


def _casts(wanted: Sequence[Column]) -> str:
    return ", ".join(f"cast({quoted(c.name)} as {c.data_type}) as {quoted(c.name)}" for c in wanted)
