"""A real MLflow tracking server on loopback, read over HTTP while people work on it."""

from __future__ import annotations

import math
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.ingest.loads import Warehouse
from tests.ingest.test_mlflow import load_from, rows
from tests.mlflow_server import purge_deleted_runs, tracking_server

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

pytestmark = pytest.mark.xdist_group("mlflow")

NEWEST_RUNS = (
    "select run_name, lifecycle_stage from lake.bronze.mlflow_runs "
    "qualify row_number() over (partition by run_id order by load_id desc) = 1"
)


class Server(NamedTuple):
    address: str
    store: Path
    client: Any


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a store of its own, with one experiment of two runs and an assessed trace."""
    from mlflow import MlflowClient

    store = tmp_path_factory.mktemp("server") / "own.db"
    with tracking_server(store) as address:
        client = MlflowClient(tracking_uri=address)
        experiment = client.create_experiment("answers", tags={"team": "agents"})
        for name, accuracy in (("first", 0.5), ("second", math.nan)):
            run = client.create_run(experiment, run_name=name, tags={"agent": "scribe", "dataset": "golden"})
            client.log_param(run.info.run_id, "model", "gpt-4.1")
            client.log_metric(run.info.run_id, "accuracy", 0.25, step=0)
            client.log_metric(run.info.run_id, "accuracy", accuracy, step=1)
            client.log_metric(run.info.run_id, "loss", -math.inf, step=0)
            client.set_terminated(run.info.run_id)
        yield Server(address, store, client)


@pytest.fixture
def loaded(server: Server, tmp_path: Path) -> Warehouse:
    return load_from(tmp_path, server.address)


def run_id(server: Server, name: str) -> str:
    experiment = server.client.get_experiment_by_name("answers").experiment_id
    (run,) = server.client.search_runs([experiment], f"attributes.run_name = '{name}'")
    return str(run.info.run_id)


def trace_with_feedback(server: Server) -> str:
    """A trace of one span with a person's mark, a judge's verdict and an expected answer."""
    import mlflow
    from mlflow.entities import AssessmentSource

    mlflow.set_tracking_uri(server.address)
    mlflow.set_experiment("answers")
    with mlflow.start_span("answer") as span:
        span.set_inputs({"question": "what my salary is"})
    mlflow.flush_trace_async_logging()
    person, judge = AssessmentSource("HUMAN", "ada@example.com"), AssessmentSource("LLM_JUDGE", "gpt-4.1")
    mlflow.log_feedback(trace_id=span.trace_id, name="helpfulness", value=4, source=person)
    mlflow.log_feedback(trace_id=span.trace_id, name="correctness", value=True, source=judge, rationale="yes")
    mlflow.log_feedback(trace_id=span.trace_id, name="tone", value="warm", source=judge)
    mlflow.log_expectation(trace_id=span.trace_id, name="answer", value="a lot", source=person)
    return str(span.trace_id)


def test_runs_land_over_http_with_nan_and_infinity_and_once(server: Server, loaded: Warehouse) -> None:
    found = rows(
        loaded,
        "select run_name, status, params['model'], tags['agent'], metrics['accuracy'], metrics['loss'] "
        "from lake.bronze.mlflow_runs order by run_name",
    )
    assert found[0] == ("first", "FINISHED", "gpt-4.1", "scribe", 0.5, -math.inf)
    assert found[1][:4] == ("second", "FINISHED", "gpt-4.1", "scribe")
    assert math.isnan(found[1][4])
    points = rows(
        loaded, "select count(*), count(distinct (run_id, key, step)) from lake.bronze.mlflow_metrics"
    )
    assert points == [(6, 6)]
    snapshot = rows(loaded, "select id from lake.current_snapshot()")
    assert loaded.load().sentence() == "Nothing new to load."
    assert rows(loaded, "select id from lake.current_snapshot()") == snapshot


def test_the_same_store_read_as_a_file_holds_nothing_new(server: Server, loaded: Warehouse) -> None:
    again = load_from(loaded.settings.home, f"sqlite:///{server.store}")
    assert again.load().sentence() == "Nothing new to load."
    sources = rows(loaded, "select distinct source_file from lake.bronze.ingest_log")
    assert sources == [(f"mlflow/{server.address.removeprefix('http://')}",)]


def test_what_changes_lands_as_a_further_version_with_new_points_alone(
    server: Server, loaded: Warehouse
) -> None:
    first = run_id(server, "first")
    server.client.set_tag(first, "release_train", "2026.10")
    server.client.log_metric(first, "accuracy", 0.75, step=2)
    summary = loaded.load()
    assert dict(summary.rows_landed) == {"mlflow_runs": 1, "mlflow_metrics": 1}
    assert rows(
        loaded,
        "select metrics['accuracy'], tags['release_train'] from lake.bronze.mlflow_runs "
        "where run_name = 'first' order by load_id",
    )[-2:] == [(0.5, None), (0.75, "2026.10")]


def test_a_deleted_run_is_a_version_so_is_a_restored_one_and_a_purged_one(
    server: Server, loaded: Warehouse
) -> None:
    second = run_id(server, "second")
    server.client.delete_run(second)
    loaded.load()
    assert ("second", "deleted") in rows(loaded, NEWEST_RUNS)
    server.client.restore_run(second)
    loaded.load()
    assert ("second", "active") in rows(loaded, NEWEST_RUNS)
    server.client.delete_run(second)
    loaded.load()
    purge_deleted_runs(server.store)
    loaded.load()
    stages = rows(
        loaded,
        f"select lifecycle_stage from lake.bronze.mlflow_runs where run_id = '{second}' order by load_id",
    )
    assert [stage for (stage,) in stages] == ["active", "deleted", "active", "deleted", "removed"]
    assert loaded.load().sentence() == "Nothing new to load."


def test_assessments_land_by_kind_without_names_or_content_and_go_with_their_trace(
    server: Server, tmp_path: Path
) -> None:
    trace = trace_with_feedback(server)
    warehouse = load_from(tmp_path, server.address)
    told = "select evaluator, assessment_type, evaluator_kind, score_value, score_label, is_valid "
    assert rows(warehouse, f"{told} from lake.bronze.mlflow_evaluations order by evaluator") == [
        ("answer", "expectation", "HUMAN", None, None, True),
        ("correctness", "feedback", "LLM_JUDGE", None, "true", True),
        ("helpfulness", "feedback", "HUMAN", 4.0, None, True),
        ("tone", "feedback", "LLM_JUDGE", None, "warm", True),
    ]
    whole = rows(
        warehouse,
        "select to_json(row)::varchar from lake.bronze.mlflow_evaluations as row "
        "union all select to_json(row)::varchar from lake.bronze.mlflow_traces as row",
    )
    assert not [text for (text,) in whole if "ada@" in text or "salary" in text or "a lot" in text]
    experiment = server.client.get_experiment_by_name("answers").experiment_id
    server.client.delete_traces(experiment, trace_ids=[trace])
    assert dict(warehouse.load().rows_landed) == {"mlflow_traces": 1, "mlflow_evaluations": 4}
    assert rows(warehouse, "select count(*) from lake.bronze.mlflow_evaluations where is_removed") == [(4,)]


def test_a_server_that_refuses_is_told_and_files_land_all_the_same(tmp_path: Path) -> None:
    with refusing_server() as address:
        warehouse = load_from(tmp_path, address.replace("http://", "http://reader:secret@"))
        warehouse.write("usage/day.csv", "snapshot_date,tenant_id,entitlement_tier\n2026-10-01,acme,pro\n")
        sentence = warehouse.load().sentence()
    assert "Loaded 1 records from 1 files" in sentence
    assert "1 could not be read: mlflow/127.0.0.1" in sentence
    assert "500" in sentence
    assert "secret" not in sentence
    assert rows(warehouse, "select count(*) from lake.bronze.usage_snapshots") == [(1,)]


class refusing_server:  # noqa: N801 - used as a function
    """A server that answers everything with 500."""

    def __enter__(self) -> str:
        self._server = HTTPServer(("127.0.0.1", 0), _Refuses)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Refuses(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_error(500)

    do_GET = do_POST  # noqa: N815 - named by the library

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.mark.shared
def test_the_real_store_reads_over_http_as_it_reads_as_a_file(tmp_path: Path, shared_data: Path) -> None:
    store = tmp_path / "real.db"
    shutil.copy(shared_data / "mlflow" / "mlflow.db", store)
    store.chmod(0o644)
    with tracking_server(store) as address:
        warehouse = load_from(tmp_path, address)
        assert rows(warehouse, "select count(*) from lake.bronze.mlflow_runs") == [(13,)]
        assert rows(warehouse, "select count(*) from lake.bronze.mlflow_metrics") == [(159,)]
    assert load_from(tmp_path, f"sqlite:///{store}").load().sentence() == "Nothing new to load."
