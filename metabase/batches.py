"""The three bounded tables that stand for a mart in its audit: its columns, its rows and its totals.

SQL does the counting and the looking up; Great Expectations judges what SQL found.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from metabase.contracts import Mart
from metabase.spec import Reconciliation, Spec
from metabase.sql import literal, quoted, select

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# A median of fewer days says little about a day.
DAYS_FOR_A_MEDIAN = 7


def found_columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Name and type of each column that `relation` really has, in order."""
    described = connection.execute(f"describe {select('*', relation)}").fetchall()
    return [(row[0], row[1]) for row in described]


def columns_batch(connection: duckdb.DuckDBPyConnection, mart: Mart, relation: str) -> pd.DataFrame:
    """One row per position: what the contract declares there, and what the table has.

    Types are spelled as DuckDB spells them; '(none)' where one side has no column of that name.
    """
    import pandas as pd

    found = found_columns(connection, relation)
    declared = _declared(connection, mart)
    found_types = dict(found)
    rows = []
    for position in range(max(len(declared), len(found))):
        name, data_type = declared[position] if position < len(declared) else ("(none)", "(none)")
        found_name = found[position][0] if position < len(found) else "(none)"
        found_type = found_types.get(name, "(none)")
        rows.append((position + 1, name, found_name, data_type, found_type, found_type.split("(")[0]))
    return pd.DataFrame(
        rows,
        columns=["position", "declared_name", "found_name", "declared_type", "found_type", "plain_type"],
    )


def rows_batch(
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    spec: Spec,
    relations: Mapping[str, str],
    relation: str,
) -> pd.DataFrame:
    """Every row of the mart: the columns that its suite judges, and one boolean per reference and rule.

    Text is HTML-escaped, because Data Docs show it as it is and it may come from telemetry. Of a column that
    may only not be null no more is read than whether it is: true or null.
    """
    not_null = {column.name for column in mart.columns if not column.is_nullable}
    valued = {*mart.grain, *spec.ranges, *spec.accepted_values}
    picked = [
        f"{_judged(name, data_type, by_value=name in valued)} as {quoted(name)}"
        for name, data_type in _declared(connection, mart)
        if name in valued | not_null
    ]
    for column, reference in spec.references.items():
        value, target = f"mart.{quoted(column)}", quoted(reference.column)
        known = select("1", f"{relations[reference.model]} as reference where reference.{target} = {value}")
        picked.append(
            f"({value} is null or cast({value} as varchar) = 'unknown' or exists ({known})) "
            f"as {quoted(reference_column(column))}"
        )
    picked += [f"({condition}) as {quoted(rule_column(name))}" for name, condition in spec.rows.items()]
    return connection.execute(select(", ".join(picked), f"{relation} as mart")).df()


def _judged(name: str, data_type: str, *, by_value: bool) -> str:
    if not by_value:
        return f"case when {quoted(name)} is not null then true end"
    return _escaped(quoted(name)) if data_type == "VARCHAR" else quoted(name)


def totals_batch(
    connection: duckdb.DuckDBPyConnection,
    spec: Spec,
    relations: Mapping[str, str],
    relation: str,
    as_of: datetime,
) -> pd.DataFrame:
    """One row per `by` of the mart or its source: totals on both sides, and whether they agree.

    Null in `volume_is_usual` where there are too few days to tell; null in `day_is_fresh` on every day
    but the newest. Totals may ask for the as-of instant, in UTC, as `getvariable('as_of')`.
    """
    connection.execute(f"set variable as_of = timestamp '{_utc(as_of)}'")
    totals = spec.reconciliation.totals if spec.reconciliation else ()
    in_mart = "".join(f", {total.in_mart} as mart_{n}" for n, total in enumerate(totals))
    shown = "".join(
        f", cast(mart_{n} as varchar) as {quoted(mart_column(total.name))}"
        f", cast(source_{n} as varchar) as {quoted(source_column(total.name))}"
        f", coalesce(abs(mart_{n} - source_{n}) <= {total.rounding_per_row} * coalesce(mart_rows, 0), "
        f"mart_{n} is null and source_{n} is null) as {quoted(agrees_column(total.name))}"
        for n, total in enumerate(totals)
    )
    source = (
        _source_totals(spec.reconciliation, relations)
        if spec.reconciliation
        else "select null as part limit 0"
    )
    return connection.execute(
        f"""
        with mart as (
            select {spec.by} as part, count(*) as mart_rows{in_mart} from {relation} as mart group by 1
        ),
        source as ({source}),
        totals as (
            select coalesce(mart.part, source.part) as part, * exclude (part)
            from mart full join source on mart.part is not distinct from source.part
        )
        select
            cast(part as varchar) as {quoted(spec.by or "")},
            mart_rows{shown},
            {_volume(spec)} as volume_is_usual,
            {_freshness(spec, as_of)} as day_is_fresh
        from totals
        order by part
        """  # noqa: S608 - see sql.py
    ).df()


def _volume(spec: Spec) -> str:
    if spec.usual_volume_within_times is None:
        return "null"
    usual, times = "median(mart_rows) over ()", spec.usual_volume_within_times
    return (
        f"case when count(mart_rows) over () >= {DAYS_FOR_A_MEDIAN} "
        f"then mart_rows between {usual} / {times} and {usual} * {times} end"
    )


def _freshness(spec: Spec, as_of: datetime) -> str:
    if spec.fresh_within_hours is None:
        return "null"
    end_of_day = f"cast(part as date) + interval 1 day + to_hours({spec.fresh_within_hours})"
    return f"case when part = max(part) over () then {end_of_day} >= timestamp '{_utc(as_of)}' end"


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat()


def reference_column(column: str) -> str:
    """The boolean column of `rows_batch` that says whether `column` points at something."""
    return f"{column} is known"


def rule_column(name: str) -> str:
    """The boolean column of `rows_batch` that says whether a row keeps the rule."""
    return f"rule {name}"


def mart_column(total: str) -> str:
    """The column of `totals_batch` with the mart's total."""
    return f"{total} in mart"


def source_column(total: str) -> str:
    """The column of `totals_batch` with the source's total."""
    return f"{total} in source"


def agrees_column(total: str) -> str:
    """The boolean column of `totals_batch` that compares the two."""
    return f"{total} agrees"


def _source_totals(reconciliation: Reconciliation, relations: Mapping[str, str]) -> str:
    sums = "".join(f", {total.in_source} as source_{n}" for n, total in enumerate(reconciliation.totals))
    source = f"{relations[reconciliation.source]} where {reconciliation.where} group by 1"
    return select(f"{reconciliation.source_by} as part{sums}", source)


def _declared(connection: duckdb.DuckDBPyConnection, mart: Mart) -> list[tuple[str, str]]:
    casts = ", ".join(f"cast(null as {column.data_type}) as {quoted(column.name)}" for column in mart.columns)
    return found_columns(connection, f"(select {casts})")


def _escaped(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = f"replace({text}, {literal(character)}, {literal(entity)})"
    return text
