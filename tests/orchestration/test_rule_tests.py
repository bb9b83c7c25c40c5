"""Does every rule show what is compliant, a violation and unknown, and both sides of its boundary in time?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.project import DBT_PROJECT_DIR

COMPLIANCE = DBT_PROJECT_DIR / "models" / "intermediate" / "compliance"
RULES = sorted((COMPLIANCE / "rules").glob("*/rule_*.sql"))


def unit_tests() -> dict[str, Any]:
    """The unit tests of the room by name."""
    documents = [yaml.safe_load(file.read_text()) for file in COMPLIANCE.rglob("*.yml")]
    return {test["name"]: test for document in documents for test in document.get("unit_tests", ())}


def said_of(rule: Path) -> dict[str, Any]:
    """What a rule's yml says of its tests."""
    (model,) = yaml.safe_load(rule.with_suffix(".yml").read_text())["models"]
    assert model["name"] == rule.stem
    meta: dict[str, Any] = model["config"]["meta"]
    return meta


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_a_rule_is_shown_to_find_each_verdict_that_it_can(rule: Path) -> None:
    tests = [test for test in unit_tests().values() if test["model"] == rule.stem]
    verdicts = {row["verdict"] for test in tests for row in test["expect"]["rows"] if "verdict" in row}
    never = {"unknown"} if said_of(rule).get("never_unknown") else set()
    assert verdicts == {"compliant", "violation", "unknown"} - never


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_a_rule_names_the_tests_of_its_time_boundary_or_why_it_has_none(rule: Path) -> None:
    said = said_of(rule)
    assert ("timeless" in said) != ("time_boundary" in said)
    tests = unit_tests()
    assert [name for name in said.get("time_boundary", ()) if name not in tests] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_the_tests_of_a_time_boundary_have_an_instant_on_either_side(rule: Path) -> None:
    tests = unit_tests()
    for name in said_of(rule).get("time_boundary", ()):
        instants = {
            str(value)
            for given in tests[name]["given"]
            for row in given["rows"]
            for column, value in row.items()
            if column.endswith(("_at", "_from", "_date", "_until", "age_days")) and value is not None
        }
        assert len(instants) > 1, name
