"""Marts to release: every public mart is audited, and published if its whole audit passed.

One step for all marts, because a publication is one act; one blocking check for each, so that a held
mart fails the run, is named in the UI and does not keep the others back.
"""

from __future__ import annotations

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from ingest import lake
from metabase.contracts import public_marts
from metabase.release import audit_and_release
from orchestration import work
from orchestration.preview import markdown_table
from orchestration.resources import DBT_PROJECT, Warehouse, say

MARTS = public_marts(DBT_PROJECT.manifest_path)


@multi_asset(
    name="release",
    specs=[
        AssetSpec(
            ["serving", mart.name],
            deps=[["marts", mart.name]],
            description=mart.description,
            group_name="serving",
            kinds={"parquet"},
            skippable=True,
        )
        for mart in MARTS
    ],
    check_specs=[
        AssetCheckSpec("gate", asset=["serving", mart.name], blocking=True, description="dbt tests and expectations")
        for mart in MARTS
    ],
    pool="lake_writer",
)
def release(
    context: AssetExecutionContext, warehouse: Warehouse
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Audit, publish what passed, hold what did not, and note what this run has seen."""
    ...
