"""One small lake for all tests of alerts, copied for each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.settings import Settings
from tests.orchestration.alerting.small_lake import make_lake, settings_of


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
