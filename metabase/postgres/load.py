"""A release's Parquet files as one schema of tables, with keys, indexes, comments and statistics.

Types: what the file says, which is what the contract said when it was written. Decimals keep precision and
scale, times have no zone (they are UTC), and every text is `text`. A text cannot hold U+0000 in PostgreSQL;
U+FFFD, the sign for a character that could not be shown, stands in its place.

Keys and indexes follow from the contract alone:

- the grain is the primary key; where a column of it may be null, a unique index that counts nulls as equal;
- the first column of dates, or else of times, has an index, unless the key begins with it;
- so has each column of `LOOKED_UP_BY`, with that date or time behind it, unless the key begins with it;
- a key or an index that a text is too long for is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.postgres_url import PostgresUrl
from metabase.contracts import Mart
from metabase.errors import PostgresError
from metabase.postgres.connection import Connection, connected, run
from metabase.serving import FILED_AS
from metabase.sql import columns, literal, quoted

# What dashboards narrow by and drill down to.
LOOKED_UP_BY = ("tenant_id", "trace_id")
_BATCH_ROWS = 65_536
_TYPES = {
    pa.bool_(): "boolean",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.string(): "text",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}
# No index takes texts of kilobytes, and telemetry may send them: the mart is shown without that index.
_TOO_LONG = "when program_limit_exceeded then null;"
_SHOWN_AS = {filed: name for name, filed in FILED_AS.items()}


def load_marts(
    postgres: PostgresUrl,
    folder: Path,
    *,
    schema: str = "marts",
    marts: Sequence[Mart] = (),
    descriptions: Mapping[str, str] | None = None,
) -> None:
    """Make `schema` hold the Parquet files of a release's `folder`, in place of whatever it held before.

    One transaction: readers see the old tables or the new, and wait while they change places. A release
    that readers must not wait for is swapped in (`metabase.postgres.target`); this is for a database of
    one's own. Raises PostgresError.
    """
    with connected(postgres) as connection:
        run(connection, f"drop schema if exists {quoted(schema)} cascade")
        load_schema(connection, folder, schema, marts=marts, descriptions=descriptions or {})
        connection.commit()


def load_schema(
    connection: Connection,
    folder: Path,
    schema: str,
    *,
    marts: Sequence[Mart],
    descriptions: Mapping[str, str],
) -> None:
    """Create `schema` and load every file of `folder` into it, inside the caller's transaction.

    `marts` gives keys and the comments of columns, `descriptions` the comments of tables, by name. A file
    that neither knows is loaded plainly. Raises PostgresError for a type that no contract may declare.
    """
    contracts = {mart.name: mart for mart in marts}
    run(connection, f"create schema {quoted(schema)}")
    for file in sorted(folder.glob("*.parquet")):
        _load(connection, file, schema)
        relation = f"{quoted(schema)}.{quoted(file.stem)}"
        mart = contracts.get(file.stem)
        if mart:
            _index(connection, mart, pq.read_schema(file), schema)
        for statement in _comments(relation, mart, pq.read_schema(file), descriptions.get(file.stem)):
            run(connection, statement)
        run(connection, f"analyze {relation}")


def type_of(data_type: pa.DataType) -> str:
    """PostgreSQL's name for a column's type. Raises PostgresError for a type that no mart may have."""
    if pa.types.is_decimal(data_type):
        return f"numeric({data_type.precision}, {data_type.scale})"
    if data_type not in _TYPES:
        raise PostgresError(
            f"A column of type {data_type} has no like in PostgreSQL; give it a plain type in its contract."
        )
    return _TYPES[data_type]


def _load(connection: Connection, file: Path, schema: str) -> None:
    with pq.ParquetFile(file) as parts:
        found = parts.schema_arrow
        shown = pa.schema([pa.field(_SHOWN_AS.get(field.name, field.name), field.type) for field in found])
        listed = ", ".join(f"{quoted(field.name)} {type_of(field.type)}" for field in shown)
        run(connection, f"create table {quoted(schema)}.{quoted(file.stem)} ({listed})")
        batches = (
            pa.RecordBatch.from_arrays([_without_nul(column) for column in batch.columns], schema=shown)
            for batch in parts.iter_batches(_BATCH_ROWS)
        )
        with connection.cursor() as cursor:
            cursor.adbc_ingest(
                file.stem,
                pa.RecordBatchReader.from_batches(shown, batches),
                mode="append",
                db_schema_name=schema,
            )


def _without_nul(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type) or not pc.any(pc.match_substring(column, "\0")).as_py():
        return column
    return pc.replace_substring(column, "\0", "\ufffd")


def _index(connection: Connection, mart: Mart, file: pa.Schema, schema: str) -> None:
    """The key, then the indexes. A held mart's file may lack a column that the contract has gained."""
    relation = f"{quoted(schema)}.{quoted(mart.name)}"
    grain = mart.grain if set(mart.grain) <= set(file.names) else ()
    if grain:
        _key(connection, mart, grain, relation)
    for wanted in _indexes(mart, grain, file):
        run(connection, f"do $index$ begin {_index_on(relation, wanted)} end $index$")


def _key(connection: Connection, mart: Mart, grain: Sequence[str], relation: str) -> None:
    nullable = {column.name for column in mart.columns if column.is_nullable}
    listed = f"({columns(grain)})"
    if nullable & set(grain):
        key = f"create unique index on {relation} {listed} nulls not distinct"
    else:
        key = f"alter table {relation} add primary key {listed}"
    # A version that is held from before the grain was what it is now is shown as it is.
    unless = f"when unique_violation or not_null_violation then {_index_on(relation, grain)}"
    run(connection, f"do $key$ begin {key}; exception {unless} {_TOO_LONG} end $key$")


def _index_on(relation: str, names: Sequence[str]) -> str:
    return f"begin create index on {relation} ({columns(names)}); exception {_TOO_LONG} end;"


def _indexes(mart: Mart, grain: Sequence[str], file: pa.Schema) -> Iterator[tuple[str, ...]]:
    present = [name for name in mart.column_names if name in file.names]
    dates = [name for name in present if pa.types.is_date(file.field(name).type)]
    times = [name for name in present if pa.types.is_timestamp(file.field(name).type)]
    when = tuple((dates or times)[:1])
    if when and grain[:1] != when:
        yield when
    for name in LOOKED_UP_BY:
        if name in present and tuple(grain[:1]) != (name,):
            yield (name, *when)


def _comments(relation: str, mart: Mart | None, file: pa.Schema, description: str | None) -> Iterator[str]:
    if description:
        yield f"comment on table {relation} is {literal(description)}"
    for column in mart.columns if mart else ():
        if column.description and column.name in file.names:
            yield f"comment on column {relation}.{quoted(column.name)} is {literal(column.description)}"
