"""A hundred thousand spoiled files: none raises, none loses a record (`python -m tests.fuzz` shows more)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARED_DATA
from tests.fuzz.corpus import seeds
from tests.fuzz.many import fuzz, report
from tests.fuzz.run import write_landing
from tests.ingest.loads import warehouse
from tests.kills.state import state_of

SEED = 1


@pytest.mark.long
def test_a_hundred_thousand_spoiled_files_are_read_and_every_record_is_accounted_for(tmp_path: Path) -> None:
    tally = fuzz(100_000, SEED, processes=2, save=tmp_path)
    assert tally.inputs == 100_000
    assert not tally.failures, report(tally, SEED, 0)


@pytest.mark.long
def test_a_load_of_5000_spoiled_files_accounts_for_every_record_in_its_log(home: Path) -> None:
    write_landing(home / "landing", range(5000), SEED + 1, seeds(SHARED_DATA))
    here = warehouse(home)
    here.load()
    assert state_of(here.settings).faults == ()
    assert here.load().sentence() == "Nothing new to load."
