"""The serving database as a question sees it: one select at a time, whichever database it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from ingest.settings import Settings
from metabase.content.statements import Reads
from metabase.contracts import Mart, Project
from metabase.serving import Serving
from metabase.sql import quoted
from metabase.tables import GATE_RESULTS, PUBLICATIONS

SCHEMA = "marts"


class QueryError(Exception):
    """The database did not run the question; the message is what it said, on one line."""


@dataclass(frozen=True)
class Answer:
    """The result of one select."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


class Database(Protocol):
    """What both serving databases can do."""

    def query(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Run one select with parameters `$1` and on. Raises QueryError."""


@dataclass(frozen=True)
class DuckDatabase:
    """DuckDB: the serving folder, or empty tables."""

    connection: duckdb.DuckDBPyConnection

    def query(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Run one select."""
        try:
            found = self.connection.execute(sql, list(values))
            return Answer(tuple(column[0] for column in found.description or ()), found.fetchall())
        except duckdb.Error as error:
            raise QueryError(_one_line(error)) from error


@dataclass(frozen=True)
class PostgresDatabase:
    """PostgreSQL, through ADBC."""

    connection: Any

    def query(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Run one select; the transaction ends with it."""
        import adbc_driver_manager

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, tuple(values) or None)
                found = cursor.fetch_arrow_table()
        except adbc_driver_manager.Error as error:
            raise QueryError(_one_line(error)) from error
        finally:
            self.connection.rollback()
        columns = [_values(found.field(place), found.column(place)) for place in range(found.num_columns)]
        return Answer(tuple(found.column_names), list(zip(*columns, strict=True)))


def _values(field: pa.Field, column: pa.ChunkedArray) -> list[Any]:
    """The values of one column; the driver gives PostgreSQL's `numeric` as text."""
    values: list[Any] = column.to_pylist()
    if isinstance(field.type, pa.OpaqueType) and field.type.type_name == "numeric":
        return [None if value is None else Decimal(value) for value in values]
    return values


@contextmanager
def serving_database(settings: Settings) -> Iterator[Database | None]:
    """The database that readers ask, read only; null before the first release of a folder.

    Raises PostgresError when PostgreSQL cannot be reached.
    """
    if settings.postgres:
        from metabase.postgres.connection import connected

        with connected(settings.postgres) as connection:
            yield PostgresDatabase(connection)
        return
    file = Serving(Path(settings.serving)).database
    if not file.exists():
        yield None
        return
    with duckdb.connect(str(file), read_only=True) as connection:
        yield DuckDatabase(connection)


@contextmanager
def empty_database(project: Project) -> Iterator[DuckDatabase]:
    """Every published mart and journal as an empty table with the columns of its contract."""
    with duckdb.connect() as connection:
        connection.execute(f"create schema {quoted(SCHEMA)}")
        for name, columns in published(project).items():
            listed = ", ".join(f"{quoted(column)} {data_type}" for column, data_type in columns.items())
            connection.execute(f"create table {quoted(SCHEMA)}.{quoted(name)} ({listed})")
        yield DuckDatabase(connection)


def published(project: Project) -> dict[str, dict[str, str]]:
    """What readers find in the schema `marts`: the columns of each mart and journal, with their types."""
    marts: list[Mart] = [*project.marts, *([project.health] if project.health else [])]
    found = {mart.name: {column.name: column.data_type for column in mart.columns} for mart in marts}
    return found | {"publications": dict(PUBLICATIONS), "gate_results": dict(GATE_RESULTS)}


def unpublished(reads: Reads, project: Project) -> list[str]:
    """The tables of `reads` that readers do not have."""
    known = {f"{SCHEMA}.{name}" for name in published(project)}
    return sorted(reads.tables - known)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
