"""Erasures that were asked for and the purge by policy, as an asset: auditors ask for its history."""

from dagster import (
    AssetExecutionContext,
    AssetSelection,
    DefaultScheduleStatus,
    MaterializeResult,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

from ingest import lake
from orchestration.erase import forget_due
from orchestration.resources import Warehouse


@asset(group_name="governance", pool="lake_writer")
def erasures(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[None]:
    """Forget whom pending requests name and what is kept too long; the next run builds the marts anew."""
    with lake.connect(warehouse.settings, threads=1) as connection:
        outcome = forget_due(connection, warehouse.settings, now=warehouse.now)
    context.log.info(" ".join(outcome.sentences()))
    return MaterializeResult(metadata=outcome.as_metadata())


erasure = define_asset_job(
    "erasure",
    selection=AssetSelection.assets(erasures),
    description="Pending requests for erasure, and the purge by retention policy.",
)

# Before the night's maintenance, which expires the snapshots that still hold it, with a pipeline run between.
daily_erasure = ScheduleDefinition(
    name="daily_erasure",
    job=erasure,
    cron_schedule="47 1 * * *",
    execution_timezone="UTC",
    default_status=DefaultScheduleStatus.RUNNING,
)
