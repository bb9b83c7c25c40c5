"""The funnel to premium and the use of what tiers sell, of a few tenants counted by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.running import Home
from tests.warehouse.building import build, dbt, land_files

pytestmark = pytest.mark.xdist_group("premium")

LATE_FEBRUARY = "2026-02-25"


def snapshot(day: str, tenant: str, tier: str, mrr: int, **more: Any) -> dict[str, Any]:
    """A tenant's day, active unless `more` says otherwise."""
    told = {"status": "active", "active_users": 0, "mrr_amount": mrr, "mrr_currency": "USD"}
    return {"snapshot_date": day, "tenant_id": tenant, "entitlement_tier": tier, **told, **more}


def event(kind: str, at: str, identity: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": identity,
        "source": "test",
        "type": f"connector.{kind}",
        "time": at,
        "data": data,
    }


def call(identity: str, tenant: str, status: str) -> dict[str, Any]:
    about = {"tenant_id": tenant, "connector_name": "crm", "status": status, "duration_ms": 5}
    return event("call.completed", f"{LATE_FEBRUARY}T10:00:00Z", identity, call_id=identity, **about)


def land_lines(home: Home, folder: str, name: str, records: list[dict[str, Any]]) -> None:
    (home.path / "landing" / folder).mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (home.path / "landing" / folder / name).write_text(lines, encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Seven tenants of February 2026, of which nothing more is told in March. What comes late is built apart:
    that crm is premium, what the tenant of tier pro used, and which connectors were enabled and disabled."""
    home = Home(tmp_path_factory.mktemp("premium"))
    premium = {"features_enabled": ["chat", "research"], "connectors_enabled": ["crm"]}
    pro = {"features_enabled": ["chat"], "connectors_enabled": []}
    land_lines(
        home,
        "usage",
        "snapshots.jsonl",
        [
            snapshot("2026-01-31", "first", "free", 0),
            snapshot(LATE_FEBRUARY, "free", "free", 0),
            snapshot(LATE_FEBRUARY, "trying", "free", 0, status="trialing", trial_started_on="2026-02-20"),
            snapshot(LATE_FEBRUARY, "buyer", "premium", 100, active_users=3, trial_started_on="2026-02-01")
            | premium
            | {"features_used": ["chat"]},
            snapshot(LATE_FEBRUARY, "idle", "premium", 100) | premium | {"features_used": []},
            snapshot(LATE_FEBRUARY, "pro", "pro", 20, active_users=1) | pro,
            snapshot("2026-02-20", "gone", "pro", 20),
            snapshot(LATE_FEBRUARY, "gone", "pro", 20, status="cancelled"),
        ],
    )
    calls = [call("1", "buyer", "ok"), call("2", "idle", "denied"), call("3", "pro", "ok")]
    wiki = {"connector_name": "wiki", "tenant_id": "first", "effective_at": "2026-02-02T00:00:00Z"}
    land_lines(home, "governance", "calls.jsonl", calls)
    diary = {"connector_name": "diary", "tenant_id": "first"}
    told_in_time = [
        event("enabled", f"{LATE_FEBRUARY}T00:00:00Z", "wiki", **wiki),
        event("enabled", f"{LATE_FEBRUARY}T00:00:00Z", "diary", effective_at="2026-01-31T00:00:00Z", **diary),
        event("disabled", f"{LATE_FEBRUARY}T00:00:00Z", "none", effective_at="2026-02-02T00:00:00Z", **diary),
    ]
    land_lines(home, "governance", "connectors.jsonl", told_in_time)
    land_files(home)
    build(home, "+premium_funnel_monthly", "+feature_adoption_daily")
    later = snapshot(LATE_FEBRUARY, "pro", "pro", 20, active_users=1, updated_at="2026-02-26T00:00:00Z")
    land_lines(home, "usage", "late.jsonl", [later | pro | {"features_used": ["chat"]}])
    registration = {"connector_name": "crm", "effective_at": f"{LATE_FEBRUARY}T12:00:00Z", "is_premium": True}
    told_at = "2026-02-26T00:00:00Z"
    idle_crm = {"connector_name": "crm", "tenant_id": "idle", "effective_at": "2026-03-01T00:00:00Z"}
    mail = {"connector_name": "mail", "tenant_id": "pro"}
    on, off = f"{LATE_FEBRUARY}T23:59:59Z", "2026-02-27T00:00:00Z"
    # Before anything else that comes late, so that nothing else has these days computed anew.
    calendar = {"connector_name": "calendar", "tenant_id": "first"}
    moved = wiki | {"effective_at": "2026-02-04T00:00:00Z"}
    premium_diary = {"connector_name": "diary", "effective_at": "2026-02-01T12:00:00Z", "is_premium": True}
    late = [
        event("registered", told_at, "crm", **registration),
        event("disabled", told_at, "no crm", **idle_crm),
        event("enabled", told_at, "mail", effective_at=on, is_premium=True, **mail),
        event("disabled", told_at, "no mail", effective_at=off, **mail),
        event("enabled", told_at, "erp", connector_name="erp", effective_at=on),
        event("enabled", told_at, "calendar", effective_at="2026-02-03T23:59:59Z", **calendar),
        event("disabled", told_at, "no calendar", effective_at="2026-02-05T00:00:00Z", **calendar),
        event("enabled", told_at, "wiki", **moved),
        event("disabled", told_at, "no wiki", **wiki | {"effective_at": "2026-02-12T00:00:00Z"}),
        event("registered", told_at, "premium diary", **premium_diary),
    ]
    land_lines(home, "governance", "late.jsonl", late)
    land_files(home)
    build(home, "+premium_funnel_monthly", "+feature_adoption_daily")
    return home


def test_tenants_stand_in_the_stage_that_they_had_reached_when_the_month_ended(home: Home) -> None:
    funnel = home.in_lake(
        "select cast(month as varchar), eligible_tenants, trial_tenants, trial_unknown_tenants, "
        "trial_skipped_tenants, paid_tenants, paid_unknown_tenants, active_premium_tenants, "
        "trial_rate, paid_rate, active_premium_rate "
        "from lake.marts.premium_funnel_monthly where month < '2026-04-01' order by 1"
    )
    assert funnel == [
        # One tenant came on the last day, and nobody knows who was active before.
        ("2026-01-01", 1, 0, 0, 0, 0, 0, None, 0, None, None),
        # All but the one that left; the first is not heard of any more. Three pay, two of them never tried,
        # and one of those that pay for premium is active.
        ("2026-02-01", 6, 4, 1, 2, 3, 0, 1, 4 / 5, 3 / 4, 1 / 3),
        # Nothing is told: two are known to have tried, and nobody knows who pays.
        ("2026-03-01", 6, 2, 4, 0, 0, 2, 0, 1, None, None),
    ]


def test_what_is_enabled_and_used_is_counted_by_tier_and_what_came_late_too(home: Home) -> None:
    adoption = home.in_lake(
        "select entitlement_tier, kind, name, is_premium, is_premium_tier, enabled_tenants, using_tenants, "
        "adopting_tenants, calls, adoption_rate "
        f"from lake.marts.feature_adoption_daily where usage_date = '{LATE_FEBRUARY}' order by all"
    )
    assert adoption == [
        ("premium", "connector", "crm", True, True, 2, 1, 1, 2, 1 / 2),
        ("premium", "feature", "chat", None, True, 2, 1, 1, None, 1 / 2),
        ("premium", "feature", "research", None, True, 2, 0, 0, None, 0),
        # Used without being enabled.
        ("pro", "connector", "crm", True, False, 0, 1, 0, 1, None),
        # Enabled and premium by an event of the day's last second.
        ("pro", "connector", "mail", True, False, 1, 0, 0, 0, 0),
        ("pro", "feature", "chat", None, False, 1, 1, 1, None, 1),
    ]


def test_what_was_enabled_is_believed_for_seven_days_and_what_was_used_for_none(home: Home) -> None:
    carried = home.in_lake(
        "select min(usage_date)::varchar, max(usage_date)::varchar, sum(use_unknown_tenants)::bigint, "
        "count(adoption_rate) from lake.marts.feature_adoption_daily "
        f"where name = 'research' and usage_date > '{LATE_FEBRUARY}'"
    )
    # Two tenants on each of seven days.
    assert carried == [("2026-02-26", "2026-03-04", 14, 0)]


def test_an_event_that_came_late_counts_from_the_day_on_on_which_it_begins_to_hold(home: Home) -> None:
    enabled = home.in_lake(
        "select name, enabled_tenants, min(usage_date)::varchar, max(usage_date)::varchar, count(*) "
        "from lake.marts.feature_adoption_daily "
        "where kind = 'connector' and name not in ('diary', 'wiki') and enabled_tenants > 0 "
        "group by all order by all"
    )
    # Crm is enabled by two snapshots for eight days, and one tenant's is disabled; who has erp nobody says.
    assert enabled == [
        ("calendar", 1, "2026-02-03", "2026-02-04", 2),
        ("crm", 1, "2026-03-01", "2026-03-04", 4),
        ("crm", 2, "2026-02-25", "2026-02-28", 4),
        ("mail", 1, "2026-02-25", "2026-02-26", 2),
    ]
    days = home.in_lake(
        "select name, is_premium, min(usage_date)::varchar, max(usage_date)::varchar "
        "from lake.marts.feature_adoption_daily where name in ('diary', 'wiki') group by all order by all"
    )
    # Of two copies of an event the one of the greater digest counts, which came later.
    assert days == [
        ("diary", True, "2026-02-01", "2026-02-01"),
        ("diary", None, "2026-01-31", "2026-01-31"),
        ("wiki", None, "2026-02-04", "2026-02-11"),
    ]


def test_what_came_late_gives_what_it_gives_when_all_is_built_anew(home: Home) -> None:
    adoption = "select * from lake.marts.feature_adoption_daily order by all"
    in_parts = home.in_lake(adoption)
    dbt(home, "run", "--full-refresh", "--select", "feature_adoption_daily")
    assert {row[3] for row in in_parts} == {"chat", "research", "calendar", "crm", "diary", "mail", "wiki"}
    assert home.in_lake(adoption) == in_parts
