"""A real MLflow store lands whole, once, version by version, and is not touched."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest import mlflow_store
from ingest.errors import SettingsError
from ingest.settings import read_settings
from tests.ingest.loads import Warehouse
from tests.running import Home

pytestmark = pytest.mark.shared

NEWEST = (
    "(select * from lake.bronze.{0} qualify row_number() over (partition by {1} order by load_id desc) = 1)"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    copy = tmp_path_factory.mktemp("store") / "mlflow.db"
    shutil.copy(shared_data / "mlflow" / "mlflow.db", copy)
    return copy


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data / "expected_mlflow.json").read_text())


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Warehouse:
    return load_from(tmp_path_factory.mktemp("home"), f"sqlite:///{store}")


def load_from(home: Path, uri: str) -> Warehouse:
    (home / "landing").mkdir(exist_ok=True)
    settings = read_settings({"TRACEHOUSE_HOME": str(home), "MLFLOW_TRACKING_URI": uri})
    warehouse = Warehouse(settings)
    warehouse.load()
    return warehouse


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return Home(warehouse.settings.home).in_lake(sql)


def test_every_kind_of_thing_lands_as_often_as_the_store_holds_it(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    tables = expected["tables"]
    assert {
        table: rows(loaded, f"select count(*) from lake.bronze.{table}")[0][0]
        for table in (
            "mlflow_experiments",
            "mlflow_runs",
            "mlflow_metrics",
            "mlflow_traces",
            "mlflow_evaluations",
            "mlflow_model_versions",
        )
    } == {
        "mlflow_experiments": tables["experiments"],
        "mlflow_runs": tables["runs"],
        "mlflow_metrics": tables["metrics"],
        "mlflow_traces": tables["trace_info"],
        "mlflow_evaluations": tables["assessments"],
        "mlflow_model_versions": tables["model_versions"],
    }
    maps = (
        "select sum(cardinality(params)), sum(cardinality(metrics)), sum(cardinality(tags)) from lake.bronze."
    )
    assert rows(loaded, f"{maps}mlflow_runs") == [
        (tables["params"], tables["latest_metrics"], tables["tags"])
    ]
    # The client tells a trace's name as a tag of its own.
    traces = "sum(cardinality(tags)) - count(tags['mlflow.traceName']) from lake.bronze.mlflow_traces"
    assert rows(loaded, f"select sum(span_count), {traces}") == [(tables["spans"], tables["trace_tags"])]


def test_runs_have_their_experiment_status_and_lifecycle(loaded: Warehouse, expected: dict[str, Any]) -> None:
    found = rows(
        loaded,
        "select experiment_name, status, lifecycle_stage, count(*) from lake.bronze.mlflow_runs "
        "group by all order by all",
    )
    assert [list(row) for row in found] == sorted(expected["runs_by_experiment_status_lifecycle"])


def test_the_last_accuracy_of_each_run_has_its_step_and_nan_stays_nan(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    found = rows(
        loaded,
        """
        select runs.run_name, points.value, points.step, runs.metrics['accuracy']
        from lake.bronze.mlflow_metrics as points
        inner join lake.bronze.mlflow_runs as runs using (run_id)
        where points.key = 'accuracy' and runs.lifecycle_stage = 'active'
        qualify row_number() over (partition by run_id order by points.step desc) = 1
        order by 1
        """,
    )
    told = [
        (name, None if nan else value, step)
        for name, value, step, nan in expected["final_accuracy_by_run_active"]
    ]
    assert [
        (name, None if value != value else pytest.approx(value), step) for name, value, step, _ in found
    ] == told
    assert [newest != newest for *_, newest in found] == [value is None for _, value, _ in told]


def test_points_per_metric_nan_and_infinities_are_all_there(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    found = rows(
        loaded,
        "select key, count(*), count(*) filter (isnan(value)) from lake.bronze.mlflow_metrics "
        "group by all order by all",
    )
    assert [list(row) for row in found] == expected["metric_rows_per_key"]
    infinite = rows(loaded, "select key, value, step from lake.bronze.mlflow_metrics where isinf(value)")
    assert infinite == [(key, float("inf"), step) for key, _, step in expected["infinite_metrics"]]


def test_model_versions_aliases_and_prompts(loaded: Warehouse, expected: dict[str, Any]) -> None:
    found = rows(
        loaded,
        "select name, version, stage, status, run_id is not null from lake.bronze.mlflow_model_versions "
        "order by all",
    )
    assert [
        [name, int(version), stage, status, int(has_run)] for name, version, stage, status, has_run in found
    ] == (expected["model_versions"])
    aliases = rows(
        loaded,
        "select name, unnest(aliases) as alias, version from lake.bronze.mlflow_model_versions order by all",
    )
    assert [[name, alias, int(version)] for name, alias, version in aliases] == expected["aliases"]
    prompts = rows(
        loaded,
        "select name, version, unnest(map_keys(tags)) as tag, unnest(map_values(tags)) "
        "from lake.bronze.mlflow_model_versions where kind = 'prompt' order by all",
    )
    assert [[name, int(version), tag, text] for name, version, tag, text in prompts] == expected[
        "prompt_versions"
    ]


def test_traces_and_assessments(loaded: Warehouse, expected: dict[str, Any]) -> None:
    traces = rows(loaded, "select mlflow_trace_id, status, duration_ms from lake.bronze.mlflow_traces")
    assert sorted(traces) == sorted((trace, status, ms) for trace, status, ms, *_ in expected["traces"])
    ids = rows(
        loaded, "select count(*) from lake.bronze.mlflow_traces where 'tr-' || trace_id = mlflow_trace_id"
    )
    assert ids == [(len(expected["traces"]),)]
    kinds = Counter(
        rows(loaded, "select evaluator, assessment_type, evaluator_kind from lake.bronze.mlflow_evaluations")
    )
    assert kinds == Counter({tuple(key): count for *key, count in expected["assessments"]})
    assert rows(
        loaded,
        "select count(score_value), count(score_label) from lake.bronze.mlflow_evaluations "
        "where evaluator = 'helpfulness'",
    ) == [(4, 0)]


def test_a_second_load_adds_nothing(loaded: Warehouse) -> None:
    snapshot = rows(loaded, "select id from lake.current_snapshot()")
    assert loaded.load().sentence() == "Nothing new to load."
    assert rows(loaded, "select id from lake.current_snapshot()") == snapshot


def test_the_store_stays_as_it_was_and_nothing_is_made_beside_it(
    loaded: Warehouse, store: Path, shared_data: Path
) -> None:
    digests = [
        hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (store, shared_data / "mlflow" / "mlflow.db")
    ]
    assert digests[0] == digests[1]
    assert [file.name for file in store.parent.iterdir()] == ["mlflow.db"]


def test_no_reviewer_user_or_content_is_written(loaded: Warehouse) -> None:
    for table in ("mlflow_runs", "mlflow_traces", "mlflow_evaluations"):
        texts = rows(loaded, f"select to_json(row) from lake.bronze.{table} as row")
        for (text,) in texts:
            assert "alice@example.com" not in text
            assert "Mock answer" not in text
            assert "question " not in text
    dropped = rows(loaded, "select distinct attributes['mlflow.trace.user'] from lake.bronze.mlflow_traces")
    assert dropped == [("",)]
    judges = rows(
        loaded,
        "select distinct attributes['mlflow.assessment.judge'] from lake.bronze.mlflow_evaluations "
        "where evaluator = 'correctness'",
    )
    assert judges == [("gpt-4o",)]


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("ftp://mlflow", "MLFLOW_TRACKING_URI starts with 'ftp'"),
        ("./mlruns", "MLFLOW_TRACKING_URI starts with './mlruns'"),
        ("https://", "MLFLOW_TRACKING_URI starts with 'https'"),
    ],
)
def test_an_address_that_is_no_store_fails_at_start(uri: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        read_settings({"MLFLOW_TRACKING_URI": uri})


def test_a_load_that_was_killed_between_two_commits_is_taken_up(
    store: Path, tmp_path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_store, "_ROWS_PER_COMMIT", 7)
    commits = itertools.count()

    def killed(landing: Any) -> None:
        if next(commits) == 9:
            raise KeyboardInterrupt
        commit(landing)

    commit = mlflow_store._Landing.commit
    monkeypatch.setattr(mlflow_store._Landing, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        load_from(tmp_path, f"sqlite:///{store}")
    monkeypatch.setattr(mlflow_store._Landing, "commit", commit)
    warehouse = load_from(tmp_path, f"sqlite:///{store}")
    points = rows(warehouse, "select count(*) from lake.bronze.mlflow_metrics")
    assert points == [(expected["tables"]["metrics"],)]
    assert rows(warehouse, "select count(*) from lake.bronze.mlflow_runs") == [(expected["tables"]["runs"],)]
    assert rows(warehouse, "select max(load_id) > 9 from lake.bronze.mlflow_runs") == [(True,)]


def test_what_cannot_be_a_row_is_quarantined_once_and_the_rest_lands(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "damaged.db"
    shutil.copy(store, copy)
    copy.chmod(0o644)
    with closing(sqlite3.connect(copy)) as database:
        database.execute("update runs set start_time = 9000000000000000000 where name = 'eval-00'")
        database.commit()
    warehouse = load_from(tmp_path, f"sqlite:///{copy}")
    assert rows(warehouse, "select count(*) from lake.bronze.mlflow_runs") == [(12,)]
    bad = rows(warehouse, "select source_file, reason_code from lake.bronze.quarantine")
    assert bad == [("mlflow/sqlite", "invalid_time")]
    found = "records_found = rows_landed + rows_quarantined + rows_duplicate"
    assert rows(warehouse, f"select bool_and({found}), count(*) from lake.bronze.ingest_log") == [(True, 1)]
    assert warehouse.load().sentence() == "Nothing new to load."
