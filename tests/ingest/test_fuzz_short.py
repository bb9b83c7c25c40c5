"""A few hundred spoiled files: none raises, none loses a record. The long run is `python -m tests.fuzz`."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.checks import check_file
from tests.fuzz.corpus import Seed, seeds
from tests.fuzz.known import known_file
from tests.fuzz.many import report
from tests.fuzz.run import make_input, run, weights_of, write_landing
from tests.ingest.loads import warehouse
from tests.kills.state import state_of

SEED = 2
MADE_HERE = seeds(Path())


@pytest.mark.parametrize("seed", MADE_HERE, ids=lambda seed: seed.path)
def test_what_is_mutated_was_sound_before(seed: Seed, tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(seed.data)
    outcome = check_file(tmp_path / "input", seed.path)
    assert outcome.landed >= 1
    assert outcome.quarantined == 0


def test_the_same_number_of_the_same_seed_is_the_same_input() -> None:
    weights = weights_of(MADE_HERE)
    made = [make_input(seed, 5, MADE_HERE, weights) for seed in (SEED, SEED, SEED + 1)]
    assert made[0] == made[1] != made[2]


def test_400_spoiled_files_are_read_and_every_record_is_accounted_for(tmp_path: Path) -> None:
    tally = run(range(400), SEED, MADE_HERE, tmp_path, save=tmp_path / "failures")
    assert not tally.failures, report(tally, SEED, 0)


def test_good_records_land_whatever_stands_between_them(tmp_path: Path) -> None:
    for number in range(60):
        known = known_file(Random(f"{SEED}:{number}"))  # noqa: S311 - nothing here is secret
        (tmp_path / "input").write_bytes(known.data)
        outcome = check_file(tmp_path / "input", known.path)
        assert (outcome.landed, outcome.quarantined) == (known.good, known.bad), number


def test_a_load_of_spoiled_files_accounts_for_every_record_in_its_log(home: Path) -> None:
    write_landing(home / "landing", range(200), SEED + 2, MADE_HERE)
    here = warehouse(home)
    summary = here.load()
    assert len(here.log("source_file")) > 150
    assert state_of(here.settings).faults == ()
    assert here.load().sentence() == "Nothing new to load."
    assert summary.unreadable == {}
