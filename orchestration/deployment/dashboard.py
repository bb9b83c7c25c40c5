"""The Grafana dashboard of the objectives, over the series that the alert rules record."""

from __future__ import annotations

from typing import Any

from orchestration.deployment.objectives import ENVIRONMENT

_PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
_WHERE = f'{{slo_name=~"$slo",{ENVIRONMENT}=~"$environment"}}'
_WHO = f"{{{{slo_name}}}} · {{{{{ENVIRONMENT}}}}}"


def slo_dashboard(window_days: int) -> dict[str, Any]:
    """The dashboard as Grafana reads it from a file; `window_days` of the ratio that is shown as attained."""
    attained = f"1 - tracehouse:slo_errors:ratio_rate{window_days}d{_WHERE}"
    burning = f"tracehouse:slo_errors:ratio_rate1h{_WHERE} / (1 - tracehouse:slo_target:ratio{_WHERE})"
    return {
        "uid": "tracehouse-slo",
        "title": "Are the objectives met, and how fast does their budget burn?",
        "tags": ["tracehouse"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "timezone": "utc",
        "templating": {
            "list": [
                _variable("slo", "Objective", "label_values(tracehouse:slo_target:ratio, slo_name)"),
                _variable(
                    "environment", "Environment", f"label_values(tracehouse:slo_target:ratio, {ENVIRONMENT})"
                ),
            ]
        },
        "panels": [
            _panel(
                1,
                "stat",
                "How much error budget is left?",
                (0, 0, 24, 6),
                [("tracehouse:slo_budget_remaining:ratio" + _WHERE, _WHO)],
                unit="percentunit",
                steps=[(None, "red"), (0, "orange"), (0.25, "green")],
            ),
            _panel(
                2,
                "timeseries",
                f"What share of {window_days} days was good, and what was promised?",
                (0, 6, 12, 9),
                [
                    (attained, _WHO),
                    ("tracehouse:slo_target:ratio" + _WHERE, f"{_WHO} · promised"),
                ],
                unit="percentunit",
            ),
            _panel(
                3,
                "timeseries",
                "How fast does the budget burn? At 1 it lasts exactly the window",
                (12, 6, 12, 9),
                [(burning, _WHO)],
                unit="none",
                steps=[(None, "green"), (1, "orange"), (6, "red")],
            ),
            _panel(
                4,
                "table",
                "Which alerts are firing?",
                (0, 15, 24, 8),
                [
                    (
                        f'ALERTS{{alertname=~"SloBudget.*",alertstate="firing",slo_name=~"$slo",{ENVIRONMENT}=~"$environment"}}',
                        "",
                    )
                ],
                unit="none",
                is_instant=True,
            ),
        ],
    }


def _variable(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _PROMETHEUS,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panel(
    number: int,
    kind: str,
    title: str,
    place: tuple[int, int, int, int],
    queries: list[tuple[str, str]],
    *,
    unit: str,
    steps: list[tuple[float | None, str]] | None = None,
    is_instant: bool = False,
) -> dict[str, Any]:
    """One panel; `place` is x, y, width and height on the grid of 24 columns."""
    x, y, width, height = place
    colours = [{"value": value, "color": colour} for value, colour in steps or [(None, "green")]]
    return {
        "id": number,
        "type": kind,
        "title": title,
        "datasource": _PROMETHEUS,
        "gridPos": {"x": x, "y": y, "w": width, "h": height},
        "fieldConfig": {
            "defaults": {"unit": unit, "thresholds": {"mode": "absolute", "steps": colours}},
            "overrides": [],
        },
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": _PROMETHEUS,
                "expr": query,
                "legendFormat": legend,
                "instant": is_instant,
                "range": not is_instant,
                **({"format": "table"} if is_instant else {}),
            }
            for at, (query, legend) in enumerate(queries)
        ],
    }
