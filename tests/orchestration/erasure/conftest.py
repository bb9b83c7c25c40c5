"""One small lake with every table that an erasure writes to, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest import lake
from orchestration.governance import erasure
from tests.ingest.loads import Warehouse, warehouse


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty landing folder and empty tables."""
    home = tmp_path_factory.mktemp("erasure") / "home"
    (home / "landing").mkdir(parents=True)
    with lake.connect(warehouse(home).settings, threads=1) as connection:
        erasure.prepare(connection)
    return home


@pytest.fixture
def here(prepared_home: Path, tmp_path: Path) -> Warehouse:
    """A home of the test's own; with a key, names are hashed and not dropped."""
    shutil.copytree(prepared_home, tmp_path / "home")
    return warehouse(tmp_path / "home", TRACEHOUSE_HASH_KEY="k")
