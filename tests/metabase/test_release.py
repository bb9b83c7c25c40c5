"""What readers see while releases come, are held, are rolled back and go."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from metabase import serving
from metabase.contracts import read_project
from metabase.errors import ReleaseError, UnknownReleaseError
from metabase.expiry import expire, expired
from metabase.publication import Publication
from metabase.release import audit_and_release, recover, release
from metabase.results import CheckResult
from metabase.rollback import roll_back
from metabase.serving import Serving
from tests.metabase.small_warehouse import (
    AS_OF,
    NOW,
    STANDARD_PARENTS,
    Warehouse,
    model,
    rebuild_marts,
    standard_nodes,
    write_manifest,
)

BREAK_TENANTS = CheckResult(
    "tenants", "made_to_fail", "expectation", "error", "failed", None, None, "Broken."
)


def publish(warehouse: Warehouse, *checks: CheckResult, now: datetime = NOW) -> Publication:
    """A release decided by `checks` alone, without the seconds that an audit takes."""
    project = read_project(warehouse.manifest)
    recover(warehouse.connection, warehouse.settings, project)
    return release(warehouse.connection, warehouse.settings, project, checks, now=now)


def add_calls(warehouse: Warehouse, tenant: str) -> None:
    """A new tenant with one call, so that both marts change."""
    warehouse.connection.execute(
        "insert into lake.intermediate.int_calls values (date '2026-10-10', ?, 'free', 100, 0.5)", [tenant]
    )
    rebuild_marts(warehouse.connection)


def states(publication: Publication) -> dict[str, str]:
    return {mart.mart: mart.state for mart in publication.marts}


def digests(publication: Publication) -> dict[str, str]:
    return {mart.mart: mart.digest for mart in publication.marts}


def files(warehouse: Warehouse, publication_id: str) -> dict[str, bytes]:
    folder = Serving(warehouse.serving).release(publication_id)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_a_mart_that_fails_keeps_its_old_rows_while_the_others_are_released(warehouse: Warehouse) -> None:
    def run() -> Publication:
        return audit_and_release(
            warehouse.connection,
            warehouse.settings,
            manifest=warehouse.manifest,
            run_results=None,
            as_of=AS_OF,
            now=NOW,
            specs=warehouse.specs,
        )

    assert run().held == ()
    add_calls(warehouse, "nova")
    warehouse.connection.execute("update lake.marts.calls_daily set requests = 0 where tenant_id = 'nova'")
    held = run()
    assert states(held) == {"calls_daily": "held", "tenants": "published"}
    assert [r.check_name for r in held.reasons("calls_daily")] == [
        "requests_is_in_range",
        "cost_is_at_most_a_dollar_a_call",
        "requests_reconciles_with_int_calls",
    ]
    assert warehouse.read("select count(*) from marts.calls_daily where tenant_id = 'nova'") == [(0,)]
    assert warehouse.read("select count(*) from marts.tenants where tenant_id = 'nova'") == [(1,)]
    assert warehouse.read(
        "select check_name from marts.gate_results where publication_id = 'r00000002' and outcome = 'failed' "
        "and check_name like '%range'"
    ) == [("requests_is_in_range",)]
    assert held.data_docs is not None
    assert (held.data_docs / "index.html").exists()
    rebuild_marts(warehouse.connection)
    assert run().held == ()
    assert warehouse.read("select count(*) from marts.calls_daily where tenant_id = 'nova'") == [(1,)]


def test_a_held_mart_names_the_snapshot_and_digest_of_its_last_good_release(warehouse: Warehouse) -> None:
    good = publish(warehouse)
    add_calls(warehouse, "nova")
    publish(warehouse, BREAK_TENANTS)
    add_calls(warehouse, "vega")
    publish(warehouse, BREAK_TENANTS)
    seen = warehouse.read(
        "select lake_snapshot_id, row_count, digest, state from marts.publications "
        "where mart = 'tenants' order by publication_id"
    )
    tenants = good.marts[1]
    assert seen == [
        (tenants.lake_snapshot_id, 2, tenants.digest, "published"),
        (tenants.lake_snapshot_id, 2, tenants.digest, "held"),
        (tenants.lake_snapshot_id, 2, tenants.digest, "held"),
    ]


def test_a_mart_that_was_never_good_is_there_without_rows(warehouse: Warehouse) -> None:
    publish(warehouse, BREAK_TENANTS)
    assert warehouse.read("select tenant_id, seats from marts.tenants") == []
    assert warehouse.read("select lake_snapshot_id from marts.publications where mart = 'tenants'") == [
        (None,)
    ]


def test_a_held_mart_outlives_its_lake(warehouse: Warehouse) -> None:
    digest = digests(publish(warehouse))["tenants"]
    for table in ("marts.publications", "marts.gate_results", "operations.mart_sources"):
        warehouse.connection.execute(f"delete from lake.{table}")
    held = publish(warehouse, BREAK_TENANTS)
    assert held.publication_id == "r00000002"
    assert warehouse.read("select count(*) from marts.tenants") == [(2,)]
    assert digests(held)["tenants"] == digest


def test_an_unchanged_mart_has_the_same_digest_whatever_the_order_of_its_rows(warehouse: Warehouse) -> None:
    first = publish(warehouse)
    warehouse.connection.execute(
        "create or replace table lake.marts.calls_daily as from lake.marts.calls_daily "
        "order by entitlement_tier, usage_date desc"
    )
    assert digests(publish(warehouse)) == digests(first)
    add_calls(warehouse, "nova")
    assert digests(publish(warehouse))["calls_daily"] != digests(first)["calls_daily"]


def test_null_and_empty_text_have_different_digests(warehouse: Warehouse) -> None:
    warehouse.connection.execute("insert into lake.marts.tenants values ('', 1)")
    empty = publish(warehouse)
    warehouse.connection.execute("update lake.marts.tenants set tenant_id = null where tenant_id = ''")
    assert digests(publish(warehouse))["tenants"] != digests(empty)["tenants"]


def test_a_release_never_changes_once_it_stands(warehouse: Warehouse) -> None:
    publish(warehouse)
    before = files(warehouse, "r00000001")
    add_calls(warehouse, "nova")
    publish(warehouse, BREAK_TENANTS)
    project = read_project(warehouse.manifest)
    roll_back(warehouse.connection, warehouse.settings, project, "r00000001", now=NOW)
    assert files(warehouse, "r00000001") == before


def test_the_health_of_a_release_knows_that_releases_held_marts(warehouse: Warehouse) -> None:
    publish(warehouse)
    assert warehouse.read("select gate_state from marts.pipeline_health") == [("published",)]
    publish(
        warehouse,
        BREAK_TENANTS,
        replace(BREAK_TENANTS, mart="calls_daily"),
    )
    assert warehouse.read("select gate_state from marts.pipeline_health") == [("held",)]


def test_going_back_shows_the_old_rows_under_a_new_id(warehouse: Warehouse) -> None:
    old = publish(warehouse)
    add_calls(warehouse, "nova")
    publish(warehouse)
    project = read_project(warehouse.manifest)
    back = roll_back(warehouse.connection, warehouse.settings, project, "r00000001", now=NOW)
    assert back.publication_id == "r00000003"
    assert back.marts == old.marts
    assert warehouse.read("select count(*) from marts.tenants") == [(2,)]
    assert warehouse.read("select count(distinct publication_id) from marts.publications") == [(3,)]
    assert warehouse.read(
        "select distinct observed from marts.gate_results where check_name = 'rolled_back'"
    ) == [("r00000001",)]


def test_going_back_works_after_the_lake_was_made_anew_and_forgot_its_releases(warehouse: Warehouse) -> None:
    publish(warehouse)
    add_calls(warehouse, "nova")
    publish(warehouse)
    for journal in ("publications", "gate_results"):
        warehouse.connection.execute(f"delete from lake.marts.{journal}")
    project = read_project(warehouse.manifest)
    roll_back(warehouse.connection, warehouse.settings, project, "r00000001", now=NOW)
    assert warehouse.read("select count(*) from marts.tenants") == [(2,)]


def test_going_back_to_a_release_that_is_gone_says_which_are_kept(warehouse: Warehouse) -> None:
    publish(warehouse)
    project = read_project(warehouse.manifest)
    with pytest.raises(UnknownReleaseError, match=r"'r00000009'.*kept are r00000001"):
        roll_back(warehouse.connection, warehouse.settings, project, "r00000009", now=NOW)


def test_a_release_that_nobody_recorded_is_removed(warehouse: Warehouse) -> None:
    publish(warehouse)
    target = Serving(warehouse.serving)
    shutil.copytree(target.release("r00000001"), target.release("r00000002"))
    target.staging.mkdir()
    (target.staging / "tenants.parquet").write_bytes(b"half")
    assert warehouse.read("select count(*) from marts.tenants") == [(2,)]
    assert publish(warehouse).publication_id == "r00000002"
    assert target.kept() == ["r00000001", "r00000002"]
    assert not target.staging.exists()


def test_a_release_that_was_recorded_but_not_pointed_to_is_finished(warehouse: Warehouse) -> None:
    publish(warehouse)
    pointer = Serving(warehouse.serving).pointer
    old = pointer.read_bytes()
    add_calls(warehouse, "nova")
    publish(warehouse)
    pointer.write_bytes(old)
    assert warehouse.read("select count(*) from marts.tenants") == [(2,)]
    recover(warehouse.connection, warehouse.settings, read_project(warehouse.manifest))
    assert warehouse.read("select count(*) from marts.tenants") == [(3,)]


def test_a_release_that_cannot_be_written_leaves_readers_where_they_were(warehouse: Warehouse) -> None:
    publish(warehouse)
    warehouse.connection.execute("drop table lake.marts.tenants")
    with pytest.raises(ReleaseError, match="Readers still see r00000001"):
        publish(warehouse)
    assert warehouse.read("select count(*) from marts.tenants") == [(2,)]
    recorded = warehouse.connection.execute(
        "select max(publication_id) from lake.marts.publications"
    ).fetchone()
    assert recorded == ("r00000001",)


def test_a_mart_that_becomes_empty_reads_as_empty(warehouse: Warehouse) -> None:
    publish(warehouse)
    warehouse.connection.execute("delete from lake.marts.tenants")
    publish(warehouse)
    assert warehouse.read("select count(*) from marts.tenants") == [(0,)]


def test_a_new_column_appears_when_the_mart_passes_and_not_while_it_is_held(warehouse: Warehouse) -> None:
    publish(warehouse)
    nodes = [node for node in standard_nodes() if node["name"] != "tenants"]
    nodes.append(model("tenants", "marts", {"tenant_id": "varchar", "seats": "bigint", "region": "varchar"}))
    write_manifest(warehouse.manifest, nodes, STANDARD_PARENTS)
    warehouse.connection.execute("alter table lake.marts.tenants add column region varchar default 'eu'")
    publish(warehouse, BREAK_TENANTS)
    assert warehouse.read("select * from marts.tenants order by 1") == [("acme", 3), ("zeta", 3)]
    publish(warehouse)
    assert warehouse.read("select * from marts.tenants order by 1") == [("acme", 3, "eu"), ("zeta", 3, "eu")]


def test_the_serving_file_is_rewritten_only_when_its_views_change(warehouse: Warehouse) -> None:
    publish(warehouse)
    database = Serving(warehouse.serving).database
    before = database.stat().st_ino
    add_calls(warehouse, "nova")
    publish(warehouse)
    assert database.stat().st_ino == before


def test_a_moved_home_is_served_from_its_new_place(warehouse: Warehouse, tmp_path: Path) -> None:
    publish(warehouse)
    moved = tmp_path / "moved"
    warehouse.serving.rename(moved)
    settings = replace(warehouse.settings, serving=str(moved))
    recover(warehouse.connection, settings, read_project(warehouse.manifest))
    assert replace(warehouse, settings=settings).read("select count(*) from marts.tenants") == [(2,)]


def test_readers_need_no_right_to_write(warehouse: Warehouse) -> None:
    publish(warehouse)
    served = [file for file in warehouse.serving.rglob("*") if file.is_file()]
    assert {oct(file.stat().st_mode & 0o777) for file in served} == {"0o644"}


def test_a_release_goes_an_hour_after_the_tenth_newer_one_came() -> None:
    kept = [f"r{number:08d}" for number in range(1, 13)]
    at = {release_id: NOW + timedelta(minutes=minute) for minute, release_id in enumerate(kept)}
    eleventh = at["r00000011"]
    assert expired(kept, at, eleventh + timedelta(minutes=59, seconds=59)) == []
    assert expired(kept, at, eleventh + timedelta(hours=1)) == ["r00000001"]
    assert expired(kept, at, eleventh + timedelta(hours=1, minutes=1)) == ["r00000001", "r00000002"]
    assert expired(kept, at, eleventh + timedelta(days=30)) == ["r00000001", "r00000002"]


def test_the_newest_ten_releases_stay_however_old(warehouse: Warehouse) -> None:
    for hour in range(12):
        publish(warehouse, now=NOW + timedelta(hours=2 * hour))
    assert Serving(warehouse.serving).kept() == [f"r{number:08d}" for number in range(2, 13)]
    publish(warehouse, now=NOW + timedelta(days=365))
    assert Serving(warehouse.serving).kept() == [f"r{number:08d}" for number in range(3, 14)]


def test_a_connected_reader_never_errs_and_each_answer_is_of_one_release(warehouse: Warehouse) -> None:
    """Fifty swaps, one right after the other, under a reader that never stops asking."""
    publish(warehouse)
    target = Serving(warehouse.serving)
    with reading(
        warehouse, "select count(*), count(distinct total_tokens) from marts.calls_daily"
    ) as answers:
        for number in range(2, 52):
            serving.clear_staging(target)
            staged = target.staging / "calls_daily.parquet"
            shutil.copy(target.release("r00000001") / serving.PUBLICATIONS_FILE, target.staging)
            warehouse.connection.execute(
                f"copy (select * replace ({number} as total_tokens) from lake.marts.calls_daily) "
                f"to '{staged}'"
            )
            serving.install(target, serving.publication_id(number))
            serving.point_to(target, serving.publication_id(number))
    assert set(answers) == {(20, 1)}
    assert len(answers) >= 10


@contextmanager
def reading(warehouse: Warehouse, query: str) -> Iterator[list[Any]]:
    """Ask `query` again and again on one open connection while the block runs; every answer or error."""
    answers: list[Any] = []
    done = threading.Event()
    reader = duckdb.connect(str(warehouse.serving / "tracehouse.duckdb"), read_only=True)

    def ask() -> None:
        while not done.is_set():
            try:
                answers.append(reader.execute(query).fetchone())
            except duckdb.Error as error:
                answers.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()
        reader.close()


def test_report_shows_the_release_without_loading_great_expectations(warehouse: Warehouse) -> None:
    publish(warehouse, BREAK_TENANTS)
    warehouse.connection.close()
    code = (
        "import sys; from metabase.__main__ import main; code = main(['report']); "
        "sys.exit(9 if 'great_expectations' in sys.modules else code)"
    )
    home = {"TRACEHOUSE_HOME": str(warehouse.settings.home), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Release r00000001" in done.stdout
    assert "made_to_fail: Broken." in done.stdout
    assert "never good" in done.stdout


def test_what_was_written_about_a_release_goes_with_it(warehouse: Warehouse) -> None:
    for _ in range(11):
        publish(warehouse)
    home = warehouse.settings.home
    for folder in ("data_docs", "reports"):
        for about in ("r00000001", "r00000002"):
            (home / folder / about).mkdir(parents=True)
    gone = expire(warehouse.connection, warehouse.settings, now=NOW + timedelta(hours=1))
    assert gone == ["r00000001"]
    assert sorted(file.relative_to(home).as_posix() for file in home.glob("*/r0*")) == [
        "data_docs/r00000002",
        "reports/r00000002",
    ]
