"""Are the faults declared as they should be, and are those caught that need no model?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from metabase.spec import FOLDER as EXPECTATIONS
from orchestration.faults.catalogue import FAULTS
from orchestration.faults.clean import write_clean
from orchestration.faults.fault import Fault
from orchestration.faults.trial import Trials
from orchestration.project import DBT_PROJECT_DIR

RULES = DBT_PROJECT_DIR / "models" / "intermediate" / "compliance" / "rules"


def named(fault_name: str) -> Fault:
    (found,) = (fault for fault in FAULTS if fault.name == fault_name)
    return found


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    """The clean home with its bronze tables and ledger, and no model."""
    trials = Trials(tmp_path_factory.mktemp("faults"))
    assert trials.land() == frozenset()
    yield trials


def test_at_least_forty_different_faults_are_declared_each_under_its_own_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_one_thing_that_goes_wrong(fault: Fault) -> None:
    ways = (fault.plant, fault.tamper, fault.without, fault.days_later)
    assert sum(map(bool, ways)) == 1


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.plant], ids=lambda fault: fault.name)
def test_a_planted_fault_adds_files_and_leaves_the_clean_ones_alone(fault: Fault, tmp_path: Path) -> None:
    write_clean(tmp_path)
    clean = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert fault.plant is not None
    fault.plant(tmp_path)
    after = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert len(after) > len(clean)
    assert {file: after.get(file) for file in clean} == clean


def test_files_that_never_arrive_are_files_of_the_clean_folder(tmp_path: Path) -> None:
    write_clean(tmp_path)
    patterns = [pattern for fault in FAULTS for pattern in fault.without]
    assert [pattern for pattern in patterns if not list(tmp_path.glob(pattern))] == []


def test_every_rule_has_a_fault_that_it_must_catch() -> None:
    rules = {file.stem.removeprefix("rule_") for file in RULES.glob("*/rule_*.sql")}
    assert rules - {fault.caught_by.name for fault in FAULTS if fault.caught_by.kind == "exception"} == set()


def test_every_damage_that_verification_tells_apart_has_a_fault() -> None:
    damages = {"changed", "removed", "inserted", "reordered", "truncated", "checkpoint", "record"}
    assert {fault.caught_by.name for fault in FAULTS if fault.caught_by.kind == "ledger"} == damages


def test_a_test_or_mart_that_must_catch_a_fault_is_there() -> None:
    tests = {file.stem for file in (DBT_PROJECT_DIR / "tests").glob("*.sql")}
    marts = {file.stem for file in EXPECTATIONS.glob("*.yml")}
    wanted = [fault.caught_by for fault in FAULTS]
    assert {check.name for check in wanted if check.kind == "dbt test"} - tests == set()
    assert {check.name.partition(".")[0] for check in wanted if check.kind in ("gate", "unmoved")} <= marts


@pytest.mark.parametrize(
    "name",
    [
        "a gzip file that breaks off",
        "logs in a folder for traces",
        "snapshots as CSV in a file that says JSON",
        "an event without a field that its type requires",
        "a file that landed already, delivered under another name",
        "two entries changed places",
    ],
)
def test_a_fault_in_records_or_ledger_is_caught_and_trips_nothing_else(landed: Trials, name: str) -> None:
    outcome = landed.plant(named(name))
    assert outcome.is_caught
    assert outcome.beside == ()


def test_a_fault_that_is_none_is_missed(landed: Trials) -> None:
    wrong = named("a gzip file that breaks off")
    harmless = Fault("nothing", "nowhere", wrong.caught_by, plant=lambda _: None)
    assert not landed.plant(harmless).is_caught
