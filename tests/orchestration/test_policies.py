"""A policy that nobody can judge by is refused before anything runs, naming file, row and mend."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.governance.policies import PolicyError, check_policies
from orchestration.project import DBT_PROJECT_DIR, ROOT

SEEDS = DBT_PROJECT_DIR / "seeds"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    for file in SEEDS.glob("policy_*.csv"):
        shutil.copy(file, tmp_path)
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_policies_of_the_project_are_sound() -> None:
    check_policies(SEEDS, ROOT)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "policy_connectors",
            ",deny,",
            ",forbid,",
            "row 3: effect is 'forbid'; it has to be one of allow, deny.",
        ),
        (
            "policy_consent",
            ",730,",
            ",two years,",
            "row 2: max_age_days is 'two years'; it has to be a whole number",
        ),
        ("policy_consent", ",730,", ",,", "row 2: max_age_days is empty; it has to be a whole number"),
        (
            "policy_sampling",
            ",0.01,",
            ",0,",
            "row 2: minimum_probability is '0'; it has to be a number above 0",
        ),
        (
            "policy_overrides",
            ",60,true,",
            ",60,yes,",
            "row 2: requires_actor is 'yes'; it has to be one of true, false",
        ),
        (
            "policy_disputes",
            "#disputes",
            "#nowhere",
            "row 2: runbook_url docs/runbooks.md#nowhere leads nowhere",
        ),
        (
            "policy_residency",
            ",high,",
            ",severe,",
            "row 2: severity is 'severe'; it has to be one of low, medium",
        ),
        (
            "policy_consent",
            "2020-01-01 00:00:00,,",
            "2020-01-01 00:00:00,2019-01-01 00:00:00,",
            "row 2: valid_to 2019-01-01 00:00:00 is not after valid_from 2020-01-01 00:00:00",
        ),
        (
            "policy_consent",
            "2020-01-01 00:00:00",
            "2020-01-01T00:00:00Z",
            "row 2: valid_from is '2020-01-01T00:00:00Z'",
        ),
        (
            "policy_consent",
            "2020-01-01 00:00:00",
            "2020-W01-1",
            "row 2: valid_from is '2020-W01-1'; it has to be a UTC time",
        ),
        (
            "policy_residency",
            ",DE,",
            ",*,",
            "row 2: jurisdiction is '*'; it has to be a jurisdiction such as DE.",
        ),
        ("policy_consent", "purpose,", "purposes,", "lacks the columns purpose; add them to its first line."),
        ("policy_consent", "Stop processing", "Stop, processing", "row 2: not as many values as columns"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(seeds: Path, name: str, old: str, new: str, said: str) -> None:
    change(seeds / f"{name}.csv", old, new)
    with pytest.raises(PolicyError) as error:
        check_policies(seeds, ROOT)
    assert f"{name}.csv" in str(error.value)
    assert said in str(error.value)


def test_two_rows_that_hold_at_once_are_refused_and_one_after_the_other_are_not(seeds: Path) -> None:
    file = seeds / "policy_overrides.csv"
    first = file.read_text().splitlines()[1]
    file.write_text(
        file.read_text() + first.replace("2020-01-01", "2026-01-01").replace(",1,", ",2,", 1) + "\n"
    )
    with pytest.raises(
        PolicyError, match="rows 2 and 3 both hold for everything from 2026-01-01 00:00:00 on"
    ):
        check_policies(seeds, ROOT)
    change(file, "2020-01-01 00:00:00,,", "2020-01-01 00:00:00,2026-01-01 00:00:00,")
    check_policies(seeds, ROOT)


def test_a_file_that_is_gone_is_named(seeds: Path) -> None:
    (seeds / "policy_retention.csv").unlink()
    with pytest.raises(PolicyError, match=r"policy_retention\.csv is missing"):
        check_policies(seeds, ROOT)


def test_a_spreadsheets_mark_at_the_beginning_is_no_part_of_the_first_column(seeds: Path) -> None:
    file = seeds / "policy_consent.csv"
    file.write_text(file.read_text(), encoding="utf-8-sig")
    check_policies(seeds, ROOT)


def test_a_file_that_is_no_text_is_named_with_the_place(seeds: Path) -> None:
    file = seeds / "policy_consent.csv"
    file.write_bytes(file.read_text().replace("Stop", "Stöp").encode("latin-1"))
    with pytest.raises(PolicyError, match=r"policy_consent\.csv is no UTF-8 text at byte \d+; save it as"):
        check_policies(seeds, ROOT)
