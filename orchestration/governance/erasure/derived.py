"""What was made from the records: rows that hold a name go; the next run makes those anew that should be."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.subjects import Flags, Names, rows_about
from orchestration.governance.alerting.tables import has_table
from orchestration.governance.erasure.stripping import delete_rows, ids_where, strip_rows

# Bronze has its own rules, seeds are the project's files; the ledger and what proves erasures hold no names.
_LEFT_ALONE = ("bronze", "seeds")
_NAMELESS = frozenset({"ledger", "checkpoints", "ledger_marks", "tombstones", "suppressions", "erasures"})
# Nobody could write these anew.
_STRIPPED = ("governance.alerts", "governance.deliveries", "marts.gate_results")


def forget_derived(connection: duckdb.DuckDBPyConnection, names: Names) -> dict[str, int]:
    """Delete or strip every row outside of bronze that holds a name; how many of each table.

    To be called in the transaction that removed the records, whose traces stand in `bronze.removals`: a row
    without a tenant goes where its trace was touched, or where it has none.
    """
    touched = {
        trace
        for (trace,) in connection.execute(
            "select distinct trace_id from lake.bronze.removals where trace_id is not null"
        ).fetchall()
    }
    counts = _findings_of_removed(connection)
    for table in _tables(connection):
        if table in _STRIPPED:
            number = strip_rows(connection, table, names)
        else:
            number = _delete(connection, table, names, pa.array(touched, pa.string()))
        if number:
            counts[table] = number
    return counts


def _findings_of_removed(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """What a detector found in a removed record goes with it: it holds no name, but a hash of one."""
    if not has_table(connection, "governance", "personal_data_findings"):
        return {}
    number = connection.execute(
        "delete from lake.governance.personal_data_findings "
        "where record_digest in (select record_digest from lake.bronze.removals)"
    ).fetchall()[0][0]
    return {"governance.personal_data_findings": number} if number else {}


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'lake' "
        "and schema_name not in (select unnest(?::varchar[])) order by all",
        [list(_LEFT_ALONE)],
    ).fetchall()
    yield from (f"{schema}.{name}" for schema, name in rows if name not in _NAMELESS)


def _delete(connection: duckdb.DuckDBPyConnection, table: str, names: Names, touched: pa.Array) -> int:
    def doomed(rows: pa.Table) -> Flags:
        about = rows_about(rows, names)
        if not np.any(about) or "tenant_id" in rows.column_names or "trace_id" not in rows.column_names:
            return about
        traces = rows.column("trace_id")
        is_touched = pc.or_(pc.is_null(traces), pc.is_in(traces, touched))
        both: Flags = about & is_touched.to_numpy(zero_copy_only=False)
        return both

    ids = ids_where(connection, table, doomed)
    delete_rows(connection, table, ids)
    return len(ids)
