"""The MLflow loader against tracking servers: a real one, and some that do not answer as they should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import schema
from ingest.__main__ import main
from tests.ingest.loads import Warehouse, span_line, warehouse
from tests.ingest.mlflow_stores import TinyStore, answering, copy_of, mlflow_server, tiny_store

pytestmark = pytest.mark.xdist_group("mlflow")

T0 = 1_792_059_000_000
TABLES = [name for name in schema.RECORD_TABLES if name.startswith("mlflow_")]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own settings of the client count: no retries here, and no long wait."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")


@pytest.fixture(scope="module")
def served(new_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TinyStore, str]]:
    """A store with one of everything, and the address of its server."""
    folder = tmp_path_factory.mktemp("server")
    store = tiny_store(copy_of(new_store, folder))
    run_id = store.client.create_run("0", start_time=T0, tags={"mlflow.user": "ada"}).info.run_id
    for step, value in enumerate([float("nan"), float("inf"), float("-inf"), 5e-324, 0.1 + 0.2]):
        store.client.log_metric(run_id, "loss", value, timestamp=T0, step=step)
        store.client.log_metric(run_id, f"loss-{step}", value, timestamp=T0, step=step)
    store.client.log_param(run_id, "empty", "")
    deleted = store.client.create_experiment("deleted")
    store.client.create_run(deleted, start_time=T0)
    store.client.delete_experiment(deleted)
    store.client.create_registered_model("model")
    store.client.create_model_version("model", "s3://bucket/model", run_id)
    store.client.set_registered_model_alias("model", "champion", 1)
    trace = store.trace("0", 1, at_ms=T0, **{"mlflow.sourceRun": run_id})
    for name, what in {
        "number": {"value": 3},
        "real": {"value": 0.1 + 0.2},
        "yes": {"value": False},
        "label": {"value": "good", "rationale": "because"},
        "list": {"value": ["a", 1, 0.5, {"b": 2}]},
        "expected": {"expected": {"answer": 42}},
        "expected_number": {"expected": 42},
    }.items():
        store.assess(trace, name, **what)
    store.assess(trace, "again", value=1, overrides=store.assess(trace, "first", value=0))
    with mlflow_server(store.file, folder) as address:
        yield store, address


def contents(house: Warehouse) -> dict[str, str]:
    """Everything that bronze has of the store, but for which load and which store it came from."""
    return {
        table: repr(
            house.ask(
                "select * exclude (load_id, ingested_at, source_file, source_digest) "
                f"from lake.bronze.{table} order by record_digest"
            )
        )
        for table in TABLES
    }


def test_a_store_read_by_sql_and_over_http_gives_the_same_rows(
    home: Path, tmp_path: Path, served: tuple[TinyStore, str]
) -> None:
    store, address = served
    by_sql = warehouse(home, MLFLOW_TRACKING_URI=store.uri)
    over_http = warehouse(tmp_path / "other", MLFLOW_TRACKING_URI=address)
    over_http.settings.landing.mkdir(parents=True)
    for house in (by_sql, over_http):
        summary = house.load()
        assert summary.store_failure is None
        # 2 experiments, 2 runs, 10 points, 1 trace, 9 assessments, 1 model version.
        assert sum(summary.rows_landed.values()) == 25
    assert contents(over_http) == contents(by_sql)
    assert over_http.load().loads == 0


@pytest.mark.shared
@pytest.mark.long
def test_a_real_store_gives_the_same_rows_over_http(home: Path, tmp_path: Path, shared_data: Path) -> None:
    file = copy_of(shared_data / "mlflow" / "mlflow.db", tmp_path / "store")
    by_sql = warehouse(home, MLFLOW_TRACKING_URI=f"sqlite:///{file}")
    over_http = warehouse(tmp_path / "other")
    over_http.settings.landing.mkdir(parents=True)
    by_sql.load()
    with mlflow_server(file, tmp_path) as address:
        over_http = warehouse(over_http.settings.home, MLFLOW_TRACKING_URI=address)
        assert over_http.load().store_failure is None
    assert contents(over_http) == contents(by_sql)


def test_what_is_deleted_and_restored_through_a_server_is_followed(
    home: Path, served: tuple[TinyStore, str]
) -> None:
    from mlflow import MlflowClient

    store, address = served
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    house = warehouse(home, MLFLOW_TRACKING_URI=address)
    experiment = client.create_experiment("followed")
    run_id = client.create_run(experiment, start_time=T0).info.run_id
    client.create_registered_model("followed")
    client.create_model_version("followed", "s3://bucket/model", run_id)
    trace = store.trace(experiment, 2, at_ms=T0)
    store.assess(trace, "helpful", value=True)
    house.load()
    client.delete_run(run_id)
    client.delete_registered_model("followed")
    client.delete_traces(experiment, trace_ids=[trace])
    assert dict(house.load().rows_landed) == {
        "mlflow_runs": 1,
        "mlflow_traces": 1,
        "mlflow_evaluations": 1,
        "mlflow_model_versions": 1,
    }
    client.restore_run(run_id)
    assert dict(house.load().rows_landed) == {"mlflow_runs": 1}
    assert house.load().loads == 0
    assert house.ask(
        f"select lifecycle_stage from lake.bronze.mlflow_runs where run_id = '{run_id}' order by load_id"
    ) == [("active",), ("deleted",), ("active",)]
    assert house.ask(
        "select lifecycle_stage from lake.bronze.mlflow_model_versions "
        "where name = 'followed' order by load_id"
    ) == [("active",), ("removed",)]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, "answered with errors (HTTP 5xx or 429) each time it was asked: see the server's log."),
        (401, "refuses to be read: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        (403, "refuses to be read: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        (404, "must be the address of a server of MLflow 3."),
        (None, "did not answer in time: see how the server is"),
    ],
)
def test_a_server_that_does_not_answer_as_it_should_costs_no_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, status: int | None, told: str
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with answering(status) as address:
        house = warehouse(home, MLFLOW_TRACKING_URI=address.replace("//", "//ada:secret@"))
        house.write("otlp/a.jsonl", span_line(1))
        summary = house.load()
    assert summary.records_landed == 1
    assert summary.store_failure is not None
    assert told in summary.store_failure
    assert "secret" not in summary.store_failure
    assert house.log("source_kind") == [("otlp",)]


def test_a_load_without_its_store_lands_the_files_and_exits_with_1(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(home))
    monkeypatch.setenv("TRACEHOUSE_SETTLE_SECONDS", "0")
    # Nobody listens on the port of a server that has ended.
    with answering(200) as address:
        pass
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    house = warehouse(home)
    house.write("otlp/a.jsonl", span_line(1))
    assert main(["load"]) == 1
    printed, errors = capsys.readouterr()
    assert "Loaded 1 records from 1 files" in printed
    assert errors.splitlines()[-1] == (
        f"tracehouse: The MLflow store mlflow/{address.removeprefix('http://')} cannot be reached: start the "
        "server, or correct MLFLOW_TRACKING_URI. What was read before stays; the next load goes on."
    )
    assert house.ask("select count(*) from lake.bronze.spans") == [(1,)]
