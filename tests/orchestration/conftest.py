"""Small lakes for the tests of alerts and of the ledger, copied for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest import lake
from ingest.settings import Settings
from orchestration.governance.ledger import record_facts
from tests.orchestration.alerting.small_lake import make_lake, settings_of
from tests.orchestration.ledgers import NOW, InDuckLake, Warehouse
from tests.running import Home


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose lake has the tables that alerts read, without rows."""
    home = tmp_path_factory.mktemp("alerts") / "home"
    make_lake(settings_of(home))
    return home


@pytest.fixture
def no_lake(tmp_path: Path) -> Settings:
    """A home of the test's own without a lake, for what is tried in memory; no channel is connected."""
    (tmp_path / "home").mkdir()
    return settings_of(tmp_path / "home")


@pytest.fixture
def small_lake(empty_lake: Path, tmp_path: Path) -> Settings:
    """A home of the test's own with such a lake; no channel is connected."""
    shutil.copytree(empty_lake, tmp_path / "home")
    return settings_of(tmp_path / "home")


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the tables of a lake and a ledger, and nothing in them."""
    path = tmp_path_factory.mktemp("empty")
    (path / "landing").mkdir()
    (path / "seeds").mkdir()
    with lake.connect(Home(path).settings) as connection:
        lake.ensure_bronze(connection)
        assert record_facts(connection, path, path / "seeds", now=NOW) == 0
    return path


@pytest.fixture
def in_lake(empty_home: Path, tmp_path: Path) -> Iterator[InDuckLake]:
    home = tmp_path / "home"
    shutil.copytree(empty_home, home)
    with lake.connect(Home(home).settings, threads=1) as connection:
        yield InDuckLake(home, connection)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    home = tmp_path / "home"
    (home / "seeds").mkdir(parents=True)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("attach ':memory:' as lake; create schema lake.bronze")
        connection.execute("create table lake.bronze.ingest_log (load_id bigint)")
        connection.execute(
            "create table lake.bronze.events (type varchar, source varchar, event_id varchar, "
            "occurred_at timestamp, format varchar, data varchar, record varchar, load_id bigint)"
        )
        yield Warehouse(home, connection)
