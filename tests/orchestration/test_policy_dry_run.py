"""The policy time machine, asked of the sample month."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

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
