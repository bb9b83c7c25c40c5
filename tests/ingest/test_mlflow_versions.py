"""What of an MLflow store lands when: new versions, new points, removals, and what cannot be a row."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest import lake, schema
from ingest.mlflow_store import client, loading, records
from ingest.mlflow_store.client import StoreUnreadableError, TrackingStore
from ingest.redaction import read_redaction
from tests.ingest.loads import Warehouse, span_line, warehouse
from tests.ingest.mlflow_stores import TinyStore

pytestmark = pytest.mark.xdist_group("mlflow")

T0 = 1_792_059_000_000
DAY_MS = 86_400_000


@pytest.fixture
def house(home: Path, store: TinyStore) -> Warehouse:
    """A home that reads the store."""
    return warehouse(home, MLFLOW_TRACKING_URI=store.uri, TRACEHOUSE_HASH_KEY="a key")


def load(house: Warehouse) -> dict[str, int]:
    """Rows landed by bronze table; the store was read to its end."""
    summary = house.load()
    assert summary.store_failure is None
    return dict(summary.rows_landed)


def stages(house: Warehouse, table: str) -> list[str]:
    return [row[0] for row in house.ask(f"select lifecycle_stage from lake.bronze.{table} order by load_id")]


def change(store: TinyStore, *statements: str) -> None:
    """Change the store behind MLflow's back."""
    with closing(sqlite3.connect(store.file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def run(store: TinyStore, experiment: str = "0", **metrics: float) -> str:
    run_id = str(store.client.create_run(experiment, start_time=T0).info.run_id)
    for key, value in metrics.items():
        store.client.log_metric(run_id, key, value, timestamp=T0, step=0)
    return run_id


def test_a_run_deleted_and_restored_has_three_versions(house: Warehouse, store: TinyStore) -> None:
    run_id = run(store, accuracy=0.5)
    assert load(house) == {"mlflow_experiments": 1, "mlflow_runs": 1, "mlflow_metrics": 1}
    store.client.delete_run(run_id)
    assert load(house) == {"mlflow_runs": 1}
    store.client.restore_run(run_id)
    assert load(house) == {"mlflow_runs": 1}
    assert load(house) == {}
    assert stages(house, "mlflow_runs") == ["active", "deleted", "active"]


def test_a_purged_run_gets_a_last_version_with_what_it_held(house: Warehouse, store: TinyStore) -> None:
    run_id = run(store, accuracy=0.1 + 0.2)
    store.client.set_tag(run_id, "mlflow.user", "ada@example.com")
    load(house)
    store.client.delete_run(run_id)
    load(house)
    store.sql._hard_delete_run(run_id)
    assert load(house) == {"mlflow_runs": 1}
    assert load(house) == {}
    assert stages(house, "mlflow_runs") == ["active", "deleted", "removed"]
    rows = house.ask(
        "select event_date, started_at, metrics, tags['mlflow.user'], record_digest "
        "from lake.bronze.mlflow_runs order by load_id"
    )
    # The hash of the user is not hashed once more.
    assert rows[2][:4] == rows[1][:4]
    assert rows[2][2] == {"accuracy": 0.1 + 0.2}
    assert len({row[4] for row in rows}) == 3


def test_of_a_metric_only_the_points_land_that_are_not_known(house: Warehouse, store: TinyStore) -> None:
    run_id = run(store, accuracy=0.5, other=1)
    load(house)
    store.client.log_metric(run_id, "accuracy", 0.5, timestamp=T0 + 1000, step=1)
    assert load(house) == {"mlflow_runs": 1, "mlflow_metrics": 1}
    found = house.ask("select key, value, step from lake.bronze.mlflow_metrics order by all")
    assert found == [("accuracy", 0.5, 0), ("accuracy", 0.5, 1), ("other", 1.0, 0)]


def test_nan_infinities_and_doubles_are_exact(house: Warehouse, store: TinyStore) -> None:
    values = {"nan": math.nan, "up": math.inf, "down": -math.inf, "tiny": 5e-324, "sum": 0.1 + 0.2}
    run(store, **values)
    load(house)
    points = dict(house.ask("select key, value from lake.bronze.mlflow_metrics"))
    ((last,),) = house.ask("select metrics from lake.bronze.mlflow_runs")
    assert repr(sorted(points.items())) == repr(sorted(values.items()))
    assert repr(sorted(last.items())) == repr(sorted(values.items()))


def test_a_renamed_experiment_and_a_moved_alias_are_new_versions(house: Warehouse, store: TinyStore) -> None:
    experiment = store.client.create_experiment("before")
    store.client.create_registered_model("model")
    for _ in range(2):
        store.client.create_model_version("model", "s3://bucket/model")
    store.client.set_registered_model_alias("model", "champion", 1)
    assert load(house) == {"mlflow_experiments": 2, "mlflow_model_versions": 2}
    store.client.rename_experiment(experiment, "after")
    store.client.set_registered_model_alias("model", "champion", 2)
    assert load(house) == {"mlflow_experiments": 1, "mlflow_model_versions": 2}
    found = house.ask(
        "select version, aliases from lake.bronze.mlflow_model_versions order by load_id, version"
    )
    assert found == [(1, ["champion"]), (2, []), (1, []), (2, ["champion"])]


def test_a_deleted_version_of_a_model_is_removed(house: Warehouse, store: TinyStore) -> None:
    store.client.create_registered_model("model")
    store.client.create_model_version("model", "s3://bucket/model")
    store.client.set_registered_model_alias("model", "champion", 1)
    load(house)
    store.client.delete_model_version("model", "1")
    assert load(house) == {"mlflow_model_versions": 1}
    assert load(house) == {}
    found = house.ask(
        "select lifecycle_stage, aliases from lake.bronze.mlflow_model_versions order by load_id"
    )
    assert found == [("active", ["champion"]), ("removed", ["champion"])]


def test_each_kind_of_assessment_is_told_apart(house: Warehouse, store: TinyStore) -> None:
    trace = store.trace("0", 1, at_ms=T0, **{"mlflow.sourceRun": "a" * 32})
    store.assess(trace, "number", value=3)
    store.assess(trace, "yes", value=True)
    store.assess(trace, "label", value="good", rationale="because", source=("LLM_JUDGE", "judge-1"))
    store.assess(trace, "list", value=["a", 1])
    store.assess(trace, "expected", expected=0, source=("HUMAN", "ada@example.com"))
    store.assess(trace, "failed", error=_error("RATE_LIMITED"), source=("LLM_JUDGE", "judge-1"))
    load(house)
    found = house.ask(
        "select evaluator, assessment_type, evaluator_kind, score_value, score_label, is_valid, error_code, "
        "trace_id from lake.bronze.mlflow_evaluations order by 1"
    )
    otel = f"{1:032x}"
    assert found == [
        ("expected", "expectation", "HUMAN", None, None, None, None, otel),
        ("failed", "feedback", "LLM_JUDGE", None, None, True, "RATE_LIMITED", otel),
        ("label", "feedback", "LLM_JUDGE", None, "good", True, None, otel),
        ("list", "feedback", "CODE", None, None, True, None, otel),
        ("number", "feedback", "CODE", 3.0, None, True, None, otel),
        ("yes", "feedback", "CODE", None, "true", True, None, otel),
    ]
    assert house.ask("select run_id, trace_id, duration_ms from lake.bronze.mlflow_traces") == [
        ("a" * 32, otel, 7)
    ]
    kept = dict(house.ask("select evaluator, attributes from lake.bronze.mlflow_evaluations"))
    assert kept["list"]["mlflow.assessment.value"] == '["a", 1]'
    # Dropped by the policy; that there was one stays visible.
    assert kept["expected"]["mlflow.assessment.expectation"] == ""
    assert kept["label"]["mlflow.assessment.rationale"] == ""
    assert kept["failed"]["mlflow.assessment.error_message"] == ""


def _error(code: str) -> Any:
    from mlflow.entities.assessment import AssessmentError

    return AssessmentError(error_code=code, error_message="The answer 'my secret' could not be judged.")


def test_feedback_that_is_overridden_stays_and_is_not_valid(house: Warehouse, store: TinyStore) -> None:
    trace = store.trace("0", 1, at_ms=T0)
    first = store.assess(trace, "helpful", value=1)
    load(house)
    second = store.assess(trace, "helpful", value=0, overrides=first)
    assert load(house) == {"mlflow_evaluations": 2}
    found = house.ask(
        "select assessment_id, score_value, is_valid, overrides from lake.bronze.mlflow_evaluations "
        "order by load_id, score_value"
    )
    assert found == [(first, 1.0, True, None), (second, 0.0, True, first), (first, 1.0, False, None)]


def test_a_deleted_assessment_and_a_deleted_trace_are_removed(house: Warehouse, store: TinyStore) -> None:
    traces = [store.trace("0", number, at_ms=T0) for number in (1, 2)]
    gone = [store.assess(trace, "helpful", value=True) for trace in traces]
    load(house)
    store.sql.delete_assessment(traces[0], gone[0])
    assert load(house) == {"mlflow_evaluations": 1}
    store.sql.delete_traces("0", trace_ids=[traces[1]])
    assert load(house) == {"mlflow_traces": 1, "mlflow_evaluations": 1}
    assert load(house) == {}
    found = house.ask(
        "select assessment_id, score_label from lake.bronze.mlflow_evaluations "
        "where lifecycle_stage = 'removed' order by load_id"
    )
    assert found == [(each, "true") for each in gone]
    removed = house.ask(
        "select mlflow_trace_id from lake.bronze.mlflow_traces where lifecycle_stage = 'removed'"
    )
    assert removed == [(traces[1],)]


def test_traces_are_listed_again_as_far_back_as_is_said(house: Warehouse, store: TinyStore) -> None:
    back = loading.LOOK_BACK // timedelta(milliseconds=1)
    inside = store.trace("0", 1, at_ms=T0 - back)
    outside = store.trace("0", 2, at_ms=T0 - back - 1)
    store.trace("0", 3, at_ms=T0)
    assert load(house)["mlflow_traces"] == 3
    for trace in (inside, outside):
        store.assess(trace, "late", value=1)
    assert load(house) == {"mlflow_evaluations": 1}
    assert house.ask("select mlflow_trace_id from lake.bronze.mlflow_evaluations") == [(inside,)]
    store.sql.delete_traces("0", trace_ids=[inside, outside])
    assert load(house) == {"mlflow_traces": 1, "mlflow_evaluations": 1}


def test_each_experiment_is_listed_from_its_own_newest_trace_on(
    house: Warehouse, store: TinyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted load, and an experiment that is seen later, lose none, however old it is."""
    monkeypatch.setattr(client, "EXPERIMENTS_PER_QUESTION", 1)
    other = store.client.create_experiment("other")
    store.trace("0", 1, at_ms=T0)
    store.trace(other, 2, at_ms=T0 - 60 * DAY_MS)
    store.trace(other, 3, at_ms=T0 - 50 * DAY_MS)
    listed = TrackingStore.traces

    def fails(self: TrackingStore, experiments: list[str], since_ms: int | None) -> Any:
        if other in experiments:
            raise StoreUnreadableError("away")
        return listed(self, experiments, since_ms)

    with monkeypatch.context() as away:
        away.setattr(TrackingStore, "traces", fails)
        assert house.load().rows_landed["mlflow_traces"] == 1
    assert load(house) == {"mlflow_traces": 2}
    third = store.client.create_experiment("third")
    store.trace(third, 4, at_ms=T0 - 400 * DAY_MS)
    assert load(house) == {"mlflow_experiments": 1, "mlflow_traces": 1}


def test_what_is_no_longer_shown_stays_and_stops_nothing(
    house: Warehouse, store: TinyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind `mlflow server --app-name basic-auth`: lists leave it out; asked for alone it is refused."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

    secret = store.client.create_experiment("secret")
    hidden = run(store, secret, accuracy=0.5)
    load(house)
    run(store, "0", accuracy=0.6)

    def refused(*_: Any) -> None:
        raise MlflowException("Permission denied", error_code=PERMISSION_DENIED)

    pages = TrackingStore.experiments
    monkeypatch.setattr(
        TrackingStore,
        "experiments",
        lambda self: ([each for each in page if each.experiment_id != secret] for page in pages(self)),
    )
    monkeypatch.setattr(MlflowClient, "get_experiment", refused)
    monkeypatch.setattr(MlflowClient, "get_run", refused)
    assert load(house) == {"mlflow_runs": 1, "mlflow_metrics": 1}
    assert house.ask(f"select lifecycle_stage from lake.bronze.mlflow_runs where run_id = '{hidden}'") == [
        ("active",)
    ]


def test_a_model_may_have_any_sign_in_its_name(house: Warehouse, store: TinyStore) -> None:
    store.client.create_registered_model("a\x1fb")
    store.client.create_model_version("a\x1fb", "/nowhere")
    assert load(house)["mlflow_model_versions"] == 1
    assert load(house) == {}


def test_an_entity_that_surprises_is_quarantined_and_the_rest_lands(
    house: Warehouse, store: TinyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = run(store), run(store)
    read = records.run_version

    def surprised(entity: Any, experiment: str | None) -> Any:
        if entity.info.run_id == bad:
            raise AttributeError("nobody expected this")
        return read(entity, experiment)

    monkeypatch.setattr(records, "run_version", surprised)
    assert load(house)["mlflow_runs"] == 1
    assert house.ask("select run_id from lake.bronze.mlflow_runs") == [(good,)]
    told = house.ask("select reason_code, reason from lake.bronze.quarantine")
    assert told == [("unreadable", "MLflow's entity cannot be read as a row (AttributeError).")]


def test_a_trace_that_claims_to_come_from_the_future_hides_none(house: Warehouse, store: TinyStore) -> None:
    tomorrow = int((datetime.now(UTC) + timedelta(days=400)).timestamp() * 1000)
    store.trace("0", 1, at_ms=tomorrow)
    load(house)
    store.trace("0", 2, at_ms=T0)
    assert load(house) == {"mlflow_traces": 1}


def test_nothing_is_removed_where_a_list_could_not_be_read(house: Warehouse, store: TinyStore) -> None:
    run_id = run(store)
    load(house)
    store.client.delete_run(run_id)
    store.sql._hard_delete_run(run_id)
    change(store, "alter table latest_metrics rename to away")
    run(store)
    summary = house.load()
    assert summary.store_failure is not None
    assert "cannot be read now: load again once nobody writes to the file" in summary.store_failure
    assert stages(house, "mlflow_runs") == ["active"]


def test_what_cannot_be_a_row_is_quarantined_once_and_the_rest_lands(
    house: Warehouse, store: TinyStore
) -> None:
    bad = run(store, accuracy=0.5)
    good = run(store, accuracy=0.5)
    store.client.log_metric(good, "accuracy", 0.6, timestamp=T0, step=1)
    change(
        store,
        f"update runs set start_time = {10**17} where run_uuid = '{bad}'",
        f"update metrics set timestamp = {10**17} where run_uuid = '{good}' and step = 1",
    )
    assert load(house) == {"mlflow_experiments": 1, "mlflow_runs": 1, "mlflow_metrics": 1}
    found = house.ask("select signal, reason_code, reason from lake.bronze.quarantine order by 2")
    assert [row[:2] for row in found] == [("mlflow", "bad_start_time"), ("mlflow", "bad_timestamp")]
    assert found[0][2] == "start_time is no time in milliseconds between 1970 and 9999."
    assert house.log("records_found, rows_landed, rows_quarantined, rows_duplicate") == [(5, 3, 2, 0)]
    assert load(house) == {}
    assert house.ask("select count(*) from lake.bronze.quarantine") == [(2,)]


def test_a_run_that_can_no_longer_be_a_row_is_not_taken_for_removed(
    house: Warehouse, store: TinyStore
) -> None:
    run_id = run(store)
    load(house)
    change(store, f"update runs set start_time = {10**17} where run_uuid = '{run_id}'")
    assert load(house) == {}
    assert stages(house, "mlflow_runs") == ["active"]


def test_a_point_without_a_time_stands_on_no_day(house: Warehouse, store: TinyStore) -> None:
    store.client.log_metric(run(store), "accuracy", 0.5, timestamp=0, step=0)
    load(house)
    assert house.ask("select event_date, recorded_at from lake.bronze.mlflow_metrics") == [(None, None)]


def test_reading_changes_nothing_in_the_store_beside_it_and_where_it_is_run(
    house: Warehouse, store: TinyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, accuracy=0.5)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before, names = store.file.read_bytes(), sorted(store.file.parent.iterdir())
    load(house)
    assert store.file.read_bytes() == before
    assert sorted(store.file.parent.iterdir()) == names
    assert list(here.iterdir()) == []


def test_two_stores_in_files_of_one_name_are_two(house: Warehouse, store: TinyStore, tmp_path: Path) -> None:
    run(store)
    load(house)
    elsewhere = tmp_path / "elsewhere" / store.file.name
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(store.file.read_bytes())
    change(TinyStore(elsewhere, None, None), "delete from runs")
    other = warehouse(house.settings.home, MLFLOW_TRACKING_URI=f"sqlite:///{elsewhere}")
    assert load(other) == {"mlflow_experiments": 1}
    assert stages(house, "mlflow_runs") == ["active"]


def test_a_removed_run_keeps_nothing_that_the_policy_of_today_names(
    house: Warehouse, store: TinyStore
) -> None:
    run_id = run(store)
    store.client.set_tag(run_id, "mlflow.user", "ada@example.com")
    store.client.set_tag(run_id, "agent", "summarizer")
    load(house)
    store.client.delete_run(run_id)
    store.sql._hard_delete_run(run_id)
    other_key = warehouse(
        house.settings.home, MLFLOW_TRACKING_URI=store.uri, TRACEHOUSE_HASH_KEY="another key"
    )
    assert load(other_key) == {"mlflow_runs": 1}
    ((tags,),) = house.ask("select tags from lake.bronze.mlflow_runs where lifecycle_stage = 'removed'")
    # Under the other key a hash could not be told from a name.
    assert (tags["mlflow.user"], tags["agent"]) == ("", "summarizer")


def test_the_policy_names_what_mlflow_knows_of_people_and_their_words() -> None:
    redaction = read_redaction(datetime(2026, 10, 1, tzinfo=UTC), "a key")
    assert {name: redaction.action(name) for name in ("mlflow.user", "mlflow.trace.user")} == {
        "mlflow.user": "hash",
        "mlflow.trace.user": "hash",
    }
    dropped = (
        "mlflow.traceInputs",
        "mlflow.traceOutputs",
        "mlflow.request_preview",
        "mlflow.response_preview",
    )
    assert {redaction.action(name) for name in dropped} == {"drop"}


def test_a_lake_of_before_gets_the_new_tables_and_columns(house: Warehouse, store: TinyStore) -> None:
    house.write("otlp/a.jsonl", span_line(1))
    without = warehouse(house.settings.home)
    without.load()
    with lake.connect(house.settings) as connection:
        connection.execute("drop table lake.bronze.mlflow_metrics")
        connection.execute("alter table lake.bronze.mlflow_evaluations drop column is_valid")
    store.assess(store.trace("0", 1, at_ms=T0), "yes", value=True)
    run(store, accuracy=0.5)
    house.write("otlp/b.jsonl", span_line(2))
    assert load(house)["mlflow_evaluations"] == 1
    assert house.ask("select is_valid from lake.bronze.mlflow_evaluations") == [(True,)]
    assert house.ask("select count(*), count(distinct load_id) from lake.bronze.spans") == [(2, 2)]
    assert house.ask("select value from lake.bronze.mlflow_metrics") == [(0.5,)]


def test_every_table_of_mlflow_counts_as_records() -> None:
    from ingest.pieces import COUNTED

    assert {name for name in schema.RECORD_TABLES if name.startswith("mlflow_")} <= set(COUNTED)


def test_a_load_killed_between_a_trace_and_its_assessments_is_made_up_for(
    house: Warehouse, store: TinyStore
) -> None:
    trace = store.trace("0", 1, at_ms=T0)
    store.assess(trace, "helpful", value=True)
    load(house)
    store.sql.delete_traces("0", trace_ids=[trace])
    load(house)
    with lake.connect(house.settings) as connection:
        connection.execute("delete from lake.bronze.mlflow_evaluations where lifecycle_stage = 'removed'")
    assert load(house) == {"mlflow_evaluations": 1}
    assert stages(house, "mlflow_evaluations") == ["active", "removed"]


def test_a_run_that_no_list_shows_is_not_removed_while_the_store_knows_it(
    house: Warehouse, store: TinyStore
) -> None:
    hidden, purged = run(store), run(store)
    load(house)
    # Of an experiment that is not there: in no list of runs, but found by its id.
    change(
        store,
        f"update runs set experiment_id = 99 where run_uuid = '{hidden}'",
        f"delete from runs where run_uuid = '{purged}'",
    )
    assert load(house) == {"mlflow_runs": 1}
    removed = house.ask("select run_id from lake.bronze.mlflow_runs where lifecycle_stage = 'removed'")
    assert removed == [(purged,)]
