"""What the audit says of good marts, bad marts and marts that it knows nothing about."""

from __future__ import annotations

from metabase.audit import audit_mart, open_context
from metabase.contracts import read_project
from metabase.faults import FAULTS, plant_faults
from metabase.results import CheckResult
from tests.metabase.small_warehouse import (
    AS_OF,
    HEALTH,
    STANDARD_PARENTS,
    TENANTS,
    Warehouse,
    grain_test,
    model,
    standard_nodes,
    write_manifest,
)


def audit(warehouse: Warehouse, mart: str = "calls_daily") -> dict[str, CheckResult]:
    project = read_project(warehouse.manifest)
    contract = next(m for m in project.marts if m.name == mart)
    results = audit_mart(
        open_context(), warehouse.connection, contract, project.relations, as_of=AS_OF, specs=warehouse.specs
    )
    return {result.check_name: result for result in results}


def bad(results: dict[str, CheckResult]) -> dict[str, str]:
    return {name: result.outcome for name, result in results.items() if result.outcome != "passed"}


def test_a_good_mart_passes_everything_that_its_contract_and_its_file_ask(warehouse: Warehouse) -> None:
    results = audit(warehouse)
    assert bad(results) == {}
    assert list(results) == [
        "columns_are_those_of_the_contract",
        "types_are_those_of_the_contract",
        "types_are_plain_scalars",
        "usage_date_is_never_null",
        "tenant_id_is_never_null",
        "entitlement_tier_is_never_null",
        "one_row_per_grain",
        "requests_is_in_range",
        "entitlement_tier_is_an_accepted_value",
        "tenant_id_is_known_to_int_calls",
        "cost_is_at_most_a_dollar_a_call",
        "requests_reconciles_with_int_calls",
        "total_tokens_reconciles_with_int_calls",
        "volume_of_each_day_is_usual",
        "newest_day_is_fresh",
    ]


def test_each_planted_fault_is_held_by_a_named_expectation(warehouse: Warehouse) -> None:
    project = read_project(warehouse.manifest)
    planted = plant_faults(warehouse.connection, project, as_of=AS_OF, specs=warehouse.specs)
    held_by = {one.fault: one.held_by for one in planted if one.mart == "calls_daily"}
    assert held_by == {
        "missing column": (
            "columns_are_those_of_the_contract",
            "types_are_those_of_the_contract",
            "types_are_plain_scalars",
        ),
        "null key": (
            "usage_date_is_never_null",
            "requests_reconciles_with_int_calls",
            "total_tokens_reconciles_with_int_calls",
        ),
        "doubled grain": (
            "one_row_per_grain",
            "requests_reconciles_with_int_calls",
            "total_tokens_reconciles_with_int_calls",
        ),
        "value out of range": (
            "requests_is_in_range",
            "cost_is_at_most_a_dollar_a_call",
            "requests_reconciles_with_int_calls",
        ),
        "ten times the rows": (
            "tenant_id_is_known_to_int_calls",
            "requests_reconciles_with_int_calls",
            "total_tokens_reconciles_with_int_calls",
        ),
        "orphan key": ("tenant_id_is_known_to_int_calls",),
        "lost total": ("total_tokens_reconciles_with_int_calls",),
    }
    assert tuple(held_by) == FAULTS


def test_planting_faults_leaves_the_mart_as_it_was(warehouse: Warehouse) -> None:
    before = warehouse.connection.execute("from lake.marts.calls_daily order by all").fetchall()
    project = read_project(warehouse.manifest)
    list(plant_faults(warehouse.connection, project, as_of=AS_OF, specs=warehouse.specs))
    assert warehouse.connection.execute("from lake.marts.calls_daily order by all").fetchall() == before


def test_a_fault_that_cannot_be_planted_says_why(warehouse: Warehouse) -> None:
    project = read_project(warehouse.manifest)
    planted = plant_faults(warehouse.connection, project, as_of=AS_OF, specs=warehouse.specs)
    problems = {one.fault: one.problem for one in planted if one.mart == "tenants" and one.problem}
    assert problems == {
        "value out of range": "its expectations bound no column",
        "orphan key": "its expectations name no reference",
        "lost total": "its expectations reconcile no total",
    }


def test_a_lost_total_names_the_day_and_both_totals(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        "update lake.marts.calls_daily set total_tokens = 0 "
        "where usage_date = date '2026-10-03' and tenant_id = 'acme'"
    )
    result = audit(warehouse)["total_tokens_reconciles_with_int_calls"]
    assert result.observed == "1 of 10 rows"
    assert "usage_date = 2026-10-03" in result.message
    assert "total_tokens in mart = 100, total_tokens in source = 200" in result.message


def test_a_type_that_is_not_the_contracts_holds_the_mart(warehouse: Warehouse) -> None:
    warehouse.connection.execute("alter table lake.marts.tenants alter seats type double")
    assert bad(audit(warehouse, "tenants")) == {"types_are_those_of_the_contract": "failed"}


def test_rounding_of_one_token_a_row_is_allowed_and_two_are_not(warehouse: Warehouse) -> None:
    spec = (warehouse.specs / "calls_daily.yml").read_text()
    looser = "total_tokens: {source: sum(total_tokens), rounding_per_row: 1}"
    (warehouse.specs / "calls_daily.yml").write_text(spec.replace("total_tokens: sum(total_tokens)", looser))
    change = "update lake.marts.calls_daily set total_tokens = total_tokens + 1"
    warehouse.connection.execute(change)
    assert bad(audit(warehouse)) == {}
    warehouse.connection.execute(f"{change} where usage_date = date '2026-10-03' and tenant_id = 'acme'")
    assert bad(audit(warehouse)) == {"total_tokens_reconciles_with_int_calls": "failed"}


def test_an_unusual_day_and_an_old_newest_day_warn_and_never_hold(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        "delete from lake.intermediate.int_calls where usage_date = date '2026-10-10'"
    )
    warehouse.connection.execute(
        "insert into lake.intermediate.int_calls select date '2026-10-09', 'tenant ' || n, 'free', 1, 0 "
        "from range(20) as new (n)"
    )
    warehouse.connection.execute(
        "create or replace table lake.marts.calls_daily as select usage_date, tenant_id, entitlement_tier, "
        "cast(count(*) as bigint) as requests, cast(sum(total_tokens) as bigint) as total_tokens, "
        "cast(sum(cost_usd) as decimal(38, 9)) as cost_usd from lake.intermediate.int_calls group by all"
    )
    results = audit(warehouse)
    assert bad(results) == {"volume_of_each_day_is_usual": "warned"}
    assert "usage_date = 2026-10-09" in results["volume_of_each_day_is_usual"].message
    warehouse.connection.execute(
        "delete from lake.intermediate.int_calls where usage_date = date '2026-10-09'"
    )
    warehouse.connection.execute("delete from lake.marts.calls_daily where usage_date = date '2026-10-09'")
    assert bad(audit(warehouse)) == {"newest_day_is_fresh": "warned"}


def test_an_empty_mart_without_a_source_yet_passes(warehouse: Warehouse) -> None:
    warehouse.connection.execute("delete from lake.intermediate.int_calls")
    warehouse.connection.execute("delete from lake.marts.calls_daily")
    assert bad(audit(warehouse)) == {}


def test_a_new_public_model_is_audited_by_its_contract_without_a_file_of_its_own(
    warehouse: Warehouse,
) -> None:
    nodes = [
        *standard_nodes(),
        model("regions", "marts", {"region": "varchar"}),
        grain_test("regions", ["region"]),
    ]
    write_manifest(warehouse.manifest, nodes, STANDARD_PARENTS)
    warehouse.connection.execute(
        "create table lake.marts.regions as from (values ('eu'), ('us'), ('eu')) as t (region)"
    )
    assert bad(audit(warehouse, "regions")) == {"one_row_per_grain": "failed"}


def test_a_column_of_which_nothing_is_asked_but_not_to_be_null_holds_the_mart_where_it_is(
    warehouse: Warehouse,
) -> None:
    columns = {"region": "varchar", "label": "varchar", "sites": "bigint", "is_open": "boolean"}
    nodes = [
        *standard_nodes(),
        model("regions", "marts", columns, not_null=("label", "sites", "is_open")),
        grain_test("regions", ["region"]),
    ]
    write_manifest(warehouse.manifest, nodes, STANDARD_PARENTS)
    warehouse.connection.execute(
        "create table lake.marts.regions (region varchar, label varchar, sites bigint, is_open boolean)"
    )
    # Empty, zero and false are values.
    warehouse.connection.execute("insert into lake.marts.regions values ('eu', '', 0, false)")
    assert bad(audit(warehouse, "regions")) == {}
    warehouse.connection.execute("insert into lake.marts.regions values ('us', null, 1, true)")
    assert bad(audit(warehouse, "regions")) == {"label_is_never_null": "failed"}


def test_a_mart_that_declares_no_grain_is_held(warehouse: Warehouse) -> None:
    nodes = [model("tenants", "marts", TENANTS), model("pipeline_health", "marts", HEALTH)]
    write_manifest(warehouse.manifest, nodes, {})
    assert bad(audit(warehouse, "tenants")) == {"grain_is_declared": "error"}


def test_a_mart_that_was_never_built_is_held(warehouse: Warehouse) -> None:
    warehouse.connection.execute("drop table lake.marts.tenants")
    results = audit(warehouse, "tenants")
    assert bad(results) == {"mart_can_be_audited": "error"}
    assert results["mart_can_be_audited"].holds


def test_a_mistake_in_its_expectations_holds_the_mart(warehouse: Warehouse) -> None:
    (warehouse.specs / "tenants.yml").write_text("ranges: {chairs: {at_least: 0}}")
    assert bad(audit(warehouse, "tenants")) == {"expectations_can_be_read": "error"}


def test_text_from_telemetry_reaches_data_docs_and_messages_as_text(warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        "insert into lake.marts.calls_daily "
        "values (date '2026-10-01', '<script>alert(1)</script>', 'pro', 1, 1, 0)"
    )
    assert "&lt;script&gt;" in audit(warehouse)["tenant_id_is_known_to_int_calls"].message
