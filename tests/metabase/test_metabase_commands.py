"""Exit codes and sentences of `python -m metabase`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import lake
from metabase.__main__ import main
from tests.metabase.small_warehouse import Warehouse


@pytest.fixture
def home(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The warehouse as its commands find it: by the environment, opened by nobody."""
    monkeypatch.setenv("TRACEHOUSE_HOME", str(warehouse.settings.home))
    warehouse.connection.close()
    return warehouse


def run(home: Warehouse, *arguments: str) -> int:
    return main([*arguments, "--manifest", str(home.manifest)])


def test_a_release_of_good_marts_exits_with_0(home: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "release") == 0
    assert "calls_daily" in capsys.readouterr().out
    assert home.read("select count(*) from marts.calls_daily") == [(20,)]


def test_a_held_mart_exits_with_1_and_says_why(home: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    with lake.connect(home.settings) as connection:
        connection.execute("insert into lake.marts.tenants values ('acme', 1)")
    assert run(home, "release") == 1
    assert "one_row_per_grain: Expected that there is one row per tenant_id" in capsys.readouterr().out
    assert main(["report"]) == 0
    assert "one_row_per_grain" in capsys.readouterr().out


def test_an_unknown_release_exits_with_2(home: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "rollback", "r00000007") == 2
    assert "no release 'r00000007'" in capsys.readouterr().err


def test_another_writer_exits_with_3(home: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    with lake.writer_lock(home.settings):
        assert run(home, "release") == 3
    assert "being written by" in capsys.readouterr().err


def test_a_home_without_a_lake_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(tmp_path))
    assert main(["report"]) == 1
    assert "make run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
