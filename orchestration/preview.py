"""What a person sees of a mart in the Dagster UI: rows, rows a day as a bar, and the newest ten."""

from __future__ import annotations

from typing import Any

import duckdb

SHOWN_COLUMNS = 9
BARS = " ▁▂▃▄▅▆▇█"
_ESCAPED = str.maketrans({"\\": "\\\\", "|": "\\|", "&": "&amp;", "<": "&lt;", ">": "&gt;"})
DAY_COLUMNS = ("usage_date", "evaluation_date", "snapshot_date", "kpi_date", "occurred_at", "valid_from")


def sparkline(counts: list[int]) -> str:
    """One bar a value, scaled to the largest; empty for no values."""
    top = max(counts, default=0)
    return "".join(BARS[-(-count * (len(BARS) - 1) // top)] if top else BARS[0] for count in counts)


def markdown_table(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    """A Markdown table; what means something to Markdown or a terminal is escaped or blank, null is `·`."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def preview(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> tuple[int, str]:
    """Row count and a Markdown preview of `lake.<schema>.<name>`, which the dbt manifest names."""
    relation = connection.sql(f'from lake."{schema}"."{name}"')
    columns = relation.columns
    day = next((column for column in DAY_COLUMNS if column in columns), None)
    count = relation.count("*").fetchall()[0][0]
    parts = []
    if day and count:
        days = (
            relation.aggregate(f"cast({day} as date) as day, count(*) as n")
            .order("day desc")
            .limit(30)
            .fetchall()
        )
        bars = sparkline([rows for _, rows in reversed(days)])
        parts.append(f"Rows a day, {days[-1][0]} to {days[0][0]} (UTC): `{bars}`")
    newest = relation.order(f"{day} desc") if day else relation
    shown = columns[:SHOWN_COLUMNS]
    parts.append(
        markdown_table(shown, newest.limit(10).project(", ".join(f'"{c}"' for c in shown)).fetchall())
    )
    return count, "\n\n".join(parts)


def _cell(value: Any) -> str:
    if value is None:
        return "·"
    shown = "".join(c if c.isprintable() else " " for c in str(value))[:80]
    return shown.translate(_ESCAPED)
