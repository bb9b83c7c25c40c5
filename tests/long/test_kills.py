"""Loads killed at many instants leave what undisturbed ones leave (`python -m tests.kills` shows more)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.campaign import campaign, report


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_200_killed_loads_that_ran_once_more_equal_an_undisturbed_one(tmp_path: Path, workers: int) -> None:
    done = campaign(
        tmp_path,
        200,
        seed=1,
        requests=8,
        rows_per_commit=400,
        workers=workers,
        at_once=2,
        tell=lambda line: print(line),
    )
    assert len(done.kills) == 200
    assert sum(kill.is_near for kill in done.kills) >= 20
    assert not [kill for kill in done.kills if kill.wrong], report(done, 1, 0)
