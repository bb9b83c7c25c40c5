"""`python -m orchestration deployment`: write what of deploy/ follows from the seeds.

All of it is committed; write it again after a change of `policy_redaction` or `slo_targets`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml

from ingest.redaction import read_redaction
from orchestration.deployment.collector import collector_processors
from orchestration.deployment.dashboard import slo_dashboard
from orchestration.deployment.objectives import read_targets, rule_groups

ROOT = Path(__file__).parents[2]
REDACTION = "deploy/otel-collector/redaction.yaml"
RULES = "deploy/prometheus/slo_rules.yml"
DASHBOARD = "deploy/grafana/dashboards/objectives.json"


def generated(day: date) -> dict[str, str]:
    """Content by path below the checkout, from the rows of the seeds that are in force on `day` (UTC).

    Raises SettingsError for rows that cannot be written so.
    """
    midnight = datetime.combine(day, time(), UTC)
    targets = read_targets(day)
    return {
        REDACTION: _yaml(
            f"As of {day}, from policy_redaction.csv",
            {"processors": collector_processors(read_redaction(midnight, None))},
        ),
        RULES: _yaml(f"As of {day}, from slo_targets.csv", {"groups": rule_groups(targets)}),
        DASHBOARD: json.dumps(slo_dashboard(max(target.window_days for target in targets)), indent=2) + "\n",
    }


def main(arguments: Sequence[str]) -> int:
    """Write the files, each beside its target and renamed, and print their paths. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m orchestration deployment", description=__doc__)
    parser.add_argument(
        "--day", type=date.fromisoformat, help="whose rows count, such as 2026-12-01 (default: today)"
    )
    day = parser.parse_args(arguments).day or datetime.now(UTC).date()
    for name, content in generated(day).items():
        target = ROOT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        partial.write_text(content, encoding="utf-8")
        partial.replace(target)
        print(name)
    return 0


class _Plain(yaml.SafeDumper):
    """YAML without anchors: what is repeated is written again."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - named by PyYAML
        return True


def _yaml(source: str, content: dict[str, Any]) -> str:
    head = f"# {source}. Written by `python -m orchestration deployment`; do not edit.\n"
    return head + yaml.dump(content, Dumper=_Plain, sort_keys=False, width=10_000, allow_unicode=True)
