"""Prometheus rules for the objectives of `slo_targets`, from the metrics that docs/slos.md asks services for.

Names in Prometheus are those of its OTLP receiver: dots become underscores, seconds and counters get a
suffix, and `deployment.environment.name` is a label because deploy/prometheus/prometheus.yml promotes it. An
alert wants two windows to burn too fast: the long one says that it matters, the short one that it goes on.
Source: Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingest.errors import SettingsError

TARGETS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "targets" / "slo_targets.csv"
ENVIRONMENT = "deployment_environment_name"
ANY = "*"
_MILLISECONDS = 1000


@dataclass(frozen=True)
class Target:
    """An objective in one environment, `*` for all that no other row names, as a day has it.

    `threshold` is in `unit` of the seed, null where an event is good by its status; `share` of the events of
    `window_days` must be good.
    """

    slo_name: str
    environment: str
    threshold: Decimal | None
    share: Decimal
    window_days: int


@dataclass(frozen=True)
class Indicator:
    """The series of one objective: `total` counts events, `good` the good ones; label matchers of each.

    Of a histogram, good is the bucket up to the threshold.
    """

    total: str
    good: str
    total_labels: str = ""
    good_labels: str = ""
    is_histogram: bool = False


# docs/slos.md, "Metrics"; the warehouse judges them in stg_objective_points and int_slo_events.
INDICATORS = {
    "vault_throughput": Indicator(
        total="vault_operation_within_target_total",
        total_labels='slo_good=~"true|false"',
        good="vault_operation_within_target_total",
        good_labels='slo_good="true"',
    ),
    "event_bus_lag": Indicator(
        total="eventbus_delivery_lag_seconds_count",
        good="eventbus_delivery_lag_seconds_bucket",
        is_histogram=True,
    ),
    "summarization_latency": Indicator(
        total="gen_ai_invoke_agent_duration_seconds_count",
        total_labels='agent_task="summarization"',
        good="gen_ai_invoke_agent_duration_seconds_bucket",
        good_labels='agent_task="summarization",error_type=""',
        is_histogram=True,
    ),
    "rag_hit_rate": Indicator(
        total="rag_retrieval_judged_total",
        total_labels='rag_hit=~"true|false"',
        good="rag_retrieval_judged_total",
        good_labels='rag_hit="true"',
    ),
    "notification_success": Indicator(
        total="notification_deliveries_total",
        total_labels='notification_status=~"delivered|failed"',
        good="notification_deliveries_total",
        good_labels='notification_status="delivered"',
    ),
}


@dataclass(frozen=True)
class Burn:
    """An alert when `share` of the window's error budget goes in `long` hours, and `short` confirms it."""

    name: str
    severity: str
    share: Decimal
    long: int
    short: str


BURNS = (
    Burn("SloBudgetBurnsFast", "critical", Decimal("0.02"), 1, "5m"),
    Burn("SloBudgetBurns", "critical", Decimal("0.05"), 6, "30m"),
    Burn("SloBudgetBurnsSlowly", "warning", Decimal("0.10"), 72, "6h"),
)


def read_targets(day: date, seed: Path = TARGETS) -> list[Target]:
    """The rows in force on `day` (UTC).

    Raises SettingsError when there is none, or an objective whose metric nobody named here.
    """
    with seed.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if _holds(row, day)]
    targets = [
        Target(
            slo_name=row["slo_name"],
            environment=row["environment"],
            threshold=Decimal(row["threshold"]) if row["threshold"] else None,
            share=Decimal(row["target"]),
            window_days=int(row["window_days"]),
        )
        for row in rows
    ]
    if not targets:
        raise SettingsError(f"slo_targets has no row in force on {day}; give a day on which it has.")
    for target in targets:
        if target.slo_name not in INDICATORS:
            raise SettingsError(
                f"slo_targets has {target.slo_name!r}, for which no metric is named; add one to INDICATORS "
                "in orchestration/deployment/objectives.py."
            )
    return targets


def rule_groups(targets: Sequence[Target]) -> list[dict[str, Any]]:
    """The groups of a Prometheus rule file, one for each target: the ratios of every window, then alerts."""
    return [
        {
            "name": f"slo_{target.slo_name}_{_told(target)}",
            "rules": [*_ratios(target, targets), *_alerts(target, targets)],
        }
        for target in targets
    ]


def _holds(row: dict[str, str], day: date) -> bool:
    since, until = row["valid_from"], row["valid_to"]
    return (not since or date.fromisoformat(since) <= day) and (not until or day < date.fromisoformat(until))


def _told(target: Target) -> str:
    return "any" if target.environment == ANY else target.environment


def _ratios(target: Target, targets: Sequence[Target]) -> Iterable[dict[str, Any]]:
    labels = _labels(target)
    window = f"{target.window_days}d"
    windows = [hours for burn in _burns(target) for hours in (burn.short, f"{burn.long}h")]
    for each in dict.fromkeys([*windows, window]):
        expression = _error_ratio(target, targets, each)
        yield {"record": f"tracehouse:slo_errors:ratio_rate{each}", "expr": expression, "labels": labels}
    burned = f"{_recorded(target, targets, window)} / {_plain(1 - target.share)}"
    if target.share < 1:
        yield {
            "record": "tracehouse:slo_budget_remaining:ratio",
            "expr": f"1 - {burned}",
            "labels": labels,
        }
    yield {
        "record": "tracehouse:slo_target:ratio",
        "expr": f"{_recorded(target, targets, window)} * 0 + {_plain(target.share)}",
        "labels": labels,
    }


def _alerts(target: Target, targets: Sequence[Target]) -> Iterable[dict[str, Any]]:
    for burn in _burns(target):
        factor = burn.share * target.window_days * 24 / burn.long
        limit = _plain(factor * (1 - target.share))
        long, short = _recorded(target, targets, f"{burn.long}h"), _recorded(target, targets, burn.short)
        yield {
            "alert": burn.name,
            "expr": f"{long} > {limit} and {short} > {limit}",
            "for": "2m",
            "labels": {"severity": burn.severity, **_labels(target)},
            "annotations": {
                "summary": f"{target.slo_name} in {{{{ $labels.{ENVIRONMENT} }}}} fails too often",
                "description": (
                    f"{{{{ $value | humanizePercentage }}}} of the events of {burn.long} h were not good; "
                    f"of {target.window_days} days {_percent(1 - target.share)} may be. "
                    f"{_percent(burn.share)} of that budget or more went in {burn.long} h."
                ),
                "runbook": "docs/slos.md",
            },
        }


def _labels(target: Target) -> dict[str, str]:
    environment = {} if target.environment == ANY else {ENVIRONMENT: target.environment}
    return {"slo_name": target.slo_name, **environment}


def _burns(target: Target) -> list[Burn]:
    """An alert whose window is as long as the objective's own would come when all is lost."""
    return [burn for burn in BURNS if burn.long < target.window_days * 24]


def _recorded(target: Target, targets: Sequence[Target], window: str) -> str:
    where = ",".join(filter(None, [f'slo_name="{target.slo_name}"', _environments(target, targets)]))
    return f"tracehouse:slo_errors:ratio_rate{window}{{{where}}}"


def _error_ratio(target: Target, targets: Sequence[Target], window: str) -> str:
    indicator = INDICATORS[target.slo_name]
    where = _environments(target, targets)
    good_labels = ",".join(filter(None, [indicator.good_labels, _bucket(target, indicator), where]))
    total = _rate(indicator.total, ",".join(filter(None, [indicator.total_labels, where])), window)
    good = _rate(indicator.good, good_labels, window)
    # Where nothing was good there may be no such series.
    return f"1 - ({good} or {total} * 0) / {total}"


def _rate(metric: str, labels: str, window: str) -> str:
    return f"sum by ({ENVIRONMENT}) (rate({metric}{{{labels}}}[{window}]))"


def _bucket(target: Target, indicator: Indicator) -> str:
    """The bucket up to the threshold, in seconds; `5` is written `5.0` by some versions."""
    if not indicator.is_histogram:
        return ""
    if target.threshold is None:
        raise SettingsError(f"slo_targets has no threshold for {target.slo_name}; give milliseconds.")
    bound = _plain(target.threshold / _MILLISECONDS)
    return f'le="{bound}"' if "." in bound else f'le=~"{bound}([.]0)?"'


def _environments(target: Target, targets: Sequence[Target]) -> str:
    """An environment that has a row of its own is not counted by the row for any."""
    if target.environment != ANY:
        return f'{ENVIRONMENT}="{target.environment}"'
    others = [t.environment for t in targets if t.slo_name == target.slo_name and t.environment != ANY]
    return f'{ENVIRONMENT}!~"{"|".join(sorted(others))}"' if others else ""


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(share: Decimal) -> str:
    return f"{_plain(share * 100)} %"
