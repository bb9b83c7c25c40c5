"""Alert rules and the dashboard of the objectives: written from `slo_targets`, and from nothing else."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SettingsError
from orchestration.deployment.command import DASHBOARD, RULES, generated
from orchestration.deployment.objectives import INDICATORS, Target, read_targets, rule_groups
from tests.deploy.files import DEPLOY, ROOT, day_of, read_yaml

HEAD = "slo_name,environment,threshold,unit,target,allowance_ms,window_days,valid_from,valid_to\n"
VAULT = Target("vault_throughput", "*", Decimal(1_000_000), Decimal("0.99"), 30)


def rules(*targets: Target) -> list[dict[str, Any]]:
    return [rule for group in rule_groups(targets) for rule in group["rules"]]


def expressions(*targets: Target) -> dict[str, str]:
    """By name of the alert or series; of several the last."""
    return {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules(*targets)}


def seed(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "slo_targets.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return file


@pytest.mark.parametrize("name", [RULES, DASHBOARD])
def test_the_file_is_what_the_seed_says(name: str) -> None:
    assert generated(day_of(ROOT / RULES))[name] == (ROOT / name).read_text(encoding="utf-8")


def test_a_target_counts_from_its_first_day_to_the_day_before_its_end(tmp_path: Path) -> None:
    file = seed(
        tmp_path,
        "rag_hit_rate,*,1,{document},0.9,,30,2026-01-01,2026-06-01",
        "rag_hit_rate,*,1,{document},0.95,,30,2026-06-01,",
    )
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 5, 31), date(2026, 6, 1))
    with pytest.raises(SettingsError, match="no row in force on 2025-12-31"):
        read_targets(days[0], file)
    shares = [[target.share for target in read_targets(day, file)] for day in days[1:]]
    assert shares == [[Decimal("0.9")], [Decimal("0.9")], [Decimal("0.95")]]


def test_an_objective_without_a_metric_is_told(tmp_path: Path) -> None:
    file = seed(tmp_path, "uptime,*,,1,0.999,,30,2026-01-01,")
    with pytest.raises(SettingsError, match="slo_targets has 'uptime', for which no metric is named"):
        read_targets(date(2026, 2, 1), file)


def test_a_budget_of_one_per_cent_in_thirty_days_pages_at_its_known_rates() -> None:
    # 2 % of 720 h in 1 h is 14.4 times the rate that lasts; 5 % in 6 h is 6 times, 10 % in 72 h once.
    found = expressions(VAULT)
    recorded = 'tracehouse:slo_errors:ratio_rate{}{{slo_name="vault_throughput"}}'
    assert found["SloBudgetBurnsFast"] == (
        f"{recorded.format('1h')} > 0.144 and {recorded.format('5m')} > 0.144"
    )
    assert found["SloBudgetBurns"] == f"{recorded.format('6h')} > 0.06 and {recorded.format('30m')} > 0.06"
    assert (
        found["SloBudgetBurnsSlowly"] == f"{recorded.format('72h')} > 0.01 and {recorded.format('6h')} > 0.01"
    )


def test_a_shorter_window_pages_at_lower_rates() -> None:
    # 2 % of 168 h in 1 h is 3.36 times, of a budget of 10 %.
    week = Target("rag_hit_rate", "*", Decimal(1), Decimal("0.9"), 7)
    assert "> 0.336 and" in expressions(week)["SloBudgetBurnsFast"]


def test_an_alert_as_long_as_the_window_itself_is_left_out() -> None:
    days = {window: Target("rag_hit_rate", "*", Decimal(1), Decimal("0.9"), window) for window in (3, 4)}
    assert "SloBudgetBurnsSlowly" not in expressions(days[3])
    assert "SloBudgetBurnsSlowly" in expressions(days[4])


def test_a_target_of_all_has_no_budget_to_be_left() -> None:
    whole = Target("rag_hit_rate", "*", Decimal(1), Decimal(1), 30)
    assert "tracehouse:slo_budget_remaining:ratio" not in expressions(whole)
    assert "> 0 and" in expressions(whole)["SloBudgetBurnsFast"]


def test_an_environment_with_a_row_of_its_own_is_not_counted_by_the_row_for_any() -> None:
    staging = Target("vault_throughput", "staging", Decimal(1_000_000), Decimal("0.9"), 30)
    anywhere, own = rule_groups([VAULT, staging])
    for rule in anywhere["rules"]:
        assert 'deployment_environment_name!~"staging"' in rule["expr"]
    for rule in own["rules"]:
        assert 'deployment_environment_name="staging"' in rule["expr"]
        assert rule["labels"]["deployment_environment_name"] == "staging"
    assert (anywhere["name"], own["name"]) == ("slo_vault_throughput_any", "slo_vault_throughput_staging")


def test_the_bucket_of_a_histogram_is_its_threshold_in_seconds() -> None:
    lags = {ms: Target("event_bus_lag", "*", Decimal(ms), Decimal("0.99"), 30) for ms in (250, 5000)}
    recorded = "tracehouse:slo_errors:ratio_rate5m"
    assert 'eventbus_delivery_lag_seconds_bucket{le="0.25"}[5m]' in expressions(lags[250])[recorded]
    assert 'eventbus_delivery_lag_seconds_bucket{le=~"5([.]0)?"}[5m]' in expressions(lags[5000])[recorded]


def test_a_histogram_without_a_threshold_is_told() -> None:
    with pytest.raises(SettingsError, match="no threshold for event_bus_lag"):
        rules(Target("event_bus_lag", "*", None, Decimal("0.99"), 30))


def test_every_metric_is_one_that_the_warehouse_judges_too() -> None:
    staging = (ROOT / "dbt_project/models/staging/otlp/stg_objective_points.sql").read_text(encoding="utf-8")
    judged = {slo: metric for metric, slo in re.findall(r"when '([a-z_.]+)' then '([a-z_]+)'", staging)}
    for slo_name, indicator in INDICATORS.items():
        stem = re.sub(r"_(total|seconds_count)$", "", indicator.total)
        assert judged[slo_name].replace(".", "_") == stem


def test_every_objective_of_the_seed_has_rules() -> None:
    day = day_of(ROOT / RULES)
    names = [group["name"] for group in read_yaml(ROOT / RULES)["groups"]]
    assert names == [f"slo_{target.slo_name}_any" for target in read_targets(day)]
    assert len(names) == 5


def test_the_label_that_rules_sum_by_is_one_that_prometheus_promotes() -> None:
    prometheus = read_yaml(DEPLOY / "prometheus/prometheus.yml")
    promoted = {name.replace(".", "_") for name in prometheus["otlp"]["promote_resource_attributes"]}
    assert set(re.findall(r"sum by \((\w+)\)", (ROOT / RULES).read_text(encoding="utf-8"))) <= promoted
    assert prometheus["rule_files"] == ["/etc/prometheus/slo_rules.yml"]


def test_the_dashboard_asks_for_series_that_the_rules_record() -> None:
    recorded = {
        rule["record"]
        for group in read_yaml(ROOT / RULES)["groups"]
        for rule in group["rules"]
        if "record" in rule
    }
    text = (ROOT / DASHBOARD).read_text(encoding="utf-8")
    asked = set(re.findall(r"tracehouse:[a-z0-9_]+:[a-z0-9_]+", text))
    assert asked
    assert asked <= recorded


def test_the_dashboard_asks_data_sources_that_are_provisioned() -> None:
    dashboard = json.loads((ROOT / DASHBOARD).read_text(encoding="utf-8"))
    sources = read_yaml(DEPLOY / "grafana/provisioning/datasources/backends.yaml")["datasources"]
    asked = {target["datasource"]["uid"] for panel in dashboard["panels"] for target in panel["targets"]}
    assert asked <= {source["uid"] for source in sources}
    # The link of a trace names its source.
    assert "%22datasource%22:%22tempo%22" in (DEPLOY / ".env.example").read_text(encoding="utf-8")
    assert "tempo" in {source["uid"] for source in sources}


def test_panels_stand_beside_each_other() -> None:
    panels = json.loads((ROOT / DASHBOARD).read_text(encoding="utf-8"))["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
