"""`python -m ingest` as a person runs it: what it prints and exits with (design §3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import lake
from ingest.__main__ import main
from ingest.settings import read_settings
from tests.ingest.loads import span_line


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRACEHOUSE_CATALOG", "TRACEHOUSE_LAKE", "TRACEHOUSE_SERVING", "TRACEHOUSE_AS_OF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACEHOUSE_HOME", str(home))
    monkeypatch.setenv("TRACEHOUSE_SETTLE_SECONDS", "0")


def write(home: Path, name: str, text: str) -> None:
    path = home / "landing" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_load_tells_by_source_what_was_found_landed_and_quarantined(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, "otlp/a.jsonl", span_line(1) + "no json\n" + span_line(2))
    write(home, "usage/a.jsonl", "{}\n")
    assert main(["load"]) == 0
    printed, told = capsys.readouterr()
    assert "| otlp | 1 | 3 | 2 | 0 | 1 malformed_json |" in printed
    assert "| usage | 1 | 1 | 0 | 0 | 1 missing_snapshot_date |" in printed
    assert "Loaded 2 records from 2 files" in printed
    assert "load 1 committed: " in told


def test_a_second_load_says_that_there_is_nothing_new(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, "otlp/a.jsonl", span_line(1))
    main(["load"])
    capsys.readouterr()
    assert main(["load"]) == 0
    assert capsys.readouterr().out == "Nothing new to load.\n"


def test_no_landing_folder_exits_with_2_and_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "landing").rmdir()
    assert main(["load"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("tracehouse: There is no landing folder at ")
    assert "Traceback" not in told
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("command", ["load", "maintain", "replay-quarantine"])
def test_a_second_writer_exits_with_3(home: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with lake.writer_lock(read_settings({"TRACEHOUSE_HOME": str(home)})):
        assert main([command]) == 3
    assert "is being written by process" in capsys.readouterr().err


def test_an_unreadable_catalogue_exits_with_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    assert main(["load"]) == 1
    assert "cannot be opened" in capsys.readouterr().err


def test_a_bad_setting_exits_with_2_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_SETTLE_SECONDS", "soon")
    assert main(["load"]) == 2
    assert "TRACEHOUSE_SETTLE_SECONDS" in capsys.readouterr().err


def test_an_unknown_command_exits_with_2() -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["lode"])
    assert exit_.value.code == 2


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("load", "replay-quarantine", "maintain", "sample"))


def test_the_sample_is_never_mixed_with_what_is_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, "otlp/a.jsonl", span_line(1))
    assert main(["sample"]) == 2
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in (home / "landing").rglob("*.*")] == ["a.jsonl"]


def test_maintenance_says_what_it_did(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, "otlp/a.jsonl", span_line(1))
    main(["load"])
    capsys.readouterr()
    assert main(["maintain"]) == 0
    assert "snapshots expired, 1 kept; 0 orphans removed" in capsys.readouterr().out
