"""Repriced history: what two kept releases say differently."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from metabase.__main__ import main
from metabase.cost_changes import CostChange, cost_changes, lines_of_changes, releases_to_compare
from metabase.errors import UnknownReleaseError
from metabase.serving import Serving

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    return Serving(tmp_path / "serving")


def release(serving: Serving, release_id: str, *rows: str) -> None:
    """A release of token_usage_daily: day, tenant, model, requests, tokens, cost and unpriced requests."""
    folder = serving.release(release_id)
    folder.mkdir(parents=True)
    values = ", ".join(f"({row})" for row in rows)
    duckdb.execute(
        "copy (select cast(day as date) as usage_date, tenant_id, 'p' as provider_name, model, "
        "cast(requests as double) as requests, cast(tokens as bigint) as uncached_input_tokens, "
        "0 as cache_read_tokens, 0 as cache_write_tokens, 0 as visible_output_tokens, 0 as reasoning_tokens, "
        "cast(cost as decimal(38, 9)) as cost_usd, cast(unpriced as double) as unpriced_requests "
        f"from (values {values}) as given (day, tenant_id, model, requests, tokens, cost, unpriced)) "
        f"to '{folder / 'token_usage_daily.parquet'}'"
    )
    serving.pointer.write_text(f"{release_id}\n")


def change(
    model: str, cause: str, before: str | None, after: str | None, *, unpriced_before: float = 0
) -> CostChange:
    known_before, known_after = (None if cost is None else Decimal(cost) for cost in (before, after))
    difference = None if known_before is None or known_after is None else known_after - known_before
    costs = (known_before, known_after, difference)
    return CostChange(OCTOBER, "acme", "p", model, cause, *costs, unpriced_before, 0)


def test_a_month_that_was_repriced_is_listed_and_one_that_costs_the_same_is_not(serving: Serving) -> None:
    same = "'2026-09-30', 'acme', 'm', 1, 10, 5, 0"
    release(
        serving,
        "r00000001",
        same,
        "'2026-10-01', 'acme', 'm', 1, 10, 2, 0",
        "'2026-10-31', 'acme', 'm', 1, 10, 3, 0",
    )
    release(
        serving,
        "r00000002",
        same,
        "'2026-10-01', 'acme', 'm', 1, 10, 1, 0",
        "'2026-10-31', 'acme', 'm', 1, 10, 1.5, 0",
    )
    assert cost_changes(serving, "r00000001", "r00000002") == [change("m", "price", "5", "2.5")]


def test_what_was_used_besides_is_no_change_of_a_price(serving: Serving) -> None:
    release(serving, "r00000001", "'2026-10-01', 'acme', 'm', 1, 10, 2, 0")
    release(
        serving,
        "r00000002",
        "'2026-10-01', 'acme', 'm', 1, 11, 2.2, 0",
        "'2026-10-01', 'acme', 'new', 1, 10, 4, 0",
    )
    assert cost_changes(serving, "r00000001", "r00000002") == [
        change("m", "usage", "2", "2.2"),
        change("new", "usage", "0", "4"),
    ]


def test_a_model_that_has_a_price_now_was_unknown_before_and_not_free(serving: Serving) -> None:
    release(
        serving,
        "r00000001",
        "'2026-10-01', 'acme', 'known_now', 1, 10, null, 1",
        "'2026-10-01', 'acme', 'free', 1, 10, 0, 0",
    )
    release(
        serving,
        "r00000002",
        "'2026-10-01', 'acme', 'known_now', 1, 10, 4, 0",
        "'2026-10-01', 'acme', 'free', 1, 10, 0, 0",
    )
    changes = cost_changes(serving, "r00000001", "r00000002")
    assert changes == [change("known_now", "price", None, "4", unpriced_before=1)]
    assert list(lines_of_changes(changes, "r00000001", "r00000002"))[-1] == (
        "Sum of 0 differences: 0.000000, and 1 that are unknown on one side"
    )


def test_the_release_that_readers_see_is_compared_with_the_one_before(serving: Serving) -> None:
    for release_id in ("r00000001", "r00000002", "r00000003"):
        release(serving, release_id, "'2026-10-01', 'acme', 'm', 1, 10, 2, 0")
    assert releases_to_compare(serving, None, None) == ("r00000002", "r00000003")
    assert releases_to_compare(serving, "r00000001", "r00000002") == ("r00000001", "r00000002")
    with pytest.raises(UnknownReleaseError, match="No release before 'r00000001'"):
        releases_to_compare(serving, None, "r00000001")
    with pytest.raises(UnknownReleaseError, match="no release 'r00000007'"):
        releases_to_compare(serving, "r00000007", None)


def test_the_command_prints_a_table_or_one_json_object_a_line(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(serving.root.parent))
    release(serving, "r00000001", "'2026-10-01', chr(27) || 'acme', 'm', 1, 10, 2, 0")
    release(serving, "r00000002", "'2026-10-01', chr(27) || 'acme', 'm', 1, 10, 3, 0")
    assert main(["cost-changes"]) == 0
    table = capsys.readouterr().out
    assert "2026-10" in table and "1.000000" in table and "\x1b" not in table
    assert main(["cost-changes", "--json", "--before", "r00000001"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "before": "r00000001",
        "after": "r00000002",
        "month": "2026-10-01",
        "tenant_id": "\x1bacme",
        "provider_name": "p",
        "model": "m",
        "cause": "price",
        "cost_usd_before": "2.000000000",
        "cost_usd_after": "3.000000000",
        "difference_usd": "1.000000000",
        "unpriced_requests_before": 0.0,
        "unpriced_requests_after": 0.0,
    }
    assert main(["cost-changes", "--before", "r00000009"]) == 2
