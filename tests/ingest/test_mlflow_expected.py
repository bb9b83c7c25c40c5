"""A real store of MLflow 3.17, read by SQL, against what stands in it."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest import lake
from tests.ingest.loads import Warehouse, warehouse
from tests.ingest.mlflow_stores import copy_of

pytestmark = [pytest.mark.shared, pytest.mark.xdist_group("mlflow")]


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, Any]:
    return dict(json.loads((shared_data / "expected_mlflow.json").read_text()))


@pytest.fixture(scope="module")
def loaded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A home into which a copy of the store was loaded."""
    home = tmp_path_factory.mktemp("mlflow")
    (home / "landing").mkdir()
    store = copy_of(shared_data / "mlflow" / "mlflow.db", home / "store")
    house = warehouse(home, MLFLOW_TRACKING_URI=f"sqlite:///{store}", TRACEHOUSE_HASH_KEY="a key")
    summary = house.load()
    assert summary.store_failure is None
    return house


def test_runs_are_those_of_the_store_the_deleted_one_among_them(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    found = loaded.ask(
        "select experiment_name, status, lifecycle_stage, count(*) from lake.bronze.mlflow_runs "
        "group by all order by all"
    )
    assert [list(row) for row in found] == expected["runs_by_experiment_status_lifecycle"]


def test_the_last_accuracy_of_a_run_is_that_of_mlflow_and_of_its_history(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    found = loaded.ask(
        """
        select run_name, runs.metrics['accuracy'], arg_max(points.step, (points.step, points.recorded_at)),
            arg_max(points.value, (points.step, points.recorded_at))
        from lake.bronze.mlflow_runs as runs
        inner join lake.bronze.mlflow_metrics as points using (run_id)
        where lifecycle_stage = 'active' and key = 'accuracy'
        group by all
        order by run_name
        """
    )
    # In the store a NaN is 0 with a flag.
    wanted = [(*row[:3], bool(row[3])) for row in expected["final_accuracy_by_run_active"]]
    told = [
        (name, 0.0 if math.isnan(last) else round(last, 9), step, math.isnan(last))
        for name, last, step, _ in found
    ]
    assert told == wanted
    assert all(last == point or (math.isnan(last) and math.isnan(point)) for _, last, _, point in found)


def test_every_point_of_every_metric_lands(loaded: Warehouse, expected: dict[str, Any]) -> None:
    found = loaded.ask(
        "select key, count(*), count(*) filter (isnan(value)) from lake.bronze.mlflow_metrics "
        "group by 1 order by 1"
    )
    assert [list(row) for row in found] == expected["metric_rows_per_key"]
    assert sum(row[1] for row in found) == expected["tables"]["metrics"]


def test_an_infinity_that_sql_cut_is_one_again(loaded: Warehouse, expected: dict[str, Any]) -> None:
    wanted = [key for key, _, _ in expected["infinite_metrics"]]
    points = loaded.ask("select key, value from lake.bronze.mlflow_metrics where isinf(value)")
    assert points == [(key, math.inf) for key in wanted]
    last = loaded.ask("select metrics['loss'] from lake.bronze.mlflow_runs where metrics['loss'] is not null")
    assert last == [(math.inf,)]


def test_versions_of_models_and_prompts_have_their_kind_and_aliases(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    found = loaded.ask(
        "select name, version, stage, status, cast(run_id is not null as int), kind, aliases "
        "from lake.bronze.mlflow_model_versions order by 1, 2"
    )
    assert [list(row[:5]) for row in found] == expected["model_versions"]
    prompts = {(name, version) for name, version, _, _ in expected["prompt_versions"]}
    assert {(name, version) for name, version, *_, kind, _ in found if kind == "prompt"} == prompts
    aliases = [[name, alias, version] for name, version, *_, of in found for alias in of]
    assert sorted(aliases) == expected["aliases"]


def test_prompts_keep_their_text(loaded: Warehouse, expected: dict[str, Any]) -> None:
    found = loaded.ask(
        "select name, version, tags from lake.bronze.mlflow_model_versions where kind = 'prompt'"
    )
    told = sorted([name, version, key, text] for name, version, tags in found for key, text in tags.items())
    assert told == expected["prompt_versions"]


def test_traces_have_status_duration_and_the_id_of_their_spans(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    found = loaded.ask(
        "select mlflow_trace_id, trace_id, status, duration_ms, span_count, "
        "json_extract(attributes['mlflow.trace.tokenUsage'], ['$.input_tokens', '$.output_tokens']), "
        "tags['tenant.id'] from lake.bronze.mlflow_traces"
    )
    told = {
        row[0]: (row[2], row[3], *([None, None] if row[5] is None else [n and int(n) for n in row[5]]))
        for row in found
    }
    assert told == {name: (status, ms, inp, out) for name, status, ms, inp, out, _ in expected["traces"]}
    assert all(row[0] == f"tr-{row[1]}" for row in found)
    assert sum(row[4] for row in found) == expected["tables"]["spans"]
    assert {row[6] for row in found} == {"acme"}


def test_assessments_have_name_type_and_kind(loaded: Warehouse, expected: dict[str, Any]) -> None:
    found = loaded.ask(
        "select evaluator, assessment_type, evaluator_kind, count(*) from lake.bronze.mlflow_evaluations "
        "group by all order by all"
    )
    assert [list(row) for row in found] == expected["assessments"]
    scores = loaded.ask(
        "select evaluator, score_value, score_label from lake.bronze.mlflow_evaluations "
        "where assessment_type = 'feedback'"
    )
    # As the store's table of assessments has them, as JSON.
    assert Counter(scores) == Counter(
        {
            ("correctness", None, "true"): 2,
            ("correctness", None, "false"): 2,
            ("helpfulness", 0.1, None): 1,
            ("helpfulness", 0.30000000000000004, None): 1,
            ("helpfulness", 0.5, None): 1,
            ("helpfulness", 0.7000000000000001, None): 1,
        }
    )


def test_the_log_accounts_for_every_record_and_names_the_store_without_its_folder(
    loaded: Warehouse, expected: dict[str, Any]
) -> None:
    counted = ("experiments", "runs", "metrics", "trace_info", "assessments", "model_versions")
    total = sum(expected["tables"][table] for table in counted)
    ((name, kind, *numbers),) = loaded.log(
        "source_file, source_kind, records_found, rows_landed, rows_quarantined, rows_duplicate"
    )
    assert numbers == [total, total, 0, 0]
    assert kind == "mlflow"
    assert name.startswith("mlflow/mlflow.db-")
    assert str(loaded.settings.home) not in name


def test_a_second_load_of_the_same_store_adds_nothing(loaded: Warehouse) -> None:
    def state() -> tuple[int, list[tuple[Any, ...]]]:
        with lake.connect(loaded.settings, read_only=True) as connection:
            counts = connection.execute("select table_name, file_count from ducklake_table_info('lake')")
            return lake.current_snapshot(connection), sorted(counts.fetchall())

    before = state()
    assert loaded.load().loads == 0
    assert state() == before


def test_nobody_s_name_and_no_content_stand_in_the_files_of_the_lake(loaded: Warehouse) -> None:
    import pyarrow.parquet as pq

    files = list(Path(loaded.settings.lake).rglob("*.parquet"))
    texts = [str(pq.ParquetFile(file).read().to_pylist()) for file in files]
    texts.append(Path(loaded.settings.catalog.removeprefix("sqlite:")).read_bytes().decode(errors="replace"))
    everything = "\n".join(texts)
    assert "helpfulness" in everything
    for secret in ("alice@example.com", "Mock answer", "question 0", "'root'", "'u1'", "'judge'", "'42'"):
        assert secret not in everything


def test_whoever_is_hashed_can_be_followed_and_a_judge_can_be_named(loaded: Warehouse) -> None:
    people = loaded.ask(
        "select distinct attributes['mlflow.assessment.reviewer'] from lake.bronze.mlflow_evaluations "
        "where evaluator_kind = 'HUMAN'"
    )
    assert [len(name) for (name,) in people] == [64]
    judges = loaded.ask(
        "select distinct attributes['mlflow.assessment.source_id'] from lake.bronze.mlflow_evaluations "
        "where evaluator_kind = 'LLM_JUDGE'"
    )
    assert judges == [("gpt-4o",)]
