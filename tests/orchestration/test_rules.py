"""A rule is a file in a folder of rules; the union that dbt reads is written from the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.project import DBT_PROJECT_DIR
from orchestration.rules import UNIONS, gather_rules

COMPLIANCE = DBT_PROJECT_DIR / "models" / "intermediate" / "compliance"


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(COMPLIANCE, folder / "compliance"))


def test_the_unions_that_are_kept_are_those_of_the_folders(tmp_path: Path) -> None:
    compliance = copied(tmp_path)
    kept = {model: (compliance / f"{model}.sql").read_text() for _, model, _ in UNIONS}
    for model in kept:
        (compliance / f"{model}.sql").unlink()
    gather_rules(compliance)
    assert {model: (compliance / f"{model}.sql").read_text() for model in kept} == kept


def test_a_new_file_is_a_rule_and_a_removed_one_is_none(tmp_path: Path) -> None:
    compliance = copied(tmp_path)
    at_use = compliance / "rules" / "at_use"
    (at_use / "rule_of_tomorrow.sql").write_text("select 1")
    (at_use / "rule_of_tomorrow.yml").write_text("models: []")
    (at_use / "rule_consent_expired.sql").unlink()
    gather_rules(compliance)
    union = (compliance / "int_rules_at_use.sql").read_text()
    assert union.count("ref('rule_of_tomorrow')") == 1
    assert "rule_consent_expired" not in union


def test_what_is_as_it_should_be_is_not_touched(tmp_path: Path) -> None:
    compliance = copied(tmp_path)
    before = {model: (compliance / f"{model}.sql").stat().st_mtime_ns for _, model, _ in UNIONS}
    gather_rules(compliance)
    assert {model: (compliance / f"{model}.sql").stat().st_mtime_ns for model in before} == before
