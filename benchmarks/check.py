"""What a peer wrote against what the input holds, and against what ingest made of it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.tables import COLUMNS, TABLES
from benchmarks.workload import EVENT_ATTRIBUTES, Workload
from ingest.schema import RECORD_TABLES, sql_type


def check_output(output: Path, workload: Workload) -> None:
    """Raise ValueError, saying what differs, unless the Parquet files below `output` hold the workload.

    Compared: the columns, rows of three tables, attributes of spans and events, the sum of input tokens.
    """
    for table in TABLES:
        for file in _files(output, table):
            missing = set(COLUMNS[table]) - set(pq.read_schema(file).names)
            if missing:
                raise ValueError(f"{file} lacks {', '.join(sorted(missing))}.")
    found = (
        *_row(output, "spans", f"count(*), {_ATTRIBUTES}, {_TOKENS}, count(distinct span_id)"),
        *_row(output, "span_events", f"count(*), {_ATTRIBUTES}, count(distinct span_id)"),
        *_row(output, "span_links", "count(*), count(distinct linked_span_id)"),
    )
    held = (
        *(workload.spans, workload.attributes, workload.input_tokens, workload.spans),
        *(workload.events, workload.events * EVENT_ATTRIBUTES, workload.events),
        *(workload.links, workload.links),
    )
    if found != held:
        raise ValueError(f"{output} holds {found}, the input {held} ({_MEANING}).")


def check_same(output: Path, landed: Path) -> None:
    """Raise ValueError, naming the column, unless both folders hold the same values in every row.

    Rows may stand in any order; each value is compared under the ids of its record, in ingest's type. Record
    digests are compared where they were made.
    """
    for table in TABLES:
        place = {"span_events": ", event_index", "span_links": ", link_index"}.get(table, "")
        schema = RECORD_TABLES[table]
        written = pq.read_schema(_files(output, table)[0]).names
        names = [*COLUMNS[table], *({"record_digest"} & set(written))]
        digests = ", ".join(
            f"bit_xor(hash(trace_id, span_id{place}, cast({name} as {sql_type(schema.field(name).type)})))"
            for name in names
        )
        pairs = zip(names, _row(output, table, digests), _row(landed, table, digests), strict=True)
        if different := [name for name, theirs, ours in pairs if theirs != ours]:
            raise ValueError(f"{output}: other values than ingest in {table}: {', '.join(different)}.")


_ATTRIBUTES = "coalesce(sum(cardinality(attributes)), 0)::bigint"
_TOKENS = "coalesce(sum(cast(attributes['gen_ai.usage.input_tokens'] as bigint)), 0)::bigint"
_MEANING = (
    "spans, their attributes, tokens and ids; events, their attributes and spans; links and their targets"
)


def _files(output: Path, table: str) -> list[Path]:
    files = sorted(output.glob(f"lake/bronze/{table}/**/*.parquet"))
    if not files:
        raise ValueError(f"{output} holds no Parquet file of {table}.")
    return files


def _row(output: Path, table: str, expressions: str) -> tuple[int, ...]:
    files = [str(file) for file in _files(output, table)]
    query = f"select {expressions} from read_parquet($files)"  # noqa: S608 - constants of this module
    row = duckdb.execute(query, {"files": files}).fetchone()
    assert row is not None
    return tuple(row)
