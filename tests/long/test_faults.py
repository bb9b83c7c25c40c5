"""Every fault, one at a time, through load, dbt, rules and gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import Home


@pytest.mark.long
def test_every_planted_fault_is_caught_and_the_control_trips_nothing(tmp_path: Path) -> None:
    outcome = Home(tmp_path).run("orchestration", "plant-faults", "--landing")
    assert outcome.code == 0, outcome.out + outcome.err
    assert " 0 missed; the control tripped 0 checks." in outcome.out
