"""Fixtures of the tests of ingest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.mlflow_stores import TinyStore, copy_of, tiny_store


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as MLflow creates it, with nothing but its default experiment."""
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    tiny_store(file)
    return file


@pytest.fixture
def store(new_store: Path, tmp_path: Path) -> TinyStore:
    """An empty store of a test's own."""
    return tiny_store(copy_of(new_store, tmp_path / "store"))
