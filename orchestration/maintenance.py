"""The daily care of the lake, as an asset so that its history shows beside the tables it keeps."""

from dagster import AssetExecutionContext, MaterializeResult, asset

from ingest import lake
from ingest.maintain import maintain
from orchestration.governance.erasure import settle
from orchestration.resources import Warehouse


@asset(group_name="bronze", kinds={"ducklake"}, pool="lake_writer")
def lake_maintenance(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[None]:
    """Keep every snapshot that a kept release names; merge, expire and clean up the rest."""
    with lake.connect(warehouse.settings) as connection:
        settle(connection)
    summary = maintain(warehouse.settings, now=warehouse.now)
    context.log.info(summary.sentence())
    return MaterializeResult(metadata=summary.as_metadata())
