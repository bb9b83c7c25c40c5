"""The Dagster step that loads bronze."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster import materialize

from orchestration.ingest_assets import bronze
from orchestration.resources import Warehouse
from tests.ingest.loads import span_line


def test_a_pipeline_goes_on_with_the_files_where_the_mlflow_store_cannot_be_read(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "landing" / "otlp").mkdir()
    (home / "landing" / "otlp" / "a.jsonl").write_text(span_line(1))
    for name in ("TRACEHOUSE_CATALOG", "TRACEHOUSE_LAKE", "TRACEHOUSE_SERVING", "TRACEHOUSE_AS_OF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACEHOUSE_HOME", str(home))
    monkeypatch.setenv("TRACEHOUSE_SETTLE_SECONDS", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home}/nowhere.db")
    result = materialize([bronze], resources={"warehouse": Warehouse()})
    assert result.success
    (spans,) = result.asset_materializations_for_node("bronze")[:1]
    assert spans.metadata["dagster/row_count"].value == 1
    assert "MLFLOW_TRACKING_URI names the file nowhere.db, which does not exist" in capsys.readouterr().err
