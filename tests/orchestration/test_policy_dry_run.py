"""The policy time machine, asked of the sample month."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.governance.dry_run import EXCEPTIONS, REAL, open_beside
from orchestration.policy_dry_run import dry_run_in
from orchestration.project import DBT_PROJECT_DIR
from tests.running import Home

pytestmark = [pytest.mark.xdist_group("sample"), pytest.mark.long]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    for file in (DBT_PROJECT_DIR / "seeds").glob("policy_*.csv"):
        shutil.copy(file, tmp_path)
    return tmp_path


def tried(home: Home, seeds: Path, code: int = 0) -> dict[str, Any]:
    done = home.run(
        *("orchestration", "policy-dry-run", "--seeds", str(seeds), "--format", "json", "--fail-on-change"),
        TRACEHOUSE_AS_OF="2026-11-01T00:00:00Z",
    )
    assert done.code == code, done.err
    told: dict[str, Any] = json.loads(done.out)
    return told


def test_the_policies_of_the_lake_change_nothing(demo: Home, seeds: Path) -> None:
    assert tried(demo, seeds) == {"policies": [], "added": 0, "removed": 0, "changes": []}


def test_a_region_that_is_closed_on_a_day_adds_what_was_processed_there_from_that_day_on(
    demo: Home, seeds: Path
) -> None:
    file = seeds / "policy_residency.csv"
    old, new = (
        "DE,*,eu-central-1,2020-01-01 00:00:00,,",
        "DE,*,eu-central-1,2020-01-01 00:00:00,2026-10-20 00:00:00,",
    )
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    before = demo.in_lake("select count(*) from lake.intermediate.int_exceptions")
    told = tried(demo, seeds, code=1)
    expected = demo.in_lake(
        "select tenant_id, count(*) from lake.intermediate.int_governed_calls "
        "where jurisdiction = 'DE' and region = 'eu-central-1' and started_at >= timestamp '2026-10-20' "
        "group by tenant_id order by tenant_id"
    )
    processing = [each for each in told["changes"] if each["rule_id"] == "residency_processing"]
    assert [(each["tenant_id"], each["added"]) for each in processing] == expected
    assert told["policies"] == ["policy_residency"]
    assert told["removed"] == 0
    assert {each["rule_id"] for each in told["changes"]} == {"residency_processing", "residency_storage"}
    assert demo.in_lake("select count(*) from lake.intermediate.int_exceptions") == before


def test_a_connector_that_is_allowed_again_removes_its_exceptions(demo: Home, seeds: Path) -> None:
    file = seeds / "policy_connectors.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "shadow-crm" not in line))
    told = tried(demo, seeds, code=1)
    (known,) = demo.in_lake(
        "select count(*) from lake.intermediate.int_exceptions where rule_id = 'denylisted_connector'"
    )[0]
    assert (told["added"], told["removed"]) == (0, known)
    assert known > 0


def test_policies_that_nobody_can_judge_by_are_refused(demo: Home, seeds: Path) -> None:
    (seeds / "policy_consent.csv").unlink()
    done = demo.run("orchestration", "policy-dry-run", "--seeds", str(seeds))
    assert (done.code, "policy_consent.csv is missing" in done.err) == (2, True)


# What every row of a seed says from the day of the edit on: stricter than anything before.
EDITS = {
    "policy_connectors": ("effect", "deny"),
    "policy_consent": ("max_age_days", "0"),
    "policy_disputes": ("severity", "critical"),
    "policy_entitlements": ("limit", "0"),
    "policy_export_control": ("effect", "deny"),
    "policy_overrides": ("grace_minutes", "0"),
    "policy_residency": ("allowed_region", "nowhere-1"),
    "policy_retention": ("keep_days", "0"),
    "policy_sampling": ("minimum_probability", "1"),
}
DAY_OF_EDIT = "2026-10-20 00:00:00"


def edit(file: Path, column: str, value: str) -> None:
    """End every row on the day, and go on from there with another value in a new version."""
    with file.open(newline="") as lines:
        reader = csv.DictReader(lines)
        rows = list(reader)
    later = [row | {"policy_version": "2", "valid_from": DAY_OF_EDIT, column: value} for row in rows]
    if column == "allowed_region":
        later = list({(row["jurisdiction"], row["data_class"]): row for row in later}.values())
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, reader.fieldnames or ())
        writer.writeheader()
        writer.writerows([row | {"valid_to": DAY_OF_EDIT} for row in rows] + later)


def test_policies_edited_on_a_day_change_only_exceptions_from_that_day_on(demo: Home, seeds: Path) -> None:
    for name, (column, value) in EDITS.items():
        edit(seeds / f"{name}.csv", column, value)
    with open_beside(demo.settings) as connection:
        told = dry_run_in(connection, demo.settings, seeds, now=datetime(2026, 11, 1, tzinfo=UTC))
        told_before = (
            "select exception_id, verdict, severity, evidence, occurred_at from {} where occurred_at < "
        )
        before, after = (
            set(connection.execute(told_before.format(name) + f"timestamp '{DAY_OF_EDIT}'").fetchall())
            for name in (f"{REAL}.intermediate.int_exceptions", EXCEPTIONS)
        )
        versions = connection.execute(
            f"select distinct rule_version from {EXCEPTIONS} where occurred_at >= timestamp '{DAY_OF_EDIT}' "
            "and rule_id in ('denylisted_connector', 'consent_expired', 'residency_processing')"
        ).fetchall()
    assert sorted(told.policies) == sorted(EDITS)
    assert after == before
    assert len(before) > 0
    assert versions == [("2",)]
    assert {change.rule_id for change in told.changes if change.added} >= {
        "consent_expired",
        "denylisted_connector",
        "entitlement_overage",
        "export_control",
        "residency_processing",
        "residency_storage",
        "retention_breach",
    }
