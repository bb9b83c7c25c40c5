"""What `python -m metabase connect` tells people to enter in Metabase."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from metabase.__main__ import main
from tests.metabase.small_warehouse import NOW, Warehouse
from tests.metabase.test_release import add_calls, publish


def told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: str
) -> str:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(warehouse.settings.home))
    assert main(["connect", *options]) == 0
    return capsys.readouterr().out


def test_the_recipe_for_postgres_names_the_reader_and_no_password(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_SERVING", "postgresql://loader:hunter2@db.example.com:6432/warehouse")
    lines = [line.split() for line in told(warehouse, monkeypatch, capsys).splitlines()]
    for field in (
        ["engine", "postgres"],
        ["host", "db.example.com"],
        ["port", "6432"],
        ["dbname", "warehouse"],
        ["user", "tracehouse_reader"],
        ["schema-filters-type", "inclusion"],
        ["schema-filters-patterns", "marts"],
    ):
        assert field in lines
    assert "hunter2" not in str(lines)
    assert "loader" not in str(lines)


def test_the_recipe_for_duckdb_names_the_file_that_stands_there(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(warehouse)
    lines = [line.split() for line in told(warehouse, monkeypatch, capsys).splitlines()]
    [file] = {fields[1] for fields in lines if fields[:1] == ["database_file"]} - {":memory:"}
    with duckdb.connect(file, read_only=True) as reader:
        assert reader.execute("select count(*) from marts.tenants").fetchall() == [(2,)]


def test_the_views_for_a_database_in_memory_follow_releases(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(warehouse)
    views = told(warehouse, monkeypatch, capsys, "--init-sql")
    with duckdb.connect(":memory:") as reader:
        reader.execute(views)
        reader.execute(views)
        assert reader.execute("select count(*) from marts.tenants").fetchall() == [(2,)]
        add_calls(warehouse, "nova")
        publish(warehouse, now=NOW)
        assert reader.execute("select count(*) from marts.tenants").fetchall() == [(3,)]


def test_there_are_no_views_before_the_first_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(tmp_path))
    assert main(["connect", "--init-sql"]) == 2
    assert "run `make run` first" in capsys.readouterr().err
