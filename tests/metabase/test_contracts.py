"""What the gate reads from dbt's manifest."""

from __future__ import annotations

import pytest

from metabase.contracts import Column, public_marts, read_project
from metabase.errors import ContractError, SpecError
from metabase.spec import read_spec
from tests.metabase.small_warehouse import (
    CALLS_DAILY,
    STANDARD_PARENTS,
    Warehouse,
    grain_test,
    model,
    standard_nodes,
    write_manifest,
)


def test_a_public_model_with_a_contract_is_a_mart(warehouse: Warehouse) -> None:
    marts = public_marts(warehouse.manifest)
    assert [mart.name for mart in marts] == ["calls_daily", "tenants"]
    assert marts[0].grain == ("usage_date", "tenant_id")
    assert marts[0].columns[0] == Column("usage_date", "date", False, "The usage_date.")
    assert marts[0].columns[3].is_nullable
    assert marts[0].relation == '"lake"."marts"."calls_daily"'


def test_pipeline_health_is_not_audited(warehouse: Warehouse) -> None:
    project = read_project(warehouse.manifest)
    assert project.health is not None
    assert project.health.name == "pipeline_health"
    assert "pipeline_health" not in [mart.name for mart in project.marts]


def test_the_bronze_tables_of_a_mart_are_found_through_its_models(warehouse: Warehouse) -> None:
    assert public_marts(warehouse.manifest)[0].bronze_tables == ("spans",)


def test_a_private_model_is_not_published(warehouse: Warehouse) -> None:
    nodes = [*standard_nodes(), model("int_secrets", "intermediate", CALLS_DAILY)]
    write_manifest(warehouse.manifest, nodes, STANDARD_PARENTS)
    assert [mart.name for mart in public_marts(warehouse.manifest)] == ["calls_daily", "tenants"]


@pytest.mark.parametrize("data_type", ["", "bigint); drop table x; --", "map(varchar, varchar)", "varchar[]"])
def test_a_contract_type_that_is_not_one_plain_type_is_refused(warehouse: Warehouse, data_type: str) -> None:
    nodes = [model("odd", "marts", {"what": data_type}), grain_test("odd", ["what"])]
    write_manifest(warehouse.manifest, nodes, {})
    with pytest.raises(ContractError, match="Column what of odd"):
        public_marts(warehouse.manifest)


def test_a_mart_cannot_take_the_name_of_the_release_folder(warehouse: Warehouse) -> None:
    nodes = [model("odd", "marts", {"publication_id": "varchar"})]
    write_manifest(warehouse.manifest, nodes, {})
    with pytest.raises(ContractError, match="keeps that name"):
        public_marts(warehouse.manifest)


def test_a_missing_manifest_says_what_to_run(warehouse: Warehouse) -> None:
    with pytest.raises(ContractError, match="make setup"):
        public_marts(warehouse.manifest.with_name("none.json"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rangs: {}", "has rangs"),
        ("ranges: {reqests: {at_least: 0}}", "names reqests"),
        ("references: {tenant_id: int_cals.tenant_id}", "reads int_cals"),
        ("fresh_within_hours: 24", "say `by` what"),
        ("ranges: {requests: {at_least: few}}", "cannot be read"),
    ],
)
def test_a_mistake_in_an_expectations_file_is_named(warehouse: Warehouse, text: str, message: str) -> None:
    project = read_project(warehouse.manifest)
    (warehouse.specs / "calls_daily.yml").write_text(text)
    with pytest.raises(SpecError, match=f"calls_daily.yml.*{message}"):
        read_spec(project.marts[0], project.relations, warehouse.specs)
