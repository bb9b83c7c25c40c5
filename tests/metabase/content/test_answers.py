"""What questions answer where an easy reading would be wrong: on the smallest rows that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from metabase.content.database import DuckDatabase, empty_database
from metabase.content.load import read_content
from metabase.content.tags import Value, render
from metabase.contracts import read_project
from metabase.sql import quoted

MANIFEST = Path(__file__).parents[3] / "dbt_project" / "target" / "manifest.json"
CONTENT = read_content().content


class Marts:
    """Marts without rows, to be given some."""

    def __init__(self, database: DuckDatabase) -> None:
        self._database = database

    def add(self, mart: str, *rows: Mapping[str, Any]) -> None:
        for row in rows:
            columns = ", ".join(quoted(name) for name in row)
            places = ", ".join("?" for _ in row)
            self._database.connection.execute(
                f"insert into marts.{quoted(mart)} ({columns}) values ({places})", list(row.values())
            )

    def ask(self, question: str, **values: Value) -> list[tuple[Any, ...]]:
        asked = CONTENT.questions[question]
        rendered = render(asked.sql, asked.tags, values, today=date(2026, 11, 1))
        return [tuple(row) for row in self._database.query(rendered.sql, rendered.values).rows]


@pytest.fixture
def marts() -> Iterator[Marts]:
    with empty_database(read_project(MANIFEST)) as database:
        yield Marts(database)


def test_the_target_of_a_duration_is_not_mixed_with_that_of_the_first_token(marts: Marts) -> None:
    chat = {"usage_date": date(2026, 10, 1), "operation_name": "chat", "slo_target_ms": 1.0}
    marts.add(
        "latency_daily",
        {**chat, "metric_name": "duration", "requests": 4.0, "slo_good_requests": 3.0},
        {**chat, "metric_name": "time_to_first_token", "requests": 4.0, "slo_good_requests": 4.0},
    )

    assert marts.ask("latency_target_daily") == [(date(2026, 10, 1), 0.75)]


def test_an_accepted_outcome_also_bears_the_cost_of_those_who_accepted_nothing(marts: Marts) -> None:
    day = {"usage_date": date(2026, 10, 1), "uncosted_requests": 0.0, "cost_usd": 6}
    marts.add(
        "unit_economics_daily",
        {**day, "accepted_outcomes": 3.0, "known_outcomes": 4.0, "cost_per_accepted_outcome": 2},
        {**day, "accepted_outcomes": 0.0, "known_outcomes": 4.0},
        # Of these nobody can tell: no outcome is known, or not every cost.
        {**day, "accepted_outcomes": 0.0, "known_outcomes": 0.0},
        {**day, "accepted_outcomes": 9.0, "known_outcomes": 9.0, "uncosted_requests": 1.0},
    )

    [(_, cost)] = marts.ask("cost_per_outcome_daily")

    assert cost == 4


def test_a_tier_that_has_emptied_has_no_tenants_and_no_revenue_now(marts: Marts) -> None:
    marts.add(
        "tier_adoption_daily",
        {"snapshot_date": date(2026, 10, 1), "entitlement_tier": "pro", "tenants": 2, "mrr_usd": 50},
        {"snapshot_date": date(2026, 10, 1), "entitlement_tier": "free", "tenants": 5, "mrr_usd": 0},
        {"snapshot_date": date(2026, 10, 2), "entitlement_tier": "free", "tenants": 7, "mrr_usd": 0},
    )

    assert marts.ask("tenants_now", tier="pro") == [(0,)]
    assert marts.ask("mrr_now", tier="pro") == [(None,)]
    assert marts.ask("tenants_now") == [(7,)]
    # A day chosen is the newest one, whatever came after it.
    assert marts.ask("tenants_now", date="~2026-10-01") == [(7,)]
    assert marts.ask("mrr_now", date="~2026-10-01", tier="pro") == [(50,)]


def test_a_rule_that_is_settled_has_no_oldest_exception(marts: Marts) -> None:
    marts.add(
        "compliance_kpis_daily",
        {"kpi_date": date(2026, 10, 1), "rule_id": "a", "jurisdiction": "EU", "oldest_open_days": 9},
        {"kpi_date": date(2026, 10, 2), "rule_id": "b", "jurisdiction": "EU", "oldest_open_days": 3},
    )

    assert marts.ask("oldest_open", rule="a") == []
    assert marts.ask("oldest_open") == [("b", 3)]


def test_the_unknown_amounts_beside_the_open_one_are_of_open_disputes(marts: Marts) -> None:
    marts.add(
        "billing_disputes", {"is_closed": True}, {"is_closed": False}, {"is_closed": False, "amount_usd": 5}
    )

    assert marts.ask("disputes_without_rate") == [(1,)]
    assert marts.ask("disputes_open_amount") == [(5,)]


def test_a_tenant_is_not_the_poorest_because_most_of_its_days_are_unknown(marts: Marts) -> None:
    day = {"mrr_usd_per_day": 11, "cost_usd": 1, "uncosted_requests": 0.0}
    known = {**day, "gross_margin_usd": 10}
    poor = {**day, "mrr_usd_per_day": 5, "gross_margin_usd": 4}
    marts.add(
        "unit_economics_daily",
        {"tenant_id": "a", "usage_date": date(2026, 10, 1), **known},
        {"tenant_id": "a", "usage_date": date(2026, 10, 2), **day},
        {"tenant_id": "a", "usage_date": date(2026, 10, 3), **day},
        *({"tenant_id": "b", "usage_date": date(2026, 10, number), **poor} for number in (1, 2, 3)),
    )

    shown = [row[:6] for row in marts.ask("tenant_economics")]

    # Tenant, margin a day, revenue, cost and margin of the known days, days unknown.
    assert shown == [("b", 4, 15, 3, 12, 0), ("a", 10, 11, 1, 10, 2)]


def test_the_bucket_of_zero_is_among_the_latencies(marts: Marts) -> None:
    bucket = {"metric_name": "duration", "operation_name": "chat", "weight": 2.0}
    marts.add(
        "latency_histogram_daily",
        {**bucket, "bucket_lower_ms": 0.0},
        {**bucket, "bucket_lower_ms": 4.0},
        {**bucket, "bucket_lower_ms": 7.9},
    )

    assert marts.ask("latency_distribution") == [(0, 2.0), (4, 4.0)]


def test_a_feature_and_a_connector_of_one_name_stand_apart(marts: Marts) -> None:
    vault = {"name": "vault", "enabled_tenants": 4, "use_unknown_tenants": 0, "enabled_unknown_tenants": 0}
    marts.add(
        "feature_adoption_daily",
        {**vault, "kind": "feature", "adopting_tenants": 1},
        {**vault, "kind": "connector", "adopting_tenants": 2},
    )

    assert marts.ask("feature_adoption") == [("vault (connector)", 0.5, 0), ("vault (feature)", 0.25, 0)]


def test_a_list_that_ends_says_after_how_many() -> None:
    ends = {key: re.search(r"^limit (\d+)", asked.sql, re.M) for key, asked in CONTENT.questions.items()}
    silent = [
        key
        for key, found in ends.items()
        if found and not re.search(rf"\b{found[1]}\b", CONTENT.questions[key].description)
    ]

    assert silent == []


def test_sources_are_compared_over_what_more_than_one_of_them_tells(marts: Marts) -> None:
    day = {"usage_date": date(2026, 10, 1)}
    marts.add(
        "token_reconciliation_daily",
        {**day, "span_tokens": 10, "metric_tokens": 10, "residual_tokens": 0},
        {**day, "span_tokens": 90},
    )

    assert marts.ask("tokens_by_source_daily") == [(date(2026, 10, 1), 10, None, 10, None)]
