"""What the Dagster UI shows of a mart."""

from __future__ import annotations

import duckdb

from orchestration.preview import markdown_table, preview, sparkline


def test_the_largest_day_is_a_full_bar_and_a_day_without_rows_is_blank() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"


def test_text_from_telemetry_is_escaped_and_null_is_visible() -> None:
    table = markdown_table(["name", "cost"], [("<script>|x", None)])
    assert table.splitlines()[2] == "| &lt;script&gt;\\|x | · |"


def test_a_mart_is_shown_with_its_rows_a_day_and_its_newest_rows_first() -> None:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as lake; create schema lake.marts")
    connection.execute(
        "create table lake.marts.usage as select * from (values (date '2026-10-01', 1), "
        "(date '2026-10-02', 2), "
        "(date '2026-10-02', 3)) as rows(usage_date, requests)"
    )
    rows, markdown = preview(connection, "marts", "usage")
    assert rows == 3
    assert "2026-10-01 to 2026-10-02 (UTC): `▄█`" in markdown
    assert markdown.splitlines()[4].startswith("| 2026-10-02 |")
