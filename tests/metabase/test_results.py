"""How dbt's own results hold marts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metabase.contracts import public_marts
from metabase.results import CheckResult, results_from_dbt
from tests.metabase.small_warehouse import STANDARD_PARENTS, Warehouse, model, standard_nodes, write_manifest


def results(warehouse: Warehouse, tmp_path: Path, statuses: dict[str, str]) -> list[CheckResult]:
    not_null: dict[str, Any] = {
        "unique_id": "test.t.not_null_int_calls",
        "resource_type": "test",
        "name": "not_null_int_calls",
        "attached_node": "model.t.int_calls",
        "config": {"severity": "ERROR"},
        "depends_on": {"nodes": ["model.t.int_calls"]},
    }
    singular = {
        **not_null,
        "unique_id": "test.t.assert_tenants",
        "name": "assert_tenants",
        "attached_node": None,
        "config": {"severity": "warn"},
        "depends_on": {"nodes": ["model.t.tenants"]},
    }
    other = model("int_other", "intermediate", {})
    write_manifest(warehouse.manifest, [*standard_nodes(), not_null, singular, other], STANDARD_PARENTS)
    run_results = tmp_path / "run_results.json"
    found = [
        {"unique_id": unique_id, "status": status, "failures": 3, "message": "Got 3 results"}
        for unique_id, status in statuses.items()
    ]
    run_results.write_text(json.dumps({"results": found}))
    return results_from_dbt(run_results, warehouse.manifest, public_marts(warehouse.manifest))


def test_a_failed_test_of_a_model_holds_every_mart_downstream(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(warehouse, tmp_path, {"test.t.not_null_int_calls": "fail"})
    assert [(result.mart, result.holds, result.observed) for result in found] == [
        ("calls_daily", True, "3 failing rows"),
        ("tenants", True, "3 failing rows"),
    ]


def test_a_test_of_one_mart_holds_no_other(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(warehouse, tmp_path, {"test.t.one_row_per_tenants": "fail"})
    assert [result.mart for result in found] == ["tenants"]


def test_a_passed_test_is_recorded_and_holds_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(warehouse, tmp_path, {"test.t.one_row_per_tenants": "pass"})
    assert [(result.outcome, result.holds) for result in found] == [("passed", False)]


def test_a_test_that_only_warns_holds_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(warehouse, tmp_path, {"test.t.assert_tenants": "warn"})
    assert [(r.mart, r.severity, r.outcome, r.holds) for r in found] == [("tenants", "warn", "warned", False)]


def test_a_test_that_could_not_run_holds_the_mart(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(warehouse, tmp_path, {"test.t.one_row_per_tenants": "error"})
    assert [(result.outcome, result.holds) for result in found] == [("error", True)]


def test_a_model_that_failed_holds_every_mart_downstream(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(warehouse, tmp_path, {"model.t.int_calls": "error"})
    assert [(result.mart, result.check_name) for result in found if result.holds] == [
        ("calls_daily", "int_calls_is_built"),
        ("tenants", "int_calls_is_built"),
    ]


def test_a_mart_that_dbt_skipped_is_held(warehouse: Warehouse, tmp_path: Path) -> None:
    found = results(
        warehouse, tmp_path, {"model.t.tenants": "skipped", "test.t.one_row_per_tenants": "skipped"}
    )
    assert [(result.mart, result.check_name) for result in found if result.holds] == [
        ("tenants", "tenants_is_built")
    ]


def test_models_that_no_mart_reads_hold_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    assert results(warehouse, tmp_path, {"model.t.int_other": "error", "model.t.int_calls": "success"}) == []


def test_no_dbt_run_yet_gives_no_results(warehouse: Warehouse, tmp_path: Path) -> None:
    assert (
        results_from_dbt(tmp_path / "none.json", warehouse.manifest, public_marts(warehouse.manifest)) == []
    )
