"""A real MLflow store in the marts: what counts, and that a deleted run counts no more."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.running import Home
from tests.warehouse.building import build, land_files

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

pytestmark = pytest.mark.shared

ACCURACY = (
    "select agent_name, evaluator, model, prompt_version, dataset, release_train, evaluations, "
    "round(mean_score, 6), pass_rate from lake.marts.accuracy_daily order by all"
)


@pytest.fixture
def store(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    copy = tmp_path / "mlflow.db"
    shutil.copy(shared_data / "mlflow" / "mlflow.db", copy)
    copy.chmod(0o644)
    uri = f"sqlite:///{copy}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri


def test_runs_and_assessments_count_and_a_deleted_run_stays_in_history_alone(store: str, home: Path) -> None:
    """Run eval-n has accuracy 0.78 + n * 0.005, but for the NaN of eval-03; eval-11 is deleted."""
    from mlflow import MlflowClient

    warehouse = Home(home)
    land_files(warehouse)
    build(warehouse, "+accuracy_daily", "+drift_by_release")
    golden = ("gpt-4o-mini", "claude-sonnet-4-5")
    assert warehouse.in_lake(ACCURACY) == [
        ("rag", "accuracy", golden[1], "1", "golden-v1", "2026.9", 2, 0.785, None),
        ("rag", "accuracy", golden[1], "2", "golden-v1", "2026.9", 1, 0.805, None),
        ("rag", "accuracy", golden[1], "2", "golden-v2", "2026.10", 1, 0.815, None),
        ("rag", "accuracy", golden[1], "3", "golden-v2", "2026.10", 1, 0.825, None),
        ("summarizer", "accuracy", golden[0], "1", "golden-v1", "2026.9", 2, 0.785, None),
        ("summarizer", "accuracy", golden[0], "2", "golden-v1", "2026.9", 1, 0.8, None),
        ("summarizer", "accuracy", golden[0], "2", "golden-v2", "2026.10", 1, 0.81, None),
        ("summarizer", "accuracy", golden[0], "3", "golden-v2", "2026.10", 2, 0.825, None),
        ("unknown", "correctness", "unknown", "unknown", "unknown", "unknown", 4, None, 0.5),
        ("unknown", "helpfulness", "unknown", "unknown", "unknown", "unknown", 4, 0.4, None),
    ]
    assert warehouse.in_lake(
        "select agent_name, release_train, previous_release_train, verdict from lake.marts.drift_by_release "
        "where dataset = 'golden-v1' order by all"
    ) == [("rag", "2026.9", None, None), ("summarizer", "2026.9", None, None)]

    client = MlflowClient(tracking_uri=store)
    (eval_10,) = client.search_runs(["1"], "attributes.run_name = 'eval-10'")
    client.delete_run(eval_10.info.run_id)
    land_files(warehouse)
    build(warehouse, "+accuracy_daily")
    left = [
        row for row in warehouse.in_lake(ACCURACY) if row[:4] == ("summarizer", "accuracy", golden[0], "3")
    ]
    assert left == [("summarizer", "accuracy", golden[0], "3", "golden-v2", "2026.10", 1, 0.82, None)]
    assert warehouse.in_lake(
        "select lifecycle_stage, metrics['accuracy'] from lake.bronze.mlflow_runs "
        "where run_name = 'eval-10' order by load_id"
    ) == [("active", 0.83), ("deleted", 0.83)]
