"""What a person gets when a run cannot be made (design §3)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ingest import lake
from ingest.errors import LakeUnreadableError
from orchestration.launch import brought_news, written_or_told
from tests.ingest.loads import warehouse
from tests.ingest.mlflow_stores import copy_of
from tests.running import Home


def test_a_second_run_at_the_same_time_is_turned_away_with_a_sentence(home: Path) -> None:
    (home / "landing" / "usage").mkdir()
    (home / "landing" / "usage" / "a.jsonl").write_text('{"snapshot_date": "2026-10-16"}\n')
    with lake.writer_lock(Home(home).settings):
        outcome = Home(home).pipeline()
    assert outcome.code == 3
    assert "is being written by process" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_missing_landing_folder_says_what_to_do(tmp_path: Path) -> None:
    outcome = Home(tmp_path / "nowhere").pipeline()
    assert outcome.code == 2
    assert "There is no landing folder" in outcome.err


def test_a_bad_setting_is_named(home: Path) -> None:
    outcome = Home(home).pipeline(TRACEHOUSE_SETTLE_SECONDS="soon")
    assert outcome.code == 2
    assert "TRACEHOUSE_SETTLE_SECONDS is 'soon'" in outcome.err


def test_the_kill_test_takes_the_options_of_its_campaign(home: Path) -> None:
    outcome = Home(home).run("orchestration", "kill-test", "--kills", "some")
    assert outcome.code == 2
    assert "argument --kills: invalid int value: 'some'" in outcome.err


def test_a_damaged_catalogue_is_one_sentence(home: Path) -> None:
    (home / "catalog.sqlite").write_bytes(b"this is no catalogue" * 50)
    outcome = Home(home).pipeline()
    assert outcome.code == 1
    assert "cannot be opened" in outcome.err
    assert "Traceback" not in outcome.err


def test_the_demo_does_not_mix_invented_data_with_yours(home: Path) -> None:
    (home / "landing" / "otlp").mkdir()
    (home / "landing" / "otlp" / "mine.jsonl").write_text("{}\n")
    outcome = Home(home).run("orchestration", "demo")
    assert outcome.code == 2
    assert "otlp/mine.jsonl" in outcome.err
    assert [file.name for file in (home / "landing").rglob("*.jsonl")] == ["mine.jsonl"]


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    database_full = sqlite3.OperationalError("database or disk is full")
    with pytest.raises(LakeUnreadableError) as told, written_or_told(tmp_path):
        raise database_full
    assert str(told.value) == (
        f"The home folder {tmp_path} cannot be written (the disk is full); make room, or make it writable, "
        "then run again. What was published stays as it is."
    )


def test_an_error_of_our_own_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written_or_told(tmp_path):
        raise ZeroDivisionError


@pytest.mark.shared
@pytest.mark.xdist_group("mlflow")
def test_an_mlflow_store_without_news_starts_no_run(
    home: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = copy_of(shared_data / "mlflow" / "mlflow.db", home / "store")
    settings = warehouse(home, MLFLOW_TRACKING_URI=f"sqlite:///{store}").settings
    assert [brought_news(settings) for _ in range(2)] == [True, False]
    store.unlink()
    assert not brought_news(settings)
    assert "names the file mlflow.db, which does not exist" in capsys.readouterr().err
    assert not brought_news(warehouse(home).settings)
