"""A span that comes late costs what it changes: its trace, and the day of that trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Home
from tests.warehouse.building import SECOND, Span, build, land

# One worker builds the home that all of these ask.
pytestmark = pytest.mark.xdist_group("late")

DAY = 86_400 * SECOND
# 2026-10-01T12:00:00Z
NOON = 1_790_812_800 * SECOND + DAY // 2

# Of each model a column that tells its rows apart, and what a late span of the second trace may write.
WRITTEN = {
    "intermediate.int_spans": ("trace_id", {f"{2:032x}"}),
    "intermediate.int_span_context": ("trace_id", {f"{2:032x}"}),
    "intermediate.int_span_usage": ("trace_id", {f"{2:032x}"}),
    "intermediate.int_usage_sources": ("usage_date", {"2026-10-02"}),
    "intermediate.int_call_costs": ("usage_date", {"2026-10-02"}),
    "intermediate.int_tiered_calls": ("usage_date", {"2026-10-02"}),
    "marts.token_usage_daily": ("usage_date", {"2026-10-02"}),
}


def call(trace: int, number: int) -> Span:
    """A call in the trace of that day of October; traces 2 and 4 are of the second day."""
    at = NOON + (1 if trace == 4 else trace - 1) * DAY
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": number,
    }
    return Span(trace, number, at + number, at + number + SECOND, attributes)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, int, int]]:
    """A home of three days to which a late span came, and the snapshots before and after that was built."""
    home = Home(tmp_path_factory.mktemp("late"))
    land(home, "early.jsonl", [call(trace, 10 * trace) for trace in (1, 2, 3, 4)])
    build(home, "+token_usage_daily")
    land(home, "late.jsonl", [call(2, 21)])
    before = _snapshot(home)
    build(home, "+token_usage_daily")
    yield home, before, _snapshot(home)


def _snapshot(home: Home) -> int:
    return int(home.in_lake("select id from lake.current_snapshot()")[0][0])


@pytest.mark.parametrize("table", WRITTEN)
def test_a_late_span_recomputes_its_trace_and_its_day_and_nothing_else(
    snapshots: tuple[Home, int, int], table: str
) -> None:
    home, before, after = snapshots
    schema, name = table.split(".")
    column, expected = WRITTEN[table]
    written = home.in_lake(
        f"select distinct cast({column} as varchar) "
        f"from ducklake_table_changes('lake', '{schema}', '{name}', {before + 1}, {after})"
    )
    assert {value for (value,) in written} == expected
