"""Does the gate hold? Plant each of seven faults in a scratch copy of a mart and see what notices it.

The marts themselves, the lake and the serving folder are only read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from metabase.audit import audit_mart, open_context
from metabase.contracts import Mart, Project
from metabase.spec import FOLDER, Spec, Total, read_spec
from metabase.sql import quoted, select

COPY = "temp.main.planted"
FAULTS = (
    "missing column",
    "null key",
    "doubled grain",
    "value out of range",
    "ten times the rows",
    "orphan key",
    "lost total",
)


@dataclass(frozen=True)
class Planted:
    """One fault in one mart and the checks that hold the mart because of it.

    `held_by` is empty when nothing noticed; `problem` then says why the fault could not be planted, or
    is null when it was planted and slipped through.
    """

    mart: str
    fault: str
    held_by: tuple[str, ...]
    problem: str | None = None


def plant_faults(
    connection: duckdb.DuckDBPyConnection, project: Project, *, as_of: datetime, specs: Path = FOLDER
) -> Iterator[Planted]:
    """Plant every fault of `FAULTS` in a copy of every mart, one at a time, and audit the copy."""
    context = open_context()
    for mart in project.marts:
        spec = read_spec(mart, project.relations, specs)
        for fault in FAULTS:
            connection.execute(f"create or replace temp table planted as {select('*', mart.relation)}")
            statements, problem = _plant(connection, mart, spec, fault)
            for statement in statements:
                connection.execute(statement)
            if problem:
                yield Planted(mart.name, fault, (), problem)
                continue
            results = audit_mart(
                context, connection, mart, project.relations, as_of=as_of, specs=specs, relation=COPY
            )
            yield Planted(mart.name, fault, tuple(r.check_name for r in results if r.holds))
    connection.execute("drop table if exists planted")


def _plant(
    connection: duckdb.DuckDBPyConnection, mart: Mart, spec: Spec, fault: str
) -> tuple[list[str], str | None]:
    """The statements that plant `fault` in the copy, or why there are none."""
    count = connection.execute(select("count(*)", COPY)).fetchone()
    if not count or not count[0]:
        return [], "the mart has no rows"
    types = {column.name: column.data_type for column in mart.columns}
    first_row = f"where rowid = ({select('min(rowid)', COPY)})"
    match fault:
        case "missing column":
            return [f"alter table {COPY} drop column {quoted(mart.column_names[-1])}"], None
        case "null key":
            return [_set(mart.grain[0], "null", first_row)], None
        case "doubled grain":
            return [f"insert into {COPY} {select('*', f'{COPY} {first_row}')}"], None
        case "value out of range":
            return _out_of_range(spec, types, first_row)
        case "ten times the rows":
            return [_ten_times(mart, spec, types)], None
        case "orphan key":
            if not spec.references:
                return [], "its expectations name no reference"
            return [_set(next(iter(spec.references)), "'planted orphan'", first_row)], None
        case _:
            if spec.reconciliation is None:
                return [], "its expectations reconcile no total"
            return [_lost_total(mart, spec, spec.reconciliation.totals[-1])], None


def _out_of_range(spec: Spec, types: Mapping[str, str], first_row: str) -> tuple[list[str], str | None]:
    """One beyond the first bound; without a bound, a value that is not accepted."""
    for column, bounds in spec.ranges.items():
        if bounds.at_least is not None:
            value = bounds.at_least - Decimal(1)
        elif bounds.at_most is not None:
            value = bounds.at_most + Decimal(1)
        else:
            continue
        return [_set(column, f"cast({value} as {types[column]})", first_row)], None
    if spec.accepted_values:
        return [_set(next(iter(spec.accepted_values)), "'planted value'", first_row)], None
    return [], "its expectations bound no column"


def _ten_times(mart: Mart, spec: Spec, types: Mapping[str, str]) -> str:
    """Nine more copies of every row, each under a key of its own, so that only the counts are wrong."""
    free = [name for name in mart.grain if name not in spec.references]
    texts = [name for name in free if types[name].lower() in ("varchar", "text", "string")]
    others = [name for name in free if name not in texts and types[name].lower() != "date"]
    key = (texts or others or list(mart.grain))[-1]
    kind = types[key].lower()
    if key in texts or kind in ("varchar", "text", "string"):
        value = f"{quoted(key)} || ' ' || copy"
    elif kind.startswith("timestamp"):
        value = f"{quoted(key)} + to_microseconds(copy)"
    else:
        value = f"{quoted(key)} + cast(copy * 100000 as integer)"
    rows = select(
        f"* exclude (copy) replace ({value} as {quoted(key)})", f"{COPY}, range(1, 10) as copies (copy)"
    )
    return f"insert into {COPY} {rows}"


def _lost_total(mart: Mart, spec: Spec, total: Total) -> str:
    """The largest part loses a total: the column is emptied, or the rows where rows are counted."""
    busiest = select(f"{spec.by} as part", f"{COPY} group by 1 order by count(*) desc, 1 limit 1")
    of_that_part = f"where {spec.by} = ({busiest})"
    if total.name in mart.column_names:
        return _set(total.name, "0", of_that_part)
    return f"delete from {COPY} {of_that_part}"  # noqa: S608 - see sql.py


def _set(column: str, value: str, where: str) -> str:
    return f"update {COPY} set {quoted(column)} = {value} {where}"  # noqa: S608 - see sql.py
