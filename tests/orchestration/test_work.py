"""When a run is needed, and when it is not (design §9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest import lake
from ingest.settings import read_settings
from metabase.release import ensure_release_tables
from orchestration import work
from orchestration.governance.verifications import ensure_verifications

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
DIGESTS = work.ProjectDigests(meaning="m", audit="a")


@pytest.fixture
def connection(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = read_settings({"TRACEHOUSE_HOME": str(home)})
    with lake.connect(settings) as connection:
        lake.ensure_bronze(connection)
        ensure_release_tables(connection)
        work.ensure_runs(connection)
        yield connection


def finish(connection: duckdb.DuckDBPyConnection, *, load_id: int = 0) -> None:
    work.remember_run(connection, "run", load_id, DIGESTS, AS_OF, AS_OF)


def add_load(connection: duckdb.DuckDBPyConnection, load_id: int) -> None:
    connection.execute("insert into lake.bronze.ingest_log (load_id) values (?)", [load_id])


def hold(connection: duckdb.DuckDBPyConnection, publication_id: str, state: str) -> None:
    connection.execute(
        "insert into lake.marts.publications (publication_id, mart, state) "
        "values (?, 'token_usage_daily', ?)",
        [publication_id, state],
    )


def test_a_lake_that_was_never_published_has_work(connection: duckdb.DuckDBPyConnection) -> None:
    assert work.find_work(connection, DIGESTS, AS_OF).reasons == ("this lake has not been published yet",)


def test_nothing_new_is_no_work(connection: duckdb.DuckDBPyConnection) -> None:
    add_load(connection, 1)
    finish(connection, load_id=1)
    assert not work.find_work(connection, DIGESTS, AS_OF)


def test_a_load_after_the_last_run_is_work_without_full_refresh(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    finish(connection, load_id=1)
    add_load(connection, 2)
    todo = work.find_work(connection, DIGESTS, AS_OF)
    assert todo.reasons == ("there are new records",)
    assert not todo.full_refresh


def test_changed_models_are_built_anew(connection: duckdb.DuckDBPyConnection) -> None:
    finish(connection)
    todo = work.find_work(connection, work.ProjectDigests("other", "a"), AS_OF)
    assert todo.reasons == ("models or seeds changed",)
    assert todo.full_refresh


def test_changed_expectations_are_audited_without_building_anew(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    finish(connection)
    todo = work.find_work(connection, work.ProjectDigests("m", "other"), AS_OF)
    assert todo.reasons == ("tests or expectations changed",)
    assert not todo.full_refresh


def test_the_last_second_of_a_day_is_no_work_and_midnight_is(connection: duckdb.DuckDBPyConnection) -> None:
    finish(connection)
    midnight = datetime(2026, 11, 2, tzinfo=UTC)
    assert not work.find_work(connection, DIGESTS, midnight - timedelta(seconds=1))
    assert work.find_work(connection, DIGESTS, midnight).reasons == ("it is a new day (2026-11-02 UTC)",)


def test_a_hold_is_work_until_a_later_publication_resolves_it(connection: duckdb.DuckDBPyConnection) -> None:
    finish(connection)
    hold(connection, "r00000001", "held")
    assert work.find_work(connection, DIGESTS, AS_OF).reasons == ("held: token_usage_daily",)
    hold(connection, "r00000002", "published")
    assert not work.find_work(connection, DIGESTS, AS_OF)


def test_a_changed_model_file_changes_the_meaning_and_a_changed_test_only_the_audit(tmp_path: Path) -> None:
    for folder in ("models/marts", "tests", "seeds", "macros"):
        (tmp_path / folder).mkdir(parents=True)
    model, test = tmp_path / "models/marts/a.sql", tmp_path / "tests/b.sql"
    model.write_text("select 1")
    test.write_text("select 1")
    before = work.digest_project(tmp_path)
    test.write_text("select 2")
    after_test = work.digest_project(tmp_path)
    assert (after_test.meaning, after_test.audit != before.audit) == (before.meaning, True)
    model.write_text("select 2")
    assert work.digest_project(tmp_path).meaning != before.meaning


def test_a_ledger_that_verifies_otherwise_than_the_last_run_saw_it_is_work(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    finish(connection)
    ensure_verifications(connection)
    connection.execute(
        "insert into lake.governance.ledger_verifications (verified_at, recorded_at, entry_count, damage) "
        "values ($at, $at, 4, 'changed')",
        {"at": (AS_OF + timedelta(seconds=1)).replace(tzinfo=None)},
    )
    assert work.find_work(connection, DIGESTS, AS_OF).reasons == (
        "the ledger verifies otherwise than before",
    )
