"""A few killed loads; the 200 are `python -m tests.kills`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.run import Load, Plan
from tests.kills.template import write_template


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.long), 2])
def test_a_load_that_was_killed_and_ran_once_more_equals_an_undisturbed_one(
    tmp_path: Path, workers: int
) -> None:
    write_template(tmp_path / "template", requests=2)
    load = Load(tmp_path / "template", rows_per_commit=100, workers=workers)
    seconds, commits, expected = load.undisturbed(tmp_path / "home")
    assert commits > 1
    assert expected.tables["spans"][0] > 100
    plans = [
        Plan("start", 1, seconds / 2),
        Plan("commit begins", 2, 0.02),
        Plan("commit ends", 1, 0.05),
    ]
    kills = [load.killed(plan, expected, tmp_path / "home") for plan in plans]
    assert [kill.wrong for kill in kills] == [()] * len(plans)
